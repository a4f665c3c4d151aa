"""Current against voltage of one cell: i = G q(d), d the voltage across it.

In an array d = r - v with r the word line and v the bit line. For every curve here functions of d separate into a
few products of a function of r and one of v, f(r - v) = sum_k f_k(r) h_k(v): `sinh(r - v) = sinh r cosh v - cosh r
sinh v`, powers by the binomial theorem. Sums over the cells of an array then are matrix products, and no voltage of a
single cell is ever formed. `Separable` holds such a pair of lists for

    current     q(d)
    slope       q'(d)
    content     integral of q from 0 to d (the co-content over G)
    square      q(d)^2, for the variance of a current
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block, Family
from analogep.units import Volts

Floats = NDArray[np.float64]
MOST_TERMS = 12
"""Terms of a curve's power series from which a kernel is better off without it."""
Terms = Callable[[Floats], tuple[Floats | float, ...]]


class Separable(NamedTuple):
    """f(r - v) = sum_k rows(r)[k] columns(v)[k]; a term that does not depend on its voltage is a plain number."""

    rows: Terms
    columns: Terms


class Expansions(NamedTuple):
    """The separable functions of one curve."""

    current: Separable
    slope: Separable
    content: Separable
    square: Separable


def polynomial(coefficients: Mapping[int, float]) -> Separable:
    """A polynomial in separable form, sum_n c_n (r - v)^n = sum_k (-v)^k sum_n c_n binom(n, k) r^(n-k).

    Parameters
    ----------
    coefficients : mapping
        Power n -> c_n.
    """
    highest = max(coefficients)
    powers = range(highest + 1)

    def rows(r: Floats) -> tuple[Floats | float, ...]:
        out: list[Floats | float] = []
        for k in powers:
            needed = [(n, c * math.comb(n, k)) for n, c in coefficients.items() if n >= k]
            constant = sum(c for n, c in needed if n == k)
            varying = [c * r ** (n - k) for n, c in needed if n > k]
            out.append(sum(varying) + constant if varying else constant)
        return tuple(out)

    def columns(v: Floats) -> tuple[Floats | float, ...]:
        return tuple(1.0 if k == 0 else (-v) ** k for k in powers)

    return Separable(rows, columns)


def _hyperbolic(even: float, odd: float, scale: float, constant: float = 0.0) -> Separable:
    """even cosh(d/scale) + odd sinh(d/scale) + constant."""

    def rows(r: Floats) -> tuple[Floats | float, ...]:
        s, c = np.sinh(r / scale), np.cosh(r / scale)
        return (even * c + odd * s, even * s + odd * c, constant)

    def columns(v: Floats) -> tuple[Floats | float, ...]:
        return (np.cosh(v / scale), -np.sinh(v / scale), 1.0)

    return Separable(rows, columns)


CURVES: Final = Family(
    "I-V curve",
    tag="kind",
    home="analogep.device",
    members={"linear": "iv.LinearIV", "unknown": "iv.UnknownIV", "sinh": "iv.SinhIV", "cubic": "iv.CubicIV"},
)
"""Every I-V curve, by the `kind` of a card's `read.iv`."""


class Curve(Block, ABC):
    """i = G q(v), q odd with slope 1 at zero."""

    family: ClassVar[Family] = CURVES
    kind: str

    @abstractmethod
    def drive(self, v: Floats) -> Floats:
        """Current per conductance q at the voltages `v` (any shape) [V]."""

    @abstractmethod
    def slope(self, v: Floats) -> Floats:
        """q' at the voltages `v` (any shape) [1]."""

    @abstractmethod
    def series(self, limit: float, accuracy: float) -> tuple[float, ...] | None:
        """Coefficients c of q(v) = v (c_0 + c_1 v^2 + ...) for the compiled steps.

        Parameters
        ----------
        limit : float [V]
            Largest |v|.
        accuracy : float [1]
            Largest relative error.

        Returns
        -------
        tuple of float, or None
            None where that takes more than `MOST_TERMS` terms.
        """

    @abstractmethod
    def expansions(self) -> Expansions:
        """q, q', the integral of q and q^2 in separable form."""

    @abstractmethod
    def expression(self, siemens: float, v: str) -> str:
        """Current of a device of `siemens` [S] in a netlist, of the expression `v` of its voltage."""


class LinearIV(Curve):
    """I = G V."""

    kind: Literal["linear"]
    example: ClassVar[str] = "{kind: linear}"

    def drive(self, v: Floats) -> Floats:
        """Current per conductance at the voltage `v` [V]."""
        return v

    def slope(self, v: Floats) -> Floats:
        """Derivative of `drive` [1]."""
        return np.ones_like(v)

    def series(self, limit: float, accuracy: float) -> tuple[float, ...] | None:
        """Coefficients c of q(v) = v (c_0 + c_1 v^2 + ...): 1."""
        return (1.0,)

    def expression(self, siemens: float, v: str) -> str:
        """The current in a netlist."""
        return f"{siemens:.17g}*{v}"

    def expansions(self) -> Expansions:
        """d, 1, d^2/2 and d^2 in separable form."""
        return Expansions(*(polynomial(c) for c in ({1: 1.0}, {0: 1.0}, {2: 0.5}, {2: 1.0})))


