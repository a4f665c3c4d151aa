"""What the pages of results say of a card: the rows of their tables that begin with its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RESULTS = Path(__file__).parents[2] / "results"


class Outcome(NamedTuple):
    """A row of a table: the page and the heading it stands under, the heads of the table, its cells."""

    page: str
    heading: str
    heads: tuple[str, ...]
    cells: tuple[str, ...]


def of(name: str, folder: Path = RESULTS) -> list[Outcome]:
    """All rows about a card, page by page."""
    return [row for path in sorted(folder.glob("*.md")) for row in _rows(path) if row.cells[0].strip("`") == name]


def section(name: str) -> list[str]:
    """Heading and lists of what was measured with a card, in MyST; empty where no table has it."""
    found, parts = of(name), []
    for place in dict.fromkeys((row.page, row.heading) for row in found):
        rows = [row for row in found if (row.page, row.heading) == place]
        parts.append(f"[{place[1]}](../results/{place[0]}#{_slug(place[1])}):")
        parts.append("\n".join(f"- {_said(row)}" for row in rows))
    return ["## Results", *parts] if parts else []


def _said(row: Outcome) -> str:
    """Each cell behind its head; the first head, where it says more than what the first cell is."""
    pairs = zip(row.heads[1:], row.cells[1:], strict=False)
    opening = "" if row.heads[0] in ("", "device", "circuit card", "card") else f"{row.heads[0]}: "
    return opening + "; ".join(f"{head} {cell}" if head else cell for head, cell in pairs if cell)


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _rows(path: Path) -> Iterator[Outcome]:
    heading, heads = "", ()
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"#+ (.*)", line):
            heading = found[1]
        if not line.startswith("|"):
            heads = ()
            continue
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if not heads:
            heads = cells
        elif not set(line) <= set("|-: "):
            yield Outcome(path.name, heading, heads, cells)
