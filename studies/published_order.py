"""Do devices rank here as they do in the published NeuroSim tables? Plain pulses, then the cards' own rules.

    python studies/published_order.py [--seeds 3] [--workers 2] [--figure studies/figures/published_order.png]

MLP+NeuroSim trains 400-100-10 on MNIST by backpropagation and writes every update at once (manuals of V2 and V3; the
means of both where both give a number). Here 64-128-10 learns the digits by EP, in three ways:

- plain stochastic pulses and a read-out whose gain is set for a window of one decade, so that a smaller window holds
  smaller weights (range proportional to sqrt(ratio) - 1/sqrt(ratio) below a decade): the device decides all;
- plain pulses and the usual read-out, which maps any window onto the same weights;
- the rule that the card recommends: errors of a write are read back, or small gradients are gathered first.

Spearman's rank correlation says how far the order agrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from digits import Outcome, mean, options, outcomes, save

PUBLISHED = {
    "epiram": (91.5, 92.0),
    "fefet": (90.0, 88.0),
    "rram": (80.0,),
    "rram_agsi": (73.0, 72.0),
    "rram_alox_hfo2": (41.0, 20.0),
    "rram_pcmo": (10.0, 33.0),
    "rram_taox_tio2": (10.0,),
}
"""Accuracy on MNIST [%] of the devices whose cards are NeuroSim's parameter sets (DEVICES.md, section 5)."""
LOOKS = (
    ("plain pulses, fixed gain", "#D55E00", "s"),
    ("plain pulses, rescaled window", "#009E73", "^"),
    ("card's own rule", "#0072B2", "o"),
)
PLAIN = ("circuit.update.rule=stochastic",)

Results = dict[str, list[list[Outcome]]]


def ways(name: str) -> tuple[tuple[str, ...], ...]:
    """Overrides of the three ways."""
    from analogep import DeviceCard

    window = DeviceCard.load(name).conductance
    root, decade = math.sqrt(window.max / window.min), math.sqrt(10.0)
    span = 0.3 * min((root - 1.0 / root) / (decade - 1.0 / decade), 1.0)
    return (*PLAIN, f"circuit.mapping.weight_range=[{span:.6g}, {span:.6g}]"), PLAIN, ()


def results(seeds: Sequence[int], workers: int | None) -> Results:
    """Each device in the three ways."""
    found = outcomes([(name, sets) for name in PUBLISHED for sets in ways(name)], seeds, workers)
    return {name: found[3 * k : 3 * k + 3] for k, name in enumerate(PUBLISHED)}


def rank_correlation(found: Results, way: int) -> float:
    """Spearman's correlation of the published with our accuracies in one of the ways."""
    from scipy.stats import spearmanr

    ours = [mean(found[name][way]).accuracy for name in PUBLISHED]
    return float(spearmanr([np.mean(values) for values in PUBLISHED.values()], ours).statistic)


def table(found: Results) -> str:
    """Markdown table."""
    from analogep import DeviceCard

    heads = ["device", "on/off", "published, backpropagation", *(f"EP, {label}" for label, _, _ in LOOKS)]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for name, values in PUBLISHED.items():
        window = DeviceCard.load(name).conductance
        cells = [
            name, f"{window.max / window.min:.3g}", " / ".join(f"{value:g}" for value in values) + " %",
            *(f"{100 * mean(runs).accuracy:.1f} %" for runs in found[name]),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    ranks = [f"{rank_correlation(found, way):.2f}" for way in range(3)]
    lines.append("| rank correlation with the published order | | 1 | " + " | ".join(ranks) + " |")
    return "\n".join(lines)


def draw(found: Results, path: Path) -> None:
    """Our accuracy against the published one, in the three ways."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    x = [float(np.mean(values)) for values in PUBLISHED.values()]
    for k, (label, colour, marker) in enumerate(
        (("plain pulses", "#D55E00", "s"), ("card's own rule", "#0072B2", "o"))
    ):
        y = np.array([[100 * one.accuracy for one in found[name][k]] for name in PUBLISHED])
        error = [y.mean(axis=1) - y.min(axis=1), y.max(axis=1) - y.mean(axis=1)]
        axes.errorbar(x, y.mean(axis=1), error, linestyle="none", marker=marker, color=colour, capsize=2, label=label)
        if k == 0:
            for name, across, up in zip(PUBLISHED, x, y.mean(axis=1), strict=True):
                axes.annotate(
                    name, (across, up), xytext=(5, -10), textcoords="offset points", fontsize=8, color="#555555"
                )
    axes.set(
        xlabel="published accuracy, backpropagation on MNIST (%)", ylabel="accuracy here, EP on 8x8 digits (%)",
        title="Devices of the NeuroSim benchmark: mean and range of seeds", xlim=(0, 105), ylim=(0, 103),
    )  # fmt: skip
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    save(figure, path)


def main() -> None:
    """Run all devices."""
    parsed = options(__doc__, 3).parse_args()
    found = results(range(parsed.seeds), parsed.workers)
    print(table(found))
    if parsed.figure:
        draw(found, parsed.figure)


if __name__ == "__main__":
    main()
