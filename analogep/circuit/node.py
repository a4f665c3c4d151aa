"""Technology nodes: named sets of circuit numbers, each with its source, that a circuit card may take defaults from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from analogep.cards import Block, reader, shipped_dir
from analogep.errors import CardError, Problem
from analogep.units import Joules, Metres, Volts

Path = tuple[str | int, ...]
Unknown = Literal["unknown"]

SCHEMA: Final = "analogep.node/1"


class Node(Block):
    """Numbers of a technology; `unknown` where no source was found. Every other one has its entry in `sources`."""

    schema_id: ClassVar[str] = SCHEMA
    name: str
    size: Annotated[Metres, Field(gt=0)]
    """What the technology is called by; no length on the chip."""
    supply: Annotated[Volts, Field(gt=0)]
    """Nominal supply of logic."""
    wire_pitch: Annotated[Metres, Field(gt=0)]
    """Of the first metal."""
    wire_resistance: Annotated[float, Field(gt=0)]
    """Of a wire of half the pitch [ohm/um]."""
    wire_capacitance: Annotated[float, Field(gt=0)]
    """Of a wire between neighbours [fF/um]."""
    capacitor: Annotated[float, Field(gt=0)] | Unknown
    """Density of metal capacitors [fF/um^2]."""
    amplifier_area: Annotated[float, Field(gt=0)] | Unknown
    """Of an amplifier without its capacitors [um^2]."""
    amplifier_gm_over_id: Annotated[float, Field(gt=0, le=40)] | Unknown
    """Transconductance per current that a design takes [1/V]."""
    crosspoint: Annotated[float, Field(gt=0)]
    """Area of a cell without selector, 4 F^2 [um^2]."""
    one_transistor: Annotated[float, Field(gt=0)]
    """Area of a cell with a transistor, 12 F^2 [um^2]."""
    pulse_driver: Annotated[float, Field(gt=0)] | Unknown
    """Area of what gives programming pulses to a line [um^2]."""
    sram_cell: Annotated[float, Field(gt=0)]
    """Area of a bit [um^2]."""
    sram_share: Annotated[float, Field(gt=0, le=1)]
    """Cells' share of the area of a memory."""
    sram_access: Annotated[Joules, Field(gt=0)]
    """Of 64 bits of 8 KB."""
    mac: Annotated[Joules, Field(gt=0)]
    """Of a multiply-accumulate of 8 bits."""
    mac_area: Annotated[float, Field(gt=0)]
    """Of a unit that does it [um^2]."""
    gate: Annotated[Joules, Field(gt=0)]
    """Of one bit of an addition."""
    sources: dict[str, str]
    """Key -> where its number is from."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys for which no source was found."""
        return tuple(key for key in _NUMBERS if getattr(self, key) == "unknown")

    @property
    def scale(self) -> float:
        """Energy of a digital operation over that at 45 nm and 0.9 V."""
        return self.sram_access / 10e-12

    def cell(self, kind: str) -> float:
        """Area of a cell with a transistor (`one_transistor`) or without (`crosspoint`) [um^2]."""
        return self.crosspoint if kind == "crosspoint" else self.one_transistor

    def capacitance(self, kind: str) -> float:
        """Capacitance of a line for each cell of a kind that it passes [F]."""
        return 1e-15 * self.wire_capacitance * math.sqrt(self.cell(kind))

    def resistance(self, kind: str) -> float:
        """Resistance of a line between two cells of a kind [ohm]."""
        return self.wire_resistance * math.sqrt(self.cell(kind))

    def rules(self) -> Iterator[tuple[Path, str]]:
        for key in _NUMBERS:
            if (getattr(self, key) == "unknown") == (key in self.sources):
                yield ("sources", key), f"must be there if, and only if, '{key}' is known"


_NUMBERS: Final = tuple(name for name in Node.model_fields if name not in ("name", "size", "sources"))


def _read(text: bytes, name: str) -> Node:
    document = reader.read(text, name, shipped=True)
    data: dict[str, Any] = {key: value for key, value in document.data.items() if key != "schema"}
    return Node(**data)


@cache
def nodes() -> dict[float, Node]:
    """Every node that comes with the package, by its size [m], the largest first."""
    found = [_read(path.read_bytes(), path.name) for path in (shipped_dir("circuit") / "nodes").glob("*.yaml")]
    return {one.size: one for one in sorted(found, key=lambda one: -one.size)}


def known(size: float) -> bool:
    """Whether there is a node of a size [m]."""
    # 65e-9 and what 65 nm is read as may differ in the last bit.
    return any(math.isclose(one, size, rel_tol=1e-9) for one in nodes())


def said(size: float) -> str:
    """That there is no node of this size [m], and which there are."""
    there = ", ".join(one.name for one in nodes().values())
    return f"no technology node of {1e9 * size:g} nm is known; there are {there}"


def node(size: float) -> Node:
    """The node of a size [m].

    Raises
    ------
    CardError
        If there is none.
    """
    for one in nodes().values():
        if math.isclose(one.size, size, rel_tol=1e-9):
            return one
    raise CardError([Problem("node", "", said(size))])
