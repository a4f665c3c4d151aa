"""Runs of a fraction of a second: few samples of the digits, few neurons, few epochs."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from analogep import datasets
from analogep.circuit import CircuitCard
from analogep.datasets import Dataset
from analogep.device import DeviceCard
from analogep.run import Run
from analogep.streams import Seeds

EPOCHS = 3
CIRCUIT = (
    "layers=[64,6,10]",
    f"learning.epochs={EPOCHS}",
    "learning.batch=20",
    "learning.probe=4",
    "learning.rate=[2,0.2]",
    "timing.free.duration=200 ns",
    "timing.nudged.duration=100 ns",
)
VARIANTS = {
    "stochastic": ("update.rule=stochastic",),
    "fixed pulse": ("update.rule=fixed_pulse",),
    "mixed precision": ("update={rule: mixed_precision, threshold: 3}",),
    "closed loop, mirrored": ("update={rule: closed_loop, threshold: 3}", "feedback={kind: mirrored, gain: 0.5}"),
    "random sign, reference": (
        "nudging.estimator=random_sign",
        "mapping.scheme=reference",
        "update={rule: closed_loop, threshold: 3}",
    ),
}


@functools.cache
def digits(train: int = 60, test: int = 20) -> Dataset:
    """The first samples of one split of the digits."""
    whole = datasets.load(None, np.random.default_rng(0))
    few = [whole.train_x[:train], whole.train_y[:train], whole.test_x[:test], whole.test_y[:test]]
    return Dataset("few", *(array.copy() for array in few), classes=10, shape=whole.shape, citation="the digits")


def tiny(*circuit: str, seed: int | Seeds = 1, device: Sequence[str] = (), card: str = "rram") -> Run:
    """A run on these few samples; `circuit` and `device` are overrides."""
    return Run(DeviceCard.load(card, device), CircuitCard.load("digits", (*CIRCUIT, *circuit)), seed, digits())
