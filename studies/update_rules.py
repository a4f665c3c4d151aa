"""Which update rule serves a device best: accuracy, pulses and joules on the digits, five seeds each.

    python studies/update_rules.py [--seeds 5] [--workers 2] [--figure FILE] [--keep]

Prints the table of docs/results/devices.md and draws accuracy against the joules of training. Every run uses the
circuit card `digits` as it is; only the device and its update rule change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import digits
import stored
from digits import Outcome, options, outcomes, save

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

CASES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ideal", "stochastic (card's default)", ()),
    ("ecram", "stochastic (card's default)", ()),
    ("rram", "closed loop (card's default)", ()),
    ("rram", "mixed precision, threshold 8", ("circuit.update={rule: mixed_precision, threshold: 8}",)),
    ("rram", "stochastic", ("circuit.update.rule=stochastic",)),
)

Results = dict[tuple[str, str], list[Outcome]]


def results(seeds: Sequence[int], workers: int | None) -> Results:
    """All cases on all seeds."""
    found = outcomes([(device, sets) for device, _, sets in CASES], seeds, workers)
    return {(device, rule): entry for (device, rule, _), entry in zip(CASES, found, strict=True)}


def table(dataset: xr.Dataset) -> str:
    """The table of the README."""
    return digits.table(("device", "update rule"), digits.rows_of(dataset))


def draw(dataset: xr.Dataset) -> Figure:
    """Accuracy of every seed against the joules of pulses and reads per training sample."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    figure = Figure(figsize=(7, 4.3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = ("#0072B2", "#009E73", "#D55E00", "#E69F00", "#CC79A7")
    for ((device, rule), entry), colour, marker in zip(digits.rows_of(dataset), colours, "os^Dv", strict=False):
        axes.plot(
            [outcome.programming for outcome in entry],
            [100 * outcome.accuracy for outcome in entry],
            linestyle="none", marker=marker, color=colour, label=f"{device}, {rule.split(' (')[0]}",
        )  # fmt: skip
    axes.set(
        xscale="log",
        xlabel="energy of pulses and verify reads per training sample",
        ylabel="test accuracy [%]",
        title="EP on 8x8 digits, 64-128-10: one marker per seed",
    )
    axes.xaxis.set_major_formatter(EngFormatter("J"))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return figure


def main() -> None:
    """Run all cases on all seeds."""
    parser = options(__doc__, 5)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = digits.dataset(list(results(range(parsed.seeds), parsed.workers).items()))
    print(table(found))
    if parsed.figure:
        save(draw(found), parsed.figure)
    if parsed.keep:
        stored.keep(found, "update_rules", f"python studies/update_rules.py --seeds {parsed.seeds} --keep")


if __name__ == "__main__":
    main()
