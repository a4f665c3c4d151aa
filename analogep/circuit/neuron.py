"""Neuron circuits: node, transfer curve, amplifier."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from pydantic import Field

from analogep.cards import Block
from analogep.circuit.activation import AnyActivation
from analogep.units import Farads, Hertz, Siemens, Volts


class Amplifier(Block):
    """Bias power Vdd x branches x I, I = gm/(gm/Id), gm = 2 pi GBW C_load, while the network is powered."""

    from_node: ClassVar[tuple[str, ...]] = ("supply", "gm_over_id")
    supply: Annotated[Volts, Field(gt=0)]
    bandwidth: Annotated[Hertz, Field(ge=0)]
    """Gain-bandwidth product GBW."""
    load: Annotated[Farads, Field(gt=0)]
    gm_over_id: Annotated[float, Field(gt=0, le=40)]
    """Transconductance per current [1/V]: about 5 in strong, 15 in moderate, 25 in weak inversion."""
    branches: Annotated[int, Field(ge=1, le=100)]
    """Number of equal current branches."""

    @property
    def power(self) -> float:
        """Bias power [W]."""
        return self.supply * self.branches * 2.0 * math.pi * self.bandwidth * self.load / self.gm_over_id


class Neuron(Block):
    """C dv/dt = -g v + currents; line voltage rho(v); time constant C/g."""

    capacitance: Annotated[Farads | None, Field(gt=0)] = None
    """C; left out where columns of a given bandwidth hold the lines, it follows: the node is as much slower than the
    slowest of them as `column.ratio` says, 5 times where that is left out as well."""
    leak: Annotated[Siemens, Field(gt=0)]
    activation: AnyActivation
    amplifier: Amplifier

    @property
    def time_constant(self) -> float | None:
        """C/g [s]; None where C follows from columns."""
        return None if self.capacitance is None else self.capacitance / self.leak


class Neurons(Block):
    """Hidden and output neurons; inputs are driven by converters."""

    hidden: Neuron
    output: Neuron
