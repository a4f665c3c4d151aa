"""Transfer curves that bend into their rails: tanh and the logistic sigmoid, which is a tanh around its middle."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

import numpy as np
from pydantic import Field

from analogep.circuit.activation import Activation, Floats
from analogep.units import Volts

DOUBLINGS: Final = 6
_TERMS: Final = {np.dtype(np.float64): 14, np.dtype(np.float32): 7}


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


def saturating(low: float, high: float, kind: Any) -> Saturating:
    """The tanh of unit slope between two rails [V], in the precision `kind`."""
    centre, swing, h = 0.5 * (low + high), 0.5 * (high - low), 2.0 / 2**DOUBLINGS
    terms = tuple(kind(h ** (n + 1) / math.factorial(n + 1)) for n in range(_TERMS[np.dtype(kind)]))
    return Saturating(kind(low), kind(high), kind(centre), kind(swing), kind(1.0 / swing), kind(20.0), kind(2.0), terms)


class Tanh(Activation):
    """rho(v) = a tanh(v/a): a differential pair that saturates at +-a."""

    analytic: ClassVar[bool] = True
    kind: Literal["tanh"]
    example: ClassVar[str] = "{kind: tanh, amplitude: 0.2 V}"
    amplitude: Annotated[Volts, Field(gt=0)]
    """Saturation voltage a."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        return self.amplitude * np.tanh(v / self.amplitude)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]."""
        return 1.0 - np.square(np.tanh(v / self.amplitude))

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r` [V^2].

        a^2/2 [(1+q) ln(1+q) + (1-q) ln(1-q)], q = r/a.
        """
        from scipy.special import xlogy

        q = r / self.amplitude
        return np.asarray(0.5 * self.amplitude**2 * (xlogy(1.0 + q, 1.0 + q) + xlogy(1.0 - q, 1.0 - q)))

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return -self.amplitude, self.amplitude

    def numbers(self, kind: Any) -> Saturating:
        """Around 0 V."""
        return saturating(*self.rails, kind)

    def expression(self, v: str) -> str:
        """rho in a netlist."""
        return f"{self.amplitude:.17g}*tanh({v}/{self.amplitude:.17g})"


class Sigmoid(Activation):
    """rho(v) = a sigma(4 (v/a - 1/2)), sigma(z) = 1/(1 + e^{-z}): from 0 to a, unit slope at v = a/2."""

    analytic: ClassVar[bool] = True
    kind: Literal["sigmoid"]
    example: ClassVar[str] = "{kind: sigmoid, amplitude: 0.2 V}"
    amplitude: Annotated[Volts, Field(gt=0)]
    """Saturation voltage a."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        from scipy.special import expit

        return self.amplitude * np.asarray(expit(4.0 * (v / self.amplitude - 0.5)), dtype=np.float64)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]."""
        from scipy.special import expit

        s = np.asarray(expit(4.0 * (v / self.amplitude - 0.5)), dtype=np.float64)
        return 4.0 * s * (1.0 - s)

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r` [V^2].

        a^2 {q/2 + [q ln q + (1-q) ln(1-q)]/4}, q = r/a.
        """
        from scipy.special import xlogy

        q = r / self.amplitude
        return np.asarray(self.amplitude**2 * (0.5 * q + 0.25 * (xlogy(q, q) + xlogy(1.0 - q, 1.0 - q))))

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return 0.0, self.amplitude

    def numbers(self, kind: Any) -> Saturating:
        """Around a/2."""
        return saturating(*self.rails, kind)

    def expression(self, v: str) -> str:
        """rho in a netlist."""
        return f"{self.amplitude:.17g}/(1+exp(-4*({v}/{self.amplitude:.17g}-0.5)))"
