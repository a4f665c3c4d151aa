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
    "equal steps in single precision": (
        "solver.method=euler",
        "solver.precision=single",
        "update={rule: mixed_precision, threshold: 3}",
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


_FEW = "learning={rate: [0.1, 0.1], batch: 20, epochs: 3, probe: 4}"
# The card's nudging sources of 100 uS outweigh the ten cells on an output: negative nudging has no stable state there.
_RESISTIVE = (
    "layers=[64,8,10]",
    # So few cells would take longer than a phase to charge the card's.
    "network.output.capacitance=100 fF",
    "network.nudging_conductance=5 uS",
    "network.target=40 mV",
    "nudging.beta=0.1",
    _FEW,
)
_PASSIVE = (
    "layers=[64,6,10]",
    "learning={rate: [0.3, 0.1], batch: 20, epochs: 3, probe: 4, initial_gain: [1, 0.3]}",
    "network.gain=[24,4]",
    "neurons.hidden.capacitance=2 pF",
    "neurons.output.capacitance=2 pF",
    "timing.free.duration=200 ns",
    "timing.nudged.duration=200 ns",
    "nudging.beta=0.1",
)
_RC = (*CIRCUIT, "timing.free.duration=400 ns", "timing.nudged.duration=400 ns", "nudging.beta=0.1")
_NEWTON = "solver.method=newton"
_MIRRORED = "feedback={kind: mirrored, gain: 0.5}"


def wires(refresh: int, ohms: float = 5.0, tile: tuple[int, int] = (32, 6)) -> str:
    """Override: equal resistance of all segments."""
    return f"wires={{kind: exact, word: {ohms} ohm, bit: {ohms} ohm, tile: {list(tile)}, refresh: {refresh}}}"


NETWORKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "resistive": ("resistive-digits", _RESISTIVE),
    "resistive, antiparallel, squared rule": (
        "resistive-digits",
        (
            *_RESISTIVE,
            "network.hidden.diodes={kind: antiparallel, saturation: 1 uA}",
            "network.amplifiers=null",
            "network.rule=squared",
        ),
    ),
    "resistive, wires": ("resistive-digits", (*_RESISTIVE, wires(2))),
    "passive, push-pull": ("passive-digits", (*_PASSIVE, _NEWTON)),
    "passive, reference": ("passive-digits", (*_PASSIVE, _NEWTON, "mapping.scheme=reference")),
    "passive, separate": ("passive-digits", (*_PASSIVE, _NEWTON, "mapping.scheme=separate")),
    "passive, mirrored": ("passive-digits", (*_PASSIVE, _NEWTON, _MIRRORED)),
    "passive, separate, mirrored": ("passive-digits", (*_PASSIVE, _NEWTON, "mapping.scheme=separate", _MIRRORED)),
    "passive, wires": ("passive-digits", (*_PASSIVE, _NEWTON, wires(2))),
    "rc, wires": ("digits", (*_RC, wires(2))),
}
"""Circuit card and overrides of small networks of every kind."""
QUIET = ("adc.bits=null", "adc.booked=8", "dac.bits=null", "dac.booked=8", "sample_hold.noise=0 V")
"""Converters and samples that change no number."""


def network(
    name: str, *circuit: str, seed: int | Seeds = 1, device: Sequence[str] = (), card: str = "ideal", quiet: bool = True
) -> Run:
    """A run of one of `NETWORKS` on the same samples, by default without any noise."""
    shipped, overrides = NETWORKS[name]
    given = (*overrides, *(QUIET if quiet else ()), *circuit)
    return Run(DeviceCard.load(card, device), CircuitCard.load(shipped, given), seed, digits())
