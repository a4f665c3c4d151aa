"""Programming a 784 x 1024 pair: 1e5 pulses, 1e6 pulses, 31 pulses on every cell, for each affine-law card.

    python benchmarks/programming.py [--repeats 15] [--cards NAME...] [--json]

Prints the median over repeats of one `Pair.program` call in single precision (both halves pulsed, conductances,
weights, line sums and joules up to date afterwards), of drawing the stochastic counts, of a plain NumPy loop that does
the same pulse by pulse, and, where it is installed (`benchmarks/requirements.txt`), of aihwkit (C++) with two arrays of
the same size: soft bounds, one step of pulse-to-pulse noise of 30 %, a spread of its cells, and stochastic pulse trains
that meet in as many pulses. All in one run on one machine; the first calls compile and are not counted.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
from timing import milliseconds, options, report

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


def aihwkit(pulses: float) -> Callable[[], object]:
    """Two tiles of aihwkit that get about so many pulses each in one update, or 31 on every cell."""
    import torch
    from aihwkit.simulator.configs import SingleRPUConfig, SoftBoundsDevice, UpdateParameters
    from aihwkit.simulator.parameters.enums import PulseType
    from aihwkit.simulator.tiles import AnalogTile

    step, train = 0.01, 31
    trains = UpdateParameters(
        desired_bl=train, fixed_bl=True, update_bl_management=False, update_management=False,
        pulse_type=PulseType.STOCHASTIC_COMPRESSED,
    )  # fmt: skip
    config = SingleRPUConfig(device=SoftBoundsDevice(dw_min=step), update=trains)
    tiles = [AnalogTile(*SHAPE, config) for _ in range(2)]
    # Both lines fire with probability x in each of the 31 slots: x = 1 is 31 pulses on every cell.
    share = min(pulses / (train * SHAPE[0] * SHAPE[1]), 1.0) ** 0.5
    x, d = share * torch.ones(1, SHAPE[1]), share * torch.ones(1, SHAPE[0])
    for tile in tiles:
        tile.set_learning_rate(train * step)

    def call() -> None:
        for tile, sign in zip(tiles, (1.0, -1.0), strict=True):
            tile.update(x, sign * d)

    return call


def main() -> None:
    """Time all cards."""
    parser = options(__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--cards", nargs="*")
    parsed = parser.parse_args()

    from analogep.crossbar import Pair
    from analogep.device import AffineLaw, DeviceCard
    from analogep.draws import rounded
    from analogep.streams import Streams

    rram = DeviceCard.load("rram")
    cards = [DeviceCard.load(name) for name in parsed.cards or DeviceCard.names()]
    rng = np.random.default_rng(0)
    counts, found = {}, {}
    for name, pulses in {"1e5": 1e5, "1e6": 1e6}.items():
        z = rng.laplace(0.0, pulses / (2 * SHAPE[0] * SHAPE[1]), SHAPE)
        counts[name] = rounded(z, 7, 1000)
        drawing = milliseconds(lambda z=z: rounded(z, 7, 1000), parsed.repeats)
        print(f"{name} pulses: counts drawn in {drawing:.2f} ms")
    counts["31_each"] = np.where(rng.random(SHAPE) < 0.5, 31, -31).astype(np.int32)
    print(f"{'card':<16}" + "".join(f"{name:>12}" for name in counts) + "   [ms, median]")
    for card in cards:
        if not isinstance(card.programming, AffineLaw) or card.programming.unidirectional:
            continue
        pair = Pair(card, SHAPE, 0.5, True, Streams(0), "layer1", single=True)
        for name, one in counts.items():
            call = iter(range(10**6))
            program = lambda one=one, pair=pair, call=call: pair.program(one, Streams(1), 0, next(call))  # noqa: E731
            found[f"{card.name}_{name}_ms"] = milliseconds(program, parsed.repeats)
        print(f"{card.name:<16}" + "".join(f"{found[f'{card.name}_{name}_ms']:>12.2f}" for name in counts))
    others = {"numpy": lambda name: (plain(counts[name], rram.programming, 0.037), 1)}
    if importlib.util.find_spec("aihwkit"):
        others["aihwkit"] = lambda name: (aihwkit({"1e5": 1e5, "1e6": 1e6}.get(name, np.inf)), parsed.repeats)
    else:
        print("aihwkit is not installed (pip install -r benchmarks/requirements.txt): left out")
    for other, made in others.items():
        for name in counts:
            ms, ours = milliseconds(*made(name)), found.get(f"rram_{name}_ms", np.nan)
            found[f"{other}_{name}_ms"], found[f"{other}_over_rram_{name}"] = ms, ms / ours
            print(f"{other}, {name}: {ms:.1f} ms, {ms / ours:.2f} times as long as rram")
    report(parsed, found)


if __name__ == "__main__":
    main()
