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
    lines : int
        Of the widest layer that is measured at its end; 0 where nothing is.
    loaded : int
        Lines that are loaded before it; 0 for none.
    """

    phase: str
    length: float
    lines: int
    loaded: int


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


def _relaxing(circuit: CircuitCard, length: float) -> Spans:
    """A phase by itself."""
    whole = slots(circuit) * length
    return {"relaxation": whole, "auto_zero": (stretch(circuit) - 1.0) * whole}


def phased(
    circuit: CircuitCard, phases: Sequence[Timed], samples: int = 1, *, followed: bool = False
) -> list[tuple[str, Spans]]:
    """Seconds of a batch whose samples went through `phases`, one sample after the other.

    Parameters
    ----------
    circuit : CircuitCard
    phases : sequence of Timed
    samples : int
    followed : bool
        Whether yet another sample follows; else the last conversion of the last one is waited for wholly.

    Returns
    -------
    list of (str, dict of str to float)
        For each of `phases` its name, and seconds by span of the whole batch.
    """
    found: list[tuple[str, Spans]] = []
    for one in phases:
        spans = {name: samples * span for name, span in _relaxing(circuit, one.length).items()}
        spans["load"] = samples * loading(circuit, one.loaded)
        found.append((one.phase, spans))
    for k, one in enumerate(phases):
        taken, after = converting(circuit, one.lines), found[(k + 1) % len(phases)][1]
        following = (after["relaxation"] + after["auto_zero"] + after["load"]) / samples
        waited, last = max(taken - following, 0.0), k + 1 == len(phases) and not followed
        found[k][1]["conversion"] = samples * waited + (taken - waited if last else 0.0)
    return found


def outputs(circuit: CircuitCard) -> int:
    """Nodes of the last layer [1]."""
    return circuit.sizes[-1] * circuit.network.output_nodes


def widest(circuit: CircuitCard) -> int:
    """Nodes of the layer with the most, behind the inputs [1]."""
    return max(*circuit.sizes[1:], outputs(circuit))


def inference(circuit: CircuitCard, length: float | None = None) -> Spans:
    """Seconds of one inference by span: inputs are loaded, a free phase, outputs are converted.

    Parameters
    ----------
    circuit : CircuitCard
    length : float or None
        Of the free phase [s]; None for the longest that the card allows.
    """
    length = circuit.timing.free.duration if length is None else length
    return phased(circuit, [Timed("inference", length, outputs(circuit), circuit.sizes[0])])[0][1]


def training(circuit: CircuitCard, free: float, nudged: Sequence[float], at_rest: bool) -> list[Timed]:
    """The phases of one training sample, one after the other.

    Parameters
    ----------
    circuit : CircuitCard
    free : float [s]
        Length of the free phase.
    nudged : sequence of float [s]
        Of each nudged phase.
    at_rest : bool
        Whether rates are measured in the free phase, too.
    """
    lines = widest(circuit) if circuit.network.measured else 0
    first = Timed("free", free, lines if at_rest else 0, circuit.sizes[0])
    return [first, *(Timed("nudged", length, lines, circuit.sizes[-1]) for length in nudged)]


def planned(circuit: CircuitCard) -> list[Timed]:
    """The phases of one training sample, as long as the card allows at most.

    A point of a `holomorphic` estimate above the real axis and the one below it are measured as two.
    """
    betas = [beta for beta, _ in circuit.nudging.contour(circuit.nudging.chosen.signs[0])]
    nudged = [circuit.timing.nudged.duration for beta in betas if beta != 0.0]
    return training(circuit, circuit.timing.free.duration, nudged, 0.0 in betas)


def sample(circuit: CircuitCard) -> dict[str, Spans]:
    """Seconds of one training sample, by phase (`free`, `nudged`) and span, where samples follow one another."""
    found: dict[str, Spans] = {"free": {}, "nudged": {}}
    for phase, spans in phased(circuit, planned(circuit), followed=True):
        for name, span in spans.items():
            found[phase][name] = found[phase].get(name, 0.0) + span
    return found
