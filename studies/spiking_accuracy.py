"""What more spikes buy: accuracy of one trained spiking network against the time that it is looked at, and its joules.

    python studies/spiking_accuracy.py [--figure studies/figures/spiking_accuracy.png] [--epochs 20]

`spiking-digits` is trained once. Its test samples are then read for 0.1 us to 8 us, the last half of which counts: test
accuracy against spikes and joules of one inference, by counts alone, by counts and membranes (`readout`), and by
sigma-delta spikes with the same weights (`coding`). Beside it the analog network of the same sizes (`digits`, trained
by itself), the equilibrium of the same weights, the digital yardstick, and rates against that equilibrium.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from analogep.run.looks import at_rest
from numpy.typing import NDArray

from analogep import Chip, CircuitCard, DeviceCard, Run, datasets
from analogep.kinds.spiking.network import SpikingNetwork

Floats = NDArray[np.float64]

TIMES = (0.12, 0.24, 0.48, 1.0, 2.0, 4.0, 8.0)
READOUTS = {
    "count": ("network.readout=count",),
    "extended": ("network.readout=extended",),
    "predictive": ("network.coding={kind: predictive}", "network.hidden.floor=-20", "network.output.floor=-20"),
}
LABELS = {"count": "spikes counted", "extended": "spikes and membranes", "predictive": "sigma-delta, predictive"}


@dataclass(frozen=True)
class Read:
    """Test samples read for a time."""

    accuracy: float
    spikes: float
    joules: float
    rates: Floats
    equilibrium: Floats


def read(trained: xr.Dataset, time: float, readout: str, data: datasets.Dataset) -> Read:
    """All test samples, from rest, for `time` us; rates and equilibrium (16 samples, neurons) [V]."""
    settings = [*READOUTS[readout], f"network.window={time / 2:g} us", f"timing.free.duration={time:g} us"]
    settings += [f"timing.nudged.duration={time:g} us"]
    chip = Chip("ideal", CircuitCard.load("spiking-digits", settings), 0)
    chip.place(trained, exact=True)
    network = chip.network()
    assert isinstance(network, SpikingNetwork)
    accuracy = chip.accuracy(data.test_x, data.test_y)
    joules = float(chip.joules.sel(phase="inference").sum()) / len(data.test_y)
    seen, few = chip.relax(data.test_x), chip.relax(data.test_x[:16])
    spikes = float(seen["spikes"][0, :, 1:].sum("layer").mean())
    rates = np.concatenate([few[f"rate_{k + 1}"].values[0] for k in range(chip.circuit.depth)], axis=1)
    return Read(accuracy, spikes, joules, rates, at_rest(network, lines(chip, data.test_x[:16])))


def lines(chip: Chip, x: Floats) -> Floats:
    """Voltages that the converters put on the input lines (samples, inputs) [V]."""
    circuit = chip.circuit
    return circuit.dac.quantise(np.asarray(x, dtype=np.float64)) * circuit.mapping.read_voltage


def draw(found: dict[str, list[Read]], analog: tuple[float, float], digital: float, best: float, path: Path) -> None:
    """Accuracy against spikes and against joules, and rates against the equilibrium."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.8), layout="constrained")
    spikes, joules, rates = figure.subplots(1, 3)
    for readout, style in zip(READOUTS, ("o--", "o-", "^-"), strict=True):
        label = LABELS[readout]
        errors = [100 * (1 - one.accuracy) for one in found[readout]]
        spikes.loglog([one.spikes for one in found[readout]], errors, style, label=label)
        joules.loglog([1e9 * one.joules for one in found[readout]], errors, style, label=label)
    spikes.axhline(100 * (1 - best), color="0.4", linewidth=1, label="equilibrium of the same weights")
    joules.loglog([1e9 * analog[1]], [100 * (1 - analog[0])], "s", color="C2", label="analog voltages (digits)")
    joules.axvline(1e9 * digital, color="C3", linewidth=1, linestyle=":", label="digital products alone, int8")
    spikes.set(xlabel="spikes of one inference [1]", ylabel="test error [%]")
    joules.set(xlabel="energy of one inference [nJ]", ylabel="test error [%]")
    for axes in (spikes, joules):
        axes.grid(alpha=0.3, which="both")
        axes.legend(fontsize=8)
    for n, color in ((2, "C0"), (len(TIMES) - 1, "C1")):
        one = found["count"][n]
        label = f"{TIMES[n] / 2:g} us window"
        rates.plot(1e3 * one.equilibrium.ravel(), 1e3 * one.rates.ravel(), ".", color=color, markersize=3, label=label)
    rates.plot([0, 200], [0, 200], color="0.4", linewidth=1)
    rates.set(xlabel="rate at the analog equilibrium [mV]", ylabel="rate from spikes [mV]")
    rates.legend(fontsize=8, markerscale=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main() -> None:
    """Print a table and draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path, default=Path("studies/figures/spiking_accuracy.png"))
    parser.add_argument("--epochs", type=int, default=20)
    parsed = parser.parse_args()
    data, ideal = datasets.load(None, np.random.default_rng(0)), DeviceCard.load("ideal")
    epochs = f"learning.epochs={parsed.epochs}"
    trained = Run(ideal, CircuitCard.load("spiking-digits", [epochs]), 0).execute()
    other = Run(ideal, CircuitCard.load("digits", [epochs, "layers=[64,128,10]"]), 0).execute()
    analog = float(other.accuracy[-1]), float(other.inference_energy[-1])
    print(f"analog, trained by itself: {100 * analog[0]:.2f} %, {1e9 * analog[1]:.1f} nJ an inference")
    print("| time [us] | readout | test accuracy | spikes | nJ an inference |\n| --- | --- | --- | --- | --- |")
    found: dict[str, list[Read]] = {readout: [] for readout in READOUTS}
    for readout in READOUTS:
        for time in TIMES:
            one = read(trained, time, readout, data)
            found[readout].append(one)
            print(f"| {time:g} | {readout} | {100 * one.accuracy:.2f} % | {one.spikes:.0f} | {1e9 * one.joules:.1f} |")
    best = settled(trained, data)
    print(f"equilibrium of the same weights: {100 * best:.2f} %")
    digital = min(json.loads(trained.attrs["digital_inference_joules"]).values())
    draw(found, analog, digital, best, parsed.figure)


def settled(trained: xr.Dataset, data: datasets.Dataset) -> float:
    """Test accuracy of the analog network with the same weights, at rest."""
    chip = Chip("ideal", "spiking-digits", 0)
    chip.place(trained, exact=True)
    network = chip.network()
    assert isinstance(network, SpikingNetwork)
    outputs = at_rest(network, lines(chip, data.test_x))[:, network.slices[-1]]
    return float(np.mean(outputs.argmax(axis=1) == data.test_y))


if __name__ == "__main__":
    main()
