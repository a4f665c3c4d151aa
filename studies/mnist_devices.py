"""Every card of the device library on MNIST or Fashion-MNIST: accuracy, joules and pulses, with settings found for it.

    python studies/mnist_devices.py --data DIR [--layers 784-1024-10] [--devices ideal,rram] [--epochs 2] [--seeds 1]

Prints a row for each card as soon as it is done. DIR holds four IDX files; deeper networks are --layers 784-512-512-10
and 784-500-500-500-10. A card keeps its recommended rule. Its settings are found first, on training images alone: one
epoch on the first 6000 (--search), judged by the last 2000. The search starts from a weight range of Glorot's
sqrt(6/(inputs + outputs)) in each layer and the rates of circuits/mnist.yaml; rates, range and the threshold of the
rule are doubled or halved for as long as that helps, then both estimators are compared. A pulse and its noise, and the
noise of reads, are shares of the range: this is why it matters most. All numbers are kept in --out: the same command
goes on after an interruption. For a quick look: --samples 2000 --search 1000. In full it takes about an hour on
one core.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from digits import joules, rule

from analogep import CircuitCard, DeviceCard, Run, datasets
from analogep.datasets import Dataset
from analogep.errors import AnalogepError
from analogep.results import write_bytes
from analogep.rules import Accumulating, rule_named

FIRST = ("ideal", "rram", "ecram", "pcm", "fefet")
"""Cards that come first; the others follow in the order of their names."""
INNER_RATE, INNER_GAIN = 0.2, 0.5
"""Learning rate and gain of the initial weights of layers between two hidden ones, of which circuits/mnist.yaml has
none: 784-512-512-10 and 784-500-500-500-10 start with a loop gain below 1."""
HELD_OUT = 2000
"""Training images that judge settings, at most a fifth of all."""
MOST_STEPS = 4
"""Doublings or halvings of one setting."""
MARGIN = 0.002
"""What a change of settings must gain [1]: less is chance, with 2000 images to judge by."""


@dataclass(frozen=True)
class Setting:
    """What is adapted to a card; all factors are 1 where the search starts.

    Attributes
    ----------
    reach : float
        Largest weight of each layer, in sqrt(6/(inputs + outputs)).
    speed : float
        Factor on all rates.
    patience : float
        Factor on the threshold of the card's rule.
    estimator : str
    """

    reach: float = 1.0
    speed: float = 1.0
    patience: float = 1.0
    estimator: str = "centered"


FACTORS = ("speed", "reach", "patience")
"""In the order of the search: ranges tell nothing where rates are too high to learn."""


@dataclass(frozen=True)
class Numbers:
    """What one run gives.

    Attributes
    ----------
    accuracy : float
        After the last epoch [1].
    training, inference : float
        Joules per training sample, mean of the epochs, and per inference after the last one [J].
    pulses : float
        Programming pulses that a device had in an epoch, mean of all devices and epochs [1].
    seconds : float
        Time on cores, all epochs and tests [s].
    """

    accuracy: float
    training: float
    inference: float
    pulses: float
    seconds: float


@dataclass(frozen=True)
class Network:
    """Layers, and what follows from them.

    Attributes
    ----------
    layers : tuple of int
    """

    layers: tuple[int, ...]

    def _each(self, values: tuple[float, ...], inner: float) -> list[float]:
        first, last = values
        return [first, *[inner] * (len(self.layers) - 3), last]

    def ranges(self, reach: float) -> list[float]:
        """Largest weight of each layer."""
        return [_rounded(reach * math.sqrt(6.0 / (a + b))) for a, b in itertools.pairwise(self.layers)]

    def rates(self, speed: float) -> list[float]:
        """Learning rate of each layer."""
        return [_rounded(speed * rate) for rate in self._each(_shipped().learning.rate, INNER_RATE)]

    def circuit(self, setting: Setting, epochs: int) -> CircuitCard:
        """The circuit card `mnist` with these layers and settings; each further hidden layer lengthens the phases."""
        shipped, longer = _shipped(), 0.5 * (len(self.layers) - 1)
        assert shipped.learning.initial_gain is not None
        return CircuitCard.load(
            "mnist",
            [
                f"layers={list(self.layers)}",
                f"learning.initial_gain={self._each(shipped.learning.initial_gain, INNER_GAIN)}",
                f"learning.rate={self.rates(setting.speed)}",
                f"learning.epochs={epochs}",
                f"mapping.weight_range={self.ranges(setting.reach)}",
                f"nudging.estimator={setting.estimator}",
                f"timing.free.duration={1e9 * longer * shipped.timing.free.duration:g} ns",
                f"timing.nudged.duration={1e9 * longer * shipped.timing.nudged.duration:g} ns",
            ],
        )


def _shipped() -> CircuitCard:
    return CircuitCard.load("mnist")


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def patient(device: str) -> bool:
    """Whether the card's rule has a threshold."""
    recommended = DeviceCard.load(device).recommended
    return isinstance(rule_named(recommended.rule, recommended.threshold, recommended.max_pulses), Accumulating)


