"""Settings chosen by training images that were held out, and what the test samples then say of them, read once.

    python studies/held_out.py rules --data MNIST [--device pcm] [--epochs 20] [--seeds 3]
    python studies/held_out.py resistive-digits --data MNIST
    python studies/held_out.py resistive-xs | resistive-1h | spiking-conv-mnist --data MNIST
    python studies/held_out.py fashion | fashion-rram | conv-fashion --data FASHION
    python studies/held_out.py resistive-digits --test [--seeds 3] [--samples 10000]

A search begins at round numbers that stand beside the card's, and walks from knob to knob: the next larger values
for as long as held-out accuracy rises, else the next smaller ones, until no knob moves. It learns the first training
images of a folder of IDX files and is judged by the last ones; test images are dropped before anything is trained. What
is meant for the bundled 8x8 digits is chosen on MNIST's training images, padded to 32x32 and averaged over 4x4, so that
no digit of any split is seen. `rules` instead trains a device with every rule on a list, and the best of them once
more, beside the card's own, with other seeds. `--log FILE` keeps every trial: the same command goes on. `--test` trains
cards as they are and prints rows of the tables of docs/results.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from digits import joules
from numpy.typing import NDArray
from scipy.special import stdtrit

from analogep import DeviceCard, Run, datasets
from analogep.datasets import Dataset, Source
from analogep.errors import AnalogepError

Setting = dict[str, Any]
"""A value for each knob: a key of either card, or one entry of it, `learning.rate[0]`."""
LADDER = tuple(round(digit * 10.0**power, 10) for power in range(-5, 2) for digit in (1, 2, 5))
"""1, 2, 5: numbers that a search of rates, betas and volts walks."""
SIDE = 28
"""Pixels of a side of an image of MNIST [1]."""


@dataclass(frozen=True)
class Search:
    """What is searched, and on how much.

    Attributes
    ----------
    device, card : str
    start : dict
        Where the search begins.
    learned, held, epochs, seeds : int
        Training images that are learned and that judge, epochs and seeds of a trial.
    lists : dict
        Values of knobs that do not walk the ladder, in order.
    fixed : dict
        Keys of either card that every trial has.
    pooled : bool
        Whether images are averaged to 8x8.
    full : int
        Epochs of a longer training with what was found and of the card as it is; 0 for none.
    """

    device: str
    card: str
    start: Setting
    learned: int
    held: int
    epochs: int
    seeds: int = 1
    lists: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    fixed: Setting = field(default_factory=dict)
    pooled: bool = False
    full: int = 0

    def ahead(self, knob: str, value: Any, step: int) -> tuple[Any, ...]:
        """Values of a knob that come after one, upwards for a step of 1 and downwards for -1, the next one first."""
        values = self.lists.get(knob, LADDER)
        place = values.index(value)
        return values[place + 1 :] if step > 0 else values[:place][::-1]


NARROW: Setting = {
    "mapping.weight_range": [0.05, 0.1], "learning.final": 0.1, "nudging.beta": 0.8,
    "timing.free.duration": 250e-9, "timing.nudged.duration": 150e-9,
    "neurons.output.activation.low": -0.2, "neurons.output.activation.high": 0.4, "adc.low": -0.2, "adc.high": 0.4,
}  # fmt: skip
"""Of `mnist` with `rram`, found on MNIST."""
SAMPLES = tuple({"capacitance": c, "noise": round(math.sqrt(4.14e-21 / c), 8)} for c in (1e-12, 1e-11, 1e-10))
"""Sample and hold of more and less noise, kT/C at 300 K."""
MOVES = (None, {"shift": 1}, {"shift": 1, "mirror": True})
"""What may be done to training images."""


BETAS = {"nudging.beta": (0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)}
"""Strengths of nudging, finer than the ladder: an output of a resistive network is not stable beyond some of them."""


def rates(*middle: float) -> tuple[list[float], ...]:
    """Rates of the layers in this proportion, from a quarter to four times, by factors of two."""
    return tuple([factor * rate for rate in middle] for factor in (0.25, 0.5, 1.0, 2.0, 4.0))


SEARCHES: dict[str, Search] = {
    "resistive-digits": Search(
        "ideal",
        "resistive-digits",
        {"nudging.beta": 0.2, "learning.rate[0]": 0.5, "learning.rate[1]": 0.5, "network.target": 0.02},
        1400, 1500, 4,
        lists=BETAS,
        pooled=True,
        full=20,
    ),
    "resistive-xs": Search(
        "ideal",
        "resistive-xs",
        {"nudging.beta": 0.1, "learning.rate[0]": 1.0, "learning.rate[1]": 1.0, "network.target": 0.005},
        2000, 1000, 2,
        lists=BETAS,
    ),
    "resistive-1h": Search(
        "ideal",
        "resistive-1h",
        {"nudging.beta": 0.1, "learning.rate[0]": 1.0, "learning.rate[1]": 1.0, "network.target": 0.002},
        2000, 1000, 2,
        lists=BETAS,
    ),
    "fashion": Search(
        "ideal",
        "mnist",
        {"learning.rate[0]": 0.5, "learning.rate[1]": 0.05},
        3000, 1500, 2,
    ),
    "fashion-rram": Search(
        "rram",
        "mnist",
        {"learning.rate[0]": 0.5, "learning.rate[1]": 0.05, "learning.center_inputs": None},
        3000, 1500, 2,
        lists={"learning.center_inputs": (None, 0.1)},
        fixed=NARROW,
    ),
    "conv-fashion": Search(
        "ideal",
        "conv-fashion",
        {"learning.rate": [0.3, 0.15, 0.025], "nudging.beta": 0.2, "sample_hold": SAMPLES[0], "learning.augment": None},
        1000, 1000, 3,
        lists={"learning.rate": rates(0.6, 0.3, 0.05), "sample_hold": SAMPLES, "learning.augment": MOVES},
    ),
    "spiking-conv-mnist": Search(
        "ideal",
        "spiking-conv-mnist",
        {"learning.rate": [0.25, 0.125, 0.025], "feedback.gain": 0.5, "learning.augment": None},
        1000, 1000, 3,
        lists={"learning.rate": rates(0.5, 0.25, 0.05), "learning.augment": MOVES[:2]},
    ),
}  # fmt: skip
"""By the card that is searched for, or the table."""


@dataclass
class Kept:
    """Trials by what they are, in a file of lines if there is one.

    Attributes
    ----------
    path : Path or None
    """

    path: Path | None
    known: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            self.known = dict(json.loads(line) for line in self.path.read_text().splitlines())

    def score(self, said: str, found: Callable[[], float]) -> float:
        """Accuracy of a trial [1], measured if it is unknown."""
        if said not in self.known:
            self.known[said] = found()
            if self.path is not None:
                with self.path.open("a") as file:
                    file.write(json.dumps([said, self.known[said]]) + "\n")
        return self.known[said]


def pooled(x: NDArray[Any]) -> NDArray[Any]:
    """Images of 28x28 (samples, 784) with two dark pixels around them, in means of 4x4 (samples, 64) [1]."""
    framed = np.pad(x.reshape(-1, SIDE, SIDE), ((0, 0), (2, 2), (2, 2)))
    return framed.reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4)).reshape(-1, 64)


def parts(data: Dataset, search: Search) -> Dataset:
    """The first training images to learn, and the last ones in the place of test images, none of which is kept."""
    assert search.learned + search.held <= len(data.train_y), "too few training images"
    first, last = slice(search.learned), slice(len(data.train_y) - search.held, None)
    shrunk, shape = (pooled, (8, 8)) if search.pooled else (np.asarray, data.shape)
    return replace(
        data,
        name=f"{data.name}, held out",
        train_x=shrunk(data.train_x[first]),
        train_y=data.train_y[first],
        test_x=shrunk(data.train_x[last]),
        test_y=data.train_y[last],
        shape=shape,
    )


def changes(setting: Setting) -> Setting:
    """Keys of the cards: entries `rate[0]`, `rate[1]` of a list are one key."""
    found: Setting = {}
    for knob, value in setting.items():
        key, _, place = knob.partition("[")
        if place:
            found.setdefault(key, []).append(value)
        else:
            found[key] = value
    return found


def climb(score: Callable[[Setting], float], search: Search) -> tuple[Setting, float]:
    """Walk from knob to knob while held-out accuracy rises; returns where no knob moves, and its accuracy [1].

    Parameters
    ----------
    score : callable
        Held-out accuracy of a setting [1].
    search : Search
    """
    best = dict(search.start)
    highest, moved = score(best), True
    while moved:
        moved = False
        for knob in search.start:
            for step in (1, -1):
                for value in search.ahead(knob, best[knob], step):
                    trial = best | {knob: value}
                    reached = score(trial)
                    if reached <= highest:
                        break
                    best, highest, moved = trial, reached, True
    return best, highest


def trial(device: str, card: str, data: Dataset, set: Setting, seed: int) -> float:
    """Accuracy after the last epoch of what stands in the place of test images [1]; 0 for a card that is refused."""
    try:
        return float(Run(device, card, seed, data, set=set).execute()["accuracy"][-1])
    except AnalogepError as error:
        print(f"  refused: {error}", flush=True)
        return 0.0


def measured(
    device: str, card: str, data: Dataset, set: Setting, seeds: Iterable[int], kept: Kept
) -> NDArray[np.float64]:
    """Held-out accuracy of each seed [1]."""

    def said(seed: int) -> str:
        return json.dumps([device, card, set, len(data.train_y), len(data.test_y), data.digest[:12], seed])

    return np.array([kept.score(said(seed), lambda: trial(device, card, data, set, seed)) for seed in seeds])  # noqa: B023


def searched(name: str, source: str, kept: Kept) -> None:
    """Print every trial of a search and what it ends with."""
    search = SEARCHES[name]
    data = parts(datasets.load(source, np.random.default_rng(0)), search)
    print(f"{name}: {search.device} on {search.card}, {search.learned} images of {data.name}, {search.epochs} epochs")

    def score(setting: Setting, epochs: int = search.epochs) -> float:
        set = search.fixed | changes(setting) | {"learning.epochs": epochs}
        found = measured(search.device, search.card, data, set, range(1, search.seeds + 1), kept)
        print(f"  {100 * found.mean():.2f} %  {changes(setting)}", flush=True)
        return float(found.mean())

    best, reached = climb(score, search)
    error = math.sqrt(reached * (1 - reached) / search.held)
    print(f"best: {100 * reached:.2f} % of {search.held} held-out images (binomial error {100 * error:.2f}): {best}")
    if search.full:
        print(f"{search.full} epochs, as found and the card as it is")
        score(best, search.full)
        score({}, search.full)


RULED = ("pcm", "ecram_mo", "enode", "rram_hfo2", "rram", "rram_cmo", "rram_sky130")
"""Cards whose rule follows from no number of the device."""
SHORT, LONG = 3, 5
"""Epochs of all rules, with one seed, and of the best of them, with other seeds, unless told otherwise."""
FINALISTS = 2


def listed(device: str) -> list[Setting]:
    """Rules to compare, the card's own first: thresholds a third and three times as large, and the other kinds."""
    own = DeviceCard.load(device).recommended
    most = own.max_pulses or 1
    kind, other = own.rule, "mixed_precision" if own.rule == "closed_loop" else "closed_loop"
    return [
        {"rule": kind, "threshold": own.threshold, "max_pulses": own.max_pulses},
        {"rule": kind, "threshold": own.threshold / 3, "max_pulses": own.max_pulses},
        {"rule": kind, "threshold": own.threshold * 3, "max_pulses": own.max_pulses},
        {"rule": kind, "threshold": own.threshold, "max_pulses": None if own.max_pulses else 1},
        {"rule": other, "threshold": own.threshold, "max_pulses": most},
        {"rule": other, "threshold": own.threshold * 3, "max_pulses": most},
        {"rule": "stochastic"},
    ]


