"""The pages of a loss budget and of a specification: names, units, intervals, and what makes them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from analogep import plots
from analogep.budget import specified, words
from analogep.report import needed, provenance, svg
from analogep.report.blocks import Drawing, Items, Listing, Page, References, Section, Table, Text, Tile, Tiles

if TYPE_CHECKING:
    import xarray as xr

_BUDGET: Final = (
    "Points of validation accuracy: small dots are pairs of one chip and one seed, large ones their mean, bars the "
    "95 % interval, around no effect. Beside: joules and seconds of a training sample that the limit costs."
)
_SPECIFICATION: Final = (
    "Validation accuracy against the size of each limit, 1 being the card's: dots are pairs, the line the nearest "
    "falling curve, the vertical line where the points are lost, the band its 95 % interval."
)
_NEEDS: Final = {
    "budget": ("regained", "regained_ci", "regained_each", "lost", "lost_ci", "lost_each", "gap"),
    "specification": ("factor_lost", "value_lost", "curve", "accuracy"),
}


def check_budget(dataset: xr.Dataset, path: Path) -> None:
    """Refuse what `Budget.run` does not leave behind.

    Raises
    ------
    ResultError
        If variables or attributes are missing.
    """
    _check(dataset, path, "budget")


def check_specification(dataset: xr.Dataset, path: Path) -> None:
    """Refuse what `Specification.run` does not leave behind.

    Raises
    ------
    ResultError
        If variables or attributes are missing.
    """
    _check(dataset, path, "specification")


def _check(dataset: xr.Dataset, path: Path, noun: str) -> None:
    needed.check(dataset, path, _NEEDS[noun], ("command", "failed", "pairs", "validation_samples"), f"the {noun}")


def budget_page(dataset: xr.Dataset) -> Page:
    """Return the page of a loss budget.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `Budget.run` returns it and `budget.nc` holds it.
    """
    result = Section("result", "Result", [Tiles(_tiles(dataset)), Text(words.answer(dataset)), *_doubts(dataset)])
    rows = words.rows(dataset)
    table = Table("Points of accuracy, the most expensive limit first; ? is not resolved", list(words.HEADS), rows)
    said = " ".join(f"{row[0]}: {row[1]} points gained if removed, {row[2]} lost if left alone." for row in rows)
    figure = Drawing(svg.inline(plots.weighed_limits(dataset), "limits", said), _BUDGET, said)
    ideal = json.loads(dataset.attrs["ideal"])
    means = [f"{words.named(name)}: {text}" for name, text in ideal.items()]
    limits = Section("limits", "What each limit costs", [figure, table])
    removed = Section("removed", "What removed means", [Items(means)])
    return Page(str(dataset.attrs["title"]), words.method(dataset), [result, limits, removed, *_rest(dataset)])


def _tiles(dataset: xr.Dataset) -> list[Tile]:
    shown = {"All limits on": "accuracy_real", "All removed": "accuracy_ideal"}
    tiles = [Tile(head, words.share(*words.single(dataset, name)), "validation") for head, name in shown.items()]
    tiles.append(Tile("All limits together cost", f"{words.points(*words.single(dataset, 'gap'))}", "points"))
    return [*tiles, Tile("Pairs", str(dataset.attrs["pairs"]), str(dataset.attrs["ended"]))]


def _doubts(dataset: xr.Dataset) -> list[Items]:
    lines = [line for line in (words.gains(dataset), words.missing(dataset)) if line]
    return [Items(lines, caution=True)] if lines else []


def specification_page(dataset: xr.Dataset) -> Page:
    """Return the page of a specification.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `Specification.run` returns it and `specification.nc` holds it.
    """
    rows, wanted = specified.rows(dataset), specified.wanted(dataset)
    heads = [head.replace("lost at", f"{wanted} lost at") for head in specified.HEADS]
    said = " ".join(f"{row[0]}: {row[2]} on the card, {wanted} lost at {row[3]}." for row in rows)
    figure = Drawing(svg.inline(plots.specified_limits(dataset), "limits", said), _SPECIFICATION, said)
    exceptions = specified.exceptions(dataset)
    notes = [Items(specified.together(dataset))] if specified.together(dataset) else []
    sections = [
        Section("result", "Result", [Text(specified.answer(dataset))]),
        Section("limits", "How large each limit may be", [Table("The tightest limit first", heads, rows), *notes]),
        Section("curves", "Accuracy against each limit", [figure]),
    ]
    if exceptions:
        sections.append(Section("exceptions", "What was not scaled", [Items(exceptions)]))
    return Page(str(dataset.attrs["title"]), specified.method(dataset), [*sections, *_rest(dataset)])


def _rest(dataset: xr.Dataset) -> list[Section]:
    """What failed, the command, the sources and the cards."""
    attrs = dataset.attrs
    failed = words.failures(dataset)
    command = Listing(f"Version {attrs['analogep_version']}, seeds: {attrs['seeds']}", str(attrs["command"]))
    listings = [
        Listing(f"{kind.capitalize()} card: {name}", text)
        for kind in ("device", "circuit")
        for name, text in json.loads(attrs[f"{kind}_cards"]).items()
    ]
    return [
        Section("failed", "Failed trainings", [Items(failed) if failed else Text("None.")]),
        Section("reproduce", "To make it again", [command]),
        Section("sources", "Sources", [References(provenance.references(attrs))]),
        Section("cards", "Cards", listings),
    ]
