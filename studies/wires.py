"""What wires cost: accuracy and joules of the rram card on the digits, for segments of 0 to 3 ohm and three tile sizes.

    python studies/wires.py [--seeds 2] [--epochs 10] [--workers 2] [--figure studies/figures/wires.png]

Word and bit lines have the same resistance per cell; every tile has its own drivers and sense inputs, without
resistance. The arrays are 65 x 128 and 129 x 10, so that tiles of 128 leave the first one whole. 30 ohm is beyond any
process in production and shows where wires begin to matter: severity kappa grows with the square of the tile.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from digits import Outcome, joules, mean, options, outcomes, save

OHMS = (0.5, 1.0, 3.0, 30.0)
TILES = (32, 64, 128)
Point = tuple[float, int]


def case(ohm: float, tile: int, epochs: int) -> tuple[str, tuple[str, ...]]:
    """Overrides of one point; 0 ohm is the circuit without wires."""
    sets = [f"circuit.learning.epochs={epochs}"]
    if ohm:
        wires = f"kind: exact, word: {ohm} ohm, bit: {ohm} ohm, tile: [{tile}, {tile}]"
        sets.append(f"circuit.wires={{{wires}}}")
    return "rram", tuple(sets)


def severity(ohm: float, tile: int) -> float:
    """kappa of the worst tile with every cell in the middle of its window."""
    from analogep import CircuitCard, DeviceCard
    from analogep.network import wire_severity

    device, texts = case(ohm, tile, 1)
    circuit = CircuitCard.load("digits", [text.removeprefix("circuit.") for text in texts])
    return wire_severity(DeviceCard.load(device), circuit)[0]


def table(found: dict[Point, list[Outcome]]) -> str:
    """Markdown table."""
    lines = [
        "| ohm per cell | tile | kappa | accuracy, mean of seeds (worst) | cosine, layer 1 | joules per training "
        "sample | joules per inference |",
        "|" + " --- |" * 7,
    ]
    for (ohm, tile), outcome in found.items():
        average, worst = mean(outcome), min(one.accuracy for one in outcome)
        cells = [
            f"{ohm:g}", f"{tile} x {tile}" if ohm else "any", f"{severity(ohm, tile):.2g}",
            f"{100 * average.accuracy:.2f} % ({100 * worst:.1f} %)", f"{average.cosine:.3f}",
            joules(average.training), joules(average.inference),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(found: dict[Point, list[Outcome]], path: Path) -> None:
    """Accuracy and joules per inference against the resistance, a line for each tile size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2)
    places = range(len(OHMS) + 1)
    for tile, colour, marker in zip(TILES, ("#0072B2", "#D55E00", "#009E73"), "osD", strict=True):
        points = [found[0.0, 0], *(found[ohm, tile] for ohm in OHMS)]
        means = [mean(point) for point in points]
        label = f"tiles of {tile} x {tile}"
        accuracy = [100 * one.accuracy for one in means]
        panels[0].plot(places, accuracy, marker=marker, color=colour, label=label)
        low, high = ([100 * edge(outcome.accuracy for outcome in point) for point in points] for edge in (min, max))
        panels[0].fill_between(places, low, high, color=colour, alpha=0.12, linewidth=0)
        panels[1].plot(places, [1e9 * one.inference for one in means], marker=marker, color=colour, label=label)
    for axes, label in zip(panels, ("test accuracy [%]", "energy per inference (nJ)"), strict=True):
        axes.set(xlabel="resistance of a line per cell (ohm)", ylabel=label)
        axes.set_xticks(places, ["0", *(f"{ohm:g}" for ohm in OHMS)])
        axes.grid(alpha=0.3)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    save(figure, path)


def results(seeds: Sequence[int], epochs: int, workers: int | None) -> dict[Point, list[Outcome]]:
    """All points, the circuit without wires first."""
    points: list[Point] = [(0.0, 0), *itertools.product(OHMS, TILES)]
    found = outcomes([case(ohm, tile, epochs) for ohm, tile in points], seeds, workers)
    return dict(zip(points, found, strict=True))


def main() -> None:
    """Run all points."""
    parser = options(__doc__, 2)
    parser.add_argument("--epochs", type=int, default=10)
    parsed = parser.parse_args()
    found = results(range(parsed.seeds), parsed.epochs, parsed.workers)
    print(table(found))
    if parsed.figure:
        draw(found, parsed.figure)


if __name__ == "__main__":
    main()