def ruled(device: str, source: str, kept: Kept, epochs: int, seeds: int) -> None:
    """Print rows of the rules of a device: all by one seed, then the best of them and the card's by others."""
    whole = datasets.load(source, np.random.default_rng(0))
    data = parts(whole, replace(SEARCHES["resistive-digits"], learned=1400, held=1000))
    rules = listed(device)

    def score(rule: Setting, epochs: int, seeds: Iterable[int]) -> NDArray[np.float64]:
        set = {"update": rule, "solver.method": "euler", "learning.epochs": epochs}
        return measured(device, "digits", data, set, seeds, kept)

    first = [float(score(rule, SHORT, (1,))[0]) for rule in rules]
    order = [0, *[k for k in np.argsort(first)[::-1] if k][:FINALISTS]]
    finals = {k: 100 * score(rules[k], epochs, range(2, seeds + 2)) for k in order}
    for k in sorted(order, key=lambda k: -finals[k].mean()):
        apart = finals[k] - finals[0]
        error = apart.std(ddof=1) / math.sqrt(len(apart))
        own = "the card's" if k == 0 else f"{apart.mean():+.2f} +- {error:.2f} against the card's"
        print(f"| {device} | {rules[k]} | {100 * first[k]:.1f} | {finals[k].mean():.2f} | {own} |", flush=True)


