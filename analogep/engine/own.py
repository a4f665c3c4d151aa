"""Neurons that differ, as the compiled march takes them: numbers of each place of a row.

Where neurons are alike `own` is None, and the functions that stand behind `absent` are all that is compiled.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from analogep.engine.products import FAST
from analogep.jit import brought

_OPTIONS: dict[str, Any] = {"fastmath": FAST, "error_model": "numpy"}
rate, driven = (brought(name, **_OPTIONS) for name in ("rate", "driven"))


class Own(NamedTuple):
    """What neurons have of their own (`network.mismatch`), all ndarray (places,).

    Parameters
    ----------
    pace : [1]
        Nominal time constant over the neuron's own.
    shift, scale, foot, gain : [V], [1], [V], [1]
        r = foot + gain rho(shift + scale v).
    back : [1]
        Feedback gain over the nominal one.
    low, high : [V]
        Node voltages at the rails.
    """

    pace: Any
    shift: Any
    scale: Any
    foot: Any
    gain: Any
    back: Any
    low: Any
    high: Any

    @staticmethod
    def paced(own, share, place):  # type: ignore[no-untyped-def]
        """A step in time constants of the neuron at a place."""
        return share * own.pace[place]

    @staticmethod
    def railed(own, curve, v, place):  # type: ignore[no-untyped-def]
        """v [V] between the neuron's rails."""
        return min(max(v, own.low[place]), own.high[place])

    @staticmethod
    def line(own, curve, v, place):  # type: ignore[no-untyped-def]
        """Line voltage of the node voltage v [V]."""
        return own.foot[place] + own.gain[place] * rate(curve, own.shift[place] + own.scale[place] * v)

    @staticmethod
    def drives(own, bent, gain, lines, turned, loads, place):  # type: ignore[no-untyped-def]
        """As `driven`, the loads of both directions apart."""
        ahead, behind = loads
        for j in range(turned.size):
            turned[j] = gain * own.back[place + j] * lines[j]
        array = driven(bent, gain, lines, turned[:0], ahead, behind)
        if turned.size > 0:
            array += driven(bent, gain, turned, turned[:0], behind, behind)
        return array


def _paced(own, share, place):  # type: ignore[no-untyped-def]
    return share


def _railed(own, curve, v, place):  # type: ignore[no-untyped-def]
    return min(max(v, curve.low), curve.high)


def _line(own, curve, v, place):  # type: ignore[no-untyped-def]
    return rate(curve, v)


def _drives(own, bent, gain, lines, turned, loads, place):  # type: ignore[no-untyped-def]
    return driven(bent, gain, lines, turned, loads[0], loads[1])


paced = brought("paced", _paced, **_OPTIONS)
railed = brought("railed", _railed, **_OPTIONS)
line = brought("line", _line, **_OPTIONS)
drives = brought("drives", _drives, **_OPTIONS)
