"""What a neuron's transfer curve is to networks and netlists."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Curve(Protocol):
    """A transfer curve, as the activations of circuit cards are."""

    @property
    def straight(self) -> bool:
        """Whether it is r = v between its rails."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage (...) [V] of the node voltage `v` (...) [V]."""

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` (...) [1] at the node voltage `v` (...) [V]."""

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve (...) [V^2] from 0 to `r` (...) [V]."""

    def numbers(self, kind: Any) -> Any:
        """The curve for the compiled steps, as `Activation.numbers` has it; None if they cannot take it."""

    def expression(self, v: str) -> str:
        """The curve in a netlist, of the expression `v` of a voltage."""

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