@dataclass(frozen=True)
class Row:
    """A row of a table: cards as they are but for some keys, all training samples, the test samples read once.

    Attributes
    ----------
    device, card : str
    set : dict
    """

    device: str
    card: str
    set: Setting = field(default_factory=dict)


STILL = {"read.noise": {"kind": "none"}}
FASHION = NARROW | {"learning.rate": [0.2, 0.2], "learning.center_inputs": None, "learning.epochs": 3}
ROWS = {
    "resistive-digits": (Row("ideal", "resistive-digits"), Row("rram", "resistive-digits", STILL)),
    "fashion-rram": (Row("rram", "mnist", FASHION),),
}


def few(source: str, samples: int | None) -> Source:
    """All samples of a source, or the first training images of its files and all of its test images."""
    if samples is None:
        return source
    data = datasets.load(source, np.random.default_rng(0))
    return replace(data, train_x=data.train_x[:samples], train_y=data.train_y[:samples])


def tabled(name: str, source: Source, seeds: int) -> None:
    """Print the rows of a table: mean of the seeds, half of a 95 % interval by Student's t, and joules."""
    for row in ROWS[name]:
        results = [Run(row.device, row.card, seed, source, set=row.set).execute() for seed in range(1, seeds + 1)]
        right = 100 * np.array([float(one["accuracy"][-1]) for one in results])
        half = stdtrit(seeds - 1, 0.975) * right.std(ddof=1) / math.sqrt(seeds) if seeds > 1 else math.nan
        learning, reading = (
            joules(float(np.mean([one[key][-1] for one in results]))) for key in ("training_energy", "inference_energy")
        )
        print(f"| {row.device} | {right.mean():.2f} +- {half:.2f} % | {learning} | {reading} |", flush=True)


