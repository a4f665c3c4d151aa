"""Cost of training against the size of the network: hidden neurons, hidden layers, images in a batch.

    python benchmarks/size.py [--data DIR] [--device ideal] [--repeat 3] [--figure benchmarks/figures/size.png] [--json]

Each panel changes one size of 784-1024-10 at batch 20 (60 free and 6 nudged steps of `solver.method: euler` in single
precision, converters, noise, joules, pulses on the cells) and draws the time per image beside what theory says:

    hidden neurons   proportional to them: every product and every cell is on a line of the hidden layer
    hidden layers    a constant and the same for each further layer: one more square array, in every step and update
    batch            a share of 1 / batch, what a batch does once (pulses on all cells), and the rest, the same for all

Times are medians of turns through all sizes, so that a slow moment of the machine does not fall on one of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from mnist_step import Images, emulated, images
from threadpoolctl import threadpool_limits
from timing import options, report

HIDDEN = (128, 256, 512, 1024, 2048, 4096, 8192)
DEPTHS = (1, 2, 3)
BATCHES = (1, 4, 20, 64, 128, 512)
WIDTH = 512
"""Neurons of each hidden layer where their number changes."""


def settings(hidden: Sequence[int]) -> list[str]:
    """Keys of the circuit card for these hidden layers."""
    layers = [784, *hidden, 10]
    ends = "mapping.weight_range=[0.25]", "learning.rate=[0.05]", "learning.initial_gain=[0.3]"
    return [f"layers={layers}", *ends]


def cases() -> dict[tuple[str, int], tuple[list[str], int]]:
    """Panel and size -> settings of the card and images in a batch."""
    found: dict[tuple[str, int], tuple[list[str], int]] = {}
    for n in HIDDEN:
        found["hidden neurons", n] = (settings([n]), 20)
    for depth in DEPTHS:
        found["hidden layers", depth] = (settings([WIDTH] * depth), 20)
    for batch in BATCHES:
        found["images in a batch", batch] = (settings([1024]), batch)
    return found


def measure(device: str, data: Images, repeat: int) -> dict[tuple[str, int], float]:
    """Median seconds per image of every case."""
    ways: dict[tuple[str, int], tuple[Callable[[Images], None], Images]] = {}
    for key, (sets, batch) in cases().items():
        # The same cells of work for every size, but at least three batches.
        count = min(len(data[0]), max(3 * batch, 200 if key != ("hidden neurons", 8192) else 60))
        ways[key] = (emulated(device, sets, batch), (data[0][:count], data[1][:count]))
    seconds: dict[tuple[str, int], list[float]] = {key: [] for key in ways}
    with threadpool_limits(1):
        for way, part in ways.values():
            way(part)
        for _ in range(repeat):
            for key, (way, part) in ways.items():
                start = time.perf_counter()
                way(part)
                seconds[key].append((time.perf_counter() - start) / len(part[0]))
    return {key: statistics.median(found) for key, found in seconds.items()}


def theory(panel: str, sizes: Sequence[int], found: Sequence[float]) -> tuple[np.ndarray, str]:
    """The theoretical form with its constants fitted to relative deviations, and its words."""
    x, y = np.asarray(sizes, dtype=float), np.asarray(found)
    columns = {"hidden neurons": x, "hidden layers": x, "images in a batch": 1.0 / x}[panel]
    words = {"hidden neurons": "a + b H", "hidden layers": "a + b L", "images in a batch": "a + b / B"}[panel]
    design = np.column_stack([np.ones_like(x), columns]) / y[:, None]
    ends, *_ = np.linalg.lstsq(design, np.ones_like(y), rcond=None)
    return design @ ends * y, words


def draw(device: str, found: dict[tuple[str, int], float], path: Path) -> None:
    """A panel for each size: measured and theoretical time per image."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, NullLocator

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    titles = {
        "hidden neurons": "one hidden layer, batch 20",
        "hidden layers": f"{WIDTH} neurons each, batch 20",
        "images in a batch": "784-1024-10",
    }
    for axes, (panel, title) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        sizes = [size for name, size in found if name == panel]
        times = np.array([1e3 * found[panel, size] for size in sizes])
        form, words = theory(panel, sizes, times.tolist())
        axes.plot(sizes, times, "o", color="#0072B2", label="measured")
        axes.plot(sizes, form, "--", color="#D55E00", label=words)
        if panel != "hidden layers":
            axes.set(xscale="log", yscale="log")
        else:
            axes.set(ylim=(0, None))
        axes.set(xlabel=panel, ylabel="time per image (ms)", title=title)
        axes.xaxis.set_major_locator(FixedLocator(sizes))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticklabels([str(size) for size in sizes], fontsize=8, rotation=45 if len(sizes) > 3 else 0)
        axes.grid(alpha=0.3, which="both")
        axes.legend(frameon=False, fontsize=9)
    figure.suptitle(f"Training on the cells of '{device}': 60 free and 6 nudged steps", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print a table, and draw."""
    parser = options(__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--device", default="ideal")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--figure", type=Path)
    parsed = parser.parse_args()
    found = measure(parsed.device, images(parsed.data, 3 * max(BATCHES)), parsed.repeat)
    print(f"{parsed.device}: ms per image, medians of {parsed.repeat} turns; and over the theoretical form")
    for panel in dict.fromkeys(name for name, _ in found):
        sizes = [size for name, size in found if name == panel]
        form, words = theory(panel, sizes, [found[panel, size] for size in sizes])
        print(f"{panel} ({words})")
        for size, expected in zip(sizes, form, strict=True):
            print(f"  {size:6d} {1e3 * found[panel, size]:9.3f} {found[panel, size] / expected:7.2f}")
    if parsed.figure:
        draw(parsed.device, found, parsed.figure)
    report(parsed, {f"{panel.replace(' ', '_')}_{size}_ms": 1e3 * one for (panel, size), one in found.items()})


if __name__ == "__main__":
    main()
