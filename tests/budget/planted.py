"""A device whose accuracy is a formula of its cards: three limits with costs that are known, and luck."""

from __future__ import annotations

import numpy as np
import xarray as xr

from analogep.device import DeviceCard
from analogep.study import Job

SET = {
    "read.noise": {"kind": "relative", "sigma": "2 %"},
    "variation.cycle_to_cycle": {"kind": "step", "sigma": "10 %"},
    "sample_hold.noise": "1 mV",
}
LIMITS = ["cycle_to_cycle", "read_noise", "sampling"]
COSTS = {"cycle_to_cycle": 0.04, "read_noise": 0.02, "sampling": 0.0}
"""Accuracy that each limit takes, as on the cards [1]."""
LUCK, NOISE = 0.02, 0.006
"""Standard deviations of what a pair has in common, and of what each training has of its own [1]."""
trained: list[str] = []
"""Digests of what was trained."""


def sizes(job: Job) -> dict[str, float]:
    """Size of each limit relative to the card's."""
    device, circuit = job.cards
    noise = device.variation.cycle_to_cycle
    return {
        "cycle_to_cycle": getattr(noise, "sigma", 0.0) / 0.1,
        "read_noise": read_noise(device) / 0.02,
        "sampling": circuit.sample_noise / 1e-3,
    }


def read_noise(device: DeviceCard) -> float:
    """Its relative standard deviation [1]."""
    return float(np.sqrt(device.read.components.variance(np.array([1e-6]), 1e-5)[0]) / 1e-6)


def accuracy(found: dict[str, float], pair: int) -> float:
    """Share of samples (1): costs grow linearly with the size of their limit."""
    own = np.random.default_rng([pair, *(round(1e6 * size) for size in found.values())])
    luck = LUCK * np.random.default_rng([7, pair]).normal()
    return 0.9 + luck + NOISE * own.normal() - sum(COSTS[name] * size for name, size in found.items())


def work(job: Job) -> xr.Dataset:
    """Accuracy, joules and seconds by formula."""
    trained.append(job.digest)
    share = accuracy(sizes(job), job.seeds.operation.sample)
    names = {"accuracy": ("1", share), "training_energy": ("J", 1e-9), "inference_energy": ("J", 1e-10),
             "training_seconds": ("s", 1e-6), "inference_seconds": ("s", 1e-7)}  # fmt: skip
    values = {name: ("epoch", [value], {"units": unit, "long_name": name}) for name, (unit, value) in names.items()}
    return xr.Dataset(values, {"epoch": [1]}, {"device": job.cards[0].name})
