"""The first sheet of an Excel workbook (.xlsx) as rows of text.

A workbook is a ZIP archive of XML files, of which only the values of cells are wanted: Python's own library reads that
in a hundred lines, so that a laboratory's file needs no further package. Formulas count by the value that was saved
with them; formats, dates and further sheets are left alone.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from analogep.fit.ramps import FitError

_MOST: Final = 100_000_000
"""Bytes of XML that are unpacked at most: an archive of a few kilobytes may hold gigabytes of zeros."""
_MOST_COLUMNS: Final = 16_384
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, ValueError, EOFError, NotImplementedError,
    RuntimeError, OSError,
)  # fmt: skip
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def is_workbook(data: bytes) -> bool:
    """Whether these are the bytes of a ZIP archive."""
    return data[:4] == b"PK\x03\x04"


def workbook_rows(data: bytes, name: str) -> list[tuple[int, list[str]]]:
    """(number, cells) of the rows that hold something; `name` stands for the file in messages.

    Raises
    ------
    FitError
        If the archive is damaged, no workbook, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sheet = _part(archive, _first_sheet(archive), name)
            strings = _strings(archive, name)
        rows = list(_rows(sheet, strings))
    except _DAMAGED:
        raise FitError(f"{name}: is no workbook that can be read; save it again as .xlsx, or as CSV") from None
    return [(number, cells) for number, cells in rows if any(cells)]


def _part(archive: zipfile.ZipFile, path: str, name: str) -> ElementTree.Element:
    with archive.open(path) as stream:
        text = stream.read(_MOST + 1)
    if len(text) > _MOST:
        raise FitError(f"{name}: unpacks to more than {_MOST // 1_000_000} MB; save the sheet as CSV")
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("no workbook declares entities")
    return ElementTree.fromstring(text)


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """Sheets are numbered in the order in which they were made; the first one nearly always is the first shown."""
    found = [path for path in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", path)]
    return min(found, key=lambda path: int(re.sub(r"\D", "", path.rsplit("/", 1)[1])))


def _strings(archive: zipfile.ZipFile, name: str) -> list[str]:
    path = "xl/sharedStrings.xml"
    if path not in archive.namelist():
        return []
    return [_text(item) for item in _part(archive, path, name) if _tag(item) == "si"]


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _text(element: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in element.iter() if _tag(part) == "t")


def _rows(sheet: ElementTree.Element, strings: list[str]) -> Iterator[tuple[int, list[str]]]:
    last = 0
    for row in sheet.iter():
        if _tag(row) != "row":
            continue
        last = int(row.get("r") or last + 1)
        cells: list[str] = []
        for cell in row:
            if _tag(cell) != "c":
                continue
            place = _CELL.fullmatch(cell.get("r") or "")
            column = _column(place[1]) if place else len(cells)
            if column >= _MOST_COLUMNS:
                raise ValueError("no sheet has so many columns")
            cells += [""] * (column + 1 - len(cells))
            cells[column] = _value(cell, strings).strip()
        yield last, cells


def _column(letters: str) -> int:
    """A -> 0, Z -> 25, AA -> 26."""
    index = 0
    for letter in letters:
        index = 26 * index + ord(letter) - 64
    return index - 1


def _value(cell: ElementTree.Element, strings: list[str]) -> str:
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return _text(cell)
    value = next((part.text or "" for part in cell if _tag(part) == "v"), "")
    if kind == "s" and value:
        index = int(value)
        if not 0 <= index < len(strings):
            raise ValueError("a cell names a text that the workbook does not have")
        return strings[index]
    return value
