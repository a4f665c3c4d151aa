"""Fit measurements of any kind, sorted by what they are: ramps by laws, all else by the models of their kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, overload

from analogep.fit.estimate import Fit, fit_ramps
from analogep.fit.finding import Finding
from analogep.fit.fit_devices import fit_devices, fit_steps
from analogep.fit.fit_endurance import fit_endurance
from analogep.fit.fit_kinetics import fit_kinetics
from analogep.fit.fit_reads import fit_reads
from analogep.fit.fit_retention import fit_retention
from analogep.fit.fit_sweep import fit_sweep
from analogep.fit.laboratory import files_of, read
from analogep.fit.ramps import FitError, Measurement
from analogep.fit.reading import Options
from analogep.fit.records import AnyRecord, Pulses
from analogep.fit.wear import worn

_FITS: Final[dict[str, Callable[[Any], Finding]]] = {
    "kinetics": fit_kinetics,
    "reads": fit_reads,
    "retention": fit_retention,
    "endurance": fit_endurance,
    "I-V": fit_sweep,
    "device table": fit_devices,
    "steps": fit_steps,
}
_ALIKE: Final = 0.25
"""Distance of the ends of two files' ramps, over the range of both, up to which they are of one device."""


@dataclass(frozen=True)
class LaboratoryFit:
    """What a folder of files says.

    Parameters
    ----------
    records : tuple
        Every file as it was recognised.
    pulses : Fit or None
        The ramps that the card's law is of.
    pulse_records : tuple of Pulses
        The files with these ramps.
    others : tuple of Fit
        Laws of files with ramps over other windows.
    findings : tuple of Finding
        All other kinds.
    remarks : tuple of str
        Sentences that the user should read.
    """

    records: tuple[AnyRecord, ...]
    pulses: Fit | None
    pulse_records: tuple[Pulses, ...]
    others: tuple[Fit, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]


@overload
def fit(measured: Measurement, model: str = ..., unidirectional: bool = ..., options: Options | None = ...) -> Fit:
    """Ramps."""


@overload
def fit(
    measured: str | Path | Sequence[str | Path | AnyRecord],
    model: str = ...,
    unidirectional: bool = ...,
    options: Options | None = ...,
) -> LaboratoryFit:
    """Files, folders and records."""


def fit(
    measured: Measurement | str | Path | Sequence[str | Path | AnyRecord],
    model: str = "auto",
    unidirectional: bool = False,
    options: Options | None = None,
) -> Fit | LaboratoryFit:
    """Fit ramps, or files and folders of any kind.

    Parameters
    ----------
    measured : Measurement, path, or sequence of paths and records
        Ramps give a `Fit`; files, folders and what `read` made of them a `LaboratoryFit`.
    model : str
        A law for the ramps, or `auto`: the lowest criterion among the laws that can describe the curve.
    unidirectional : bool
        Whether only pulses up are gradual.
    options : Options
        How files are to be understood.

    Raises
    ------
    FitError
        If a file cannot be read or fitted, or a direction is missing.
    UsageError
        If there is no such law.
    """
    if isinstance(measured, Measurement):
        return fit_ramps(measured, model, unidirectional)
    given: Sequence[str | Path | AnyRecord] = [measured] if isinstance(measured, str | Path) else measured
    records: list[AnyRecord] = []
    for one in given:
        records += [read(path, options) for path in files_of([one])] if isinstance(one, str | Path) else [one]
    return fit_records(records, model, unidirectional)


def fit_records(records: Sequence[AnyRecord], model: str = "auto", unidirectional: bool = False) -> LaboratoryFit:
    """Fit records of all kinds; parameters as for `fit`.

    Raises
    ------
    FitError
        If a record cannot be fitted, or there is none.
    """
    if not records:
        raise FitError("no file was given: name files, or a folder that holds some")
    pulses = [one for one in records if isinstance(one, Pulses)]
    findings = [_FITS[one.kind](one) for one in records if not isinstance(one, Pulses)]
    remarks = [f"{one.source.name}: {text}" for one in records for text in one.remarks]
    groups = _groups(pulses)
    fits = []
    for k, group in enumerate(groups):
        try:
            fresh, trends, said = worn(_joined(group))
            remarks += said
            fits.append(fit_ramps(fresh, model, unidirectional))
            findings += trends if k == 0 else []
        except FitError as error:
            if k == 0:
                raise
            remarks.append(str(error))
    if len(groups) > 1:
        names = [", ".join(one.source.name for one in group) for group in groups]
        remarks.append(
            f"files with pulses cover different windows: the card is of {names[0]}, with the most readings, not of "
            f"{'; '.join(names[1:])}; fit these by themselves for cards of their own"
        )
    remarks += [text for one in fits for text in (*one.remarks, *one.doubts)]
    first = fits[0] if fits else None
    return LaboratoryFit(
        tuple(records), first, tuple(groups[0]) if groups else (), tuple(fits[1:]), tuple(findings), tuple(remarks)
    )


def _joined(group: Sequence[Pulses]) -> Measurement:
    return Measurement(
        tuple(ramp for one in group for ramp in one.measurement.ramps), tuple(one.source for one in group)
    )


def _groups(pulses: Sequence[Pulses]) -> list[list[Pulses]]:
    """Files whose ramps run over one window, the group with the most readings first."""
    groups: list[list[Pulses]] = []
    for one in sorted(pulses, key=_size, reverse=True):
        home = next((group for group in groups if _alike(one, group)), None)
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    order = {id(one): k for k, one in enumerate(pulses)}
    found = [sorted(group, key=lambda one: order[id(one)]) for group in groups]
    return sorted(found, key=lambda group: -sum(_size(one) for one in group))


def _alike(one: Pulses, group: Sequence[Pulses]) -> bool:
    """Whether files are of one window; values of no unit have none in common with others."""
    same = one.normalised == group[0].normalised
    return same and _apart(_ends([one]), _ends(group)) <= _ALIKE


def _size(one: Pulses) -> int:
    return sum(ramp.conductance.size for ramp in one.measurement.ramps)


def _ends(group: Sequence[Pulses]) -> tuple[float, float]:
    ramps = [ramp.conductance for one in group for ramp in one.measurement.ramps]
    return min(float(one.min()) for one in ramps), max(float(one.max()) for one in ramps)


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    found = []
    for pair in ((one, other), *([(_logs(one), _logs(other))] if min(one[0], other[0]) > 0.0 else [])):
        low, high = zip(*pair, strict=True)
        found.append(max(abs(low[0] - low[1]), abs(high[0] - high[1])) / max(max(high) - min(low), 1e-300))
    return max(found)


def _logs(ends: tuple[float, float]) -> tuple[float, float]:
    return math.log(ends[0]), math.log(ends[1])
