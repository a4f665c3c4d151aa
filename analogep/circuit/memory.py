"""Digital memory of the update, and its clock and control: what they hold and take, at a technology node."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from analogep.cards import Block
from analogep.scaling import sram_joules
from analogep.units import Fraction

BYTE = 8


class Memory(Block):
    """Static memory for what an update needs: measured rates, and what the rule remembers of each weight.

        E = s E_64(size) n/64 for each access of n bits,    s the node's energy over that at 45 nm and 0.9 V

    with the published energy E_64 of 64 bits by size (`analogep.scaling`). Every measured rate and input is written
    and read once for the products of its sample, which is the least. A rule that keeps a residual reads and writes it
    at each update, for every weight; one that verifies reads and writes the wanted weights, reads those that were seen,
    and writes what verify reads find.
    """

    bits: Annotated[int, Field(ge=1, le=64)] = 16
    """Width of a wanted weight or residual; what was seen has the bits of the converter."""
    bank: Annotated[int | None, Field(ge=64, le=2**40)] = None
    """Bytes of one bank, whose lines an access drives; null for one bank of all."""
    control: Annotated[Fraction, Field(ge=0, le=10)] = 0.22
    """Joules of clock and control over those of memory and multiply-accumulates: what circuits take beyond their gates
    once they are laid out, 22 % in the calibration of NeuroSim 1.4 by 40 nm silicon (`zeta` in its Param.cpp)."""

    def joules_per_bit(self, total: float, scale: float) -> float:
        """Energy of reading or writing a bit [J].

        Parameters
        ----------
        total : float [bits]
            All that the memory holds.
        scale : float
            Energy of the node over that at 45 nm and 0.9 V.
        """
        size = total / BYTE if self.bank is None else min(float(self.bank), total / BYTE)
        return scale * sram_joules(max(size, 1.0), 1.0)
