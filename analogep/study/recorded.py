"""The study card of a result, from what the result says about itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analogep.cards import written
from analogep.study.card import StudyCard

if TYPE_CHECKING:
    import xarray as xr


def file_text(attrs: Mapping[str, Any]) -> str:
    """Return a study file that plans the points of a collected result.

    It holds the cards that do not come with the package. With a target standard error its `seeds` is the number that
    was reached. Data that are not the bundled ones are named, not found: their path has to be put in.

    Parameters
    ----------
    attrs : mapping
        Attributes of `study.nc`.

    Raises
    ------
    KeyError
        If they are not those of a study.
    """
    lines = [
        *_lines(json.loads(attrs["study"]), json.loads(attrs["axes"]), attrs.get("posterior", "")),
        *_own(json.loads(attrs.get("cards", "{}"))),
    ]
    return "\n".join(lines) + "\n"


def recorded(attrs: Mapping[str, Any]) -> StudyCard:
    """Return the study card of a collected result, as `file_text` writes it."""
    lines = _lines(json.loads(attrs["study"]), json.loads(attrs["axes"]), attrs.get("posterior", ""))
    card = StudyCard.from_text("\n".join(lines) + "\n", "study.nc")
    # Many cards together may be more than a file may hold.
    own = json.loads(attrs.get("cards", "{}"))
    return card.changed({"cards": own}) if own else card


def _own(cards: Mapping[str, str]) -> Iterator[str]:
    """Cards of the study's own, as texts in a block where that keeps them as they are."""
    if cards:
        yield "cards:"
    for name, text in cards.items():
        lines = text[:-1].split("\n")
        kept = all(line.rstrip() == line and (line.isprintable() or not line) for line in lines)
        if kept and text.endswith("\n") and lines[-1] and not text[0].isspace():
            yield f"  {json.dumps(name)}: |"
            yield from (f"    {line}" if line else "" for line in lines)
        else:
            yield f"  {json.dumps(name)}: {written.text(text)}"


def at_the_end(dataset: xr.Dataset, name: str) -> NDArray[np.float64]:
    """Return a variable after the last epoch that each point has; axes may make runs longer or shorter.

    Parameters
    ----------
    dataset : Dataset
        A collected result.
    name : str
        Variable with the dimension `epoch` behind (axes..., chip, seed).

    Returns
    -------
    ndarray (axes..., chip, seed, any others)
        In the variable's unit; NaN where a point has none.
    """
    array = dataset[name]
    values = np.moveaxis(array.values, array.dims.index("epoch"), 0)
    found: NDArray[np.float64] = values[-1].copy()
    for earlier in values[-2::-1]:
        found = np.where(np.isnan(found), earlier, found)
    return found


def judged_by(dataset: xr.Dataset) -> str:
    """Part of the data whose accuracy ranks the points of a study: `validation` if it holds one out, else `test`."""
    return "validation" if "validation_accuracy" in dataset.variables else "test"


def judged(dataset: xr.Dataset) -> NDArray[np.float64]:
    """Accuracy by which points are ranked, after the last epoch of each (axes..., chip, seed) [1]; NaN where none is.

    Of the validation samples where the study holds some out: a setting that test samples chose has seen them.
    """
    name = "validation_accuracy" if judged_by(dataset) == "validation" else "accuracy"
    if name not in dataset:
        return np.full(dataset["state"].shape, np.nan)
    return at_the_end(dataset, name)


def _lines(said: Mapping[str, Any], axes: Mapping[str, Mapping[str, list[str]]], posterior: str) -> Iterator[str]:
    yield f"schema: {StudyCard.schema_id()}"
    yield f"name: {json.dumps(said['name'])}"
    for key in ("device", "circuit"):
        if said[key]:
            yield f"{key}: {json.dumps(said[key])}"
    if said["data"] != "digits":
        yield f"data: {json.dumps(said['data'])}"
    if settings := json.loads(said["set"]):
        # Values stand as they would after `--set key=`, which is YAML.
        yield "set:"
        yield from (f"  {json.dumps(key)}: {text}" for key, text in settings.items())
    if axes:
        yield "vary:"
    for name, linked in axes.items():
        if list(linked) == [name]:
            yield f"  {json.dumps(name)}:"
            yield from (f"    - {text}" for text in linked[name])
        else:
            yield f"  {json.dumps(name)}:"
            for key, texts in linked.items():
                yield f"    {json.dumps(key)}:"
                yield from (f"      - {text}" for text in texts)
    yield from (f"{key}: {int(said[key])}" for key in ("chips", "seeds", "seed"))
    if ages := json.loads(said["ages"]):
        yield f"ages: [{', '.join(f'{age!r} s' for age in ages)}]"
    if held_out := said.get("held out"):
        yield f"held_out: {held_out}"
    if assume := said.get("assume"):
        yield f"assume: {assume}"
    if keep := json.loads(said["keep"]):
        yield f"keep: [{', '.join(keep)}]"
    if posterior:
        # JSON on one line is YAML.
        yield f"posterior: {json.dumps(json.loads(posterior))}"
