"""Every card of the device library on the digits: accuracy, pulses and joules with the card's own rule, three seeds.

    python studies/device_library.py [--seeds 3] [--workers 2] [--figure FILE] [--keep]

Prints the table of docs/results/devices.md, with how much is unknown of a card, and draws accuracy and joules per
training sample. Every run uses the circuit card `digits` as it is, but for the last row: a binary cell needs a
smaller weight range than the analog ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import digits
import numpy as np
import stored
from digits import Outcome, mean, options, outcomes, save

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

NARROW = "circuit.mapping.weight_range=[0.1, 0.05]"
Row = tuple[tuple[str, str, str], list[Outcome]]
"""Device, how much of it is unknown, its rule; outcomes, one a seed."""


def cases() -> list[tuple[str, tuple[str, ...]]]:
    """Every shipped card, and the binary one with a narrow weight range."""
    from analogep import DeviceCard

    return [*((name, ()) for name in DeviceCard.names()), ("mram", (NARROW,))]


def rule(device: str, overrides: Sequence[str]) -> str:
    """The card's rule in words."""
    from analogep import DeviceCard

    recommended = DeviceCard.load(device).recommended
    text = recommended.rule.replace("_", " ")
    if recommended.rule in ("mixed_precision", "closed_loop"):
        text += f" {recommended.threshold:g}" + (f"/{recommended.max_pulses}" if recommended.max_pulses else "")
    return text + ("; weight range [0.1, 0.05]" if NARROW in overrides else "")


def unknown(device: str) -> str:
    """How many quantities no source of the card gives, so that they count as perfect."""
    from analogep import DeviceCard

    return str(len(DeviceCard.load(device).unknown))


def rows(seeds: Sequence[int], workers: int | None) -> list[Row]:
    """All cards on all seeds, the most accurate first."""
    chosen = cases()
    found = [
        ((name, unknown(name), rule(name, sets)), runs)
        for (name, sets), runs in zip(chosen, outcomes(chosen, seeds, workers), strict=True)
    ]
    return sorted(found, key=lambda row: -mean(row[1]).accuracy)


def table(dataset: xr.Dataset) -> str:
    """The table of the README."""
    return digits.table(("device", "unknown", "update rule"), digits.rows_of(dataset))


def draw(dataset: xr.Dataset) -> Figure:
    """Accuracy (mean and range of seeds) and joules per training sample, a line per card."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    figure = Figure(figsize=(8, 5.4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    found = digits.rows_of(dataset)
    names = [device + (" (narrow range)" if "range" in words else "") for (device, _, words), _ in found]
    y = np.arange(len(found))[::-1]
    accuracy = np.array([[100 * outcome.accuracy for outcome in entry] for _, entry in found])
    middle = accuracy.mean(axis=1)
    error = [middle - accuracy.min(axis=1), accuracy.max(axis=1) - middle]
    left.errorbar(middle, y, xerr=error, linestyle="none", marker="o", color="#0072B2", capsize=2)
    left.set(xlabel="test accuracy [%]", xlim=(88, 100))
    for at, low in zip(y, middle, strict=True):
        if low < 88.0:
            left.annotate(f"\u2190 {low:.0f} %", (88.1, at), va="center", fontsize=9, color="#0072B2")
    left.set_yticks(y, names)
    totals = [mean(entry) for _, entry in found]
    right.plot([one.training for one in totals], y, "s", color="#D55E00", label="all")
    right.plot([one.programming for one in totals], y, "o", color="#009E73", label="pulses and verify reads")
    right.set(xscale="log", xlabel="energy per training sample")
    right.xaxis.set_major_formatter(EngFormatter("J"))
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=9)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


def main() -> None:
    """Run all cards on all seeds."""
    parser = options(__doc__, 3)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = digits.dataset(rows(range(parsed.seeds), parsed.workers))
    print(table(found))
    if parsed.figure:
        save(draw(found), parsed.figure)
    if parsed.keep:
        stored.keep(found, "device_library", f"python studies/device_library.py --seeds {parsed.seeds} --keep")


if __name__ == "__main__":
    main()
