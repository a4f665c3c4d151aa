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
    def placed(own, here):  # type: ignore[no-untyped-def]
        """The same of the places `here`, a slice: indices from 0 on need no look at their sign, which stops vectors."""
        return Own(
            own.pace[here], own.shift[here], own.scale[here], own.foot[here], own.gain[here], own.back[here],
            own.low[here], own.high[here],
        )  # fmt: skip

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
    def begun(own, curve, v):  # type: ignore[no-untyped-def]
        """What a loop over a row leaves for `lined`: v [V] itself."""
        return v

    @staticmethod
    def lined(own, curve, lines):  # type: ignore[no-untyped-def]
        """Lines from the node voltages `lines` [V] of a row, in place: few arrays a loop, or none is vectorised."""
        shift, scale, foot, gain = own.shift, own.scale, own.foot, own.gain
        for j in range(lines.size):
            lines[j] = shift[j] + scale[j] * lines[j]
        for j in range(lines.size):
            lines[j] = rate(curve, lines[j])
        for j in range(lines.size):
            lines[j] = foot[j] + gain[j] * lines[j]

    @staticmethod
    def drives(own, bent, gain, lines, turned, loads):  # type: ignore[no-untyped-def]
        """As `driven`, the loads of both directions apart."""
        (ahead, behind), back = loads, own.back
        for j in range(turned.size):
            turned[j] = gain * back[j] * lines[j]
        array = driven(bent, gain, lines, turned[:0], ahead, behind)
        if turned.size > 0:
            array += driven(bent, gain, turned, turned[:0], behind, behind)
        return array


def _placed(own, here):  # type: ignore[no-untyped-def]
    return None


def _paced(own, share, place):  # type: ignore[no-untyped-def]
    return share


def _railed(own, curve, v, place):  # type: ignore[no-untyped-def]
    return min(max(v, curve.low), curve.high)


def _line(own, curve, v, place):  # type: ignore[no-untyped-def]
    return rate(curve, v)


def _begun(own, curve, v):  # type: ignore[no-untyped-def]
    return rate(curve, v)


def _lined(own, curve, lines):  # type: ignore[no-untyped-def]
    return


def _drives(own, bent, gain, lines, turned, loads):  # type: ignore[no-untyped-def]
    return driven(bent, gain, lines, turned, loads[0], loads[1])


placed = brought("placed", _placed, **_OPTIONS)
paced = brought("paced", _paced, **_OPTIONS)
railed = brought("railed", _railed, **_OPTIONS)
line = brought("line", _line, **_OPTIONS)
begun = brought("begun", _begun, **_OPTIONS)
lined = brought("lined", _lined, **_OPTIONS)
drives = brought("drives", _drives, **_OPTIONS)
