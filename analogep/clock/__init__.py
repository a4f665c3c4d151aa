"""Seconds on the chip: what phases, converters and pulses take, from two cards and from what was written.

    inference   load + phase + auto-zeros + conversion                               `latency`, `inference`
    sample      all phases of the estimator; a conversion is waited for only where it outlasts the next phase  `sample`
    update      pulses by the card's schedule, and verify reads, once a batch                                  `update`

Phases of samples follow one another: one chip has one state. Seconds of a run are counted with the lengths of its own
phases and with the pulses that its cells got (`Ledger.seconds`); `account` says them before a run, of a nominal update
that gives a cell of every row one pulse up and one down.
"""

from analogep.clock.account import account, batch, latency
from analogep.clock.converters import converting, loading, unstated
from analogep.clock.nominal import update
from analogep.clock.phases import Pace, Spans, Timed, inference, sample, slots, stretch
from analogep.clock.rules import clock_rules
from analogep.clock.schedule import Writing
from analogep.units import spoken

__all__ = [
    "Pace",
    "Spans",
    "Timed",
    "Writing",
    "account",
    "batch",
    "clock_rules",
    "converting",
    "inference",
    "latency",
    "loading",
    "sample",
    "slots",
    "spoken",
    "stretch",
    "unstated",
    "update",
]
