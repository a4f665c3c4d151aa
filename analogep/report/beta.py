"""The page of the best beta: the answer, each estimator on each network, and the cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from analogep import plots
from analogep.beta import answer
from analogep.report import needed, provenance, svg
from analogep.report.alternatives import number
from analogep.report.blocks import Drawing, Items, Page, Section, Table, Text, Tile, Tiles

if TYPE_CHECKING:
    import xarray as xr

_CAPTION: Final = (
    "Cosine with the exact gradient and relative error against beta: dots are measured, lines predicted from bias and "
    "noise, stars the predicted best beta."
)
_HEADS: Final = (
    "noise [% of full scale]",
    "estimator",
    "best beta, predicted",
    "best beta, measured",
    "cosine there",
    "order of the bias",
    "added by the card's phases [%]",
)
_NEEDS: Final = ("predicted", "measured", "best_cosine", "order", "unsettled", "error", "cosine", "pole")


def check(dataset: xr.Dataset, path: Path) -> None:
    """Refuse what `FiniteBeta.measure` does not leave behind.

    Raises
    ------
    ResultError
        If variables are missing.
    """
    needed.check(dataset, path, _NEEDS, (), "'analogep beta'")


def page(dataset: xr.Dataset) -> Page:
    """Return the page about beta.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `FiniteBeta.measure` returns it and `beta.nc` holds it.
    """
    attrs, levels = dataset.attrs, range(dataset.sizes["noise"])
    sentences = [answer.sentence(dataset, k) for k in levels]
    best = answer.best(dataset)
    tiles = [
        Tile(
            "Best beta", number(best), f"{attrs['card_estimator']} estimator, {dataset['network'].values[-1]} network"
        ),
        Tile("Beta of the card", f"{float(attrs['card_beta']):g}", str(attrs["card_estimator"])),
    ]
    said = " ".join(sentences)
    figure = Drawing(svg.inline(plots.finite_beta(dataset), "beta", said), _CAPTION, said)
    tables = [_table(dataset, str(name)) for name in dataset["network"].values]
    sections = [
        Section("result", "Result", [Tiles(tiles), Items(sentences)]),
        Section("estimators", "Each estimator", [figure, *tables]),
        *_trainings(dataset),
        Section("reproduce", "Where it comes from", [Text(_origin(dataset))]),
        Section("cards", "Cards", provenance.listings(attrs)),
    ]
    subtitle = (
        f"Bias of each estimator of the gradient and noise of its reads; device {attrs['device']}, circuit "
        f"{attrs['circuit']}, data {attrs['data']}; seeds {attrs['seeds']}."
    )
    return Page(str(attrs["title"]), subtitle, sections)


def _table(dataset: xr.Dataset, network: str) -> Table:
    """A row for each noise and estimator on one network."""
    one, full, rows = dataset.sel(network=network), float(dataset.attrs["full_scale"]), []
    for k, volts in enumerate(one["noise"].values):
        for name in one["estimator"].values:
            cell = one.isel(noise=k).sel(estimator=name)
            numbers = [number(float(cell[key])) for key in ("predicted", "measured", "best_cosine")]
            rows.append([f"{100.0 * float(volts) / full:.3g}", str(name), *numbers, f"{float(cell['order']):.0f}",
                         number(100.0 * float(cell["unsettled"]))])  # fmt: skip
    pole = float(one["pole"])
    words = f"negative nudging has no stable state at beta {pole:.3g}" if np.isfinite(pole) else "no pole"
    return Table(f"{network} network: {words}", list(_HEADS), rows)


def _trainings(dataset: xr.Dataset) -> list[Section]:
    """Accuracy of trainings at several beta, where there are any."""
    if "accuracy" not in dataset:
        return []
    full = float(dataset.attrs["full_scale"])
    heads = ["beta", *(f"{100.0 * float(volts) / full:.3g} % noise" for volts in dataset["noise"].values)]
    rows = [
        [f"{float(beta):.3g}", *(f"{100.0 * value:.2f} %" if np.isfinite(value) else "failed" for value in column)]
        for beta, column in zip(dataset["train_beta"].values, dataset["accuracy"].values.T, strict=True)
    ]
    return [Section("trainings", "Trainings", [Table("Accuracy after a training at this beta", heads, rows)])]


def _origin(dataset: xr.Dataset) -> str:
    changes = json.loads(str(dataset.attrs["overrides"]))
    said = f"; set: {', '.join(map(str, changes))}" if changes else ""
    return (
        f"analogep beta, version {dataset.attrs['analogep_version']}, {dataset.attrs['epochs']} epochs of training, "
        f"batches of {dataset.attrs['batch']}{said}."
    )
