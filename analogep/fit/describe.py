"""The numbers of a fitted device, with standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.device.laws import DIRECTIONS
from analogep.fit.covariance import Uncertainty
from analogep.fit.levels import Minimum, spread
from analogep.fit.translate import Form, Frame, Side, counted
from analogep.units import format_si

Floats = NDArray[np.float64]


_ENDS: Final = ("conductance.min", "conductance.max")


@dataclass(frozen=True)
class Value:
    """An estimate and its standard error (NaN where there is none)."""

    value: float
    se: float


class Sides(NamedTuple):
    """Both directions on the window of a device and between the ends of their ramps, and the window's ends [1]."""

    sides: list[Side]
    ramps: list[Side]
    low: float
    high: float


def sides_of(form: Form, minimum: Minimum, frame: Frame, phi: Floats) -> Sides:
    """The directions of a device; parameters as for `describe`, `phi` (joint parameters + directions,) [1]."""
    curve, size = minimum.curve, minimum.theta.size
    thetas = [spread(curve, phi[None, :size], k)[0] for k in range(len(frame.pulses))]
    starts = [float(value) for value in phi[size:]]
    ends = []
    for theta, start, pulses in zip(thetas, starts, frame.pulses, strict=True):
        path = curve.path(theta[None], np.array([[start]]), pulses, math.ceil(pulses) + 1)[0, 0]
        ends.append(float(np.interp(pulses, np.arange(path.size), path)))
    low = float(np.mean([starts[0], *(1.0 - end for end in ends[1:])]))
    high = float(np.mean([ends[0], *(1.0 - start for start in starts[1:])]))
    if frame.logarithmic:
        # Ramps that do not end where the others begin have not reached the end of a window of decades.
        low = min(starts[0], *(1.0 - end for end in ends[1:]), low)
        high = max(ends[0], *(1.0 - start for start in starts[1:]), high)
    low, high = form.window(thetas, low, high)
    sides, ramps = [], []
    for k, (theta, pulses) in enumerate(zip(thetas, frame.pulses, strict=True)):
        near_end, far_end = (low, high) if k == 0 else (1.0 - high, 1.0 - low)
        sides.append(Side(curve, theta, pulses, near_end, far_end))
        ramps.append(Side(curve, theta, pulses, starts[k], ends[k]))
    return Sides(sides, ramps, low, high)


def describe(form: Form, minimum: Minimum, frame: Frame, phi: Floats) -> tuple[dict[str, float], str]:
    """All numbers of a device at given parameters, and why the law cannot describe them.

    Parameters
    ----------
    form : Form
    minimum : Minimum
        Says which curve it is, and how many of the parameters are the curve's.
    frame : Frame
    phi : ndarray (joint parameters + directions,) [1]
        Parameters of the curve, then the mean start of each direction's ramps.

    Returns
    -------
    dict
        Keys of the card with dots (`conductance.min` [S], `programming.up.step` [1]...), `ramp.*` and `middle.*`.
    str
        Empty if the law can.
    """
    known = sides_of(form, minimum, frame, phi)
    sides, ramps = known.sides, known.ramps
    branches = form.branches(sides)
    low, high = known.low, known.high
    out = {key: float(frame.siemens(0, np.array(end))) for key, end in zip(_ENDS, (low, high), strict=True)}
    out |= {f"programming.{key}": value for key, value in form.top(sides).items()}
    for k, (word, branch, ramp, side) in enumerate(zip(DIRECTIONS, branches, ramps, sides, strict=False)):
        out |= {f"programming.{word}.{key}": value for key, value in branch.items()}
        out[f"ramp.{word}.start"] = float(frame.siemens(k, np.array(ramp.near)))
        out[f"ramp.{word}.end"] = float(frame.siemens(k, np.array(ramp.far)))
        out[f"ramp.{word}.step"] = abs(out[f"ramp.{word}.end"] - out[f"ramp.{word}.start"]) / frame.pulses[k]
        if form.law in ("exponential", "soft_bounds", "linear"):
            # P_max/A of the ramp: how far its steps fall, ln of the first over the last.
            out[f"ramp.{word}.curvature"] = _bend(ramp)
        if form.law == "exponential":
            out[f"ramp.{word}.nonlinearity"] = counted(ramp)[1]
        out[f"middle.{word}"] = side.step(0.5 * (side.near + side.far)) / side.width
    problem = form.problem(sides, branches)
    if not problem and out["conductance.min"] <= 0.0:
        problem = f"its window would begin at {format_si(out['conductance.min'], 'S')}"
    return out, problem


def _bend(ramp: Side) -> float:
    """ln of the first step of a ramp over its last one; NaN where they have no ratio."""
    first, last = ramp.step(ramp.near), ramp.step(ramp.far)
    return math.log(first / last) if min(first, last) > 0.0 else math.nan


def numbers_of(form: Form, minimum: Minimum, frame: Frame, known: Uncertainty) -> dict[str, Value]:
    """Every number with its standard error, by first-order propagation from phi."""
    middle, _ = describe(form, minimum, frame, known.values)
    variances = np.diag(propagated(lambda phi: describe(form, minimum, frame, phi)[0], known))
    return {
        name: Value(value, math.sqrt(variance) if variance >= 0.0 else math.nan)
        for (name, value), variance in zip(middle.items(), variances, strict=True)
    }


def propagated(numbers: Callable[[Floats], dict[str, float]], known: Uncertainty) -> Floats:
    """Covariance of numbers that follow from phi, to first order: J C J'.

    Parameters
    ----------
    numbers : callable
        phi (parameters + directions,) [1] -> numbers by name.
    known : Uncertainty
        phi and its covariance C.

    Returns
    -------
    ndarray (numbers, numbers)
        In the units of the numbers.
    """
    columns = []
    for j, error in enumerate(np.sqrt(np.maximum(np.diag(known.covariance), 0.0))):
        h = max(1e-3 * float(error), 1e-9)
        ends = []
        for sign in (1.0, -1.0):
            phi = known.values.copy()
            phi[j] += sign * h
            ends.append(np.array(list(numbers(phi).values())))
        with np.errstate(invalid="ignore"):
            columns.append((ends[0] - ends[1]) / (2.0 * h))
    jacobian = np.stack(columns, axis=1)
    return np.asarray(np.einsum("ij,jk,lk->il", jacobian, known.covariance, jacobian))
