"""Training samples per second of the 784-1024-10 resistive network, against coordinate descent and against BLAS.

    python benchmarks/resistive.py [--samples 960] [--batches 4 20 64] [--device ideal] [--repeat 3] [--json]

Ours is the whole step: three equilibria by Newton's method, gradient, pulses on 1.6 million cells, joules. Yardsticks
of the same run, one thread each, weights as floats, without devices, pulses and joules: block coordinate descent in
plain NumPy (4 sweeps free and 4 for each nudged phase) that multiplies the inputs once a batch (`descent`), the same as
published code does it, all layers in every sweep (`published`), and the products that no implementation can avoid
(`floor`: input drive, gradient).
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from threadpoolctl import threadpool_limits
from timing import options, report

from analogep import Chip

SWEEPS = 4


class Ours:
    """Training steps of a chip."""

    def __init__(self, device: str, batch: int) -> None:
        self.chip = Chip(device, "resistive-1h", set={"learning.batch": batch})

    def step(self, x: np.ndarray, target: np.ndarray) -> None:
        """One batch; targets as shares of the target voltage."""
        self.chip.train(x, target)


class Descent:
    """Block coordinate descent: each layer at the weighted mean of its neighbours, cut off by its diodes.

    Parameters
    ----------
    once : bool
        Whether inputs and loads of a batch are computed once, and not in every sweep.
    """

    def __init__(self, once: bool) -> None:
        self.once = once
        rng = np.random.default_rng(0)
        self.first, self.second = rng.uniform(0, 0.05, (1570, 1024)), rng.uniform(0, 0.05, (1026, 20))
        self.sign = np.where(np.arange(1024) < 512, 1.0, -1.0)

    def given(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Currents of the inputs and load of the hidden nodes."""
        return rows @ self.first, self.first.sum(axis=0) + self.second[:1024].sum(axis=1)

    def phase(self, rows: np.ndarray, v: np.ndarray, y: np.ndarray, target: np.ndarray, beta: float) -> None:
        """Sweeps over both layers, in place."""
        pull = beta * np.concatenate([target, -target], axis=1)
        for _ in range(SWEEPS):
            drive, load = self.known if self.once else self.given(rows)
            v[:] = self.sign * np.maximum(self.sign * (drive + y @ self.second[:1024].T) / load, 0.0)
            bias = 1e-3 * (self.second[1024] - self.second[1025])
            y[:] = (v @ self.second[:1024] + bias + pull) / (self.second.sum(axis=0) + beta)

    def step(self, x: np.ndarray, target: np.ndarray) -> None:
        """One batch: free, nudged both ways, squared drops, weights."""
        rows = np.concatenate([x, -x, np.ones((len(x), 1)), -np.ones((len(x), 1))], axis=1)
        if self.once:
            self.known = self.given(rows)
        v, y = np.zeros((len(x), 1024)), np.zeros((len(x), 20))
        self.phase(rows, v, y, target, 0.0)
        ends = []
        for beta in (0.1, -0.1):
            hidden, outputs = v.copy(), y.copy()
            self.phase(rows, hidden, outputs, target, beta)
            ends.append((hidden, outputs))
        (one, first), (other, second) = ends
        slope = -rows.T @ (one - other) + 0.5 * (np.square(one) - np.square(other)).sum(axis=0)
        np.maximum(self.first - 1e-6 * slope, 0.0, out=self.first)
        slope = -(one.T @ first - other.T @ second)
        slope += 0.5 * (np.square(first) - np.square(second)).sum(axis=0)
        slope += 0.5 * (np.square(one) - np.square(other)).sum(axis=0)[:, None]
        self.second[:1024] = np.maximum(self.second[:1024] - 1e-6 * slope, 0.0)


class Products:
    """The input drive and the gradient of the first layer."""

    def __init__(self) -> None:
        self.first = np.random.default_rng(0).random((1570, 1024))

    def step(self, x: np.ndarray, target: np.ndarray) -> None:
        """One batch."""
        rows = np.concatenate([x, -x, np.ones((len(x), 1)), -np.ones((len(x), 1))], axis=1)
        rows.T @ (rows @ self.first)


def seconds(one: Ours | Descent | Products, x: np.ndarray, target: np.ndarray, batch: int) -> float:
    """Time of all samples."""
    start = time.perf_counter()
    for k in range(0, len(x), batch):
        one.step(x[k : k + batch], target[k : k + batch])
    return time.perf_counter() - start


def main() -> None:
    """Time all at each batch size, alternating."""
    parser = options(__doc__)
    parser.add_argument("--samples", type=int, default=960)
    parser.add_argument("--batches", type=int, nargs="+", default=[4, 20, 64])
    parser.add_argument("--device", default="ideal")
    parser.add_argument("--repeat", type=int, default=3)
    parsed = parser.parse_args()
    rng = np.random.default_rng(0)
    x = np.where(rng.random((parsed.samples, 784)) < 0.19, rng.random((parsed.samples, 784)), 0.0)
    labels = np.eye(10)[np.arange(parsed.samples) % 10]
    print(f"{parsed.device} on resistive-1h, {parsed.samples} samples, one thread, medians of {parsed.repeat}")
    print("  batch   ours, s per 1000   descent / ours   published / ours   ours / floor")
    found: dict[str, float] = {}
    with threadpool_limits(1):
        for batch in parsed.batches:
            runners = (Ours(parsed.device, batch), Descent(True), Descent(False), Products())
            targets = (labels, labels * 1e-3, labels * 1e-3, labels)
            for one, target in zip(runners, targets, strict=True):
                seconds(one, x[:batch], target[:batch], batch)  # compiles, and fills caches
            taken = [
                [seconds(one, x, target, batch) for one, target in zip(runners, targets, strict=True)]
                for _ in range(parsed.repeat)
            ]
            ours = statistics.median(row[0] for row in taken) * 1000 / parsed.samples
            descent, published, floor = (statistics.median(row[k] / row[0] for row in taken) for k in (1, 2, 3))
            print(f"  {batch:5d}   {ours:16.2f}   {descent:14.2f}   {published:16.2f}   {1 / floor:12.1f}")
            found |= {f"batch_{batch}_over_descent": descent, f"batch_{batch}_over_published": published}
            found |= {f"batch_{batch}_over_floor": 1 / floor, f"batch_{batch}_s_per_1000": ours}
    report(parsed, found)


if __name__ == "__main__":
    main()
