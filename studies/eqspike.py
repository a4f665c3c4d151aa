"""What learning at spikes costs and needs: the same spiking network with its weights learned in four ways.

    python studies/eqspike.py [--epochs 10] [--devices ideal ecram ...] [--figure eqspike.png]

`spiking-digits` with inputs that spike. Rates counted after both phases, written by the device's own rule or by plain
stochastic pulses; the EqSpike rule with changes kept beside the devices and written once a batch by the device's own
rule, or with each spike programming at once. Test accuracy, pulses and joules of a training sample.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import xarray as xr

from analogep import CircuitCard, DeviceCard, Run

EQSPIKE = "network.gradient={{kind: eqspike, slope: 500 ns, pulses: {}}}"
WAYS = {
    "rates counted, card's rule": (),
    "rates counted, stochastic pulses": ("update.rule=stochastic",),
    "EqSpike, written once a batch, card's rule": (EQSPIKE.format("at_end"),),
    "EqSpike, each spike programs": (EQSPIKE.format("at_spikes"), "update.rule=stochastic"),
}


def trained(device: str, settings: tuple[str, ...], epochs: int) -> xr.Dataset:
    """One run, seed 0."""
    given = ("network.inputs={kind: regular}", f"learning.epochs={epochs}", *settings)
    return Run(DeviceCard.load(device), CircuitCard.load("spiking-digits", given), 0).execute()


def draw(found: dict[tuple[str, str], xr.Dataset], devices: list[str], path: Path) -> None:
    """Accuracy against pulses of a training sample, a marker for each device and a colour for each way."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for n, way in enumerate(WAYS):
        for device, marker in zip(devices, "os^Dvp<>", strict=False):
            one = found[device, way]
            pulses = float(one.pulses[-1].sum()) / one.attrs["train_samples"]
            axes.loglog([pulses], [100 * (1 - float(one.accuracy[-1]))], marker, color=f"C{n}", markersize=8)
        axes.plot([], [], "s", color=f"C{n}", label=way)
    for device, marker in zip(devices, "os^Dvp<>", strict=False):
        axes.plot([], [], marker, color="0.4", label=device)
    axes.set(xlabel="pulses of one training sample [1]", ylabel="test error after training [%]")
    axes.grid(alpha=0.3, which="both")
    figure.legend(*axes.get_legend_handles_labels(), fontsize=8, loc="outside right center")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main() -> None:
    """Print a table and draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--devices", nargs="+", default=["ideal", "ecram", "capacitor", "rram"])
    parsed = parser.parse_args()
    found: dict[tuple[str, str], xr.Dataset] = {}
    print("| device | weights learn by | test accuracy | cosine, layers | pulses a sample | joules a sample |")
    print("| --- | --- | --- | --- | --- | --- |")
    for device in parsed.devices:
        for way, settings in WAYS.items():
            one = found[device, way] = trained(device, settings, parsed.epochs)
            pulses = float(one.pulses[-1].sum()) / one.attrs["train_samples"]
            cosine = ", ".join(f"{value:.2f}" for value in one.cosine[-1].values)
            accuracy, joules = 100 * float(one.accuracy[-1]), 1e9 * float(one.training_energy[-1])
            print(f"| {device} | {way} | {accuracy:.2f} % | {cosine} | {pulses:.3g} | {joules:.3g} nJ |", flush=True)
    if parsed.figure is not None:
        draw(found, parsed.devices, parsed.figure)


if __name__ == "__main__":
    main()
