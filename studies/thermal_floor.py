"""Accuracy against the joules that are spent on the thermal floor of columns.

    python studies/thermal_floor.py --data FOLDER [--seeds 3] [--samples 10000] [--epochs 3] [--keep]

`mnist-chip` with the device `ideal`. At a given bandwidth the transconductance of a column's amplifier goes with the
capacitance that it is made to drive: its bias goes with it, and its noise against it, e_n^2 = 4kT gamma/gm. The load is
changed, from a twentieth of the card's on, and nothing else; the hold capacitor follows, as what an amplifier drives.
MNIST is learned from some of its training images. Test images are looked at once, after the last epoch; no setting was
chosen by them.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

import curves
import numpy as np
import stored
from digits import joules

from analogep import Chip, Run, load_data
from analogep.budget.paired import Estimate, estimate
from analogep.kinds.rc.columned import ColumnedRC

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

CIRCUIT = "mnist-chip"
LOADS = (0.01, 0.02, 0.05, 0.2, 1.0)
"""Load of a column's amplifier [pF]; the card's is 0.2."""
KT = 1.380649e-23 * 300.0


def floor(changes: dict[str, object]) -> float:
    """Thermal noise of a node of the first hidden layer, of its leak and its columns by themselves [V]."""
    network = Chip("ideal", CIRCUIT, seed=1, set=changes).emulator.hardware.network()
    assert isinstance(network, ColumnedRC)
    between, columns = network.between, network.columns
    variance = KT / (between.tau * between.leak)
    for lag, noise in zip(columns.lags, columns.density, strict=True):
        variance[: lag.size] += KT * noise / (between.tau[: lag.size] + lag)
    return float(np.sqrt(variance[network.slices[0]].mean()))


def result(source: str, samples: int, seeds: int, epochs: int) -> xr.Dataset:
    """Test accuracy, half of its 95 % interval [1], joules of an inference [J], noise of a hidden node [V] (load,)."""
    import xarray as xr

    data = load_data(source)
    order = np.random.default_rng(5).permutation(len(data.train_y))[:samples]
    data = replace(data, train_x=data.train_x[order], train_y=data.train_y[order])
    rows = []
    for load in LOADS:
        changes: dict[str, object] = {"column.load": load * 1e-12, "feedback.turns.hold": 0.5e-12 * load}
        found = np.empty((2, seeds))
        for seed in range(seeds):
            run = Run("ideal", CIRCUIT, seed + 1, set={**changes, "learning.epochs": epochs}, data=data).execute()
            found[:, seed] = [float(run[key][-1]) for key in ("accuracy", "inference_energy")]
            print(f"{load:g} pF, seed {seed + 1}: {found[0, seed]:.4f}, {found[1, seed]:.4g} J", flush=True)
        one = estimate(found[:1])
        rows.append((one.mean, one.half, float(found[1].mean()), floor(changes)))
    named = zip(("accuracy", "interval", "joules", "noise"), ("1", "1", "J", "V"), zip(*rows, strict=True), strict=True)
    variables = {name: ("load", list(values), {"units": unit}) for name, unit, values in named}
    attrs = {"samples": samples, "seeds": seeds, "epochs": epochs}
    return xr.Dataset(variables, {"load": ("load", list(LOADS), {"units": "pF"})}, attrs)


def table(dataset: xr.Dataset) -> str:
    """Markdown: a row for each load."""
    lines = [["load of a column", "noise of a hidden node", "joules of an inference", "accuracy"], ["---"] * 4]
    for k, load in enumerate(dataset["load"].values):
        one = {str(name): float(array[k]) for name, array in dataset.data_vars.items()}
        accuracy = f"{100.0 * one['accuracy']:.2f} +- {100.0 * one['interval']:.2f} %"
        lines.append([f"{load:g} pF", f"{1e3 * one['noise']:.2g} mV", joules(one["joules"]), accuracy])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def draw(dataset: xr.Dataset) -> Figure:
    """Mean accuracy with 95 % intervals against the joules of an inference."""
    across, means = 1e9 * dataset["joules"].values, 100.0 * dataset["accuracy"].values
    found = [Estimate(*both) for both in zip(means, 100.0 * dataset["interval"].values, strict=True)]
    with curves.figure(1) as (figure, (axes,)):
        curves.estimates(axes, across, found, 0, f"{CIRCUIT}, ideal devices")
        for volts, at, up in zip(dataset["noise"].values, across, means, strict=True):
            axes.annotate(f"{1e3 * volts:.2g} mV", (at, up), (7, -13), textcoords="offset points")
        curves.numbers(axes, [tick for tick in (50, 100, 200, 500, 1000, 2000) if tick < 2 * max(across)])
        axes.set_xlim(0.8 * min(across), 1.6 * max(across))
        axes.set(xlabel="joules of an inference [nJ]", ylabel="test accuracy [%]")
        learned = f"MNIST from {int(dataset.attrs['samples']):,} images in {int(dataset.attrs['epochs'])} epochs"
        intervals = f"mean and 95 % interval of {int(dataset.attrs['seeds'])} seeds; labels: noise of a hidden node"
        curves.finish(figure, f"{learned}\n{intervals}")
    return figure


def main() -> None:
    """Train, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of MNIST")
    for name, default in (("seeds", 3), ("samples", 10_000), ("epochs", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = result(parsed.data, parsed.samples, parsed.seeds, parsed.epochs)
    print(table(found))
    if parsed.keep:
        given = f"--seeds {parsed.seeds} --samples {parsed.samples} --epochs {parsed.epochs}"
        stored.keep(found, "thermal_floor", f"python studies/thermal_floor.py --data DIR {given} --keep")


if __name__ == "__main__":
    main()
