"""Any file of a laboratory as a grid: header lines apart from numbers, comments kept, numbers as arrays.

What is read here is only *where* numbers stand; what they are is said by `headings` and `layouts`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analogep.fit.headings import READINGS, Heading, heading, plain
from analogep.fit.ramps import FitError, Source
from analogep.fit.table import COMMENT, MAX_BYTES, Row, Table, cells_of, data_of, delimiter_of, text_of, value_of
from analogep.fit.workbook import is_workbook, workbook_rows
from analogep.names import legible

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sheet:
    """A file as a grid of cells.

    Parameters
    ----------
    name : str
        File as given, for messages.
    names : tuple of str
        Column names, of the last line of the header; empty where there is none.
    above : tuple of str
        The line above the names where there is one, else empty.
    rows : list of Row
        Lines below the header.
    comma : bool
        Whether numbers are written with a decimal comma.
    comments : tuple of str
        Lines behind a comment sign, without it.
    source : Source
    chosen : str or None
        The column that alone holds readings, where the user named one.
    """

    name: str
    names: tuple[str, ...]
    above: tuple[str, ...]
    rows: list[Row]
    comma: bool
    comments: tuple[str, ...]
    source: Source
    chosen: str | None = None

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """What the names say."""
        found = tuple(heading(name, k) for k, name in enumerate(self.names))
        return found if self.chosen is None else tuple(self._asked(one) for one in found)

    def _asked(self, one: Heading) -> Heading:
        """The chosen column is of readings, and no other one is."""
        if plain(one.name) == plain(self.chosen or ""):
            return one if one.role in READINGS else replace(one, role="conductance")
        return replace(one, role=None) if one.role in READINGS else one

    @cached_property
    def width(self) -> int:
        """Columns."""
        return max((len(row.cells) for row in self.rows), default=0)

    @cached_property
    def numbers(self) -> Floats:
        """Every cell as a number (rows, columns) [as in the file], NaN where it is none."""
        out = np.full((len(self.rows), self.width), np.nan)
        for k, row in enumerate(self.rows):
            for j, cell in enumerate(row.cells):
                value = value_of(cell, self.comma)
                if value is not None and np.isfinite(value):
                    out[k, j] = value
        return out

    def column(self, index: int) -> Floats:
        """One column (rows,) [as in the file], NaN where there is no number."""
        return self.numbers[:, index] if index < self.width else np.full(len(self.rows), np.nan)

    def texts(self, index: int) -> list[str]:
        """One column as text."""
        return [row.cells[index] if index < len(row.cells) else "" for row in self.rows]

    def table(self) -> Table:
        """The same for the reader of long and wide tables, which speaks of lines and columns."""
        return Table(self.name, list(self.names) or None, self.rows, self.comma, self.source)

    def by(self, role: str) -> list[Heading]:
        """Columns of a role."""
        return [one for one in self.headings if one.role == role]


def read_sheet(path: Path) -> Sheet:
    """Read a file.

    Raises
    ------
    FitError
        If it cannot be read, is no text and no workbook, or is empty.
    """
    data, name = data_of(path)
    return sheet_of(data, name, Path(path).name)


def sheet_of(data: bytes, name: str, short: str) -> Sheet:
    """Read what a file holds; `name` stands for it in messages and `short` in what is made of it.

    Raises
    ------
    FitError
        If it is no text and no workbook, or is empty.
    """
    if len(data) > MAX_BYTES:
        raise FitError(f"{name}: is larger than {MAX_BYTES // 1_000_000} MB; fit a part of it")
    source = Source(legible(short), hashlib.sha256(data).hexdigest())
    comments: list[str] = []
    if is_workbook(data):
        rows, comma = [Row(line, cells) for line, cells in workbook_rows(data, name)], False
    else:
        rows, comma, comments = _text_rows(text_of(data, name))
    for row in rows:
        while row.cells and not row.cells[-1]:
            row.cells.pop()
    rows = [row for row in rows if row.cells]
    if not rows:
        raise FitError(f"{name}: is empty; a file of measurements has a line for each reading")
    above, names, rows = _headed(rows, comments, comma)
    if not rows:
        raise FitError(f"{name}: has a header and no readings below it")
    return Sheet(name, names, above, rows, comma, tuple(comments), source)


def _text_rows(text: str) -> tuple[list[Row], bool, list[str]]:
    import re

    lines, comments = [], []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line.lstrip().startswith(COMMENT):
            comments.append(line.lstrip().lstrip("#%/! ").rstrip())
        elif line.strip(" \t,;"):
            lines.append((number, line))
    if not lines:
        return [], False, comments
    delimiter = delimiter_of([line for _, line in lines])
    rows = [Row(number, cells_of(line, delimiter)) for number, line in lines]
    comma = delimiter != "," and any("," in cell for row in rows[1:] for cell in row.cells)
    return rows, comma, comments


def _words(row: Row, comma: bool) -> bool:
    """Whether a line is of a header: more words than numbers."""
    filled = [cell for cell in row.cells if cell]
    numbers = sum(value_of(cell, comma) is not None for cell in filled)
    return numbers * 2 < len(filled)


def _headed(rows: list[Row], comments: list[str], comma: bool) -> tuple[tuple[str, ...], tuple[str, ...], list[Row]]:
    """(line above, names, rows below): one or two header lines, or names behind a comment sign."""
    count = 0
    while count < min(3, len(rows)) and _words(rows[count], comma):
        count += 1
    if count == 3 and len(rows) > 3:
        # Words in every line: a long table with tags, or ramps in rows; only the first line can be a header.
        count = 1 if any(heading(cell, 0).role for cell in rows[0].cells) else 0
    if count == 2 and len(rows) > 2 and not _words(rows[2], comma):
        first, second = rows[0].cells, rows[1].cells
        return tuple(first), tuple(second), rows[2:]
    if count >= 1 and (len(rows) == 1 or any(heading(cell, 0).role for cell in rows[0].cells) or count == 1):
        return (), tuple(rows[0].cells), rows[1:]
    width = max(len(row.cells) for row in rows)
    for comment in reversed(comments):
        names = cells_of(comment, delimiter_of([comment]) if "," not in comment else ",")
        if len(names) == width and all(value_of(name, comma) is None for name in names if name):
            return (), tuple(names), rows
    return (), (), rows
