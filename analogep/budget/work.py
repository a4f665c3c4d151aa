"""One training of a pair: a chip and a seed of its own, learned on the training and judged on the validation part."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from analogep import datasets
from analogep.datasets import Dataset
from analogep.errors import DataError
from analogep.run import Run
from analogep.streams import Seeds, Streams
from analogep.study import Job
from analogep.study.work import with_ages

if TYPE_CHECKING:
    import xarray as xr

_PROBE = 1
"""Samples on which the gradient is compared with the exact one, which no budget looks at."""


@functools.lru_cache(maxsize=2)
def parts(source: str | None, seed: int, digest: str = "") -> Dataset:
    """Training and validation part of a data seed; its test samples are in neither.

    Parameters
    ----------
    source : str or None
        As in `datasets.load`.
    seed : int
    digest : str
        Of the whole data, where they are known to be these; empty for any.

    Raises
    ------
    DataError
        If they cannot be read or are others.
    """
    streams = Streams(seed)
    data = datasets.load(source, streams.rng("split"))
    if digest and data.digest != digest:
        raise DataError(f"{source or 'digits'}: other data here than where the budget was started")
    return data.held_out(streams.rng("validation"))


def pair(number: int, base: int) -> Seeds:
    """Seeds of a pair: its own sample of fabrication, operation and order."""
    return Seeds.sample(chip=number, seed=number, base=base)


def on_validation(job: Job) -> xr.Dataset:
    """Train a point of a study whose seeds are pairs; `accuracy` in the result is that of the validation part."""
    base = job.seeds.operation.seed
    device, circuit = job.cards
    learning = circuit.learning.model_copy(update={"probe": _PROBE})
    circuit = circuit.model_copy(update={"learning": learning})
    data = parts(job.data, base, job.data_digest)
    run = Run(device, circuit, pair(job.seeds.operation.sample, base), data)
    result = run.execute()
    return with_ages(run, result, job.ages, "validation")
