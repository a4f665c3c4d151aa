"""Wires of the arrays: perfect, or with the resistance of every segment, in tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.units import Ohms

Path = tuple[str | int, ...]


class NoWires(Block):
    """Lines without resistance: every cell sees the voltages at the ends of its word and bit line."""

    kind: Literal["none"]


class ExactWires(Block):
    """Every segment of every line is a resistor, and so are drivers and sense inputs; every node is solved for.

    One thing is approximated, in networks of kind `rc` whose devices have a curved I-V: their cells are taken at the
    voltage of their lines' ends, which is off by the curvature times what the wires eat.

    An array larger than `tile` is cut into tiles with drivers and sense inputs of their own; the partial currents of
    tiles in one column are added without loss. One that is smaller is a tile of its own size, so that one block serves
    networks of all sizes. Lines are quasi-static: their own RC is below a picosecond.
    """

    from_node: ClassVar[tuple[str, ...]] = ("word", "bit")
    kind: Literal["exact"]
    word: Annotated[Ohms, Field(ge=0)]
    """Resistance of a word line between two neighbouring cells."""
    bit: Annotated[Ohms, Field(ge=0)]
    """Resistance of a bit line between two neighbouring cells."""
    driver: Annotated[Ohms, Field(ge=0)] = 0.0
    """Output resistance of what drives a word line."""
    sense: Annotated[Ohms, Field(ge=0)] = 0.0
    """Input resistance of what a bit line ends in."""
    tile: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    """Rows and columns of the largest tile."""
    refresh: Annotated[int, Field(ge=1, le=10**6)] = 10
    """Updates between two exact reductions of the arrays; in between each path's conductance is scaled with its
    cell's, and the error that this makes is measured at every refresh (`wire_error` in the result)."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        if not (self.word or self.bit or self.driver or self.sense):
            yield ("kind",), "'exact' with 0 ohm everywhere is 'none'; write {kind: none}, or give a resistance"


Wires = Annotated[NoWires | ExactWires, Field(discriminator="kind")]
