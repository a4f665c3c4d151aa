"""Programming a 784 x 1024 pair: 1e5 pulses, 1e6 pulses, 31 pulses on every cell, for each affine-law card.

    python benchmarks/programming.py [--repeats 15]

Prints the median over repeats of one `Pair.program` call (both halves pulsed, conductances, weights, line sums and
joules up to date afterwards), of drawing the stochastic counts, and of a plain NumPy loop that does the same pulse by
pulse, all in one run on one machine. The first calls compile and are not counted. To set another simulator beside it,
time its update of the same two arrays with the same counts in the same minute: aihwkit 1.2 (C++), installed by itself,
with `AnalogTile(784, 1024, SingleRPUConfig(device=...))` and `tile.update(x, d)` whose expected pulses are 1e5, 1e6, or
31 on every cell (`x = d = 1`, `desired_bl=31`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from timing import milliseconds

SHAPE = (784, 1024)


def plain(counts: np.ndarray, law: object, sigma: float) -> Callable[[], object]:
    """The same pulses on two arrays by NumPy, pulse by pulse over whole arrays."""
    rng = np.random.default_rng(0)
    states = [np.full(SHAPE, 0.5), np.full(SHAPE, 0.5)]

    def call() -> None:
        for x, sign in zip(states, (1, -1), strict=True):
            left = sign * counts
            while np.any(left):
                step = np.where(left > 0, law.step("up", x), law.step("down", x))  # type: ignore[attr-defined]
                noisy = np.clip(x + step + sigma * rng.standard_normal(SHAPE), 0.0, 1.0)
                np.copyto(x, noisy, where=left != 0)
                left = left - np.sign(left)

    return call


def main() -> None:
    """Time all cards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--cards", nargs="*")
    parsed = parser.parse_args()

    from analogep.crossbar import Pair
    from analogep.device import AffineLaw, DeviceCard
    from analogep.draws import rounded
    from analogep.streams import Streams

    cards = [DeviceCard.load(name) for name in parsed.cards or DeviceCard.names()]
    rng = np.random.default_rng(0)
    cases = {"1e5 pulses": 1e5, "1e6 pulses": 1e6}
    counts = {}
    for name, pulses in cases.items():
        z = rng.laplace(0.0, pulses / (2 * SHAPE[0] * SHAPE[1]), SHAPE)
        counts[name] = rounded(z, 7, 1000)
        print(f"{name}: counts drawn in {milliseconds(lambda z=z: rounded(z, 7, 1000), parsed.repeats):.2f} ms")
    counts["31 on every cell"] = np.where(rng.random(SHAPE) < 0.5, 31, -31).astype(np.int32)
    print(f"{'card':<16}" + "".join(f"{name:>22}" for name in counts) + "   [ms, median]")
    for card in cards:
        if not isinstance(card.programming, AffineLaw) or card.programming.unidirectional:
            continue
        pair = Pair(card, SHAPE, 0.5, True, Streams(0), "layer1")
        row = []
        for one in counts.values():
            call = iter(range(10**6))
            row.append(milliseconds(lambda one=one: pair.program(one, Streams(1), 0, next(call)), parsed.repeats))  # noqa: B023
        print(f"{card.name:<16}" + "".join(f"{ms:>22.2f}" for ms in row))
    rram = DeviceCard.load("rram")
    for name, one in counts.items():
        ms = milliseconds(plain(one, rram.programming, 0.037), 1)
        print(f"plain NumPy, rram, {name}: {ms:.0f} ms")


if __name__ == "__main__":
    main()
