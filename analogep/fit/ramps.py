"""Measured ramps: conductances after successive pulses of one direction, and the checks that they must pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.device.laws import Direction
from analogep.errors import DataError
from analogep.units import format_si

Floats = NDArray[np.float64]

MIN_PULSES: Final = 10
"""Fewest pulses of a ramp: a curve has up to four parameters with its start, and the noise two."""

LARGEST: Final = 1.0
"""Conductance [S] from which a column was most likely not in siemens."""


_ENOUGH: Final = 60
"""Ramps of each direction that a law is chosen by."""
_DEVICES: Final = 24


class FitError(DataError):
    """The measurement cannot be fitted as it is: what the user wrote, not a failure on the way."""

    exit_code = 2


@dataclass(frozen=True)
class Ramp:
    """One train of pulses in one direction.

    Parameters
    ----------
    device : str
        Which device it was measured on.
    direction : {'up', 'down'}
    conductance : ndarray (readings,)
        After each pulse, or before the first and after each [S].
    where : str
        File, line and column, for messages.
    """

    device: str
    direction: Direction
    conductance: Floats
    where: str

    @property
    def pulses(self) -> int:
        """Pulses between its first and last reading."""
        return self.conductance.size - 1


@dataclass(frozen=True)
class Source:
    """A file that was read: its name, and the SHA-256 of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Measurement:
    """All ramps of all files."""

    ramps: tuple[Ramp, ...]
    sources: tuple[Source, ...]

    @property
    def devices(self) -> list[str]:
        """Names of the devices, in the order of the files."""
        return list(dict.fromkeys(ramp.device for ramp in self.ramps))

    def of(self, device: str, direction: Direction) -> list[Ramp]:
        """Ramps of one device in one direction."""
        return [ramp for ramp in self.ramps if ramp.device == device and ramp.direction == direction]

    def select(self, ramps: Sequence[Ramp]) -> Measurement:
        """A measurement from the same sources, with some of the ramps."""
        return Measurement(tuple(ramps), self.sources)


def checked(device: str, direction: Direction | None, values: Floats, where: str, directed: str) -> Ramp:
    """Make a ramp of readings, with the direction given or that of its trend.

    Parameters
    ----------
    values : ndarray (readings,)
        Conductances [S].
    where : str
        File, line and column, for messages.
    directed : str
        Who gave the direction, for messages.

    Raises
    ------
    FitError
        If there are too few pulses, no trend, a trend against the direction, or both directions in one ramp.
    """
    if values.size <= MIN_PULSES:
        raise FitError(
            f"{where}: a ramp needs at least {MIN_PULSES} pulses ({MIN_PULSES + 1} readings) to tell a law from noise, "
            f"this one has {max(values.size - 1, 0)}; join ramps that were split, or measure longer ones"
        )
    _one_direction(values, where)
    steps = np.diff(values)
    trend, noise = float(values[-1] - values[0]), float(steps.std()) * math.sqrt(steps.size)
    if abs(trend) <= 2.0 * noise and _turns(values):
        raise FitError(
            f"{where}: the pulses do not move the conductance: it goes from {format_si(float(values[0]), 'S')} to "
            f"{format_si(float(values[-1]), 'S')} in {steps.size} pulses, and single pulses scatter by "
            f"{format_si(float(steps.std()), 'S')}; is this the right column?"
        )
    found: Direction = "up" if trend > 0.0 else "down"
    if direction is not None and direction != found:
        word = "falls" if trend < 0.0 else "rises"
        raise FitError(
            f"{where}: {directed} says {direction}, but the conductance {word} from "
            f"{format_si(float(values[0]), 'S')} to {format_si(float(values[-1]), 'S')}; swap the directions, or "
            "correct it"
        )
    return Ramp(device, found, values, where)


def _smooth(values: Floats) -> Floats:
    """Running mean over a tenth of the ramp."""
    size = max(3, values.size // 10)
    total = np.cumsum(np.concatenate([[0.0], values]))
    return np.asarray((total[size:] - total[:-size]) / size)


def _turns(values: Floats) -> bool:
    """Whether the smoothed ramp goes back by more than a third of its range."""
    smooth = _smooth(values)
    size = float(np.ptp(smooth))
    steps = np.diff(smooth)
    back = min(float(steps[steps > 0.0].sum()), float(-steps[steps < 0.0].sum()))
    return size <= 0.5 * float(np.diff(values).std()) or back > 0.33 * size


def _one_direction(values: Floats, where: str) -> None:
    """Refuse a ramp that rises and falls by more than half of its range."""
    smooth = _smooth(values)
    low, high, size = int(smooth.argmin()), int(smooth.argmax()), float(np.ptp(smooth))
    first, last = float(smooth[0]), float(smooth[-1])
    for turn, reach, word in ((high, float(smooth[high]), "rises"), (low, float(smooth[low]), "falls")):
        if min(abs(reach - first), abs(reach - last)) > 0.5 * size and 0 < turn < smooth.size - 1:
            noise = float(np.diff(values).std())
            if size < 6.0 * noise:
                return
            other = "falls" if word == "rises" else "rises"
            at = turn + (values.size - smooth.size) // 2
            raise FitError(
                f"{where}: holds pulses of both directions: it {word} from {format_si(float(values[0]), 'S')} to "
                f"{format_si(reach, 'S')} at about pulse {at} and then {other} to {format_si(float(values[-1]), 'S')}; "
                "split it there, or add a column 'direction' with up and down"
            )


def thinned(measurement: Measurement) -> Measurement:
    """A part of a measurement that is large enough to choose a law by: some devices, some of their ramps, evenly."""
    if len(measurement.ramps) <= 2 * _ENOUGH:
        return measurement
    names = measurement.devices
    some = {names[k] for k in _evenly(len(names), _DEVICES)}
    each = max(2, _ENOUGH // len(some))
    ways: tuple[Direction, ...] = ("up", "down")
    kept = []
    for name in names:
        for way in ways if name in some else ():
            ramps = measurement.of(name, way)
            kept += [ramps[k] for k in _evenly(len(ramps), each)]
    return measurement.select(kept)


def _evenly(count: int, most: int) -> list[int]:
    return sorted({round(k) for k in np.linspace(0, count - 1, min(count, most))}) if count else []


def both_directions(measurement: Measurement, unidirectional: bool) -> None:
    """Refuse a measurement with too few directions, or too many.

    Raises
    ------
    FitError
        Naming the device and what is missing.
    """
    for device in measurement.devices:
        up, down = measurement.of(device, "up"), measurement.of(device, "down")
        name = f"device '{device}'" if len(measurement.devices) > 1 else "the measurement"
        if unidirectional:
            if not up:
                raise FitError(f"{name} has no ramp up; a unidirectional device is one whose pulses up are gradual")
            if down:
                raise FitError(
                    f"{name} has {len(down)} ramps down, first in {down[0].where}; leave out --unidirectional, or "
                    "leave these out"
                )
        elif not (up and down):
            missing, there = ("down", up) if up else ("up", down)
            hint = "; give --unidirectional if the device has no gradual pulse down" if up else ""
            raise FitError(
                f"{name} has only ramps {'up' if up else 'down'} ({len(there)}, first in {there[0].where}) and none "
                f"{missing}; add a file with them{hint}"
            )
