"""Training steps of 784-1024-10 with 60 free and 6 nudged steps, against an autograd step and the BLAS floor.

    python benchmarks/mnist_step.py [--data DIR] [--batches 50] [--repeat 5] [--json]

Three ways through the same batches of 20 images, by turns in one process, medians of the turns:

floor     the products that no implementation can do without, in single precision by BLAS: inputs once, both directions
          of the second array in every step, the gradient
autograd  a plain equilibrium-propagation step in PyTorch (`benchmarks/requirements.txt`), the way published code does
          it: the energy is a scalar, its gradient by autograd moves the states, weights are floating-point numbers
analogep  `solver.method: euler` in single precision: converters, sampling noise, joules, and pulses on the cells of
          each device card

Without --data the images are random with MNIST's share of zero pixels; the time does not depend on what they show.
BLAS has one thread, as in every run, where a second one would only wait for the first; the emulator's own kernels and
PyTorch use all cores.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from timing import options, report

from analogep import Chip, CircuitCard, datasets

BATCH, FREE, NUDGED, BETA = 20, 60, 6, 0.5
SIZES = (784, 1024, 10)
Images = tuple[NDArray[np.float32], NDArray[np.int64]]


def images(folder: Path | None, count: int) -> Images:
    """Images and labels, of the folder or random."""
    rng = np.random.default_rng(0)
    if folder is not None:
        full = datasets.load(folder, rng)
        return full.train_x[:count].astype(np.float32), full.train_y[:count]
    x = np.where(rng.random((count, SIZES[0])) < 0.19, rng.random((count, SIZES[0])), 0.0)
    return x.astype(np.float32), np.arange(count) % SIZES[2]


def floor(data: Images) -> None:
    """The unavoidable products of all batches."""
    rng = np.random.default_rng(1)
    first, second = (rng.random(shape, dtype=np.float32) for shape in (SIZES[:2], SIZES[1:]))
    back = np.ascontiguousarray(second.T)
    h, y = (rng.random((BATCH, n), dtype=np.float32) for n in SIZES[1:])
    for start in range(0, len(data[0]), BATCH):
        x = data[0][start : start + BATCH]
        x @ first
        for _ in range(FREE + NUDGED):
            h @ second
            y @ back
        x.T @ h
        h.T @ y
        h.T @ y


def autograd() -> Callable[[Images], None]:
    """A training loop in PyTorch."""
    import torch

    torch.manual_seed(0)
    weights = [torch.nn.init.xavier_uniform_(torch.empty(a, b)) for a, b in itertools.pairwise(SIZES)]
    biases = [torch.zeros(n) for n in SIZES[1:]]

    def energy(x: torch.Tensor, states: list[torch.Tensor]) -> torch.Tensor:
        rates = [x, *(state.clamp(0, 1) for state in states)]
        total = sum(0.5 * state.square().sum(dim=1) for state in states)
        for k, (w, b) in enumerate(zip(weights, biases, strict=True)):
            total = total - ((rates[k] @ w) * rates[k + 1]).sum(dim=1) - rates[k + 1] @ b
        return total

    def relax(x: torch.Tensor, states: list[torch.Tensor], steps: int, beta: float, target: torch.Tensor) -> None:
        for _ in range(steps):
            total = energy(x, states).sum()
            if beta:
                total = total + beta * 0.5 * (states[-1] - target).square().sum()
            for state, slope in zip(states, torch.autograd.grad(total, states), strict=True):
                state.data.sub_(0.5 * slope).clamp_(0, 1)

    def loop(data: Images) -> None:
        for start in range(0, len(data[0]), BATCH):
            x = torch.from_numpy(data[0][start : start + BATCH].copy())
            target = torch.nn.functional.one_hot(
                torch.from_numpy(data[1][start : start + BATCH].copy()), SIZES[2]
            ).float()
            states = [torch.zeros(len(x), n, requires_grad=True) for n in SIZES[1:]]
            relax(x, states, FREE, 0.0, target)
            free = [x, *(state.detach().clone() for state in states)]
            relax(x, states, NUDGED, BETA, target)
            end = [x, *(state.detach() for state in states)]
            for k, (w, b) in enumerate(zip(weights, biases, strict=True)):
                w += 0.05 / (BETA * len(x)) * (end[k].T @ end[k + 1] - free[k].T @ free[k + 1])
                b += 0.05 / (BETA * len(x)) * (end[k + 1] - free[k + 1]).sum(dim=0)

    return loop


def emulated(name: str, settings: Sequence[str] = (), batch: int = BATCH) -> Callable[[Images], None]:
    """A training loop on the cells of a device card, with other settings of the circuit card if need be."""
    circuit = CircuitCard.load(
        "mnist",
        ["solver.method=euler", "solver.precision=single", f"nudging.beta={BETA}", "nudging.estimator=positive",
         "learning.rate=[0.5, 0.05]", "learning.initial_gain=[1.0, 0.3]", "learning.center_inputs=null",
         f"timing.free.duration={25 * FREE} ns", f"timing.nudged.duration={25 * NUDGED} ns", *settings],
    )  # fmt: skip
    chip = Chip(name, circuit, 0)

    def loop(data: Images) -> None:
        for start in range(0, len(data[0]), batch):
            chosen = slice(start, start + batch)
            chip.train(data[0][chosen], data[1][chosen])

    return loop


def main() -> None:
    """Time all by turns and print."""
    parser = options(__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=5)
    parsed = parser.parse_args()
    data = images(parsed.data, BATCH * parsed.batches)
    emulators = ("ideal", "rram")
    ways: dict[str, Callable[[Images], None]] = {"floor": floor, **{name: emulated(name) for name in emulators}}
    try:
        ways["autograd"] = autograd()
    except ImportError:
        print("PyTorch is not installed (pip install -r benchmarks/requirements.txt): no autograd step")
    one = {name: 1 if name != "autograd" else None for name in ways}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for name, way in ways.items():
        with threadpool_limits(one[name]):
            way((data[0][:BATCH], data[1][:BATCH]))  # compiles
    # What is alive now is looked at no more: a collection among a compiler's objects takes as long as twenty batches.
    gc.collect()
    gc.freeze()
    for _ in range(parsed.repeat):
        for name, way in ways.items():
            with threadpool_limits(one[name]):
                start = time.perf_counter()
                way(data)
                seconds[name].append(time.perf_counter() - start)
    print(f"{len(data[0])} samples, batch {BATCH}, {FREE} + {NUDGED} steps, medians of {parsed.repeat} turns")
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    for name, median in medians.items():
        against = "".join(
            f", {medians[other] / median:6.2f} x {other}" for other in ("floor", "autograd") if other in ways
        )
        print(f"  {name:<9}{1e3 * median / len(data[0]):8.3f} s per 1000 samples{against}")
    # How many times as fast as the autograd step, and how many times as long as the products.
    ratios = {f"{name}_over_autograd": medians["autograd"] / medians[name] for name in emulators if "autograd" in ways}
    report(parsed, ratios | {f"{name}_over_floor": medians[name] / medians["floor"] for name in emulators})


if __name__ == "__main__":
    main()
