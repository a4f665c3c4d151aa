"""Which figures and tables show which stored results, whether they are up to date, and how to draw them again.

`python studies` draws all of them, `python studies --check` says what is older than its result. Studies write their
results with `--keep`. A study whose result can be stored has `table(dataset)`, `draw(dataset)` or both.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import stored
from stored import FIGURES, ROOT


@dataclass(frozen=True)
class Shown:
    """A stored result, and what shows it.

    Attributes
    ----------
    name : str
        Of the study, its result and its figure.
    table, figure : bool
        Whether there is one.
    """

    name: str
    table: bool = False
    figure: bool = False

    @property
    def study(self) -> Any:
        """The study's module."""
        return importlib.import_module(self.name)


SHOWN: Final = (
    Shown("best_beta", figure=True),
    Shown("chip_library", table=True),
    Shown("drift", figure=True),
    Shown("finite_beta", table=True, figure=True),
    Shown("loss_budget", table=True, figure=True),
    Shown("neuron_mismatch", table=True, figure=True),
    Shown("on_off_ratio", table=True),
    Shown("published_order", table=True),
    Shown("spikes", figure=True),
    Shown("spiking_accuracy", table=True, figure=True),
    Shown("spiking_steps", table=True, figure=True),
    Shown("thermal_floor", table=True, figure=True),
    Shown("tuned", table=True),
    Shown("verdict", table=True, figure=True),
)
NOT_STORED: Final[tuple[str, ...]] = ()
"""Figures whose results are not stored: whether they are up to date is not known.

So are all tables not in `SHOWN`: those of MNIST, Fashion-MNIST and searches, which take hours, and some of single runs.
"""


def pages(root: Path) -> list[Path]:
    """Files whose tables are looked at; folders whose names begin with `_` hold the documentation as it is built."""
    docs = root / "docs"
    found = sorted(path for path in docs.rglob("*.md") if not path.relative_to(docs).parts[0].startswith("_"))
    return [root / "README.md", *found]


def problems(root: Path = ROOT) -> Iterator[str]:
    """Say which figures and tables are older than the results that they show."""
    for one in SHOWN:
        dataset = stored.read(one.name, root)
        if one.figure:
            path = root / FIGURES / f"{one.name}.png"
            if not path.exists() or stored.marked(path) != stored.mark(one.name, root):
                yield f"{path.relative_to(root)}: is older than {stored.place(one.name, root).relative_to(root)}"
        if one.table:
            yield from _tables(one, one.study.table(dataset), root)


def _tables(one: Shown, table: str, root: Path) -> Iterator[str]:
    """What is wrong with the tables that have the first line of `table`."""
    lines = table.splitlines()
    found = [(page, at) for page in pages(root) for at in _places(page, lines[0])]
    if not found:
        yield f"{one.name}: no page has a table that begins '{lines[0][:40]}...'; show it, or take it out of SHOWN"
    for page, (start, end) in found:
        if page.read_text(encoding="utf-8").splitlines()[start:end] != lines:
            yield (
                f"{page.relative_to(root)}, line {start + 1}: the table is older than "
                f"{stored.place(one.name, root).relative_to(root)}"
            )


def _places(page: Path, head: str) -> Iterator[tuple[int, int]]:
    """First line and line behind the last of every table of a page that begins with a line."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for start in (k for k, line in enumerate(lines) if line == head):
        end = next((k for k in range(start, len(lines)) if not lines[k].startswith("|")), len(lines))
        yield start, end


def redraw(root: Path = ROOT) -> None:
    """Draw every figure, and write every table where its first line stands."""
    for one in SHOWN:
        dataset = stored.read(one.name, root)
        if one.figure:
            stored.save(one.study.draw(dataset), one.name, root)
        if one.table:
            table = one.study.table(dataset).splitlines()
            for page in pages(root):
                for start, end in reversed(list(_places(page, table[0]))):
                    lines = page.read_text(encoding="utf-8").splitlines()
                    page.write_text("\n".join([*lines[:start], *table, *lines[end:]]) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Redraw, or check."""
    parser = argparse.ArgumentParser(prog="python studies", description="Draw figures and tables from stored results.")
    parser.add_argument("--check", action="store_true", help="draw nothing; say what is older than its result")
    if not parser.parse_args(arguments).check:
        redraw()
    found = list(problems())
    for problem in found:
        print(f"{problem}; python studies draws it again", file=sys.stderr)
    return 1 if found else 0
