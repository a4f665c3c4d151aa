"""One device on its way through the fit: its ramps in own coordinates, and every curve fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.covariance import Uncertainty, uncertainty
from analogep.fit.levels import Minimum, Readings, fit_levels
from analogep.fit.noise import Increments
from analogep.fit.ramps import FitError, Ramp
from analogep.fit.shapes import Noise, Shapes, shapes
from analogep.fit.translate import Form, Frame, PiecewiseForm
from analogep.units import format_si

Floats = NDArray[np.float64]

_APART: Final = 0.2
"""Distance between the ends of up and down ramps, in measured ranges, that is worth a remark."""


@dataclass
class Subject:
    """A device while it is being fitted."""

    name: str
    frame: Frame
    data: tuple[Readings, ...]
    minima: dict[str, Minimum] = field(default_factory=dict)
    noises: list[Noise] = field(default_factory=list)
    knowns: dict[str, Uncertainty] = field(default_factory=dict)

    def minimum(self, form: Form) -> Minimum:
        """Fit of the form's curve; laws with one curve share it."""
        curve = form.curve()
        key = _key(form)
        if key not in self.minima:
            self.minima[key] = fit_levels(curve, self.data)
        return self.minima[key]

    def known(self, form: Form, chosen: int) -> Uncertainty:
        """Covariance and penalty of the form's curve under the chosen noise."""
        key = _key(form)
        if key not in self.knowns:
            minimum = self.minimum(form)
            self.knowns[key] = uncertainty(minimum, self.data, self.shapes(minimum, self.noises[chosen]))
        return self.knowns[key]

    def reads(self, minimum: Minimum) -> list[dict[str, Floats]]:
        """Deviations by unit read noise of each kind along the paths, (ramps, readings) [1] of each direction."""
        paths = minimum.paths(self.data)
        return [self.frame.read(self.frame.siemens(k, path)) for k, path in enumerate(paths)]

    def shapes(self, minimum: Minimum, noise: Noise) -> list[Shapes]:
        """Variances along the ramps."""
        unit = shapes(minimum, self.data, self.reads(minimum), noise.write, noise.read)
        return [shape.scaled(noise, k) for k, shape in enumerate(unit)]

    def increments(self, minimum: Minimum) -> Increments:
        """Its readings about a curve, for the fit of the noise."""
        return Increments(minimum, self.data, self.reads(minimum), self.frame.unit)


def _key(form: Form) -> str:
    curve = form.curve()
    return f"{type(curve).__name__}{curve.count}"


def make_subject(name: str, ramps: Sequence[Sequence[Ramp]], logarithmic: bool = False) -> Subject:
    """Bring the ramps of a device, up first, into their own coordinates, or those of ln G.

    Raises
    ------
    FitError
        If up and down do not cover the same range.
    """
    up, down = ramps[0], ramps[1] if len(ramps) > 1 else []
    ends = (
        np.array([ramp.conductance[0] for ramp in up] + [ramp.conductance[-1] for ramp in down]),
        np.array([ramp.conductance[-1] for ramp in up] + [ramp.conductance[0] for ramp in down]),
    )
    low, high = (float(np.mean(np.log(one) if logarithmic else one)) for one in ends)
    if high <= low:
        bottom, top = (float(np.exp(value)) if logarithmic else value for value in (low, high))
        raise FitError(
            f"device '{name}': ramps up end and ramps down begin at {format_si(top, 'S')} in the mean, not above the "
            f"{format_si(bottom, 'S')} of the other ends; both directions must cover the same range"
        )
    pulses = tuple(float(np.mean([ramp.pulses for ramp in part])) for part in ramps)
    frame = Frame(low, high - low, pulses, logarithmic)
    data = []
    for k, part in enumerate(ramps):
        here = np.arange(max(ramp.conductance.size for ramp in part)) < np.array([[r.conductance.size] for r in part])
        xi = np.zeros(here.shape)
        for row, ramp in zip(xi, part, strict=True):
            row[: ramp.conductance.size] = frame.own(k, ramp.conductance)
        data.append(Readings(xi, here, pulses[k]))
    return Subject(name, frame, tuple(data))


def apart(subject: Subject) -> list[str]:
    """Say where up and down do not meet: the card has one window for both."""
    if len(subject.data) < 2:
        return []
    up, down = (
        float(np.mean([row[n - 1] for row, n in zip(part.xi, part.lengths, strict=True)])) for part in subject.data
    )
    first = [float(part.xi[:, 0].mean()) for part in subject.data]
    found = []
    for what, one, other in (("end", up, 1.0 - first[1]), ("begin", first[0], 1.0 - down)):
        if abs(one - other) > _APART:
            levels = [format_si(float(subject.frame.siemens(0, np.array(value))), "S") for value in (one, other)]
            found.append(
                f"ramps up {what} at {levels[0]}, ramps down {'begin' if what == 'end' else 'end'} at {levels[1]}: the "
                "window of the card takes the middle"
            )
    return found


def sized(form: Form, subject: Subject) -> Form:
    """The table with as many nodes as the readings can carry, other laws as they are."""
    if not isinstance(form, PiecewiseForm):
        return form
    fewest = min(int(part.here.sum()) for part in subject.data)
    return PiecewiseForm(next((nodes for nodes in (17, 9, 5) if fewest >= 20 * nodes), 3))
