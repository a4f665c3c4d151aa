"""Reading a cell: current against voltage, and noise."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.units import Fraction, Seconds, Siemens, Volts

Floats = NDArray[np.float64]


class LinearIV(Block):
    """I = G V."""

    kind: Literal["linear"]

    def drive(self, v: Floats) -> Floats:
        """Current per conductance at the voltage `v` [V]."""
        return v

    def slope(self, v: Floats) -> Floats:
        """Derivative of `drive` [1]."""
        return np.ones_like(v)


class SinhIV(Block):
    """I = G V0 sinh(V/V0): odd, with slope G at zero; NL = I(V)/I(V/2) = 2 cosh(V/2V0)."""

    kind: Literal["sinh"]
    v0: Annotated[Volts, Field(gt=0)]
    """Voltage scale of the nonlinearity."""

    def drive(self, v: Floats) -> Floats:
        """Current per conductance at the voltage `v`: V0 sinh(v/V0) [V]."""
        return self.v0 * np.sinh(v / self.v0)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `drive`: cosh(v/V0) [1]."""
        return np.cosh(v / self.v0)


IV = Annotated[LinearIV | SinhIV, Field(discriminator="kind")]


class NoReadNoise(Block):
    """Reads return the conductance itself."""

    kind: Literal["none"]

    def variance(self, g: Floats) -> Floats:
        """Variance of the conductance in one read [S^2]."""
        return np.zeros_like(g)


class RelativeReadNoise(Block):
    """Standard deviation sigma G in one read."""

    kind: Literal["relative"]
    sigma: Annotated[Fraction, Field(ge=0, le=10)]
    """Relative standard deviation."""

    def variance(self, g: Floats) -> Floats:
        """Variance of the conductance in one read [S^2]."""
        return np.square(self.sigma * g)


class AbsoluteReadNoise(Block):
    """Standard deviation sigma in one read, whatever the conductance."""

    kind: Literal["absolute"]
    sigma: Annotated[Siemens, Field(ge=0)]
    """Standard deviation."""

    def variance(self, g: Floats) -> Floats:
        """Variance of the conductance in one read [S^2]."""
        return np.full_like(g, self.sigma**2)


ReadNoise = Annotated[NoReadNoise | RelativeReadNoise | AbsoluteReadNoise, Field(discriminator="kind")]


class Read(Block):
    """How the device's numbers were read, its I-V curve and the noise of a read."""

    voltage: Annotated[Volts, Field(gt=0)]
    """Voltage at which verify reads are made and the card's conductances hold."""
    width: Annotated[Seconds, Field(gt=0)]
    """Duration of a verify read."""
    noise: ReadNoise
    iv: IV
