"""Read what laboratories write: any file as the kind of measurement that it is, a folder as all of its files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from analogep.cards.wording import printable
from analogep.fit.layouts import recognised
from analogep.fit.ramps import FitError
from analogep.fit.reading import Options
from analogep.fit.records import AnyRecord
from analogep.fit.sheet import read_sheet, sheet_of

SUFFIXES: Final = (".csv", ".tsv", ".txt", ".dat", ".xlsx", ".qtj", ".asc", ".prn")
"""Names of files that are read from a folder."""


def read(path: str | Path, options: Options | None = None) -> AnyRecord:
    """Read a file of any kind.

    Parameters
    ----------
    path : str or Path
    options : Options

    Raises
    ------
    FitError
        Naming file, line, column and value, the columns that were understood, and what to try.
    """
    return recognised(read_sheet(Path(path)), options or Options())


def read_text(text: str, name: str = "measurement.csv", options: Options | None = None) -> AnyRecord:
    """Read a measurement that is given as the text of a file; `name` stands for it in messages and in the card.

    Raises
    ------
    FitError
        As `read`.
    """
    return recognised(sheet_of(text.encode("utf-8", "replace"), printable(name, 200), name), options or Options())


def files_of(paths: Iterable[str | Path]) -> list[Path]:
    """The files among `paths`, and those in the folders among them, by name.

    Raises
    ------
    FitError
        If a folder holds none.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES and one.is_file())
        if not inside:
            raise FitError(
                f"{printable(str(path), 200)}: holds no file named {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
            )
        found += inside
    return found
