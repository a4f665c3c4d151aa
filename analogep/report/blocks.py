"""What a page is made of: blocks in sections, each block with the template of its own name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Block:
    """Part of a section; `template` draws it, `wide` says whether it takes the whole width of a page."""

    template: ClassVar[str]
    wide: ClassVar[bool] = True


@dataclass(frozen=True)
class Text(Block):
    """A paragraph."""

    template: ClassVar[str] = "text.html"
    words: str


@dataclass(frozen=True)
class Items(Block):
    """A list of sentences; `caution` sets them apart as warnings."""

    template: ClassVar[str] = "items.html"
    lines: Sequence[str]
    caution: bool = False


@dataclass(frozen=True)
class Tile:
    """One number of the headline: what it is, its value, and a few words to judge it by."""

    name: str
    value: str
    words: str = ""


@dataclass(frozen=True)
class Tiles(Block):
    """The numbers of the headline."""

    template: ClassVar[str] = "tiles.html"
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Table(Block):
    """Rows of text under heads; the first cell of a row names it.

    Parameters
    ----------
    title : str
    heads : sequence of str
    rows : sequence of sequence of str
    shades : sequence of sequence of float
        Depth of colour of each cell behind the first of a row, 0 to 1; empty for none.
    strong : sequence of int
        Rows that are sums.
    """

    template: ClassVar[str] = "table.html"
    wide: ClassVar[bool] = False
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    shades: Sequence[Sequence[float]] = ()
    strong: Sequence[int] = ()


@dataclass(frozen=True)
class Drawing(Block):
    """A figure as SVG, what it shows, and its content in a sentence for those who cannot see it."""

    template: ClassVar[str] = "drawing.html"
    wide: ClassVar[bool] = False
    svg: str
    caption: str
    alternative: str


@dataclass(frozen=True)
class Listing(Block):
    """Text as it stands in a file or on a command line."""

    template: ClassVar[str] = "listing.html"
    title: str
    text: str


@dataclass(frozen=True)
class Reference:
    """A citation and where it leads, if anywhere."""

    cite: str
    link: str = ""


@dataclass(frozen=True)
class References(Block):
    """A list of citations."""

    template: ClassVar[str] = "references.html"
    entries: Sequence[Reference]


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; `anchor` is its address within the page."""

    anchor: str
    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A page: title, a line below it, and its sections."""

    title: str
    subtitle: str
    sections: Sequence[Section] = field(default_factory=tuple)
