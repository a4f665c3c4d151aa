"""Samples per second of an MNIST-size epoch, against the matrix products that it cannot avoid, and where time goes.

    python benchmarks/mnist_epoch.py [--data DIR] [--samples 2000] [--device ideal] [--repeat 3] [--json]
                                     [--set KEY=VALUE]

Without --data the images are random with MNIST's share of zero pixels; the time does not depend on what they show.
The yardstick, measured in the same process: the products of an epoch in BLAS with one thread (input drive once,
output products once per evaluation of the circuit equations, gradient). Ratios of one run mean something on a noisy
machine; samples per second alone do not.
"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from timing import options, report

from analogep import Chip, CircuitCard, DeviceCard, datasets
from analogep.datasets import Dataset
from analogep.network import Network
from analogep.relaxation.euler import steps
from analogep.run.epoch import Trainer
from analogep.run.history import History
from analogep.streams import Seeds

STATIONS = ("network", "relaxation", "learning", "crossbar", "circuit", "device", "run", "scipy", "numpy")


def samples_of(folder: Path | None, count: int) -> Dataset:
    """The first `count` training images, or random ones."""
    rng = np.random.default_rng(0)
    if folder is not None:
        full = datasets.load(folder, rng)
        return Dataset(
            full.name, full.train_x[:count], full.train_y[:count], full.test_x[:200], full.test_y[:200], full.classes,
            full.shape,
        )  # fmt: skip
    x = np.where(rng.random((count + 200, 784)) < 0.19, rng.random((count + 200, 784)), 0.0)
    y = np.arange(count + 200) % 10
    return Dataset("random", x[:count], y[:count], x[count:], y[count:], 10, (28, 28))


def floor(circuit: CircuitCard, count: int, evaluations: float) -> float:
    """Seconds of the products of `count` samples, with so many evaluations of the circuit a batch."""
    inputs, hidden, outputs = circuit.layers
    batch = circuit.learning.batch
    rng = np.random.default_rng(0)
    x, h, y = (rng.random((batch, n)) for n in (inputs, hidden, outputs))
    first, second = rng.random((inputs, hidden)), rng.random((hidden, outputs))
    start = time.perf_counter()
    for _ in range(-(-count // batch)):
        x @ first
        for _ in range(round(evaluations)):
            h @ second
            y @ second.T
        x.T @ h
        h.T @ y
    return time.perf_counter() - start


def equal_steps(circuit: CircuitCard, network: Network) -> int:
    """Evaluations of the circuit equations in a batch by `solver.method: euler`: one a step, and one at each end."""
    phases = (circuit.timing.free, circuit.timing.nudged)
    nudged = sum(beta != 0.0 for beta, _ in circuit.nudging.stencil())
    counts = [steps(network, phase, circuit.solver)[0] + 1 for phase in phases]
    return counts[0] + nudged * counts[1]


def main() -> None:
    """Time one epoch several times, then profile one."""
    parser = options(__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--device", default="ideal")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], help="any key of the circuit card")
    parsed = parser.parse_args()
    device, circuit = DeviceCard.load(parsed.device), CircuitCard.load("mnist", parsed.set)
    data, seeds = samples_of(parsed.data, parsed.samples), Seeds.of(0)
    with threadpool_limits(1):
        chip = Chip(device, circuit, seeds)
        trainer = Trainer(chip, data, History(), lambda _: None)
        trainer.epoch(0)  # compiles, and fills caches
        profile = cProfile.Profile()
        profile.enable()
        trainer.epoch(1)
        profile.disable()
        stats = pstats.Stats(profile)
        calls = {key[2]: value[0] for key, value in stats.stats.items() if key[0].endswith("rc.py")}  # type: ignore[attr-defined]
        batches = -(-parsed.samples // circuit.learning.batch)
        # The compiled steps do not show in a profile: there the card tells how many they are.
        per_batch = calls["bracket"] / batches if "bracket" in calls else equal_steps(circuit, chip.network())
        epochs, floors = [], []
        for k in range(parsed.repeat):
            start = time.perf_counter()
            trainer.epoch(2 + k)
            epochs.append(time.perf_counter() - start)
            floors.append(floor(circuit, parsed.samples, per_batch))
    ratio = statistics.median(one / other for one, other in zip(epochs, floors, strict=True))
    print(f"{parsed.device} on mnist, {parsed.samples} samples, batch {circuit.learning.batch}, one thread")
    print(f"  samples per second    {parsed.samples / statistics.median(epochs):.0f} (median of {parsed.repeat})")
    print(f"  circuit evaluations   {per_batch:.0f} a batch")
    print(f"  time over BLAS floor  {ratio:.2f}")
    print("  where the time goes (share of own time, under the profiler)")
    shares = dict.fromkeys(STATIONS, 0.0)
    for (file, _, _), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        for station in STATIONS:
            if f"/{station}/" in file or f"/{station}." in file:
                shares[station] += own
                break
        else:
            shares["numpy"] += own  # built-in functions have no file: nearly all of them are NumPy's
    total = sum(shares.values())
    for station, own in sorted(shares.items(), key=lambda item: -item[1]):
        print(f"    {station:<12}{100 * own / total:5.1f} %")
    report(parsed, {"samples_per_second": parsed.samples / statistics.median(epochs), "epoch_over_floor": ratio})


if __name__ == "__main__":
    main()
