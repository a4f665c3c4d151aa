"""Fit a measurement: every law on every device, the criterion's choice, and all numbers with standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.cards.wording import listed, near
from analogep.device.laws import DIRECTIONS, LAWS, Direction
from analogep.errors import UsageError
from analogep.fit.between import noise_between
from analogep.fit.bias import unbiased
from analogep.fit.choose import Candidate, Entry, choice, misfit
from analogep.fit.covariance import Uncertainty
from analogep.fit.describe import Value, numbers_of
from analogep.fit.levels import Minimum, Readings
from analogep.fit.noise import Increments, fit_noise, with_memory
from analogep.fit.ramps import FitError, Measurement, both_directions, thinned
from analogep.fit.shapes import Noise, Shapes
from analogep.fit.spread import Spread, device_to_device
from analogep.fit.structure import Structure, structures
from analogep.fit.structure import remarks as structure_remarks
from analogep.fit.subject import Subject, apart, make_subject, sized
from analogep.fit.translate import FORMS, Form, Frame, PiecewiseForm
from analogep.streams import Streams

Floats = NDArray[np.float64]

_WIDE: Final = 20.0
"""Largest over smallest conductance from which laws are tried in ln G as well."""


@dataclass(frozen=True)
class DeviceFit:
    """One device: its ramps in own coordinates and the fitted curve.

    Parameters
    ----------
    name : str
    frame : Frame
    data : tuple of Readings
        By direction.
    minimum : Minimum
    uncertainty : Uncertainty
    numbers : dict
        Name -> value of every number.
    shapes : list of Shapes
        Variances of its noise along the ramps of each direction.
    """

    name: str
    frame: Frame
    data: tuple[Readings, ...]
    minimum: Minimum
    uncertainty: Uncertainty
    numbers: dict[str, Value]
    shapes: list[Shapes]

    @cached_property
    def structure(self) -> tuple[list[Structure], tuple[float, Floats]]:
        """Structure functions of its residuals, and sums of squares of data and simulations (sets,) [1]."""
        rng = Streams(0).rng(f"fit/structure/{self.name}")
        return structures(self.minimum, self.data, self.shapes, rng)

    @property
    def rmse(self) -> float:
        """Root mean square of the residuals, relative to the measured range."""
        return math.sqrt(self.minimum.squares / sum(int(part.here.sum()) for part in self.data))

    @property
    def misfit(self) -> float:
        """The part of `rmse` that noise does not explain."""
        return misfit([self.uncertainty], [self.data])

    @property
    def noise(self) -> float:
        """What noise alone would leave of `rmse`."""
        return math.sqrt(self.uncertainty.expected / sum(int(part.here.sum()) for part in self.data))


@dataclass(frozen=True)
class Fit:
    """A fitted measurement.

    Parameters
    ----------
    measurement : Measurement
    law : str
    form : Form
    devices : tuple of DeviceFit
    write, read : str
        Kinds of noise.
    noise : dict
        `write` (relative to the card's window, or to the step) and `read` (relative to G, or [S]); `slow` (relative to
        the window) and `length` [pulses] where scatter reverts; `write_down` where `write` is that of pulses up alone;
        `between_up`, `between_down` (relative to the step)
        where all steps of a ramp differ from those of the next.
    numbers : dict
        Name -> value, mean over devices: keys of the card as `programming.up.step`, and `ramp.up.start`...
    candidates : tuple of Candidate
    spread : Spread
        Device to device.
    remarks : tuple of str
        Sentences that the user should read.
    related : dict
        Pair of names in `noise` -> correlation of their errors.
    """

    measurement: Measurement
    law: str
    form: Form
    devices: tuple[DeviceFit, ...]
    write: str
    read: str
    noise: dict[str, Value]
    numbers: dict[str, Value]
    candidates: tuple[Candidate, ...]
    spread: Spread
    remarks: tuple[str, ...]
    related: dict[tuple[str, str], float] = field(default_factory=dict)

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What its noise does not say of the first device's residuals, by their structure function."""
        return tuple(structure_remarks(*self.devices[0].structure))

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Directions that were measured."""
        return DIRECTIONS[: len(self.devices[0].data)]


def fit_ramps(
    measurement: Measurement, model: str = "auto", unidirectional: bool = False, logarithmic: bool | None = None
) -> Fit:
    """Fit the pulse laws of `analogep.device.laws` to measured ramps.

    Parameters
    ----------
    measurement : Measurement
    model : str
        A law, or `auto`: the lowest criterion among the laws that can describe the curve.
    unidirectional : bool
        Whether only pulses up are gradual.
    logarithmic : bool or None
        Whether the laws move ln G instead of G; None to let the data say where their window has a factor of 20 or more.

    Raises
    ------
    FitError
        If a direction is missing, or the law asked for cannot describe the curve.
    UsageError
        If there is no such law.
    """
    check_model(model)
    both_directions(measurement, unidirectional)
    few = thinned(measurement)
    if model == "auto" and len(few.ramps) < len(measurement.ramps):
        chosen_by = _fit(few, model, unidirectional, logarithmic)
        scale = chosen_by.devices[0].frame.logarithmic
        try:
            whole = _fit(measurement, chosen_by.law, unidirectional, scale)
        except FitError:
            return _fit(measurement, model, unidirectional, logarithmic)
        return replace(whole, candidates=chosen_by.candidates, remarks=chosen_by.remarks)
    return _fit(measurement, model, unidirectional, logarithmic)


def _fit(measurement: Measurement, model: str, unidirectional: bool, logarithmic: bool | None) -> Fit:
    """Fit all ramps, by every law for `auto`."""
    directions: tuple[Direction, ...] = ("up",) if unidirectional else DIRECTIONS
    asked = (
        [FORMS[model]] if model != "auto" else [form for form in FORMS.values() if not isinstance(form, PiecewiseForm)]
    )
    forms = [form for form in asked if not (form.alike and model == "auto")]
    subjects = _subjects(measurement, directions, forms, logarithmic)
    chosen = max(range(4), key=lambda k: subjects[0].noises[k].likelihood)
    entries = [Entry.of(sized(form, subjects[0]), subjects, chosen) for form in forms]
    entry, remarks = choice(entries, subjects, chosen, model)
    remarks += [text for subject in subjects for text in apart(subject)]
    return _assembled(measurement, entry, entries, subjects, chosen, remarks)


def _subjects(
    measurement: Measurement, directions: tuple[Direction, ...], forms: list[Form], logarithmic: bool | None
) -> list[Subject]:
    """Devices with the noise about their best curves, in G or in ln G, whichever is the likelier."""
    levels = np.concatenate([ramp.conductance for ramp in measurement.ramps])
    decades = levels.min() > 0.0 and levels.max() >= _WIDE * levels.min()
    asked = ([False, True] if decades else [False]) if logarithmic is None else [logarithmic]
    found = []
    for scale in asked:
        subjects = [
            make_subject(name, [measurement.of(name, way) for way in directions], scale) for name in measurement.devices
        ]
        devices = [_increments(subject, forms) for subject in subjects]
        _share(subjects, fit_noise(devices))
        found.append((subjects, devices))
    subjects, devices = max(found, key=lambda one: _likelihood(one[0]))
    noises = list(subjects[0].noises)
    best = max(range(4), key=lambda k: noises[k].likelihood)
    noises[best] = noise_between(devices, noises[best], with_memory(devices, noises[best]))
    _share(subjects, noises)
    return subjects


def _increments(subject: Subject, forms: list[Form]) -> Increments:
    """About the best of the curves."""
    trials = [subject.minimum(sized(form, subject)) for form in [*forms, FORMS["exponential"]]]
    return subject.increments(min(trials, key=lambda minimum: minimum.squares))


def _share(subjects: list[Subject], noises: list[Noise]) -> None:
    """Give all devices their common noises, each in its own units."""
    for subject in subjects:
        subject.noises = [one.read_in(subjects[0].frame.unit / subject.frame.unit) for one in noises]


def _likelihood(subjects: list[Subject]) -> float:
    """ln L of the increments in siemens, under the best noise: that of the own coordinate and ln |d xi/dG|."""
    best = max(noise.likelihood for noise in subjects[0].noises)
    for subject in subjects:
        for k, part in enumerate(subject.data):
            count = int(part.here[:, 1:].sum())
            best -= count * math.log(subject.frame.span)
            if subject.frame.logarithmic:
                best -= float(np.log(subject.frame.siemens(k, part.xi)[:, 1:][part.here[:, 1:]]).sum())
    return best


def check_model(model: str) -> None:
    """Refuse a law that cannot be fitted.

    Raises
    ------
    UsageError
        Naming the laws that can.
    """
    known = ["auto", *FORMS]
    if model in known:
        return
    if model in LAWS.names():
        why = {"inverse_cdf": "use 'piecewise', whose noise is fitted apart from its steps"}.get(
            model, "it needs pulses of several heights and widths; fit one of them"
        )
        raise UsageError(f"--model {model}: is not fitted to ramps: {why}. Laws that are: {listed(known)}")
    best = near(model, known)
    raise UsageError(
        f"--model {model}: no such law; " + (f"did you mean '{best}'?" if best else f"laws are {listed(known)}")
    )


def _assembled(
    measurement: Measurement,
    entry: Entry,
    entries: list[Entry],
    subjects: list[Subject],
    chosen: int,
    remarks: list[str],
) -> Fit:
    devices = tuple(
        _device(subject, entry.form, minimum, known, chosen)
        for subject, minimum, known in zip(subjects, entry.minima, entry.known, strict=True)
    )
    numbers = {name: _mean([device.numbers[name] for device in devices]) for name in devices[0].numbers}
    noise = _noise([s.noises[chosen] for s in subjects], devices)
    candidates = sorted((one.candidate for one in entries), key=lambda one: (bool(one.remark), one.criterion))
    first = subjects[0].noises[chosen]
    return Fit(
        measurement, entry.form.law, entry.form, devices, first.write, first.read, noise, numbers, tuple(candidates),
        device_to_device([device.numbers for device in devices]), tuple(remarks), first.related,
    )  # fmt: skip


def _device(subject: Subject, form: Form, minimum: Minimum, known: Uncertainty, chosen: int) -> DeviceFit:
    """Numbers of one device, their bias taken off."""
    noise = subject.shapes(minimum, subject.noises[chosen])
    known = unbiased(minimum, subject.data, noise, known, Streams(0).rng(f"fit/bias/{subject.name}"))
    numbers = numbers_of(form, minimum, subject.frame, known)
    return DeviceFit(subject.name, subject.frame, subject.data, minimum, known, numbers, noise)


def _mean(values: list[Value]) -> Value:
    """Mean over devices with the error of the mean device: measurement or scatter, whichever is larger."""
    each = np.array([one.value for one in values])
    count = len(values)
    error = float(np.sqrt(np.sum([one.se**2 for one in values]))) / count
    if count > 1:
        error = float(np.fmax(error, each.std(ddof=1) / math.sqrt(count)))
    return Value(float(each.mean()), error)


def _noise(found: list[Noise], devices: tuple[DeviceFit, ...]) -> dict[str, Value]:
    """Root mean squares over devices, in the units of the card."""
    ends = [(d.numbers["conductance.min"].value, d.numbers["conductance.max"].value) for d in devices]
    if any(one.frame.logarithmic and window[0] <= 0.0 for one, window in zip(devices, ends, strict=True)):
        raise FitError(
            "the fitted window reaches down to 0 S, more decades than any device has; are unit and column right?"
        )
    windows = np.array([one.frame.ranges(*window) for one, window in zip(devices, ends, strict=True)])
    units = {
        "write": 1.0 / windows if found[0].write == "range" else np.ones_like(windows),
        "read": np.array([one.frame.unit if found[0].read == "absolute" else 1.0 for one in devices]),
    }
    units["slow"] = 1.0 / windows
    out: dict[str, Value] = {}
    for name, unit in units.items():
        sigmas = unit * np.array([getattr(one, f"{name}_sigma") for one in found])
        errors = unit * np.array([getattr(one, f"{name}_se") for one in found])
        mean = float(np.sqrt(np.mean(sigmas**2)))
        # The noise of all devices is one, of which each sigma is a translation: their errors are one and the same.
        out[name] = Value(mean, float(np.sqrt(np.mean(errors**2))))
    if math.isfinite(found[0].write_down):
        share = out["write"].value / found[0].write_sigma
        out["write_down"] = Value(share * found[0].write_down, share * found[0].write_down_se)
    for way, sigma, error in zip(DIRECTIONS, found[0].between, found[0].between_se, strict=False):
        if sigma > 0.0:
            out[f"between_{way}"] = Value(sigma, error)
    if out["slow"].value > 0.0:
        return out | {"length": Value(found[0].length, found[0].length_se)}
    del out["slow"]
    return out
