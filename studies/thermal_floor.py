"""Accuracy against the joules that are spent on the thermal floor of columns.

    python studies/thermal_floor.py --data FOLDER [--seeds 3] [--samples 4000] [--epochs 2] [--keep]

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
from analogep.kinds.rc.columned import ColumnedRC

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

CIRCUIT = "mnist-chip"
LOADS = (0.01, 0.05, 0.2, 1.0)
"""Load of a column's amplifier [pF]; the card's is 0.2."""
CARD = LOADS.index(0.2)
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
    """Test accuracy [1] and joules of an inference [J] (load, seed), noise of a hidden node (load,) [V]."""
    import xarray as xr

    data = load_data(source)
    order = np.random.default_rng(5).permutation(len(data.train_y))[:samples]
    data = replace(data, train_x=data.train_x[order], train_y=data.train_y[order])
    accuracy, spent, noise = np.empty((len(LOADS), seeds)), np.empty((len(LOADS), seeds)), []
    for k, load in enumerate(LOADS):
        changes: dict[str, object] = {"column.load": load * 1e-12, "feedback.turns.hold": 0.5e-12 * load}
        noise.append(floor(changes))
        for seed in range(seeds):
            run = Run("ideal", CIRCUIT, seed + 1, set={**changes, "learning.epochs": epochs}, data=data).execute()
            accuracy[k, seed], spent[k, seed] = (float(run[key][-1]) for key in ("accuracy", "inference_energy"))
            print(f"{load:g} pF, seed {seed + 1}: {accuracy[k, seed]:.4f}, {spent[k, seed]:.4g} J", flush=True)
    return xr.Dataset(
        {
            "accuracy": (("load", "seed"), accuracy, {"units": "1"}),
            "joules": (("load", "seed"), spent, {"units": "J"}),
            "noise": ("load", noise, {"units": "V"}),
        },
        {"load": ("load", list(LOADS), {"units": "pF"})},
        {"samples": samples, "epochs": epochs},
    )


def table(dataset: xr.Dataset) -> str:
    """Markdown: a row for each load, differences from the card's on the same seeds."""

    heads = (
        "load of a column",
        "noise of a hidden node",
        "joules of an inference",
        "accuracy",
        "against 0.2 pF, points",
    )
    lines = [list(heads), ["---"] * len(heads)]
    accuracy = 100.0 * dataset["accuracy"].values
    for k, load in enumerate(dataset["load"].values):
        volts, spent = float(f"{float(dataset['noise'][k]):.2g}"), float(dataset["joules"][k].mean())
        lines.append([
            f"{load:g} pF", f"{1e3 * volts:g} mV", joules(spent), curves.said(accuracy[k], " %"),
            curves.said(accuracy[k] - accuracy[CARD]),
        ])  # fmt: skip
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def draw(dataset: xr.Dataset) -> Figure:
    """Mean accuracy with 95 % intervals against the joules of an inference."""
    across = 1e9 * dataset["joules"].values.mean(axis=1)
    accuracy = 100.0 * dataset["accuracy"].values
    with curves.figure(1) as (figure, (axes,)):
        curves.line(axes, across, accuracy, 0, f"{CIRCUIT}, ideal devices")
        for volts, at, up in zip(dataset["noise"].values, across, accuracy.mean(axis=1), strict=True):
            axes.annotate(f"{1e3 * volts:.2g} mV", (at, up), (7, -13), textcoords="offset points")
        curves.numbers(axes, [tick for tick in (50, 100, 200, 500, 1000, 2000) if tick < 2 * max(across)])
        axes.set_xlim(0.8 * min(across), 1.5 * max(across))
        axes.set(xlabel="joules of an inference [nJ]", ylabel="test accuracy [%]")
        learned = f"MNIST from {int(dataset.attrs['samples']):,} images in {int(dataset.attrs['epochs'])} epochs"
        intervals = f"mean and 95 % interval of {dataset.sizes['seed']} seeds; labels: thermal noise of a hidden node"
        curves.finish(figure, f"{learned}\n{intervals}")
    return figure


def main() -> None:
    """Train, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of MNIST")
    for name, default in (("seeds", 3), ("samples", 4000), ("epochs", 2)):
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
