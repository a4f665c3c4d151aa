"""What a worker does: one point, from packed cards to the content of its file."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import analogep
from analogep import datasets
from analogep.datasets import Dataset, HeldOut
from analogep.errors import AnalogepError, DataError, SimulationError
from analogep.results import circumstances
from analogep.run import Run
from analogep.streams import Seeds, Streams
from analogep.study import pointfile
from analogep.study.point import Cards, unpacked

if TYPE_CHECKING:
    import xarray as xr

    from analogep.run import Progress


@dataclass(frozen=True)
class Job:
    """Everything that a point needs, wherever it is worked on.

    Attributes
    ----------
    digest : str
        Of the point.
    where : dict
        Axis values, chip and seed.
    packed : bytes
        Both cards.
    seeds : Seeds
    data : str or None
        Source of the data, as in `datasets.load`.
    data_digest : str
        Of these data for the first seed.
    ages : tuple of float
        Times after training at which the network is tested again [s].
    keep : tuple of str
        Large parts of the result to keep.
    version : str
        Of the package that asks.
    held_out : int, 'auto' or None
        Samples of a validation part, as in `Run`.
    """

    digest: str
    where: dict[str, object]
    packed: bytes
    seeds: Seeds
    data: str | None
    data_digest: str
    ages: tuple[float, ...]
    keep: tuple[str, ...]
    version: str
    held_out: HeldOut = None

    @property
    def cards(self) -> Cards:
        """Device and circuit card."""
        return _unpacked(self.packed)


Work = Callable[[Job], "xr.Dataset"]
"""What makes a result of a job: `train`, or a function of your own that workers can import."""


@dataclass(frozen=True)
class Answer:
    """Result of a job.

    Attributes
    ----------
    digest : str
    content : bytes
        Content of the point's file; empty if it failed.
    reason : str
        Why it failed.
    final : bool
        Whether it would fail again, because of the circuit or the data and not of the machine.
    """

    digest: str
    content: bytes = b""
    reason: str = ""
    final: bool = False


@functools.lru_cache(maxsize=4)
def _unpacked(content: bytes) -> Cards:
    return unpacked(content)


@functools.lru_cache(maxsize=1)
def _data(source: str | None, stream: Streams, first: Streams, digest: str) -> Dataset:
    """Data of one seed: points come seed by seed, so one set is enough to remember."""
    data = datasets.load(source, stream.rng("split"))
    same = data if stream == first else datasets.load(source, first.rng("split"))
    if same.digest != digest:
        raise DataError(f"{source or 'digits'}: other data here than where the study was started")
    return data


def train(job: Job) -> xr.Dataset:
    """Train the point's network, and test it again at the job's ages."""
    stream = job.seeds.data
    whole = _data(job.data, stream, Streams(stream.seed), job.data_digest)
    run = Run(*job.cards, job.seeds, whole, held_out=job.held_out)
    result = run.execute()
    return with_ages(run, result, job.ages)


def with_ages(run: Run, result: xr.Dataset, ages: Sequence[float], part: str = "test") -> xr.Dataset:
    """The result of a run with the accuracy after so long on the run's test samples, which are those of a `part`.

    Parameters
    ----------
    run : Run
    result : Dataset
        Its own.
    ages : sequence of float [s]
        None for the result as it is.
    part : str
    """
    import xarray as xr

    if not ages:
        return result
    aged = np.array([run.aged(result, seconds) for seconds in ages])
    text = f"share of {part} samples classified correctly this long after training"
    result["aged_accuracy"] = xr.DataArray(aged, dims=("age",), attrs={"units": "1", "long_name": text})
    return result.assign_coords(age=("age", list(ages), {"units": "s", "long_name": "time since training"}))


def measure(job: Job) -> float:
    """Seconds that the job takes, from its first two epochs; the first has compiled kernels to load."""
    device, circuit = job.cards
    epochs = circuit.learning.epochs
    short = circuit.model_copy(update={"learning": circuit.learning.model_copy(update={"epochs": min(epochs, 2)})})
    ends: list[float] = []

    def note(progress: Progress) -> None:
        if progress.stage == "done":
            ends.append(time.perf_counter())

    start = time.perf_counter()
    Run(device, short, job.seeds, job.data, held_out=job.held_out).execute(report=note)
    return time.perf_counter() - start + max(epochs - 2, 0) * (ends[-1] - (ends[-2] if len(ends) > 1 else start))


def perform(job: Job, work: Work) -> Answer:
    """Work on one point; an error is recorded for the point and does not stop the others."""
    start = time.perf_counter()
    try:
        if job.version != analogep.__version__:
            raise AnalogepError(f"the worker has analogep {analogep.__version__}, the study runs {job.version}")
        dataset = work(job)
        spent = time.perf_counter() - start
        about: dict[str, Any] = {
            "digest": job.digest,
            **job.where,
            "seconds": spent,
            "date": circumstances.clock.date(),
        }
        return Answer(job.digest, pointfile.pack(pointfile.of(dataset, job.keep, about)))
    except (SimulationError, FloatingPointError) as error:
        return Answer(job.digest, reason=str(error), final=True)
    except AnalogepError as error:
        return Answer(job.digest, reason=str(error))
    except Exception as error:
        # A fault of ours or of the machine, in one of thousands of points: recorded with its seed, tried again.
        return Answer(job.digest, reason=f"{type(error).__name__}: {error}")
