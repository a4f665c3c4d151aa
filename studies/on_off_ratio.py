"""Does EP need a decade of resistance? Six pulse laws against the on/off ratio of the window.

    python studies/on_off_ratio.py [--seeds 2] [--epochs 6] [--workers 2] [--figure studies/figures/on_off_ratio.png]

M. Döll, A. Müller, B. Ulmann (2025, arXiv 2512.12428) report that EP converges with nonlinear memristor updates if the
resistance range is at least an order of magnitude. Here six laws are pulsed by the stochastic rule, without noise
between pulses or cells, in two circuits:

- *rescaled*: the read-out maps the window, whatever it is, onto the same weights (pairs at a virtual ground, as in the
  card `digits`). The ratio matters only through read noise, which is relative to G and so grows against the window:
  1.5 % of G as for `rram`.
- *fixed gain*: the read-out is set for a window of one decade and stays so; the geometric mean of the window is held.
  The weight range is then proportional to sqrt(ratio) - 1/sqrt(ratio), and narrows below a decade.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from digits import Outcome, mean, options, outcomes, save

RATIOS = (2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
CIRCUITS = ("rescaled", "fixed gain")
_P = "amplitude: {v} V, width: 50 ns"
LAWS = {
    "constant": "model: constant, up: {{step: 1 %, {p}}}, down: {{step: 1 %, {m}}}",
    "soft bounds": "model: soft_bounds, up: {{step: 3 %, {p}}}, down: {{step: 3 %, {m}}}",
    "exponential, labels 2.4/4.9": "model: exponential, up: {{pulses: 100, nonlinearity: 2.4, {p}}}, "
    "down: {{pulses: 100, nonlinearity: 4.88, {m}}}",
    "power, exponent 2": "model: power, up: {{step: 5 %, exponent: 2, {p}}}, down: {{step: 5 %, exponent: 2, {m}}}",
    "exp step (Gong 2018)": "model: exp_step, a: -0.5, b: -0.5, up: {{step: 0.6 %, A: -1.18, gamma: 5, {p}}}, "
    "down: {{step: 0.45 %, A: -0.0814, gamma: 5, {m}}}",
    "VTEAM, Joglekar window": "model: kinetic, window: {{kind: joglekar, p: 2}}, rate: {{kind: vteam, k_on: 400 kHz, "
    "v_on: 0.8 V, a_on: 1, k_off: 200 kHz, v_off: -0.8 V, a_off: 1}}, up: {{{p}}}, down: {{{m}}}",
}
"""About a hundred pulses from end to end each; the last three move differently up and down."""
READ_NOISE = "{kind: relative, sigma: 1.5 %}"


def case(law: str, ratio: float, circuit: str, epochs: int) -> tuple[str, tuple[str, ...]]:
    """Overrides of one point."""
    programming = LAWS[law].format(p=_P.format(v="1.6"), m=_P.format(v="-1.6"))
    middle = 3.162e-6  # S, the geometric mean of rram's window
    low, high = middle / math.sqrt(ratio), middle * math.sqrt(ratio)
    sets = [
        f"device.programming={{{programming}}}",
        f"device.conductance={{min: {1e9 * low:.6g} nS, max: {1e9 * high:.6g} nS}}",
        "device.variation={cycle_to_cycle: {kind: none}, device_to_device: {distribution: normal, truncate: 3, "
        "max: 0 %, min: 0 %, step: 0 %, asymmetry: 0 %}}",
        f"device.read.noise={READ_NOISE}",
        "circuit.update.rule=stochastic",
        f"circuit.learning.epochs={epochs}",
    ]
    if circuit == "fixed gain":
        span = (math.sqrt(ratio) - 1.0 / math.sqrt(ratio)) / (math.sqrt(10.0) - 1.0 / math.sqrt(10.0))
        sets.append(f"circuit.mapping.weight_range=[{0.3 * span:.6g}, {0.3 * span:.6g}]")
    return "rram", tuple(sets)


def results(seeds: Sequence[int], epochs: int, workers: int | None) -> dict[tuple[str, str, float], list[Outcome]]:
    """All laws, circuits and ratios."""
    points = list(itertools.product(LAWS, CIRCUITS, RATIOS))
    found = outcomes([case(law, ratio, circuit, epochs) for law, circuit, ratio in points], seeds, workers)
    return dict(zip(points, found, strict=True))


def table(found: dict[tuple[str, str, float], list[Outcome]]) -> str:
    """Markdown table: mean accuracy."""
    lines = [
        "| circuit | law | " + " | ".join(f"{ratio:g}" for ratio in RATIOS) + " |",
        "|" + " --- |" * (len(RATIOS) + 2),
    ]
    for circuit, law in itertools.product(CIRCUITS, LAWS):
        cells = [f"{mean(found[law, circuit, ratio]).accuracy:.3f}" for ratio in RATIOS]
        lines.append(f"| {circuit} | {law} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(found: dict[tuple[str, str, float], list[Outcome]], path: Path) -> None:
    """Accuracy against the on/off ratio, a panel per circuit, a line per law."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    colours = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#000000")
    for axes, circuit in zip(panels, CIRCUITS, strict=True):
        for law, colour, marker in zip(LAWS, colours, "osD^vP", strict=True):
            values = np.array([[100 * one.accuracy for one in found[law, circuit, ratio]] for ratio in RATIOS])
            axes.plot(RATIOS, values.mean(axis=1), marker=marker, color=colour, label=law, markersize=4.5)
            axes.fill_between(RATIOS, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.12, linewidth=0)
        axes.axvline(10.0, color="#8c8c8c", linestyle=":", linewidth=1)
        axes.set(xscale="log", xlabel="on/off ratio of the window", title=circuit)
        axes.set_xticks(RATIOS, [f"{ratio:g}" for ratio in RATIOS])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("test accuracy [%]")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    save(figure, path)


def main() -> None:
    """Run all points."""
    parser = options(__doc__, 2)
    parser.add_argument("--epochs", type=int, default=6)
    parsed = parser.parse_args()
    found = results(range(parsed.seeds), parsed.epochs, parsed.workers)
    print(table(found))
    if parsed.figure:
        draw(found, parsed.figure)


if __name__ == "__main__":
    main()
