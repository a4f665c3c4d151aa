"""CSV files as engineers have them: any delimiter, comments, byte-order mark, decimal commas; cells know their line."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from analogep.cards.wording import printable
from analogep.fit.ramps import FitError, Source
from analogep.names import legible

MAX_BYTES: Final = 200_000_000
COMMENT: Final = ("#", "%", "//", "!")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eEdD][+-]?[0-9]{1,4})?")
_NOT_FINITE: Final = re.compile(
    r"[+-]?(?:nan|inf|infinity|n/?a|null|none|-+|#n/?a|#div/0!|overflow|ovf)", re.IGNORECASE
)


@dataclass(frozen=True)
class Row:
    """Cells of one line, stripped."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """A file as read.

    Parameters
    ----------
    name : str
        File as given, for messages.
    header : list of str or None
        Column names; None where the first line is already numbers.
    rows : list of Row
        Lines of numbers and words.
    comma : bool
        Whether numbers are written with a decimal comma.
    source : Source
    """

    name: str
    header: list[str] | None
    rows: list[Row]
    comma: bool
    source: Source

    def where(self, row: Row, column: int) -> str:
        """`file.csv:17, column 'rmp3'`."""
        name = self.header[column] if self.header is not None and column < len(self.header) else ""
        return f"{self.name}:{row.line}, column {repr(printable(name)) if name else column + 1}"

    def number(self, row: Row, column: int) -> float:
        """Finite value of a cell.

        Raises
        ------
        FitError
            Naming file, line, column and text.
        """
        text = row.cells[column]
        value = value_of(text, self.comma)
        if value is None:
            if not text:
                raise FitError(f"{self.where(row, column)}: is empty; every pulse needs its reading")
            if _NOT_FINITE.fullmatch(text):
                raise FitError(
                    f"{self.where(row, column)}: {printable(text)!r} is not a finite number; a reading that failed "
                    "cannot be left out of a ramp, measure it again or leave out the ramp"
                )
            raise FitError(f"{self.where(row, column)}: {printable(text)!r} is not a number")
        if not math.isfinite(value):
            raise FitError(f"{self.where(row, column)}: {printable(text)!r} is too large for a number")
        return value


def value_of(text: str, comma: bool) -> float | None:
    """Number that a cell holds, infinite where it overflows; None where it is none."""
    if comma:
        text = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if not _NUMBER.fullmatch(text):
        return None
    return float(text.replace("d", "e").replace("D", "e"))


def read_table(path: Path) -> Table:
    """Read a file.

    Raises
    ------
    FitError
        If it cannot be read, is no text, is empty, or its lines do not fit together.
    """
    data, name = data_of(path)
    return table_of(data, name, Path(path).name)


def data_of(path: Path) -> tuple[bytes, str]:
    """Bytes of a file, and its name for messages.

    Raises
    ------
    FitError
        If it cannot be read.
    """
    name = printable(str(path), 200)
    try:
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1), name
    except FileNotFoundError:
        raise FitError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise FitError(f"{name}: is a directory; give its CSV files") from None
    except (OSError, ValueError) as error:
        raise FitError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def table_of(data: bytes, name: str, short: str) -> Table:
    """Read what a file holds; `name` stands for it in messages and `short` in what is made of it.

    Raises
    ------
    FitError
        If it is no text, is empty, or its lines do not fit together.
    """
    if len(data) > MAX_BYTES:
        raise FitError(f"{name}: is larger than {MAX_BYTES // 1_000_000} MB; fit a part of it")
    source = Source(legible(short), hashlib.sha256(data).hexdigest())
    lines = list(_lines(text_of(data, name)))
    if not lines:
        raise FitError(f"{name}: is empty; a file of pulse responses has one line per pulse")
    delimiter = delimiter_of([text for _, text in lines])
    rows = [Row(line, cells_of(text, delimiter)) for line, text in lines]
    comma = delimiter != "," and any("," in cell for row in rows[1:] for cell in row.cells)
    header: list[str] | None = None
    if any(cell and value_of(cell, comma) is None and not _NOT_FINITE.fullmatch(cell) for cell in rows[0].cells):
        header, rows = rows[0].cells, rows[1:]
        while header and not header[-1] and all(len(row.cells) < len(header) or not row.cells[-1] for row in rows):
            # A delimiter at the end of every line makes no column.
            header = header[:-1]
    if not rows:
        raise FitError(f"{name}: has a header and no readings below it")
    width = len(header) if header is not None else max(len(row.cells) for row in rows)
    for row in rows:
        while len(row.cells) > width and not row.cells[-1]:
            row.cells.pop()
        if len(row.cells) > width:
            raise FitError(
                f"{name}:{row.line}: has {len(row.cells)} cells, the header has {width}; is a delimiter missing there?"
            )
    return Table(name, header, rows, comma, source)


def text_of(data: bytes, name: str) -> str:
    """Text of UTF-8 with or without a mark, UTF-16 with one, else Latin-1, in which analysers write their micro sign.

    Raises
    ------
    FitError
        If it is none of them.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    else:
        try:
            return _no_zero(data.decode("utf-8-sig"), name)
        except UnicodeDecodeError:
            encoding = "latin-1"
    try:
        return _no_zero(data.decode(encoding), name)
    except UnicodeDecodeError as error:
        raise FitError(f"{name}: is not text: {error.reason}") from None


def _no_zero(text: str, name: str) -> str:
    if "\0" in text:
        raise FitError(f"{name}: is not text but a binary file; export the readings as CSV")
    return text


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """(number, text) of the lines that hold something."""
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line.strip(" \t,;") and not line.lstrip().startswith(COMMENT):
            yield number, line


def delimiter_of(lines: list[str]) -> str:
    """The candidate that cuts the first lines into the most cells; a semicolon or tab beats a decimal comma."""
    some = lines[1:50] or lines[:1]
    for candidate in ("\t", ";"):
        if all(candidate in line for line in some) and (candidate in lines[0] or len(lines) == 1):
            return candidate
    if any("," in line for line in lines[:50]):
        return ","
    if all(len(line.split()) > 1 for line in some) and all(_NUMBER.fullmatch(cell) for cell in some[0].split()):
        return " "
    return ","


def cells_of(text: str, delimiter: str) -> list[str]:
    """Cells of a line, stripped of blanks and quotes."""
    if delimiter == " ":
        return text.split()
    # No quoting across lines: readings have none, and a stray quote must not swallow the file.
    return [cell.strip().strip('"').strip() for cell in text.split(delimiter)]
