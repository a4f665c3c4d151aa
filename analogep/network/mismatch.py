"""The neurons of one chip as fabricated: offsets, gains, rails, time constants and thresholds of their own.

    r_i = (1 + e_i) rho_i(v_i),    reverse line s (1 + f_i) r_i,    C_i dv_i/dt = -g v_i + g [ ... + o_i ]

rho_i is the nominal curve between rails of its own, moved and stretched along with them in both voltages, so that its
steepest slope stays 1. Whatever increasing function of v_i the line voltage is, and whatever constant is added to the
bracket, weights that are read both ways alike keep an energy (Hopfield 1984), and with it equilibrium propagation its
gradient. Factors f_i of the reverse direction alone are another matter: with one hidden layer they weigh the outputs'
costs, 1 + f_o each, and leave the update of an output's weights too small by just that; with more there is no energy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.mismatch import Mismatch
from analogep.errors import SimulationError
from analogep.network.curve import Curve
from analogep.streams import Streams
from analogep.units import format_si

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mismatched:
    """What the neurons of one layer have of their own; None where they are alike.

    Attributes
    ----------
    offset : ndarray (neurons,) or None [V]
        As it is in operation, after auto-zeroing.
    gain, back : ndarray (neurons,) or None [1]
        Factors on the line voltage, and on what is driven in reverse besides.
    low, high : ndarray (neurons,) or None [V]
        Shifts of the rails.
    pace : ndarray (neurons,) or None [1]
        Factors on the time constant.
    threshold : ndarray (neurons,) or None [1]
        Factors on the threshold of neurons that fire.
    """

    offset: Floats | None = None
    gain: Floats | None = None
    back: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    pace: Floats | None = None
    threshold: Floats | None = None

    @property
    def alike(self) -> bool:
        """Whether no neuron differs from another."""
        return all(value is None for value in vars(self).values())


ALIKE = Mismatched()


def drawn(card: Mismatch | None, sizes: Sequence[int], fabrication: Streams) -> list[Mismatched]:
    """Draw the neurons of all layers: every quantity of every layer has a stream of its own.

    Parameters
    ----------
    card : Mismatch or None
        None for neurons that are alike.
    sizes : sequence of int
        Neurons of each layer, the inputs left out.
    fabrication : Streams
    """
    if card is None:
        return [ALIKE] * len(sizes)
    return [_layer(card, size, fabrication, f"layer{k}/neurons") for k, size in enumerate(sizes, 1)]


def _layer(card: Mismatch, size: int, fabrication: Streams, name: str) -> Mismatched:
    def shifts(quantity: str, sigma: float) -> Floats | None:
        if sigma == 0.0:
            return None
        return sigma * fabrication.rng(f"{name}/{quantity}").standard_normal(size)

    def factors(quantity: str, sigma: float) -> Floats | None:
        found = shifts(quantity, sigma)
        return None if found is None else np.exp(found)

    return Mismatched(
        offset=shifts("offset", card.left),
        gain=factors("gain", card.gain),
        back=factors("reverse_gain", card.reverse_gain),
        low=shifts("rails/low", card.rails),
        high=shifts("rails/high", card.rails),
        pace=factors("bandwidth", card.bandwidth),
        threshold=factors("threshold", card.threshold),
    )


@dataclass(frozen=True)
class OwnCurve:
    """The transfer curves of one layer: r = foot + gain rho(shift + scale v) with numbers of each neuron's own.

    Attributes
    ----------
    base : Curve
        rho, the nominal curve.
    shift, scale, foot, gain : ndarray (neurons,) or float [V], [1], [V], [1]
    """

    base: Curve
    shift: Any
    scale: Any
    foot: Any
    gain: Any

    @property
    def straight(self) -> bool:
        """Whether rho(v) = v between its rails: the line is then its gain times v between rails of its own."""
        return self.base.straight

    def rate(self, v: Floats) -> Floats:
        """Line voltage (..., neurons) [V] of the node voltage `v` (..., neurons) [V]."""
        return np.asarray(self.foot + self.gain * self.base.rate(self.shift + self.scale * v))

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` (..., neurons) [1] at `v` (..., neurons) [V]."""
        return np.asarray(self.steepest * self.base.slope(self.shift + self.scale * v))

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve (..., neurons) [V^2] up to `r` (..., neurons) [V], from where rho is 0 V.

        v = (rho^-1(s) - shift)/scale with s = (r - foot)/gain.
        """
        s = (r - self.foot) / self.gain
        return np.asarray(self.gain / self.scale * (self.base.primitive(s) - self.shift * s))

    def numbers(self, kind: Any) -> Any:
        """Those of the nominal curve."""
        return self.base.numbers(kind)

    def expression(self, v: str) -> str:
        """The curve of one neuron (`one`) in a netlist."""
        inside = f"({self.shift:.17g}+{self.scale:.17g}*{v})"
        return f"({self.foot:.17g}+{self.gain:.17g}*({self.base.expression(inside)}))"

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage of any neuron [V]."""
        low, high = self.base.rails
        return float(np.min(self.foot + self.gain * low)), float(np.max(self.foot + self.gain * high))

    @property
    def ends(self) -> tuple[Floats, Floats]:
        """Node voltages (neurons,) [V] at which the curve of a neuron is at its rails."""
        low, high = self.base.rails
        return (low - self.shift) / self.scale, (high - self.shift) / self.scale

    @property
    def steepest(self) -> Any:
        """Largest slope of each neuron (neurons,) [1]."""
        return self.gain * self.scale

    def one(self, i: int) -> OwnCurve:
        """The curve of neuron i."""
        return OwnCurve(self.base, *(float(part[i]) for part in (self.shift, self.scale, self.foot, self.gain)))


