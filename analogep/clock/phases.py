"""Seconds of the phases of one sample: inference, and all phases of an estimator.

A phase of the length T takes

    slots T (1 + t_z/T_z)

with `slots` reads of an array that follow one another where a convolution has fewer copies than patches, and t_z every
T_z of auto-zero. Turns of arrays that are read one way after the other, and steps of spikes, divide T and add nothing.
Values are sampled at the end of a phase and held while they are converted, so that a conversion of t_c is waited for
until the end of the next phase has come:

    t_sample = sum_k slots T_k (1 + t_z/T_z) + t_load,k + max(t_c,k-1 - (that of phase k), 0),

phase k = 0 following the last one of the sample before. The last sample of a batch is waited for wholly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analogep.circuit import CircuitCard
from analogep.circuit.topology import Conv
from analogep.clock.converters import converting, loading


class Timed(NamedTuple):
    """A phase that a sample went through.

    Attributes
    ----------
    phase : str
        `free`, `nudged` or `inference`.
    length : float [s]
        As the network took it, of one of its slots.
    converted : float [s]
        Conversions of what is measured at its end; 0 where nothing is.
    loaded : float [s]
        Loading of lines before it.
    """

    phase: str
    length: float
    converted: float
    loaded: float


Spans = dict[str, float]
"""Seconds by span (`energy.SPANS`)."""


def slots(circuit: CircuitCard) -> int:
    """Reads of an array that follow one another, of the layer with the most [1].

    reads/copies, rounded up, of a convolution; the patches of an average share one read; 1 of a dense layer
    """
    most = 1
    for before, layer in zip(circuit.grids[:-1], circuit.layers[1:], strict=True):
        if isinstance(layer, Conv) and before is not None:
            after = layer.grid(before)
            again = layer.pooled**2 if layer.pool is not None and layer.pool.kind == "max" else 1
            most = max(most, -(-after.height * after.width * again // layer.copies))
    return most


def stretch(circuit: CircuitCard) -> float:
    """Time that passes on the chip for each second of a phase, 1 + t_z/T_z [1]."""
    zero = None if circuit.mismatch is None else circuit.mismatch.auto_zero
    return 1.0 if zero is None else zero.stretch


class Pace(NamedTuple):
    """How the clock of a circuit runs: what its card alone says.

    Attributes
    ----------
    slots, stretch : int, float [1]
        As the functions of these names.
    loaded, nudged : float [s]
        Loading of the inputs and of the targets.
    converted, classes : float [s]
        Conversions of all layers, 0 where rates are not measured, and of the outputs alone.
    """

    slots: int
    stretch: float
    loaded: float
    nudged: float
    converted: float
    classes: float

    @classmethod
    def of(cls, circuit: CircuitCard) -> Pace:
        """Of a card."""
        sizes, nodes = circuit.sizes, circuit.nodes
        widest = max(nodes) if circuit.network.measured else 0
        loaded = (loading(circuit, sizes[0]), loading(circuit, sizes[-1]))
        return cls(
            slots(circuit), stretch(circuit), *loaded, converting(circuit, widest), converting(circuit, nodes[-1])
        )

    def inferred(self, length: float) -> Timed:
        """An inference with a free phase of `length` [s]."""
        return Timed("inference", length, self.classes, self.loaded)

    def learned(self, free: float, nudged: Sequence[float], at_rest: bool) -> list[Timed]:
        """The phases of one training sample, one after the other.

        Parameters
        ----------
        free : float [s]
            Length of the free phase.
        nudged : sequence of float [s]
            Of each nudged phase.
        at_rest : bool
            Whether rates are measured in the free phase, too.
        """
        first = Timed("free", free, self.converted if at_rest else 0.0, self.loaded)
        return [first, *(Timed("nudged", length, self.converted, self.nudged) for length in nudged)]

    def phased(self, phases: Sequence[Timed], samples: int = 1, *, followed: bool = False) -> list[tuple[str, Spans]]:
        """Seconds of a batch whose samples went through `phases`, one sample after the other.

        Parameters
        ----------
        phases : sequence of Timed
        samples : int
            Of the batch.
        followed : bool
            Whether yet another sample follows; else the last conversion of the last one is waited for wholly.

        Returns
        -------
        list of (str, dict of str to float)
            For each of `phases` its name, and seconds by span of the whole batch.
        """
        wholes = [self.slots * one.length * self.stretch + one.loaded for one in phases]
        found: list[tuple[str, Spans]] = []
        for k, one in enumerate(phases):
            waited = max(one.converted - wholes[(k + 1) % len(phases)], 0.0)
            last = k + 1 == len(phases) and not followed
            relaxed = samples * self.slots * one.length
            spans = {
                "relaxation": relaxed,
                "auto_zero": (self.stretch - 1.0) * relaxed,
                "load": samples * one.loaded,
                "conversion": samples * waited + (one.converted - waited if last else 0.0),
            }
            found.append((one.phase, spans))
        return found


def inference(circuit: CircuitCard) -> Spans:
    """Seconds of one inference by span: inputs are loaded, a free phase, as long as the card allows at most, outputs
    are converted."""
    pace = Pace.of(circuit)
    return pace.phased([pace.inferred(circuit.timing.free.duration)])[0][1]


def planned(circuit: CircuitCard, pace: Pace) -> list[Timed]:
    """The phases of one training sample, as long as the card allows at most.

    A point of a `holomorphic` estimate above the real axis and the one below it are measured as two.

    Parameters
    ----------
    circuit : CircuitCard
    pace : Pace
        Its own.
    """
    betas = [beta for beta, _ in circuit.nudging.contour(circuit.nudging.chosen.signs[0])]
    nudged = [circuit.timing.nudged.duration for beta in betas if beta != 0.0]
    return pace.learned(circuit.timing.free.duration, nudged, 0.0 in betas)


def sample(circuit: CircuitCard) -> dict[str, Spans]:
    """Seconds of one training sample, by phase (`free`, `nudged`) and span, where samples follow one another."""
    pace, found = Pace.of(circuit), dict[str, Spans](free={}, nudged={})
    for phase, spans in pace.phased(planned(circuit, pace), followed=True):
        for name, span in spans.items():
            found[phase][name] = found[phase].get(name, 0.0) + span
    return found
