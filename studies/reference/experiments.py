"""The studies of this folder and the backpropagation network, run where they are missing, and their numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import backprop
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analogep import Chip, datasets
from analogep.datasets import Dataset
from analogep.relaxation import relax
from analogep.results import write_bytes
from analogep.streams import Seeds
from analogep.study import Study, StudyCard, StudyProgress, recorded
from analogep.study.point import Cards, unpacked

Floats = NDArray[np.float64]

HERE = Path(__file__).parent
SWEEPS = ("batch_size", "free_duration", "nudged_duration", "time_step", "beta")
STUDIES = (*SWEEPS, "epochs", "solver", "limits")
BACKPROP = "backprop.json"


@dataclass(frozen=True)
class Options:
    """What to run and where.

    Attributes
    ----------
    data : Path or None
        MNIST: folder of IDX files or NPZ file; None for the bundled digits, with a circuit that fits them in `set`.
    out : Path
        Folder of all results; what is finished in it is not run again.
    epochs : int or None
        Instead of those of the study files.
    samples : int or None
        Training and test images to use; None for all.
    workers : int or None
        Processes; None for as many as there are cores.
    force : bool
        Whether studies of other cards or data in that folder may be replaced.
    executor : Executor or None
        Runs the points instead of processes.
    set : mapping
        Further keys of either card.
    """

    data: Path | None
    out: Path
    epochs: int | None = None
    samples: int | None = None
    workers: int | None = None
    force: bool = False
    executor: Executor | None = None
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A study that has been run.

    Attributes
    ----------
    card : StudyCard
    dataset : Dataset
        As `Study.run` returns it.
    seconds : ndarray (axes..., chips, seeds) [s]
        Time of each point on one core.
    """

    card: StudyCard
    dataset: xr.Dataset
    seconds: Floats

    @property
    def failed(self) -> list[str]:
        """Reasons of the points that failed, each once."""
        return list(dict.fromkeys(str(one["reason"]) for one in json.loads(self.dataset.attrs["failed"])))

    def accuracy(self) -> Floats:
        """Test accuracy after the last epoch, which no test image chose; mean of chips and seeds (axes...) [1]."""
        return self.end("accuracy")

    def seeds(self) -> Floats:
        """Test accuracy after the last epoch (axes..., seeds) [1]."""
        return average(recorded.at_the_end(self.dataset, "accuracy"), (-2,))

    def silent(self) -> Floats:
        """Classes that no test image was taken for after training (axes..., seeds) [1]."""
        never = (self.dataset["confusion"].sum("true") == 0).sum("predicted")
        return np.asarray(never.where(self.dataset["state"] == 1).mean("chip").values)

    def end(self, name: str) -> Floats:
        """A variable after the last epoch, mean of chips and seeds (axes..., others)."""
        place = len(self.card.axes)
        return average(recorded.at_the_end(self.dataset, name), (place, place + 1))

    @property
    def time(self) -> Floats:
        """Seconds of a point, mean of chips and seeds (axes...) [s]."""
        return average(self.seconds, (-2, -1))


def average(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Mean of what is known along some axes; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axes)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=axes) / np.maximum(count, 1), np.nan)


@dataclass(frozen=True)
class Found:
    """All that the page shows.

    Attributes
    ----------
    studies : dict of str to Experiment
    backprop : Learned
    data : Dataset
    """

    studies: Mapping[str, Experiment]
    backprop: backprop.Learned
    data: Dataset

    @property
    def inputs(self) -> float:
        """Mean 1/2 |x|^2 of the test images whose energy is recorded: the constant of eq. (1) that E leaves out [1]."""
        x = self.data.test_x[: self.probe].astype(np.float64)
        return float(0.5 * np.square(x).sum(axis=1).mean())

    @property
    def probe(self) -> int:
        """Images whose energy is recorded."""
        return _cards(self.studies["epochs"].card)[1].learning.probe


@dataclass(frozen=True)
class Growth:
    """The first network of the study of epochs before training.

    Attributes
    ----------
    gain : float
        Loop gain with every neuron active [1].
    once, twice : float
        Largest output of the first test images after a free phase and after twice its time, in targets [1].
    """

    gain: float
    once: float
    twice: float