def curve_of(base: Curve, own: Mismatched, size: int, shift: Floats | None = None) -> Curve:
    """The curves of a layer of `size` neurons; the nominal one where they have gains, rails and inputs alike.

    With low_i and high_i in place of the rails low and high, stretch k_i = (high_i - low_i)/(high - low) (1 where a
    rail is missing) and G_i the gain,

        r = G_i [low_i + k_i (rho(low + (v + shift_i - low_i)/k_i) - low)]

    Parameters
    ----------
    base : Curve
    own : Mismatched
    size : int
    shift : ndarray (neurons,) or None [V]
        What is added to the curves' own input.

    Raises
    ------
    SimulationError
        If the rails of some neuron cross.
    """
    if own.gain is None and own.low is None and shift is None:
        return base
    low, high = base.rails
    ends = [end + (np.zeros(size) if off is None else off) for end, off in ((low, own.low), (high, own.high))]
    crossed = np.flatnonzero(ends[0] >= ends[1])
    if crossed.size:
        raise SimulationError(
            f"neuron {crossed[0] + 1} of a layer has its lower rail at {format_si(ends[0][crossed[0]], 'V')} and its "
            f"upper one at {format_si(ends[1][crossed[0]], 'V')}: mismatch.rails is as large as what lies between the "
            "rails; lower it"
        )
    stretch = (ends[1] - ends[0]) / (high - low) if math.isfinite(high - low) else np.ones(size)
    # A curve without a lower rail moves with the upper one, and one without any stays.
    at, own_at = (low, ends[0]) if math.isfinite(low) else (high, ends[1])
    if not math.isfinite(at):
        at, own_at = 0.0, np.zeros(size)
    gain = np.ones(size) if own.gain is None else own.gain
    moved = -own_at if shift is None else shift - own_at
    return OwnCurve(base, at + moved / stretch, 1.0 / stretch, gain * (own_at - stretch * at), gain * stretch)


def ends_of(curve: Curve) -> tuple[Any, Any]:
    """Node voltages at which a layer's neurons are at their rails, (neurons,) or one for all [V]."""
    return curve.ends if isinstance(curve, OwnCurve) else curve.rails


def steepest_of(curve: Curve) -> Any:
    """Largest slopes of a layer's neurons, (neurons,) or one for all [1]; 1 of every nominal curve."""
    return getattr(curve, "steepest", 1.0)


def one_of(curve: Curve, i: int) -> Curve:
    """The curve of neuron i of a layer."""
    return curve.one(i) if isinstance(curve, OwnCurve) else curve