class UnknownIV(LinearIV):
    """No source says what flows at other voltages than that of reading: linear in a simulation, which says so."""

    kind: Literal["unknown"]  # type: ignore[assignment]
    example: ClassVar[str] = "{kind: unknown}"


class SinhIV(Curve):
    """I = G V0 sinh(V/V0): odd, with slope G at zero; NL = I(V)/I(V/2) = 2 cosh(V/2V0)."""

    kind: Literal["sinh"]
    example: ClassVar[str] = "{kind: sinh, v0: 0.5 V}"
    v0: Annotated[Volts, Field(ge=0.01)]
    """Voltage scale of the nonlinearity."""

    def drive(self, v: Floats) -> Floats:
        """Current per conductance at the voltage `v`: V0 sinh(v/V0) [V]."""
        return self.v0 * np.sinh(v / self.v0)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `drive`: cosh(v/V0) [1]."""
        return np.cosh(v / self.v0)

    def series(self, limit: float, accuracy: float) -> tuple[float, ...] | None:
        """Coefficients c of q(v) = v (c_0 + c_1 v^2 + ...), c_k = V0^-2k/(2k+1)!.

        Parameters
        ----------
        limit : float [V]
            Largest |v|.
        accuracy : float
            Largest relative error: what n terms leave out is below cosh(x) x^2n/(2n+1)! of it, x = limit/V0.

        Returns
        -------
        tuple of float, or None
            None where that takes more than `MOST_TERMS` terms.
        """
        x = limit / self.v0
        for terms in range(1, MOST_TERMS + 1):
            if x < 100.0 and math.cosh(x) * x ** (2 * terms) / math.factorial(2 * terms + 1) <= accuracy:
                return tuple(self.v0 ** (-2 * k) / math.factorial(2 * k + 1) for k in range(terms))
        return None

    def expression(self, siemens: float, v: str) -> str:
        """The current in a netlist."""
        return f"{siemens * self.v0:.17g}*sinh({v}/{self.v0:.17g})"

    def expansions(self) -> Expansions:
        """V0 sinh(d/V0), cosh(d/V0), V0^2 (cosh(d/V0) - 1) and V0^2 (cosh(2d/V0) - 1)/2 in separable form."""
        v0, square = self.v0, self.v0**2
        return Expansions(
            current=_hyperbolic(0.0, v0, v0),
            slope=_hyperbolic(1.0, 0.0, v0),
            content=_hyperbolic(square, 0.0, v0, -square),
            square=_hyperbolic(0.5 * square, 0.0, 0.5 * v0, -0.5 * square),
        )


class CubicIV(Curve):
    """I = G V (1 + (V/V0)^2): odd, with slope G at zero, twice the ohmic current at V0."""

    kind: Literal["cubic"]
    example: ClassVar[str] = "{kind: cubic, v0: 0.4 V}"
    v0: Annotated[Volts, Field(ge=1e-3)]
    """Voltage at which the current is twice the ohmic one."""

    def drive(self, v: Floats) -> Floats:
        """Current per conductance at the voltage `v`: v (1 + (v/V0)^2) [V]."""
        return v * (1.0 + np.square(v / self.v0))

    def slope(self, v: Floats) -> Floats:
        """Derivative of `drive`: 1 + 3 (v/V0)^2 [1]."""
        return 1.0 + 3.0 * np.square(v / self.v0)

    def series(self, limit: float, accuracy: float) -> tuple[float, ...] | None:
        """Coefficients c of q(v) = v (c_0 + c_1 v^2 + ...): 1 and 1/V0^2."""
        return (1.0, self.v0**-2)

    def expression(self, siemens: float, v: str) -> str:
        """The current in a netlist."""
        return f"{siemens:.17g}*{v}*(1+({v}/{self.v0:.17g})*({v}/{self.v0:.17g}))"

    def expansions(self) -> Expansions:
        """q = d + d^3/V0^2, its slope, integral and square in separable form."""
        s = 1.0 / self.v0**2
        return Expansions(
            current=polynomial({1: 1.0, 3: s}),
            slope=polynomial({0: 1.0, 2: 3.0 * s}),
            content=polynomial({2: 0.5, 4: 0.25 * s}),
            square=polynomial({2: 1.0, 4: 2.0 * s, 6: s * s}),
        )


IV = Annotated[Curve, CURVES]
"""Any I-V curve; `kind` names it."""
