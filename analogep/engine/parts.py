"""What a network is made of, as the compiled march takes it: its type says which code, its fields which numbers.

Each part is a NamedTuple that brings its plain Python functions along (`jit.brought`): transfer curves `rate`, devices
`driven`. Numbers are of the precision of the march.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from analogep.circuit.activation import HardClip, ReLU, Sigmoid, Tanh
from analogep.engine.products import FAST
from analogep.jit import brought
from analogep.network.rc_layer import Curve

DOUBLINGS: Final = 6
_TERMS: Final = {np.dtype(np.float64): 14, np.dtype(np.float32): 7}
_LENGTHS: Final = (6, 12)
"""Terms of a devices' curve: the number is part of its type, and a march is compiled anew, for seconds, for each."""


class Clipped(NamedTuple):
    """rho(v) = v between two rails [V]."""

    low: Any
    high: Any

    @staticmethod
    def rate(curve, v):  # type: ignore[no-untyped-def]
        """Line voltage of the node voltage v [V]."""
        return min(max(v, curve.low), curve.high)


class Saturating(NamedTuple):
    """rho(v) = centre + swing tanh x, x = (v - centre)/swing; a sigma(4 (v/a - 1/2)) is that with a/2 for both.

    tanh x = u/(u + 2) with u = e^2x - 1, from its power series at x/32 and u(2y) = u (u + 2), without a branch, so that
    sixteen are computed at once; beyond 20 it is 1.
    """

    low: Any
    high: Any
    centre: Any
    swing: Any
    scale: Any
    most: Any
    two: Any
    terms: tuple[Any, ...]

    @staticmethod
    def rate(curve, v):  # type: ignore[no-untyped-def]
        """Line voltage of the node voltage v [V]."""
        x = min(max((v - curve.centre) * curve.scale, -curve.most), curve.most)
        u = curve.terms[len(curve.terms) - 1]
        for n in range(len(curve.terms) - 2, -1, -1):
            u = u * x + curve.terms[n]
        u = u * x
        for _ in range(DOUBLINGS):
            u = u * (u + curve.two)
        return curve.centre + curve.swing * (u / (u + curve.two))

    @staticmethod
    def rates(curve, v, w):  # type: ignore[no-untyped-def]
        """Real and imaginary part of the line voltage of v + i w [V]."""
        x, y = min(max((v - curve.centre) * curve.scale, -curve.most), curve.most), w * curve.scale
        last = len(curve.terms) - 1
        a, b = curve.terms[last], curve.terms[last] - curve.terms[last]
        for n in range(last - 1, -1, -1):
            a, b = a * x - b * y + curve.terms[n], a * y + b * x
        a, b = a * x - b * y, a * y + b * x
        for _ in range(DOUBLINGS):
            a, b = a * a - b * b + curve.two * a, curve.two * (a * b + b)
        # u/(u + 2), numerator and denominator times the conjugate of the latter.
        c = a + curve.two
        size = c * c + b * b
        return curve.centre + curve.swing * ((a * c + b * b) / size), curve.swing * (curve.two * b / size)


class Straight(NamedTuple):
    """Linear devices: q(r) = r."""

    unit: Any

    @staticmethod
    def driven(curve, gain, lines, turned, ahead, behind):  # type: ignore[no-untyped-def]
        """Lines at r [V] drive q(r) forward, and in reverse q(s r), where any are read so; returns their power [W].

        Parameters
        ----------
        gain : float
            s.
        lines : ndarray (neurons,) [V]
            r, and then q(r).
        turned : ndarray (neurons,) or (0,) [V]
            Filled with q(s r).
        ahead, behind : ndarray (neurons,) [S]
            Loads of the lines; of linear devices those of both directions are together in `ahead`.
        """
        array = gain - gain
        for j in range(turned.size):
            turned[j] = gain * lines[j]
        for j in range(lines.size):
            array += lines[j] * lines[j] * ahead[j]
        return array


class Bent(NamedTuple):
    """Curved devices: q(r) = r (c_0 + c_1 r^2 + ...)."""

    terms: tuple[Any, ...]

    @staticmethod
    def current(curve, r):  # type: ignore[no-untyped-def]
        """q(r) [V]."""
        square, q = r * r, curve.terms[len(curve.terms) - 1]
        for n in range(len(curve.terms) - 2, -1, -1):
            q = q * square + curve.terms[n]
        return q * r

    @staticmethod
    def driven(curve, gain, lines, turned, ahead, behind):  # type: ignore[no-untyped-def]
        """As in `Straight`."""
        array = gain - gain
        for j in range(turned.size):
            s = gain * lines[j]
            turned[j] = current(curve, s)
            array += s * turned[j] * behind[j]
        for j in range(lines.size):
            r = lines[j]
            lines[j] = current(curve, r)
            array += r * lines[j] * ahead[j]
        return array


current = brought("current", fastmath=FAST, error_model="numpy")


def activation(curve: Curve, kind: Any) -> Clipped | Saturating | None:
    """A transfer curve as the march takes it; None if it knows none.

    Parameters
    ----------
    curve : Curve
    kind : float32 or float64
    """
    low, high = curve.rails
    if isinstance(curve, HardClip | ReLU):
        return Clipped(kind(low), kind(high))
    if not isinstance(curve, Tanh | Sigmoid):
        return None
    centre, swing, h = 0.5 * (low + high), 0.5 * (high - low), 2.0 / 2**DOUBLINGS
    terms = tuple(kind(h ** (n + 1) / math.factorial(n + 1)) for n in range(_TERMS[np.dtype(kind)]))
    return Saturating(kind(low), kind(high), kind(centre), kind(swing), kind(1.0 / swing), kind(20.0), kind(2.0), terms)


def devices(series: Sequence[float], kind: Any) -> Straight | Bent:
    """The curve of devices from its coefficients (`IV.series`), filled up with zeros to one of a few lengths."""
    if len(series) == 1:
        return Straight(kind(1.0))
    length = next(length for length in _LENGTHS if length >= len(series))
    return Bent(tuple(kind(c) for c in (*series, *(0.0,) * (length - len(series)))))
