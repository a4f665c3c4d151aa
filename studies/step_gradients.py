"""Does equilibrium propagation follow backpropagation step by step in a convolutional network, with either pooling?

    python studies/step_gradients.py [--samples 20] [--epochs 3]

For each step of the nudged phase of `conv-digits`, untrained and after some epochs, what the step adds to the gradient
beside what backpropagation through time finds at the step as many from the end of the settled free phase (Ernoult et
al. 2019, arXiv 1905.13633): cosine and relative error of each layer, pooling by the average and by the maximum. In
double precision, beta 0.001, without noise and converters. The memory of both is measured for growing numbers of steps.
"""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analogep import Chip, CircuitCard, DeviceCard, Run, datasets
from analogep.circuit.phases import Phase
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.unrolled import backpropagated, propagated, unroll
from analogep.relaxation import relax

Floats = NDArray[np.float64]

POOLS = ("average", "max")
STEPS, FREE, BETA, STEP = 16, 400, 1e-3, 25e-9
LENGTHS = (10, 20, 40, 80)
GAINS = {"average": "[3, 1.3, 0.3]", "max": "[3, 0.6, 0.3]"}
"""A maximum makes larger signals than an average of four, and needs smaller weights for a loop gain below 1."""


def circuit(pool: str, epochs: int) -> CircuitCard:
    """The card with one kind of pooling."""
    layers = ", ".join(
        f"{{kind: conv, channels: {channels}, kernel: 3, padding: 1, pool: {{kind: {pool}, size: 2}}}}"
        for channels in (16, 32)
    )
    return CircuitCard.load(
        "conv-digits",
        [f"layers=[{{kind: image, height: 8, width: 8}}, {layers}, 10]", f"learning.initial_gain={GAINS[pool]}",
         "solver.precision=double", f"learning.epochs={max(epochs, 1)}"],
    )  # fmt: skip


def network_of(pool: str, epochs: int) -> LayeredRC:
    """Untrained, or after some epochs on the digits."""
    card, device = circuit(pool, epochs), DeviceCard.load("ideal")
    if epochs:
        run = Run(device, card, 0)
        run.execute()
        network = run.chip.network()
    else:
        network = Chip(device, card, 0).network()
    assert isinstance(network, LayeredRC)
    return network


def images(samples: int) -> tuple[Floats, Floats]:
    """Input lines and targets [V] of the first training images."""
    data = datasets.load(None, np.random.default_rng(0))
    return np.asarray(data.train_x[:samples], dtype=np.float64) * 0.2, 0.2 * np.eye(10)[data.train_y[:samples]]


def compared(network: LayeredRC, samples: int, beta: float = BETA) -> tuple[Floats, Floats]:
    """Cosine and relative error (steps, layers) of each step's gradient."""
    x, target = images(samples)
    drive = network.drive(x)
    path = unroll(network, drive, np.zeros((samples, network.nodes)), FREE, STEP)
    pairs = zip(
        propagated(network, drive, path[-1], x, target, beta, STEPS, STEP),
        backpropagated(network, path, x, target, STEP, STEPS),
        strict=True,
    )
    cosines, errors = [], []
    for ours, theirs in pairs:
        norms = [(np.linalg.norm(a), np.linalg.norm(b)) for a, b in zip(ours, theirs, strict=True)]
        inner = [float((a * b).sum()) for a, b in zip(ours, theirs, strict=True)]
        cosines.append([i / (a * b) if a * b > 0 else np.nan for i, (a, b) in zip(inner, norms, strict=True)])
        far = [np.linalg.norm(a - b) for a, b in zip(ours, theirs, strict=True)]
        errors.append([d / b if b > 0 else np.nan for d, (_, b) in zip(far, norms, strict=True)])
    return np.array(cosines), np.array(errors)


def peak(work: Callable[[], object]) -> float:
    """Most memory that arrays took on the way [bytes]."""
    work()
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(most)


def memory(network: LayeredRC, samples: int) -> list[tuple[int, float, float]]:
    """Steps, and peak bytes of equilibrium propagation and of backpropagation through time."""
    x, target = images(samples)
    drive, start = network.drive(x), np.zeros((samples, network.nodes))
    solver, found = circuit("average", 0).solver, []
    for steps in LENGTHS:
        phase = Phase(duration=steps * STEP)

        def nudge(phase: Phase = phase) -> None:
            rest = relax(network, drive, start, phase, solver, 0.01).v
            relax(network, network.nudged(drive, BETA, target), rest, phase, solver, 0.01)

        def unrolled(steps: int = steps) -> None:
            backpropagated(network, unroll(network, drive, start, steps, STEP), x, target, STEP)

        found.append((steps, peak(nudge), peak(unrolled)))
    return found


def main() -> None:
    """Compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=3)
    parsed = parser.parse_args()
    print("| pooling | epochs | cosine, mean of steps (worst), layers 1, 2, 3 | relative difference, mean of steps |")
    print("| --- | --- | --- | --- |")
    for pool in POOLS:
        for epochs in dict.fromkeys((0, parsed.epochs)):
            cosine, error = compared(network_of(pool, epochs), parsed.samples)
            cosines = [f"{np.nanmean(c):.4f} ({np.nanmin(c):.3f})" for c in cosine.T]
            print(
                f"| {pool} | {epochs} | {', '.join(cosines)} | {', '.join(f'{np.nanmean(e):.3g}' for e in error.T)} |"
            )
    print("\n| steps of each phase | peak memory, equilibrium propagation | backpropagation through time |")
    print("| --- | --- | --- |")
    for steps, ours, theirs in memory(network_of("average", 0), parsed.samples):
        print(f"| {steps} | {ours / 1e6:.2f} MB | {theirs / 1e6:.2f} MB |")


if __name__ == "__main__":
    main()