def growth(found: Found) -> Growth:
    """How the outputs of the first network grow before it has learned anything."""
    device, circuit = _cards(found.studies["epochs"].card)
    network = Chip(device, circuit, Seeds.sample(base=found.studies["epochs"].card.seed)).network()
    inputs = np.asarray(found.data.test_x[: found.probe], dtype=np.float64)
    drive = network.drive(inputs * circuit.mapping.read_voltage)
    v, ends = np.zeros((len(found.data.test_x[: found.probe]), network.nodes)), []
    for _ in range(2):
        v = relax(network, drive, v, circuit.timing.free, circuit.solver, circuit.timing.tolerance).v
        ends.append(float(network.rates(v)[-1].max()) / circuit.target_voltage)
    return Growth(network.loop_gain_bound(), *ends)


def _cards(card: StudyCard) -> Cards:
    """Device and circuit card of the first point of a study."""
    return unpacked(Study(card).plan.combinations[0].cards)


def study(name: str, options: Options) -> Study:
    """One of the studies of this folder with the data and the changes of the options."""
    card = StudyCard.load(HERE / f"{name}.yaml")
    more = dict(options.set) | ({} if options.epochs is None else {"learning.epochs": options.epochs})
    # Relative, so that a study begun as `analogep study` in the checkout is gone on with.
    given = {"circuit": os.path.relpath(HERE / "circuit.yaml"), "set": more}
    return Study(card.changed(given if options.data is None else given | {"data": str(options.data)}))


def some(options: Options) -> Options:
    """Options whose data are the first samples alone, in a file of their own, if they say so."""
    if options.samples is None:
        return options
    whole = datasets.load(options.data, np.random.default_rng(0))
    path = options.out / f"first-{options.samples}.npz"
    chosen = slice(options.samples)
    parts = {"train_x": whole.train_x, "train_y": whole.train_y, "test_x": whole.test_x, "test_y": whole.test_y}
    np.savez(path, **{key: array[chosen] for key, array in parts.items()})
    return Options(**(vars(options) | {"data": path, "samples": None}))


def run(options: Options, report: Callable[[str], None], names: Sequence[str] = STUDIES) -> Found:
    """Run whatever is missing.

    Parameters
    ----------
    options : Options
    report : callable
        Called with a line now and then.
    names : sequence of str
        Studies to run, `epochs` among them.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    options = some(options)
    found = {}
    for name in names:
        found[name] = _one(name, options, report)
    card = found["epochs"].card
    # Split as seed 0 has it, where the data have no test part of their own.
    data = datasets.load(options.data, Seeds.sample(base=card.seed).data.rng("split"))
    return Found(found, _backprop(card, data, options, report), data)


def _one(name: str, options: Options, report: Callable[[str], None]) -> Experiment:
    job = study(name, options)

    def tell(progress: StudyProgress) -> None:
        report(f"{name}: {progress.done + progress.failed} of {progress.total} points")

    place = options.out / name
    dataset = job.run(place, workers=options.workers, executor=options.executor, force=options.force, report=tell)
    return Experiment(job.card, dataset, job.times(place))


def _backprop(card: StudyCard, data: Dataset, options: Options, report: Callable[[str], None]) -> backprop.Learned:
    """Backpropagation for as many epochs as the study of epochs has, from its file if that is of the same training."""
    circuit = _cards(card)[1]
    settings = {
        "epochs": circuit.learning.epochs, "hidden": circuit.layers[1], "rate": backprop.RATE,
        "batch": circuit.learning.batch, "seed": card.seed, "probe": circuit.learning.probe,
    }  # fmt: skip
    path, said = options.out / BACKPROP, settings | {"data": data.digest}
    if path.exists():
        stored = json.loads(path.read_text())
        if stored["settings"] == said:
            return backprop.Learned(**stored["learned"])
    learned = backprop.train(
        data, report=lambda epoch, share: report(f"backpropagation: epoch {epoch}, {100 * share:.2f} %"), **settings
    )
    write_bytes(path, json.dumps({"settings": said, "learned": asdict(learned)}).encode())
    return learned
