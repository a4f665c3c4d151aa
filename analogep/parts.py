"""What parts give to engines: their numbers in a NamedTuple whose methods are the equations of one cell.

Python calls these methods as they are; a kernel that is compiled for the tuple's type inlines them (`inlined`). The
functions here are for such methods: in Python as in a kernel, in the precision of their arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def in_precision(part: Any, real: type[np.floating[Any]]) -> Any:
    """A part's numbers in the precision of the states: a kernel computes in the widest of its numbers.

    Parameters
    ----------
    part : NamedTuple or None
    real : type
        `numpy.float32` or `numpy.float64`.
    """
    if part is None:
        return None
    return type(part)(*(_in_precision(value, real) for value in part))


def _in_precision(value: Any, real: type[np.floating[Any]]) -> Any:
    """A number, or the numbers of a part within a part; anything else as it is."""
    if hasattr(value, "_fields"):
        return in_precision(value, real)
    return real(value) if isinstance(value, float) else value


def variance_of(part: Any, g: Any) -> Any:
    """`read_variance` of a read noise within another [S^2], at the conductance `g` [S]."""
    return type(part).read_variance(part, g)


def read_of(part: Any, g: Any, bits: Any, xi: Any) -> Any:
    """`read` of a read noise within another [S]: the conductance `g` [S] by 32 random bits or a normal deviate."""
    return type(part).read(part, g, bits, xi)


def clip(x: Any) -> Any:
    """`x` within 0..1."""
    return min(max(x, 0.0), 1.0)


def fraction(bits: Any, z: Any) -> Any:
    """Uniform number in (0, 1) in the precision of `z`: of all 32 bits, or of the upper 23 in single precision."""
    return (float(bits) + 0.5) * 2.0**-32


def uniform(bits: Any) -> Any:
    """Uniform number in (0, 1) from the upper 20 of 32 bits: the middles of 2^20 intervals."""
    return (float(bits >> 12) + 0.5) * 2.0**-20


def interval(nodes: Any, x: Any) -> int:
    """Index k with nodes[k] <= x <= nodes[k + 1], by bisection."""
    low, high = 0, nodes.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if nodes[middle] <= x:
            low = middle
        else:
            high = middle
    return low
