"""The choice of a law: criterion, what a law cannot describe, and the table where none is good enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analogep.fit.covariance import Uncertainty
from analogep.fit.describe import describe
from analogep.fit.levels import Minimum, Readings
from analogep.fit.ramps import FitError
from analogep.fit.subject import Subject, sized
from analogep.fit.translate import FORMS, Form

MISFIT: Final = 0.02
"""Share of the measured range by which a law may miss the levels beyond noise before the table is taken."""


_BEYOND: Final = 1.25
"""Largest window of a law with bounds of its own that is chosen unasked, in measured ranges."""


@dataclass(frozen=True)
class Candidate:
    """A law as the criterion sees it.

    Parameters
    ----------
    law : str
    parameters : int
        Of all directions, without starts.
    rmse : float
        Relative to the measured range.
    criterion : float
        sqrt(C/N), relative to the measured range.
    remark : str
        Why it was not considered; empty if it was.
    """

    law: str
    parameters: int
    rmse: float
    criterion: float
    remark: str


@dataclass(frozen=True)
class Entry:
    """A law fitted to all devices."""

    form: Form
    minima: list[Minimum]
    known: list[Uncertainty]
    candidate: Candidate
    misfit: float
    extrapolates: bool

    @classmethod
    def of(cls, form: Form, subjects: Sequence[Subject], chosen: int) -> Entry:
        """Fit, criterion and remark."""
        minima = [subject.minimum(form) for subject in subjects]
        known = [subject.known(form, chosen) for subject in subjects]
        remark, extrapolates = "", False
        for minimum, subject, one in zip(minima, subjects, known, strict=True):
            numbers, problem = describe(form, minimum, subject.frame, one.values)
            ends = numbers["conductance.min"], numbers["conductance.max"]
            width = subject.frame.ranges(*ends) if ends[0] > 0.0 else math.inf
            if not problem and width > _BEYOND:
                problem = f"its bounds lie {width:.3g} measured ranges apart"
                extrapolates = not remark
            remark = remark or problem
        count = sum(int(part.here.sum()) for subject in subjects for part in subject.data)
        squares = sum(minimum.squares for minimum in minima)
        penalty = sum(one.penalty for one in known)
        if form.curve().count > FORMS["exponential"].curve().count:
            penalty = max(penalty, sum(subject.known(FORMS["exponential"], chosen).penalty for subject in subjects))
        score = math.sqrt((squares + math.log(count) * penalty) / count)
        candidate = Candidate(form.law, minima[0].theta.size, math.sqrt(squares / count), score, remark)
        return cls(form, minima, known, candidate, misfit(known, [subject.data for subject in subjects]), extrapolates)


def misfit(known: Sequence[Uncertainty], data: Sequence[tuple[Readings, ...]]) -> float:
    """Root mean square of the residuals beyond what noise explains, relative to the measured range.

    Noise explains its expectation and three standard deviations. Nearly all of a wandering ramp's squares are those of
    one eigenvector, so that the sum over R ramps scatters by less than sqrt(2/R) of itself.
    """
    ramps = sum(part.xi.shape[0] for parts in data for part in parts)
    count = sum(int(part.here.sum()) for parts in data for part in parts)
    explained = sum(one.expected for one in known) * (1.0 + 3.0 * math.sqrt(2.0 / ramps))
    return math.sqrt(max(sum(one.squares for one in known) - explained, 0.0) / count)


def choice(entries: list[Entry], subjects: list[Subject], chosen: int, model: str) -> tuple[Entry, list[str]]:
    """The law asked for, or that of the lowest criterion; the table where none is good enough."""
    if model != "auto":
        return entries[0], _asked(entries[0], model)
    usable = [entry for entry in entries if not entry.candidate.remark]
    # Laws that write the same curve have the same criterion up to rounding: the first one is the simpler.
    best = min((entry.candidate.criterion for entry in usable), default=math.inf)
    entry = next((one for one in usable if one.candidate.criterion <= best * (1.0 + 1e-9)), entries[0])
    if usable and entry.misfit <= MISFIT:
        return entry, []
    table = Entry.of(sized(FORMS["piecewise"], subjects[0]), subjects, chosen)
    entries.append(table)
    reason = "no law can say the curve"
    if usable:
        missed = f"misses the levels by {100 * entry.misfit:.2g} % of the range beyond noise"
        reason = f"the best law, '{entry.candidate.law}', {missed}"
    return table, [f"{reason}: a table of steps (piecewise) was taken, which misses them by {100 * table.misfit:.2g} %"]


def _asked(entry: Entry, model: str) -> list[str]:
    """What is to be said of a law that the user chose."""
    said = []
    if entry.candidate.remark:
        if not entry.extrapolates:
            raise FitError(f"the law '{model}' cannot say this measurement: {entry.candidate.remark}; try --model auto")
        said.append(f"the law '{model}' extrapolates: {entry.candidate.remark}")
    if entry.misfit > MISFIT:
        missed = f"misses the levels by {100 * entry.misfit:.2g} % of the range beyond noise"
        said.append(f"the law '{model}' {missed}" + ("; try --model auto" if model != "piecewise" else ""))
    return said
