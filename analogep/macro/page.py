"""One page about two cards, measured on one simulated batch.

A chip is fabricated from the cards and written with its initial weights. One input drawn uniformly from 0 to 1 is
inferred, and one batch of such inputs, with classes drawn as well, is learned: joules are what the ledger of this chip
says, as of any training. Seconds and square metres follow from the cards alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep import clock
from analogep.area import Area, Merit, areas, merit, technology_of, total, unknown
from analogep.chip import Chip
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES, TRAINING

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Page:
    """Numbers of a macro.

    Attributes
    ----------
    device, circuit : str
        Names of the cards.
    node : str
        Technology of the areas; empty where none is known.
    areas : list of Area
    inference, training : dict of float [J]
        Joules by component of one inference, and of one training sample, its share of the update included.
    update : float [J]
        Of an update once a batch: pulses, verify reads, products, memory of the rule.
    latency : float [s]
        From an input to its class.
    batch_seconds : float [s]
        Of a batch, a nominal update included.
    batch : int
        Samples of it.
    merit : Merit
    """

    device: str
    circuit: str
    node: str
    areas: list[Area]
    inference: dict[str, float]
    training: dict[str, float]
    update: float
    latency: float
    batch_seconds: float
    batch: int
    merit: Merit

    @property
    def area(self) -> float:
        """Of all blocks whose area is known [m^2]."""
        return total(self.areas)

    @property
    def unknown(self) -> list[str]:
        """Blocks whose area is not known."""
        return unknown(self.areas)

    @property
    def inference_watts(self) -> float:
        """While inferences follow one another [W]."""
        return sum(self.inference.values()) / self.latency

    @property
    def training_watts(self) -> float:
        """In the mean of a training [W]."""
        return self.batch * sum(self.training.values()) / self.batch_seconds


def page(device: DeviceCard, circuit: CircuitCard, seed: int = 0) -> Page:
    """Measure two cards.

    Parameters
    ----------
    device, circuit : cards
    seed : int
        Of fabrication, operation, inputs.

    Raises
    ------
    CardError
        If the cards do not go together.
    """
    samples = circuit.learning.batch
    chip, rng = Chip(device, circuit, seed), np.random.default_rng(seed)
    inputs = rng.random((samples, circuit.sizes[0]))
    if circuit.learning.center_inputs is not None:
        chip.mean_input = inputs.mean(axis=0)
    start = chip.emulator.joules
    chip.scores(inputs[:1])
    looked = chip.emulator.joules
    chip.train(inputs, rng.integers(circuit.sizes[-1], size=samples))
    inferred, trained = looked - start, chip.emulator.joules - looked
    inference, training = _named(inferred, "inference"), _named(trained / samples, *TRAINING)
    latency, found = clock.latency(circuit, device), areas(device, circuit)
    technology = technology_of(circuit)
    return Page(
        device=device.name,
        circuit=circuit.name,
        node="" if technology is None else technology.name,
        areas=found,
        inference=inference,
        training=training,
        update=sum(_named(trained, "update", "verify").values()),
        latency=latency,
        batch_seconds=clock.batch(circuit, device),
        batch=samples,
        merit=merit(circuit, sum(inference.values()), latency, total(found) or None),
    )


def _named(joules: Floats, *phases: str) -> dict[str, float]:
    """Joules of each component (components, phases) [J] in these phases, those that take some."""
    columns = [PHASES.index(phase) for phase in phases]
    found = dict(zip(COMPONENTS, joules[:, columns].sum(axis=1).tolist(), strict=True))
    return {name: float(value) for name, value in found.items() if value > 0.0}
