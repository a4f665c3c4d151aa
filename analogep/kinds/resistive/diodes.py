"""Diodes between a hidden node and ground: the nonlinearity of a resistive network.

Half of the hidden nodes (`sign` +1) are kept from falling below ground and half (`sign` -1) from rising above it, so
that positive conductances from the two halves act as weights of either sign (Scellier 2024, arXiv 2402.11674).
Antiparallel diodes hold every node near ground from both sides (Kendall et al. 2020, arXiv 2006.01981).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.circuit.noise import BOLTZMANN
from analogep.units import Amperes, Kelvin, Siemens

Floats = NDArray[np.float64]

_STEEPEST = 80.0
"""Exponent from which an exponential goes on as its tangent: no circuit here gets there, but a solver's first guess
may, and must not overflow."""
_BOLTZMANN_PER_CHARGE = BOLTZMANN / 1.602176634e-19


def _exp(x: Floats) -> Floats:
    bounded = np.minimum(x, _STEEPEST)
    return np.asarray(np.exp(bounded) * (1.0 + (x - bounded)))


def _exp_slope(x: Floats) -> Floats:
    return np.asarray(np.exp(np.minimum(x, _STEEPEST)))


def _exp_integral(x: Floats) -> Floats:
    """Integral of `_exp` from minus infinity."""
    bounded = np.minimum(x, _STEEPEST)
    over = x - bounded
    return np.asarray(np.exp(bounded) * (1.0 + over + 0.5 * np.square(over)))


class Clamp(Block):
    """Base of what stands between a hidden node and ground."""

    hard: ClassVar[bool] = False
    """Whether `held` differs from the voltage itself."""

    def held(self, v: Floats, sign: Floats) -> Floats:
        """Voltage at which nodes of `sign` (nodes,) [1] are held (..., nodes) [V] in the state `v` (..., nodes) [V]."""
        return v

    def current(self, v: Floats, sign: Floats) -> Floats:
        """Current from each node to ground (..., nodes) [A]; arguments as in `held`."""
        return np.zeros_like(v)

    def slope(self, v: Floats, sign: Floats) -> Floats:
        """Derivative of `current` (..., nodes) [S]; arguments as in `held`."""
        return np.zeros_like(v)

    def content(self, v: Floats, sign: Floats) -> Floats:
        """Co-content (..., nodes) [W], the integral of `current` from 0 to `v`; arguments as in `held`."""
        return np.zeros_like(v)

    def agitation(self, v: Floats, sign: Floats) -> Floats:
        """Conductance with as much thermal noise as the diode has of its own (..., nodes) [S]; arguments as in
        `held`."""
        return np.zeros_like(v)


class NoDiodes(Clamp):
    """Nothing: a linear network."""

    kind: Literal["none"]


class IdealDiodes(Clamp):
    """v >= 0 (sign +1) or v <= 0 (sign -1), and no current otherwise: complementarity.

    What the diode carries beyond is g_d times the distance of the state v from the bound, `held` the node's voltage: in
    a transient the capacitor comes back with the time constant C/g_d, at rest the diode holds the bound exactly.
    """

    kind: Literal["ideal"]
    conductance: Annotated[Siemens, Field(gt=0)]
    """g_d: sets how fast a conducting diode lets go; the equilibrium does not depend on it."""
    hard: ClassVar[bool] = True

    def held(self, v: Floats, sign: Floats) -> Floats:
        """max(v, 0) where `sign` is +1, min(v, 0) where it is -1 [V]."""
        return np.asarray(sign * np.maximum(sign * v, 0.0))

    def agitation(self, v: Floats, sign: Floats) -> Floats:
        """g_d where it conducts [S]."""
        return np.where(self.held(v, sign) != v, self.conductance, 0.0)


class ShockleyDiodes(Clamp):
    """i = -s I_s (exp(-s v/(n V_T)) - 1): conducts when s v falls below 0, s the node's sign."""

    kind: Literal["shockley"]
    saturation: Annotated[Amperes, Field(gt=0, le=1)]
    """Saturation current I_s."""
    emission: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    """Emission coefficient n."""
    temperature: Annotated[Kelvin, Field(gt=0, le=1000)] = 300.0

    @property
    def scale(self) -> float:
        """n V_T [V]."""
        return self.emission * _BOLTZMANN_PER_CHARGE * self.temperature

    def current(self, v: Floats, sign: Floats) -> Floats:
        """Current from the node to ground (..., nodes) [A]."""
        return -sign * self.saturation * (_exp(-sign * v / self.scale) - 1.0)

    def slope(self, v: Floats, sign: Floats) -> Floats:
        """Derivative of `current` [S]."""
        return self.saturation / self.scale * _exp_slope(-sign * v / self.scale)

    def agitation(self, v: Floats, sign: Floats) -> Floats:
        """(I_+ + I_-)/(2 n V_T) [S]: shot noise 2q (I_+ + I_-) of the currents either way, as that of 4kT G with n V_T
        in place of kT/q. One of them grows as the slope, the other keeps its value at 0 V: the mean of the two slopes,
        and at 0 V the slope itself."""
        return 0.5 * (self.slope(v, sign) + self.slope(np.zeros_like(v), sign))

    def content(self, v: Floats, sign: Floats) -> Floats:
        """I_s [n V_T (exp(-s v/(n V_T)) - 1) + s v] [W]."""
        w = sign * v
        return self.saturation * (self.scale * (_exp_integral(-w / self.scale) - 1.0) + w)


class AntiparallelDiodes(ShockleyDiodes):
    """i = 2 I_s sinh(v/(n V_T)): two Shockley diodes in opposite directions, whatever the node's sign."""

    kind: Literal["antiparallel"]  # type: ignore[assignment]

    def current(self, v: Floats, sign: Floats) -> Floats:
        """Current from the node to ground (..., nodes) [A]."""
        x = v / self.scale
        return self.saturation * (_exp(x) - _exp(-x))

    def slope(self, v: Floats, sign: Floats) -> Floats:
        """Derivative of `current` [S]."""
        x = v / self.scale
        return self.saturation / self.scale * (_exp_slope(x) + _exp_slope(-x))

    def content(self, v: Floats, sign: Floats) -> Floats:
        """2 I_s n V_T (cosh(v/(n V_T)) - 1) [W]."""
        x = v / self.scale
        return self.saturation * self.scale * (_exp_integral(x) + _exp_integral(-x) - 2.0)


Diodes = Annotated[NoDiodes | IdealDiodes | ShockleyDiodes | AntiparallelDiodes, Field(discriminator="kind")]