def device_card(device: str, setting: Setting) -> DeviceCard:
    """The card with the threshold of the settings."""
    if setting.patience == 1.0:
        return DeviceCard.load(device)
    threshold = setting.patience * DeviceCard.load(device).recommended.threshold
    return DeviceCard.load(device, [f"recommended.threshold={threshold:g}"])


@dataclass(frozen=True)
class Kept:
    """Runs by their digest, kept in a file: none is done twice.

    Attributes
    ----------
    path : Path
        JSON file, in a folder that exists.
    """

    path: Path

    @classmethod
    def at(cls, folder: Path) -> Kept:
        """Those of a folder, which is made if it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder / "runs.json")

    def runs(self) -> dict[str, dict[str, Any]]:
        """All that is in the file."""
        return dict(json.loads(self.path.read_text())) if self.path.exists() else {}

    def numbers(self, run: Run, said: dict[str, Any]) -> Numbers:
        """Numbers of a run, which is executed if they are unknown; `said` goes into the file beside them."""
        key = run.identity["digest"]
        known = self.runs().get(key)
        if known is None:
            known = {**said, "numbers": asdict(_executed(run))}
            # Read again: another process may have added its runs in the meantime.
            write_bytes(self.path, json.dumps(self.runs() | {key: known}, indent=1).encode())
        return Numbers(**known["numbers"])


def _executed(run: Run) -> Numbers:
    start = time.process_time()
    result = run.execute()
    seconds = time.process_time() - start
    cells = sum(array.size for name, array in result.data_vars.items() if str(name).startswith("g_"))
    return Numbers(
        accuracy=float(result["accuracy"][-1]),
        training=float(result["training_energy"].mean()),
        inference=float(result["inference_energy"][-1]),
        pulses=float(result["pulses"].sum("layer").mean()) / cells,
        seconds=seconds,
    )


def held_out(data: Dataset, samples: int) -> Dataset:
    """The first training images to learn from and the last ones to judge by: no test image is in it."""
    number = len(data.train_y)
    judges = min(HELD_OUT, number // 5)
    return _part(data, f"{data.name}, held out", min(samples, number - judges), slice(number - judges, number))


def first(data: Dataset, samples: int | None) -> Dataset:
    """The first training images, all of them for None, and all test images."""
    return data if samples is None else _part(data, data.name, samples, None)


def _part(data: Dataset, name: str, samples: int, judges: slice | None) -> Dataset:
    learned = replace(data, name=name, train_x=data.train_x[:samples], train_y=data.train_y[:samples])
    return learned if judges is None else replace(learned, test_x=data.train_x[judges], test_y=data.train_y[judges])


def search(score: Callable[[Setting], float], start: Setting, factors: Sequence[str]) -> Setting:
    """The best settings found: one factor after the other doubled or halved while that helps, then the estimator.

    Parameters
    ----------
    score : callable
        What is to be large, of some settings.
    start : Setting
    factors : sequence of str
        Names of the settings to double and halve.
    """
    best, highest = start, score(start)
    for name in factors:
        for step in (0.5, 2.0):
            steps = 0
            while steps < MOST_STEPS:
                trial = replace(best, **{name: step * getattr(best, name)})
                reached = score(trial)
                if reached <= highest + MARGIN:
                    break
                best, highest, steps = trial, reached, steps + 1
            if steps:
                break
    other = replace(best, estimator="random_sign")
    return other if score(other) > highest + MARGIN else best


@dataclass
class Bench:
    """Everything that a row needs.

    Attributes
    ----------
    network : Network
    data : Dataset
        Of the runs of the table.
    trials : Dataset or None
        Of the search; None to take the settings where it would start.
    kept : Kept
    epochs : int
    seeds : range
    """

    network: Network
    data: Dataset
    trials: Dataset | None
    kept: Kept
    epochs: int
    seeds: range

    def run(self, device: str, setting: Setting, data: Dataset, epochs: int, seed: int) -> Numbers:
        """Train once, or look up what training gave."""
        run = Run(device_card(device, setting), self.network.circuit(setting, epochs), seed, data)
        said = {"device": device, "data": data.name, "layers": self.network.layers, "samples": len(data.train_y)}
        return self.kept.numbers(run, said | {"epochs": epochs, "seed": seed} | asdict(setting))

    def setting(self, device: str) -> Setting:
        """The settings at which a card learns best."""
        trials = self.trials
        if trials is None:
            return Setting()

        def score(setting: Setting) -> float:
            try:
                accuracy = self.run(device, setting, trials, 1, 0).accuracy
            except AnalogepError as error:
                # Too wide a range may make a network unstable, half of a threshold may not exist.
                _tell(f"{device}: {setting}: {error}")
                return -math.inf
            _tell(f"{device}: {setting}: {100 * accuracy:.2f} % of held-out training images")
            return accuracy

        return search(score, Setting(), FACTORS if patient(device) else FACTORS[:-1])

    def row(self, device: str) -> list[str]:
        """Cells of a card's row."""
        setting = self.setting(device)
        found = [self.run(device, setting, self.data, self.epochs, seed) for seed in self.seeds]
        mean = [float(np.mean([getattr(one, each.name) for one in found])) for each in fields(Numbers)]
        average, worst = Numbers(*mean), min(one.accuracy for one in found)
        changed = setting.patience != 1.0
        threshold = f", threshold {device_card(device, setting).recommended.threshold:g}" if changed else ""
        return [
            device, rule(device) + threshold, _listed(self.network.ranges(setting.reach)),
            _listed(self.network.rates(setting.speed)), setting.estimator.replace("_", " "),
            f"{100 * average.accuracy:.2f} %" + (f" ({100 * worst:.1f} %)" if len(found) > 1 else ""),
            joules(average.training), joules(average.inference),
            f"{average.pulses:.3g}", f"{average.pulses * self.epochs:.3g}", f"{average.seconds:.0f}",
        ]  # fmt: skip


