"""Accuracy against the joules that are spent on the thermal floor of columns.

    python studies/thermal_floor.py [--mnist FOLDER] [--figure FILE.png] [--seeds 5]

`digits-chip` and, with a folder, `mnist-chip`, with the device `ideal`. At a given bandwidth the transconductance of a
column's amplifier goes with the capacitance that it is made to drive: its bias goes with it, and its noise against it,
e_n^2 = 4kT gamma/gm. The load is changed, from a twentieth of the cards' on, and nothing else; the hold capacitor
follows, as what an amplifier drives. Digits are learned in the card's epochs, MNIST from 10,000 of its training images
in three. Test samples are looked at once, after the last epoch; no setting was chosen by them.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analogep import Chip, Run, load_data
from analogep.budget.paired import estimate
from analogep.kinds.rc.columned import ColumnedRC

LOADS = (0.01, 0.02, 0.05, 0.2, 1.0)
"""Load of a column's amplifier [pF]; the cards' is 0.2."""
KT = 1.380649e-23 * 300.0


class Row(NamedTuple):
    """Load [pF], thermal noise of a hidden node [mV], joules of an inference [nJ], accuracy and its interval [%]."""

    load: float
    noise: float
    joules: float
    mean: float
    half: float


def floor(circuit: str, changes: dict[str, object]) -> float:
    """Thermal noise of a node of the first hidden layer, of its leak and its columns by themselves [V]."""
    network = Chip("ideal", circuit, seed=1, set=changes).emulator.hardware.network()
    assert isinstance(network, ColumnedRC)
    between, columns = network.between, network.columns
    variance = KT / (between.tau * between.leak)
    for lag, noise in zip(columns.lags, columns.density, strict=True):
        variance[: lag.size] += KT * noise / (between.tau[: lag.size] + lag)
    return float(np.sqrt(variance[network.slices[0]].mean()))


def points(circuit: str, source: str, seeds: int, epochs: int | None) -> list[Row]:
    """The rows of all loads; each is printed."""
    data, found = load_data(source), []
    if source != "digits":
        order = np.random.default_rng(5).permutation(len(data.train_y))[:10_000]
        data = replace(data, train_x=data.train_x[order], train_y=data.train_y[order])
    for load in LOADS:
        changes: dict[str, object] = {"column.load": load * 1e-12, "feedback.turns.hold": 0.5e-12 * load}
        if epochs is not None:
            changes["learning.epochs"] = epochs
        results = [Run("ideal", circuit, seed + 1, set=changes, data=data).execute() for seed in range(seeds)]
        spent = [result["energy"].isel(epoch=-1).sel(phase="inference").sum() for result in results]
        one = estimate(np.array([[100.0 * float(result["accuracy"][-1]) for result in results]]))
        joules = 1e9 * float(np.mean(spent)) / len(data.test_y)
        row = Row(load, 1e3 * floor(circuit, changes), joules, one.mean, one.half)
        print(
            f"| {circuit} | {load:g} | {row.noise:.3g} | {joules:.4g} | {one.mean:.2f} +- {one.half:.2f} |", flush=True
        )
        found.append(row)
    return found


def draw(found: dict[str, list[Row]], path: Path, seeds: int) -> None:
    """A panel for each data set: mean accuracy with 95 % intervals against the joules of an inference."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    figure = Figure(figsize=(4.8 * len(found), 3.8), layout="constrained")
    for axes, (name, rows) in zip(figure.subplots(1, len(found), squeeze=False)[0], found.items(), strict=True):
        joules = [row.joules for row in rows]
        axes.errorbar(joules, [row.mean for row in rows], [row.half for row in rows], marker="o", capsize=3)
        for k, row in enumerate(rows):
            axes.annotate(
                f"{row.noise:.2g} mV", (row.joules, row.mean), (5, -13 if k % 2 else 6), textcoords="offset points",
                fontsize=8,
            )  # fmt: skip
        axes.set(xscale="log", title=name, xlabel="joules of an inference [nJ]", ylabel="test accuracy [%]")
        axes.set_xlim(0.8 * min(joules), 2.0 * max(joules))
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.3)
    figure.suptitle(f"mean and 95 % interval of {seeds} seeds; labels: thermal noise of a hidden node", fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main() -> None:
    """Print a table and draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", default="", help="folder of MNIST")
    parser.add_argument("--figure", type=Path, default=Path("studies/figures/thermal_floor.png"))
    parser.add_argument("--seeds", type=int, default=5)
    parsed = parser.parse_args()
    print(f"test accuracy [%], 95 % intervals, {parsed.seeds} seeds")
    print("| circuit | load [pF] | noise of a hidden node [mV] | inference [nJ] | accuracy |")
    print("| --- | --- | --- | --- | --- |")
    found = {"digits": points("digits-chip", "digits", parsed.seeds, None)}
    if parsed.mnist:
        found["MNIST, 10,000 images"] = points("mnist-chip", parsed.mnist, parsed.seeds, 3)
    draw(found, parsed.figure, parsed.seeds)


if __name__ == "__main__":
    main()
