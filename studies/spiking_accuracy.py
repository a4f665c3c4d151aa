"""What more spikes buy: accuracy of one trained spiking network against the time that it is looked at, and its joules.

    python studies/spiking_accuracy.py [--epochs 10] [--keep]

`spiking-digits` is trained once. Its test samples are then read for 0.12 to 4 us, the last half of which counts: test
accuracy against spikes and joules of one inference, by counts alone, by counts and membranes (`readout`), and by
sigma-delta spikes with the same weights (`coding`). Beside it the equilibrium of the same weights and the digital
products. All are of the same weights and test samples; one seed.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import curves
import numpy as np
import stored
from numpy.typing import NDArray

from analogep import Chip, CircuitCard, Run, datasets
from analogep.kinds.spiking.looks import at_rest
from analogep.kinds.spiking.network import SpikingNetwork

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

TIMES = (0.12, 0.24, 0.48, 1.0, 2.0, 4.0)
COUNTED = 100
"""Test samples whose spikes are counted."""
READOUTS = {
    "count": ("network.readout=count",),
    "extended": ("network.readout=extended",),
    "predictive": ("network.coding={kind: predictive}", "network.hidden.floor=-20", "network.output.floor=-20"),
}
LABELS = {"count": "spikes counted", "extended": "spikes and membranes", "predictive": "sigma-delta, predictive"}


def read(trained: xr.Dataset, time: float, readout: str, data: datasets.Dataset) -> tuple[float, float, float]:
    """All test samples, from rest, for `time` us: accuracy [1], spikes [1] and joules [J] of an inference."""
    settings = [*READOUTS[readout], f"network.window={time / 2:g} us", f"timing.free.duration={time:g} us"]
    settings += [f"timing.nudged.duration={time:g} us"]
    chip = Chip("ideal", CircuitCard.load("spiking-digits", settings), 0)
    chip.place(trained, exact=True)
    accuracy = chip.accuracy(data.test_x, data.test_y)
    joules = float(chip.joules.sel(phase="inference").sum()) / len(data.test_y)
    seen = chip.relax(data.test_x[:COUNTED])
    return accuracy, float(seen["spikes"][0, :, 1:].sum("layer").mean()), joules


def lines(chip: Chip, x: Floats) -> Floats:
    """Voltages that the converters put on the input lines (samples, inputs) [V]."""
    circuit = chip.circuit
    return circuit.dac.quantise(np.asarray(x, dtype=np.float64)) * circuit.mapping.read_voltage


def settled(trained: xr.Dataset, data: datasets.Dataset) -> float:
    """Test accuracy of the analog network with the same weights, at rest."""
    chip = Chip("ideal", "spiking-digits", 0)
    chip.place(trained, exact=True)
    network = chip.network()
    assert isinstance(network, SpikingNetwork)
    outputs = at_rest(network, lines(chip, np.asarray(data.test_x, dtype=np.float64)))[:, network.slices[-1]]
    return float(np.mean(outputs.argmax(axis=1) == data.test_y))


def result(epochs: int) -> xr.Dataset:
    """Accuracy [1], spikes [1] and joules [J] of an inference (readout, time)."""
    import xarray as xr

    data = datasets.load(None, np.random.default_rng(0))
    trained = Run("ideal", "spiking-digits", 0, set={"learning.epochs": epochs}).execute()
    found = np.array([[read(trained, time, readout, data) for time in TIMES] for readout in READOUTS])
    digital = min(json.loads(trained.attrs["digital_inference_joules"]).values())
    return xr.Dataset(
        {
            name: (("readout", "time"), values, {"units": unit})
            for name, unit, values in zip(
                ("accuracy", "spikes", "joules"), ("1", "1", "J"), np.moveaxis(found, -1, 0), strict=True
            )
        },
        {"readout": list(READOUTS), "time": ("time", list(TIMES), {"units": "us"})},
        {"epochs": epochs, "settled": settled(trained, data), "digital": digital, "samples": len(data.test_y)},
    )


def table(dataset: xr.Dataset) -> str:
    """Markdown: test accuracy, spikes and joules of an inference for each time."""
    from digits import joules

    heads = ["looked at for", *LABELS.values()]
    lines = [heads, ["---"] * len(heads)]
    for k, time in enumerate(dataset["time"].values):
        cells = []
        for n in range(dataset.sizes["readout"]):
            one = {name: float(array[n, k]) for name, array in dataset.data_vars.items()}
            cells.append(f"{100 * one['accuracy']:.1f} %, {one['spikes']:.0f} spikes, {joules(one['joules'])}")
        lines.append([f"{time:g} us", *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def draw(dataset: xr.Dataset) -> Figure:
    """Test error against spikes and against joules of an inference, a line for each way to read."""
    from analogep.plots.device_axes import log_axis
    from analogep.plots.style import GREY, VERMILLION, look

    error, settled_error = 100.0 * (1.0 - dataset["accuracy"].values), 100.0 * (1.0 - float(dataset.attrs["settled"]))
    with curves.figure(2) as (figure, panels):
        for axes, name, factor in zip(panels, ("spikes", "joules"), (1.0, 1e9), strict=True):
            across = factor * dataset[name].values
            for k, readout in enumerate(dataset["readout"].values):
                kind = look(k)
                axes.plot(
                    across[k], error[k], color=kind.color, linestyle=kind.dashes, marker=kind.marker,
                    label=LABELS[str(readout)],
                )  # fmt: skip
            axes.axhline(settled_error, color=GREY, linewidth=0.9, label="equilibrium of the same weights")
            log_axis(axes, "x", across)
        panels[1].axvline(1e9 * float(dataset.attrs["digital"]), color=VERMILLION, linewidth=0.9, linestyle=":")
        panels[0].plot([], [], color=VERMILLION, linewidth=0.9, linestyle=":", label="digital products alone, int8")
        panels[0].set(xlabel="spikes of one inference [1]", ylabel="test error [%]", yscale="log")
        panels[0].set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        panels[0].minorticks_off()
        panels[1].set_xlabel("energy of one inference [nJ]")
        curves.finish(
            figure, f"one network, {int(dataset.attrs['samples'])} test samples, times of 0.12 to 4 us", columns=2
        )
    return figure


def main() -> None:
    """Train, read, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = result(parsed.epochs)
    print(table(found))
    print(f"equilibrium of the same weights: {100 * found.attrs['settled']:.2f} %")
    if parsed.keep:
        stored.keep(found, "spiking_accuracy", f"python studies/spiking_accuracy.py --epochs {parsed.epochs} --keep")


if __name__ == "__main__":
    main()