HEADS = (
    "device", "update rule", "weight ranges", "rates", "estimator", "accuracy, mean of seeds (worst)",
    "joules per training sample", "joules per inference", "pulses per device and epoch", "pulses per device in all",
    "seconds of a core",
)  # fmt: skip


def lines(bench: Bench, devices: Sequence[str]) -> Iterator[str]:
    """The table in Markdown, line by line."""
    yield _line(HEADS)
    yield _line(["---"] * len(HEADS))
    for device in devices:
        yield _line(bench.row(device))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def every_card() -> list[str]:
    """Names of all cards, the best known first."""
    return [*FIRST, *(name for name in DeviceCard.names() if name not in FIRST)]


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of IDX files, an NPZ file, or 'digits'")
    parser.add_argument("--layers", default="784-1024-10")
    parser.add_argument("--devices", default=",".join(every_card()), help="names, with commas")
    parser.add_argument("--epochs", type=int, default=2, help="rates fall from epoch to epoch, so not 1")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--samples", type=int, help="training images to use, for a quick look")
    parser.add_argument("--search", type=int, default=6000, help="training images of the search; 0 for no search")
    parser.add_argument("--out", type=Path, default=Path("runs/mnist_devices"))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, run, print."""
    parsed = _options().parse_args(arguments)
    try:
        data = datasets.load(parsed.data, np.random.default_rng(0))
        trials = held_out(data, parsed.search) if parsed.search else None
        network = Network(tuple(int(size) for size in parsed.layers.split("-")))
        kept, seeds = Kept.at(parsed.out), range(parsed.seeds)
        bench = Bench(network, first(data, parsed.samples), trials, kept, parsed.epochs, seeds)
        for line in lines(bench, parsed.devices.split(",")):
            print(line, flush=True)
    except AnalogepError as error:
        print(f"mnist_devices.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
