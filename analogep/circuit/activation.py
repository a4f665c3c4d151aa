"""Neuron transfer curves r = rho(v): node voltage in, line voltage out.

Each curve has unit slope where it is steepest, so that the loop gain of a network is that of its weights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block, Family
from analogep.units import Volts, format_si

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]

ACTIVATIONS: Final = Family(
    "activation",
    tag="kind",
    home="analogep.circuit",
    members={
        "hard_clip": "activation.HardClip",
        "relu": "activation.ReLU",
        "tanh": "saturating.Tanh",
        "sigmoid": "saturating.Sigmoid",
    },
)
"""Every transfer curve, by the `kind` of a neuron's `activation`."""


class Activation(Block, ABC):
    """A transfer curve: the card's block, its equations in NumPy, and the same for the compiled steps.

    Attributes
    ----------
    straight : bool
        Whether rho(v) = v between the rails.
    analytic : bool
        Whether the curve goes on to complex voltages, and `numbers` with it.
    """

    family: ClassVar[Family] = ACTIVATIONS
    straight: ClassVar[bool] = False
    analytic: ClassVar[bool] = False
    kind: str

    @abstractmethod
    def rate(self, v: Floats) -> Floats:
        """rho, the line voltages of the node voltages `v` (any shape) [V]."""

    @abstractmethod
    def slope(self, v: Floats) -> Floats:
        """rho' at the node voltages `v` (any shape) [1]."""

    @abstractmethod
    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to the line voltages `r` (any shape) [V^2]."""

    @property
    @abstractmethod
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]; infinite where there is none."""

    @abstractmethod
    def numbers(self, kind: Any) -> Any:
        """A NamedTuple with fields of the type `kind` (float32 or float64), `low` and `high` [V] among them.

        Its static method `rate(curve, v)` gives rho(v) of one neuron [V], and of an analytic curve `rates(curve, v, w)`
        real and imaginary part of rho(v + i w); both are compiled into the steps (`jit.brought`).
        """

    @abstractmethod
    def expression(self, v: str) -> str:
        """rho in a netlist, of the expression `v` of a voltage."""


class Clipped(NamedTuple):
    """rho(v) = v between two rails [V]."""

    low: Any
    high: Any

    @staticmethod
    def rate(curve, v):  # type: ignore[no-untyped-def]
        """Line voltage of the node voltage v [V]."""
        return min(max(v, curve.low), curve.high)


class HardClip(Activation):
    """rho(v) = min(max(v, low), high): a linear stage between its rails."""

    straight: ClassVar[bool] = True
    kind: Literal["hard_clip"]
    example: ClassVar[str] = "{kind: hard_clip, low: -0.1 V, high: 0.2 V}"
    low: Volts
    """Lower rail."""
    high: Volts
    """Upper rail."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        return np.minimum(np.maximum(v, self.low), self.high)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]; 0 at and beyond the rails."""
        return ((v > self.low) & (v < self.high)).astype(np.float64)

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r`: r^2/2 [V^2]."""
        return 0.5 * np.square(r)

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return self.low, self.high

    def numbers(self, kind: Any) -> Clipped:
        """The rails."""
        return Clipped(kind(self.low), kind(self.high))

    def expression(self, v: str) -> str:
        """rho in a netlist."""
        return f"min(max({v},{self.low:.17g}),{self.high:.17g})"

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.low >= self.high:
            yield (
                ("high",),
                f"must be above 'low' ({format_si(self.low, 'V')}), got {format_si(self.high, 'V')}",
            )


class ReLU(Activation):
    """rho(v) = max(v, 0), up to the supply rail where one is given: without it a grown loop gain has no bound."""

    straight: ClassVar[bool] = True
    kind: Literal["relu"]
    example: ClassVar[str] = "{kind: relu, high: 0.2 V}"
    high: Annotated[Volts | None, Field(gt=0)] = None
    """Upper rail; null for none."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        r = np.maximum(v, 0.0)
        return r if self.high is None else np.minimum(r, self.high)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]; 0 at the rails."""
        return ((v > 0.0) & (v < self.rails[1])).astype(np.float64)

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r`: r^2/2 [V^2]."""
        return 0.5 * np.square(r)

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return 0.0, np.inf if self.high is None else self.high

    def numbers(self, kind: Any) -> Clipped:
        """The rails."""
        return Clipped(*map(kind, self.rails))

    def expression(self, v: str) -> str:
        """rho in a netlist."""
        positive = f"max({v},0)"
        return positive if self.high is None else f"min({positive},{self.high:.17g})"


AnyActivation = Annotated[Activation, ACTIVATIONS]
"""Any transfer curve; `kind` names it."""
