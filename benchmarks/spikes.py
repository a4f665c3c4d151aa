"""Spiking networks: time of a step against activity, neurons and samples, over that of a silent network.

    python benchmarks/spikes.py [--samples 40] [--repeat 5] [--device ideal] [--json]

784-1024-10 with analog inputs, free phases of 200 steps, single precision, one thread, medians. The images' brightness
sets how many neurons fire: a silent step moves synapses and membranes alone, and every spike adds the row of its line
to the synapses behind it (with noise of its own where reads have some). Then `spiking-conv-mnist` with more and more
channels, and with longer phases: nanoseconds of a spike, a silent step taken off, and of each addition that it makes.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from timing import options, report

from analogep import Chip, CircuitCard
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork

Floats = NDArray[np.float64]

BRIGHTNESS = (0.0, 0.1, 0.3, 1.0)
HIDDEN = (256, 512, 1024, 2048, 4096)
CHANNELS = (8, 16, 32, 64)
STEPS = (50, 100, 200, 400)


def dense(hidden: int) -> CircuitCard:
    """784-hidden-10."""
    return CircuitCard.load("spiking-mnist", [f"layers=[784,{hidden},10]", "mapping.weight_range=[0.1,0.1]"])


def convolutional(channels: int, steps: int, coding: str) -> CircuitCard:
    """The card, with twice as many channels in the second layer as in the first, phases of a length, and a coding."""
    layers = (
        "layers=[{kind: image, height: 28, width: 28}, "
        f"{{kind: conv, channels: {channels}, kernel: 5, pool: {{kind: average, size: 3}}}}, "
        f"{{kind: conv, channels: {2 * channels}, kernel: 3, pool: {{kind: average, size: 2}}}}, 10]"
    )
    length = f"{20 * steps} ns"
    times = (f"timing.free.duration={length}", f"timing.nudged.duration={length}", f"network.window={length}")
    times += ("network.trace=250 ns",) if coding == "rate" else ()
    return CircuitCard.load("spiking-conv-mnist", [layers, *times, f"network.coding={{kind: {coding}}}"])


def measure(device: str, circuit: CircuitCard, brightness: float, samples: int, repeat: int) -> tuple[float, Floats]:
    """Microseconds of a step of one sample, and spikes of each layer in it."""
    network, rng = Chip(device, circuit, 0).network(), np.random.default_rng(1)
    assert isinstance(network, SpikingNetwork)
    x = np.where(rng.random((samples, 784)) < 0.19, rng.random((samples, 784)), 0.0)
    drive = network.drive(0.2 * brightness * x, network.deviates(samples, rng))
    assert isinstance(drive, SpikingDrive)
    start, phase, found = np.zeros((samples, network.nodes)), circuit.timing.free, []
    steps = phase.duration / network.card.step
    for _ in range(repeat + 1):
        begin = time.perf_counter()
        end = network.fire(drive, start, phase, circuit.solver)
        found.append(time.perf_counter() - begin)
    return 1e6 * statistics.median(found[1:]) / samples / steps, end.spikes.sum(axis=0) / samples / steps


def main() -> None:
    """Print two tables."""
    parser = options(__doc__)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--device", default="ideal")
    parsed = parser.parse_args()
    print("| brightness | spikes in a step | us a step and sample | over a silent network |")
    print("| --- | --- | --- | --- |")
    silent, found = None, {}
    for brightness in BRIGHTNESS:
        took, spikes = measure(parsed.device, dense(1024), brightness, parsed.samples, parsed.repeat)
        silent = took if silent is None else silent
        found[f"brightness_{brightness:g}_over_silent"] = took / silent
        print(f"| {brightness:g} | {spikes.sum():.3g} | {took:.2f} | {took / silent:.2f} |")
    print("\n| hidden neurons | spikes in a step | us a step and sample | ns a neuron |")
    print("| --- | --- | --- | --- |")
    for hidden in HIDDEN:
        took, spikes = measure(parsed.device, dense(hidden), 0.3, parsed.samples, parsed.repeat)
        found[f"hidden_{hidden}_us"] = took
        print(f"| {hidden} | {spikes.sum():.3g} | {took:.2f} | {1e3 * took / hidden:.2f} |")
    head = (
        "| coding | channels | steps | spikes in a step | us a step and sample | silent | ns a spike | ns an addition |"
    )
    print(f"\n{head}\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    cases = [("rate", channels, 100) for channels in CHANNELS] + [("rate", 16, steps) for steps in STEPS]
    for coding, channels, steps in [*cases, *(("predictive", channels, 20) for channels in CHANNELS)]:
        took = row(parsed.device, coding, channels, steps, parsed.samples // 4, parsed.repeat)
        found[f"{coding}_{channels}_channels_{steps}_steps_us"] = took
    report(parsed, found)


def row(device: str, coding: str, channels: int, steps: int, samples: int, repeat: int) -> float:
    """One line of the table of convolutions; returns microseconds of a step of one sample."""
    circuit = convolutional(channels, steps, coding)
    took, spikes = measure(device, circuit, 1.0, samples, repeat)
    silent, _ = measure(device, circuit, 0.0, samples, repeat)
    # Ahead: 4 x 4 places in strides of two, less at the borders; back: 4 x 4 patches of all channels.
    additions = spikes[1] * 2.25 * 2 * channels + spikes[2] * (16 * channels + 10) + spikes[3] * 18 * channels
    spare = 1e3 * (took - silent)
    print(
        f"| {coding} | {channels} | {steps} | {spikes.sum():.3g} | {took:.2f} | {silent:.2f} | "
        f"{spare / spikes.sum():.1f} | {spare / additions:.2f} |",
        flush=True,
    )
    return took


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
