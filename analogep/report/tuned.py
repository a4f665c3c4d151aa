"""The page of a search for settings: the answer, the front, the knobs, and the card that was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from analogep import plots
from analogep.cards.record import card_of
from analogep.circuit import CircuitCard
from analogep.report import needed, provenance, svg
from analogep.report.blocks import Drawing, Items, Listing, Page, References, Section, Table, Tile, Tiles
from analogep.tune import tables
from analogep.tune.answer import answer, card_file, percent
from analogep.tune.objectives import OBJECTIVES

if TYPE_CHECKING:
    import xarray as xr

_CAPTION: Final = (
    "Validation accuracy against what it costs: dots are trials that were trained to the end, the line joins those "
    "that nothing is better than in both, bars are 95 % intervals of the mean over the seeds of the search, which are "
    "not those of the answer. Below: the share of each knob in what a ninth of the training depends on, where there "
    "are trials enough to say."
)
_NEEDS: Final = ("command", "citations", "circuit_values", "objectives", "best", "said")


def check(dataset: xr.Dataset, path: Path) -> None:
    """Refuse what `analogep tune` does not leave behind.

    Raises
    ------
    ResultError
        If variables or attributes are missing.
    """
    needed.check(dataset, path, ("confirmed_accuracy", *OBJECTIVES), _NEEDS, "'analogep tune'")


def page(dataset: xr.Dataset) -> Page:
    """Return the page about the settings that a search found.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep tune` writes it into `tune.nc`.
    """
    attrs = dataset.attrs
    tiles = _tiles(dataset)
    front, knobs = tables.trials(dataset), tables.settings(dataset)
    said = f"Nothing is better than {'; '.join(', '.join(row[1:]).rstrip(', ') for row in front[1])}."
    figure = Drawing(svg.inline(plots.tuned_settings(dataset), "front", said), _CAPTION, said)
    best = card_file(card_of(attrs, CircuitCard), dataset, int(attrs["best"]))
    sections = [
        Section("result", "Result", [*([Tiles(tiles)] if tiles else []), Items(answer(dataset))]),
        Section("front", "Accuracy and what it costs", [figure, Table("Nothing is better than these", *front)]),
        Section("knobs", "The knobs", [Table("Of the card, and found", *knobs)]),
        Section("settings", "The card that was found", [Listing(f"Circuit card for {attrs['device']}", best)]),
        Section("reproduce", "To make it again", [
            Listing(f"Version {attrs['analogep_version']}; more minutes go on from search.db", str(attrs["command"]))
        ]),
        Section("sources", "Sources", [References(provenance.references(attrs))]),
        Section("cards", "Cards", provenance.listings(attrs)),
    ]  # fmt: skip
    subtitle = (
        f"{attrs['trials']} trials, {attrs['finalists']} trained to the end; {attrs['train_samples']} samples of "
        f"{attrs['data']} learned, {attrs['validation_samples']} held out; no test sample was seen."
    )
    return Page(str(attrs["title"]), subtitle, sections)


def _tiles(dataset: xr.Dataset) -> list[Tile]:
    """The best settings and the card, each with seeds that no trial had, once they have been trained with them."""
    out = []
    for which, name in (("best", "Best settings"), ("card", "The card as it is")):
        accuracy, joules = (dataset[f"confirmed_{key}"].sel(which=which).values for key in ("accuracy", "joules"))
        if np.isnan(accuracy).any():
            continue
        out.append(Tile(name, f"{percent(accuracy)} %", f"{OBJECTIVES['joules'].said(float(joules.mean()))} a sample"))
    return out
