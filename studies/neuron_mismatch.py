"""Learning around offsets: accuracy of chips whose neurons have offsets, trained in place and by a copy of weights.

    python studies/neuron_mismatch.py [--figure FILE.png] [--chips 5] [--seeds 4] [--epochs 5]

`digits` with 64-128-10 and equal steps, on `ideal` and `rram`. Each chip and seed is trained with input-referred
offsets of its neurons of 0 to 50 mV, and tested; beside it the cells of the same chip with identical neurons are copied
to the one with offsets, without any error of writing (`Chip.place`), so that what is lost is the offsets' doing.
The number of epochs is given beforehand, and test samples are looked at once, after the last; offsets of 20 and 50 mV
were added when those up to 10 mV made no difference that could be resolved.
Offsets are those at the node, where full scale is 200 mV: behind a column of noise gain N an amplifier's own is N times
smaller.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analogep import Chip, Run
from analogep.budget.paired import estimate
from analogep.streams import Seeds

Floats = NDArray[np.float64]

DEVICES = ("ideal", "rram")
OFFSETS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Standard deviations of the offsets [mV]."""
WAYS = ("learned in place", "copied weights")


def point(device: str, seeds: Seeds, epochs: int) -> Floats:
    """Test accuracy of one chip and seed (offsets, ways) [1]."""
    found = np.empty((len(OFFSETS), len(WAYS)))
    for k, millivolts in enumerate(OFFSETS):
        settings = {"solver.method": "euler", "learning.epochs": epochs, "mismatch": {"offset": 1e-3 * millivolts}}
        run = Run(device, "digits", seeds, set=settings)
        found[k, 0] = float(run.execute()["accuracy"][-1])
        if k == 0:
            weights = run.chip.conductances()
        written = Chip(device, "digits", seeds, set=settings)
        written.place(weights, exact=True)
        found[k, 1] = written.accuracy(run.data.test_x, run.data.test_y)
    return found


def draw(found: dict[str, Floats], path: Path) -> None:
    """A panel for each device: mean accuracy against the offset, with 95 % intervals."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (device, values) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
        chips, seeds = values.shape[:2]
        for way, (name, color) in enumerate(zip(WAYS, ("C0", "C3"), strict=True)):
            both = [estimate(100 * values[:, :, k, way]) for k in range(len(OFFSETS))]
            means, halves = [one.mean for one in both], [one.half for one in both]
            places = np.array(OFFSETS) + (-0.06, 0.06)[way]
            axes.errorbar(places, means, halves, marker="o", color=color, capsize=3, label=name)
        axes.set(title=device, xlabel="standard deviation of the offsets [mV]")
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("test accuracy [%]")
    figure.axes[0].legend(title=f"mean and 95 % interval of\n{chips} chips x {seeds} seeds")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main() -> None:
    """Print a table and draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path, default=Path("studies/figures/neuron_mismatch.png"))
    parser.add_argument("--chips", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=5)
    parsed = parser.parse_args()
    found: dict[str, Floats] = {}
    print(f"test accuracy [%], 95 % intervals, {parsed.chips} chips x {parsed.seeds} seeds")
    print(f"| device | offset [mV] | {' | '.join(WAYS)} | gained by learning |\n| --- | --- | --- | --- | --- |")
    for device in DEVICES:
        points = [
            [point(device, Seeds.sample(chip=chip, seed=seed), parsed.epochs) for seed in range(parsed.seeds)]
            for chip in range(parsed.chips)
        ]
        found[device] = np.array(points)
        for k, millivolts in enumerate(OFFSETS):
            values = 100 * found[device][:, :, k]
            three = (values[..., 0], values[..., 1], values[..., 0] - values[..., 1])
            shown = " | ".join(f"{one.mean:.2f} +- {one.half:.2f}" for one in map(estimate, three))
            print(f"| {device} | {millivolts:g} | {shown} |", flush=True)
    draw(found, parsed.figure)


if __name__ == "__main__":
    main()
