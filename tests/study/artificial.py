"""Work that takes no time, fails, or kills its worker: what a study does with points, without training."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import xarray as xr

from analogep.errors import SimulationError
from analogep.study import Job


def fast(job: Job) -> xr.Dataset:
    """Three epochs of random accuracies that depend on the cards, the chip and the seed."""
    beta = job.cards[1].nudging.beta
    chip, seed = (stream.rng("artificial").normal() for stream in (job.seeds.fabrication, job.seeds.operation))
    accuracy = beta + np.arange(3) + 0.01 * chip + 0.001 * seed
    variables = {
        name: ("epoch", factor * accuracy, {"units": unit, "long_name": name})
        for name, factor, unit in (("accuracy", 1, "1"), ("training_energy", 2, "J"), ("inference_energy", 3, "J"))
    }
    return xr.Dataset(variables, {"epoch": [1, 2, 3]}, {"device": job.cards[0].name, "beta": beta})


def slow(job: Job) -> xr.Dataset:
    """The same in a twentieth of a second."""
    time.sleep(0.05)
    return fast(job)


def deadly(job: Job) -> xr.Dataset:
    """Beta 0.3 kills its process."""
    if job.cards[1].nudging.beta == 0.3:
        os.kill(os.getpid(), signal.SIGKILL)
    return fast(job)


def failing(job: Job) -> xr.Dataset:
    """Beta 0.3 diverges, and beta 0.2 meets a fault of the program on chip 1."""
    beta = job.cards[1].nudging.beta
    if beta == 0.3:
        raise SimulationError("it diverged")
    if beta == 0.2 and job.seeds.fabrication.sample == 1:
        raise ZeroDivisionError("division by zero")
    return fast(job)


def longer(job: Job) -> xr.Dataset:
    """As many epochs as the card says."""
    found = fast(job)
    return found.isel(epoch=slice(job.cards[1].learning.epochs))
