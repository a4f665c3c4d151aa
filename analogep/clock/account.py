"""The seconds of two cards, before a run."""

from __future__ import annotations

from analogep.circuit import CircuitCard
from analogep.clock.nominal import update
from analogep.clock.phases import Pace, Spans, inference, planned, sample
from analogep.device import DeviceCard


def latency(circuit: CircuitCard, device: DeviceCard) -> float:
    """Seconds from an input to its class [s]: load, free phase, conversion of the outputs.

    Parameters
    ----------
    circuit : CircuitCard
        Phases as long as the card allows at most.
    device : DeviceCard
        Reading takes no longer with any: phases, not cells, set the time.
    """
    return sum(inference(circuit).values())


def account(circuit: CircuitCard, device: DeviceCard) -> dict[str, Spans]:
    """Seconds of two cards, by what is done and by span (`energy.SPANS`).

    Returns
    -------
    dict of dict of float [s]
        `inference`: of one, from input to class (`latency` is its sum); `free` and `nudged`: of one training
        sample among others; `update` and `verify`: of one nominal update, once a batch (`update`).
    """
    return {"inference": inference(circuit), **sample(circuit), **update(circuit, device)}


def batch(circuit: CircuitCard, device: DeviceCard) -> float:
    """Seconds of a batch of training, whose cells get the pulses of a nominal update [s].

    Parameters
    ----------
    circuit : CircuitCard
    device : DeviceCard
    """
    pace = Pace.of(circuit)
    phases = [spans for _, spans in pace.phased(planned(circuit, pace), circuit.learning.batch)]
    return sum(sum(spans.values()) for spans in (*phases, *update(circuit, device).values()))
