"""NeuroSim's nonlinearity labels, and the shape of the exponential law that each of them stands for."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LABEL_LIMIT = 9.99
"""Largest |label|. The formula ends at 10.10, NeuroSim's table at 9; beyond 9.99, e^{P_max/A} of an accelerating law is
no number."""

STEEPEST = 9.98
STRAIGHT = 1e-6
"""|label| below which the curve is a straight line to rounding: A beyond 1e5 P_max."""


def label_of(a: float) -> float:
    """NeuroSim's nonlinearity label of the shape parameter a = A/P_max > 0.

    label = [B - a + a ln(a/B)]/(0.07 sqrt 2), B = 1/(1 - e^{-1/a}): the largest distance of the normalised curve
    from the straight line, in the unit of NeuroSim's table (all 900 entries of which it fits).
    """
    b = -1.0 / math.expm1(-1.0 / a)
    return (b - a + a * math.log(a / b)) / (0.07 * math.sqrt(2.0))


@cache
def shape_of(label: float) -> float:
    """Invert `label_of` by bisection: a = A/P_max of NeuroSim's label (0 < label < 9.99).

    The label falls monotonically with a; 2.40 gives 0.499181, 4.88 gives 0.200303, 1.00 gives 1.251653.
    """
    low, high = math.log(1e-3), math.log(1e9)
    for _ in range(200):
        mid = 0.5 * (low + high)
        low, high = (mid, high) if label_of(math.exp(mid)) > label else (low, mid)
    return math.exp(0.5 * (low + high))


def inverse_shape(label: Floats) -> Floats:
    """P_max/A (...) [1] of each `label` (...): the inverse of `label_of` by interpolation to 1e-7; not defined at 0."""
    known, inverse = _labels()
    size = np.maximum(np.abs(label), STRAIGHT)
    return np.asarray(np.copysign(np.interp(size, known, inverse), label))


@cache
def _labels() -> tuple[Floats, Floats]:
    """Labels, rising, and P_max/A of each: dense enough for 1e-8 between them."""
    inverse = np.sinh(np.linspace(0.0, math.asinh(1000.0), 40_001))[1:]
    a = 1.0 / inverse
    b = -1.0 / np.expm1(-inverse)
    known = (b - a + a * np.log(a / b)) / (0.07 * math.sqrt(2.0))
    # The difference of large numbers is lost for nearly straight curves: there the label is inverse/(8 x 0.07 sqrt 2).
    straight = inverse < 1e-3
    known[straight] = inverse[straight] / (8.0 * 0.07 * math.sqrt(2.0))
    return np.concatenate([[0.0], known]), np.concatenate([[0.0], inverse])
