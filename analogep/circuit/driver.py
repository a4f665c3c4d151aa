"""What drives the lines of arrays while they are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from analogep.cards import Block
from analogep.units import Amperes, Fraction, Volts


class Driver(Block):
    """Every driver takes V_dd/2 times the magnitude of its line's current from the supply, over the efficiency.

    What of it does not become heat in cells is its own loss. Without columns that could be built (`column.kind:
    ideal`) lines take the heat of their cells alone.
    """

    supply: Annotated[Volts | None, Field(gt=0)] = None
    """V_dd of the drivers; null for that of the columns."""
    efficiency: Annotated[Fraction, Field(gt=0, le=1)] = 1.0
    """Of what makes the supply from the chip's own."""
    pump: Annotated[Fraction | None, Field(gt=0, le=1)] = None
    """Efficiency of what makes programming pulses from the chip's supply, such as charge pumps; what it loses is booked
    as `pump`. Null where it is not known: then nothing is lost."""
    current: Annotated[Amperes | None, Field(gt=0)] = None
    """Largest current that a driver gives; null where none is known, which is then said."""
