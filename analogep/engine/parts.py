"""Devices as the compiled march takes them: their type says which code, their fields which numbers.

Each is a NamedTuple that brings its plain Python function `driven` along (`jit.brought`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from analogep.engine.products import FAST
from analogep.jit import brought

_LENGTHS: Final = (6, 12)
"""Terms of a devices' curve: the number is part of its type, and a march is compiled anew, for seconds, for each."""


LENGTHS: Final = (4, 8, 20)
"""Lengths of tuples: the last is the largest number of layers that a card may have."""


def padded(items: Sequence[Any], empty: Any = None) -> tuple[Any, ...]:
    """`items`, one for each layer, and `empty` ones (arrays without rows if None) up to the next of `LENGTHS`.

    The length of a tuple is part of its type, and a kernel is compiled anew, for seconds, for every type.
    """
    room = next(length for length in LENGTHS if length >= len(items))
    return (*items, *(items[0][:0] if empty is None else empty,) * (room - len(items)))


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


def devices(series: Sequence[float], kind: Any) -> Straight | Bent:
    """The curve of devices from its coefficients (`IV.series`), filled up with zeros to one of a few lengths."""
    if len(series) == 1:
        return Straight(kind(1.0))
    length = next(length for length in _LENGTHS if length >= len(series))
    return Bent(tuple(kind(c) for c in (*series, *(0.0,) * (length - len(series)))))
