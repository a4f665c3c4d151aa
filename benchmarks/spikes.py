"""Spiking networks: time of a step against activity, neurons and samples, over that of a silent network.

    python benchmarks/spikes.py [--samples 40] [--repeat 5] [--device ideal]

784-1024-10 with analog inputs, free phases of 200 steps, single precision, one thread, medians. The images' brightness
sets how many neurons fire: a silent step moves synapses and membranes alone, and every spike adds the row of its line
to the synapses behind it (with noise of its own where reads have some).
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from threadpoolctl import threadpool_limits

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.network import Hardware, SpikingNetwork
from analogep.network.spiking import SpikingDrive
from analogep.relaxation.spikes import fire

BRIGHTNESS = (0.0, 0.1, 0.3, 1.0)
HIDDEN = (256, 512, 1024, 2048, 4096)


def measure(device: str, hidden: int, brightness: float, samples: int, repeat: int) -> tuple[float, float]:
    """Microseconds of a step of one sample, and spikes in it."""
    circuit = CircuitCard.load("spiking-mnist", [f"layers=[784,{hidden},10]", "mapping.weight_range=[0.1,0.1]"])
    chip = Hardware(DeviceCard.load(device), circuit, Seeds.of(0))
    chip.initialise()
    network, rng = chip.network(), np.random.default_rng(1)
    assert isinstance(network, SpikingNetwork)
    x = np.where(rng.random((samples, 784)) < 0.19, rng.random((samples, 784)), 0.0)
    drive = network.drive(0.2 * brightness * x, network.deviates(samples, rng))
    assert isinstance(drive, SpikingDrive)
    start, phase, found = np.zeros((samples, network.nodes)), circuit.timing.free, []
    steps = phase.duration / network.card.step
    for _ in range(repeat + 1):
        begin = time.perf_counter()
        end = fire(network, drive, start, phase, circuit.solver)
        found.append(time.perf_counter() - begin)
    return 1e6 * statistics.median(found[1:]) / samples / steps, float(end.spikes.sum()) / samples / steps


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--device", default="ideal")
    parsed = parser.parse_args()
    print("| brightness | spikes in a step | us a step and sample | over a silent network |")
    print("| --- | --- | --- | --- |")
    silent = None
    for brightness in BRIGHTNESS:
        took, spikes = measure(parsed.device, 1024, brightness, parsed.samples, parsed.repeat)
        silent = took if silent is None else silent
        print(f"| {brightness:g} | {spikes:.3g} | {took:.2f} | {took / silent:.2f} |")
    print("\n| hidden neurons | spikes in a step | us a step and sample | ns a neuron |")
    print("| --- | --- | --- | --- |")
    for hidden in HIDDEN:
        took, spikes = measure(parsed.device, hidden, 0.3, parsed.samples, parsed.repeat)
        print(f"| {hidden} | {spikes:.3g} | {took:.2f} | {1e3 * took / hidden:.2f} |")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
