"""The experiment to do next, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from analogep.study.components import Components

_MORE: Final = {
    "pulses": "more ramps, or ramps of more devices",
    "reads": "longer records of reads, or of more cells",
    "retention": "readings sooner and later after the write, of more cells",
    "endurance": "more cells, over more cycles",
    "wear": "more ramps over more cycles",
    "I-V": "more sweeps, to higher voltages below switching",
    "device table": "more devices",
    "kinetics": "trains of more amplitudes",
    "steps": "more pulses at each state",
}
"""What more of each kind of measurement is."""


def advice(whole: Components, parts: Mapping[str, Components], words: Mapping[str, str], trainings: int) -> str:
    """Sentences that name the measurement which leaves most of the accuracy open, or say why none can be named.

    A part is told from nothing where cards differ by it (`Components.resolved`), and from another part where they
    differ by more than two standard errors of their difference.

    Parameters
    ----------
    whole : Components
        Of the accuracy [1], over cards that have everything drawn.
    parts : mapping
        Source -> the same of one measurement alone.
    words : mapping
        Source -> measurement, `kind: files`.
    trainings : int
        Of each card.
    """
    known = sorted((one for one in parts if parts[one].resolved), key=lambda one: -parts[one].between)
    if not whole.resolved and not known:
        return (
            f"No measurement stands out: what all of them leave open moves the accuracy by at most "
            f"{_points(whole.most)} (standard deviation, 95 %), which {trainings} trainings a card do not tell from "
            f"the {_points(whole.single)} by which one training differs from another. More seeds would: four times as "
            "many halve what can be told."
        )
    if not known:
        return (
            f"What was not measured moves the accuracy by {_points(whole.deviation)} (standard deviation), but no "
            "measurement alone is told from nothing: draw more cards, or train each with more seeds."
        )
    first = known[0]
    more = _MORE.get(words[first].split(":")[0], "more of it")
    left = math.sqrt(max(max(whole.between, parts[first].between) - 0.75 * parts[first].between, 0.0))
    said = (
        f"Measure next: {words[first]} ({more}). It leaves the accuracy open by {_points(parts[first].deviation)} of "
        f"{_points(whole.deviation)} (standard deviations); four times as much of it would leave about {_points(left)} "
        f"in "
        "all."
    )
    rivals = [
        words[one]
        for one in known[1:]
        if parts[first].between - parts[one].between < 2.0 * math.hypot(parts[first].error, parts[one].error)
    ]
    return said + (f" Not told apart from it: {', '.join(rivals)}." if rivals else "")


def of_joules(whole: Components, parts: Mapping[str, Components], words: Mapping[str, str]) -> str:
    """A sentence that names the measurement which leaves most of the joules of training open; empty if none is told.

    Parameters as for `advice`, of the joules per training sample [J].
    """
    known = sorted((one for one in parts if parts[one].resolved), key=lambda one: -parts[one].between)
    if not known or not whole.mean > 0.0:
        return ""
    part, every = (100.0 * one.deviation / whole.mean for one in (parts[known[0]], whole))
    return f"For the joules of training: {words[known[0]]}, which leaves them open by {part:.2g} % of {every:.2g} %."


def _points(share: float) -> str:
    """A difference of accuracies, in percentage points."""
    return f"{100.0 * share:.2g} points"