def main() -> int:
    """Read the options, search or train, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["rules", *SEARCHES])
    parser.add_argument("--data", default="digits", help="folder of IDX files of MNIST or Fashion-MNIST")
    parser.add_argument("--device", help="of `rules` (default: all)")
    parser.add_argument("--log", type=Path, help="keep trials in this file, and go on from it")
    parser.add_argument("--test", action="store_true", help="train cards as they are and read the test samples")
    parser.add_argument("--samples", type=int, help="of --test: training images to learn (default: all)")
    parser.add_argument("--seeds", type=int, default=3, help="of --test, and of the best of the rules")
    parser.add_argument("--epochs", type=int, default=LONG, help="of the best of the rules")
    parsed = parser.parse_args()
    kept = Kept(parsed.log)
    if parsed.test and parsed.name not in ROWS:
        parser.error(f"{parsed.name}: no table is made by --test, but for {', '.join(ROWS)}")
    if parsed.test:
        tabled(parsed.name, few(parsed.data, parsed.samples), parsed.seeds)
    elif parsed.name == "rules":
        for device in [parsed.device] if parsed.device else RULED:
            ruled(device, parsed.data, kept, parsed.epochs, parsed.seeds)
    else:
        searched(parsed.name, parsed.data, kept)
    return 0


if __name__ == "__main__":
    main()
