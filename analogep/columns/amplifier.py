"""The transconductance stage that column circuits with an amplifier are made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from analogep.columns.base import Column
from analogep.units import Farads, Hertz, Volts, format_si

Path = tuple[str | int, ...]


class Amplified(Column):
    """A column with an amplifier of one pole: gm = 2 pi GBW C_load, I = gm/(gm/I_d), bias V_dd times branches times I.

    Its input-referred noise is e_n^2 = 4kT gamma/gm [V^2/Hz].
    """

    from_node: ClassVar[tuple[str, ...]] = ("supply", "gm_over_id")
    supply: Annotated[Volts, Field(gt=0)]
    """V_dd, in the middle of which the ground of all signals lies."""
    load: Annotated[Farads, Field(gt=0)]
    """What the output drives: the node's input, the sampling capacitor, its own parasitics."""
    gm_over_id: Annotated[float, Field(gt=0, le=40)]
    """Transconductance per current [1/V]: about 5 in strong, 15 in moderate, 25 in weak inversion."""
    branches: Annotated[int, Field(ge=1, le=100)]
    """Number of equal current branches."""
    ratio: Annotated[float | None, Field(gt=0, le=1000)] = None
    """Time constant of the node behind over that of the column, both nominal; 5 where it is left out. The bandwidth
    follows from it and the node's capacitance, or that capacitance from it and the bandwidth."""
    bandwidth: Annotated[Hertz | None, Field(gt=0)] = None
    """Gain-bandwidth product GBW of every amplifier; left out, it follows."""
    excess: Annotated[float, Field(ge=0, le=100)] = 4.0 / 3.0
    """gamma: 2/3 for each of the two input transistors in strong inversion."""
    headroom: Annotated[Volts, Field(ge=0)] = 0.1
    """Between the output and either end of the supply, at least."""

    @property
    def rail(self) -> float:
        """V_dd [V]."""
        return self.supply

    @property
    def bearable(self) -> float:
        """The load [F]."""
        return self.load

    @property
    def paced(self) -> bool:
        """Whether its bandwidth is given."""
        return self.bandwidth is not None

    @property
    def swing(self) -> float:
        """Of the output around the ground [V]."""
        return 0.5 * self.supply - self.headroom

    @property
    def wanted(self) -> float:
        """Ratio of the time constants that the design aims at [1]."""
        return 5.0 if self.ratio is None else self.ratio

    def product(self, gain: float, tau: float) -> float:
        """GBW [Hz] of an amplifier with the noise gain `gain` [1] behind which a node of `tau` [s] stands."""
        return self.wanted * gain / (2.0 * math.pi * tau) if self.bandwidth is None else self.bandwidth

    def transconductance(self, product: float) -> float:
        """gm [S] for a gain-bandwidth product [Hz]."""
        return 2.0 * math.pi * product * self.load

    def power(self, product: float) -> float:
        """Bias power of an amplifier [W] with the gain-bandwidth `product` [Hz]."""
        return self.supply * self.branches * self.transconductance(product) / self.gm_over_id

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.swing <= 0.0:
            yield (
                ("headroom",),
                f"leaves no swing: must be below half of the supply, {format_si(0.5 * self.supply, 'V')}, got "
                f"{format_si(self.headroom, 'V')}",
            )
