"""From a file to a page of HTML: which kind of result it is, its page, and the templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2

import analogep
from analogep import results
from analogep.budget import BETA, BUDGET, SPECIFICATION
from analogep.errors import ResultError
from analogep.report import beta, limits, run, study, tuned
from analogep.report.blocks import Page
from analogep.run import RESULT
from analogep.study import STUDY
from analogep.study.study_file import check_study
from analogep.tune.found import TUNED

if TYPE_CHECKING:
    import xarray as xr

PAGE: Final = "report.html"
"""Name of the page in the folder that it is about."""

KINDS: Final[dict[str, tuple[str, Callable[[xr.Dataset, Path], None], Callable[[xr.Dataset], Page]]]] = {
    BUDGET: ("regained_each", limits.check_budget, limits.budget_page),
    SPECIFICATION: ("factor_lost", limits.check_specification, limits.specification_page),
    STUDY: ("state", check_study, study.page),
    RESULT: ("trace_time", results.check_run, run.page),
    BETA: ("predicted_leading", beta.check, beta.page),
    TUNED: ("confirmed_accuracy", tuned.check, tuned.page),
}
"""File in a folder -> a variable that no kind below it has, what refuses odd ones, and what lays its page out."""


WORKS: Final = (STUDY, RESULT)
"""Files of what can be run again as it is."""
_NOUNS: Final = dict(zip(KINDS, ("budget", "specification", "study", "run", "beta", "search"), strict=True))


def find(path: Path, names: Sequence[str] = tuple(KINDS)) -> Path:
    """Return the result that a path means: the file itself, or that in a folder.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Files of a folder, of `KINDS`, the first of which that is there is taken.

    Raises
    ------
    ResultError
        If there is none.
    """
    if not path.is_dir():
        return path
    for name in names:
        if (path / name).is_file():
            return path / name
    raise ResultError(
        f"{path}: holds no {' or '.join(names)}; give the folder of a finished {_nouns(names)} (the command that began "
        "it finishes it)"
    )


def _nouns(names: Sequence[str]) -> str:
    return " or ".join(_NOUNS[name] for name in names)


def read(path: Path, names: Sequence[str] = tuple(KINDS)) -> tuple[xr.Dataset, Callable[[xr.Dataset], Page]]:
    """Read a result of any kind, once it is known to be one; with it comes what lays its page out.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Files whose kinds are taken, of `KINDS`.

    Raises
    ------
    ResultError
        If it is missing, damaged, of another kind, or holds what no such command leaves behind.
    """
    dataset = results.read(path)
    for marker, check, page in (KINDS[name] for name in names):
        if marker in dataset.variables:
            check(dataset, path)
            return dataset, page
    raise ResultError(f"{path}: is no result of a {_nouns(names)}; give the folder of one")


def lay_out(path: Path) -> Page:
    """Read a result and return its page.

    Raises
    ------
    ResultError
        As `read` does.
    """
    dataset, page = read(path)
    return page(dataset)


def html(page: Page) -> str:
    """Write a page as one HTML file that needs no other: no scripts, no requests."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analogep.report"),
        autoescape=lambda name: name is None or name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(page=page, version=analogep.__version__)


def report(path: Path) -> str:
    """Return the page of the result that a path means, a folder or a file, as HTML.

    Raises
    ------
    ResultError
        If there is no result, or it is damaged.
    """
    return html(lay_out(find(path)))
