"""Checks of the collected result of a study, made once, where its file is read, so that its readers can rely on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep.energy import PHASES
from analogep.errors import AnalogepError, ResultError
from analogep.results import rules
from analogep.results.rules import LARGEST, OddError, Rule
from analogep.results.run_file import MADE_BY
from analogep.study.card import StudyCard
from analogep.study.collect import DONE, FAILED, NOT_RUN
from analogep.study.recorded import recorded
from analogep.units import shown

if TYPE_CHECKING:
    import xarray as xr

_SAID: Final = ("device", "circuit", "data", "data digest")


def _study(value: Any) -> bool:
    return isinstance(value, dict) and all(value[key] is None or rules.is_text(value[key]) for key in _SAID)


def _failed(value: Any) -> bool:
    return isinstance(value, list) and all(
        rules.texts_by_name(one["at"])
        and rules.is_text(one["reason"])
        and all(rules.is_whole(one[key]) for key in ("chip", "seed"))
        for one in value
    )


ATTRIBUTES: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(("title", "analogep_version", "digest", "seeds"), rules.TEXT),
    "study": Rule("what was studied, as JSON", rules.parsed(_study)),
    "axes": rules.OBJECT,
    **dict.fromkeys(("device_cards", "circuit_cards"), rules.CARDS),
    **dict.fromkeys(("overrides", "citations"), rules.TEXTS),
    "failed": Rule("records of failed points as JSON", rules.parsed(_failed)),
    "not_run": rules.COUNT,
}
"""Attributes that every collected result has."""

_MEASURED: Final[Mapping[str, tuple[str, ...]]] = {
    "accuracy": ("epoch",),
    "validation_accuracy": ("epoch",),
    "training_energy": ("epoch",),
    "inference_energy": ("epoch",),
    "training_seconds": ("epoch",),
    "inference_seconds": ("epoch",),
    "aged_accuracy": ("age",),
    "energy": ("epoch", "component", "phase"),
    "unsettled": ("epoch", "relaxation"),
    "cosine": ("epoch", "layer"),
    "estimated_length": ("epoch", "layer"),
    "exact_length": ("epoch", "layer"),
}
"""Variables that readers know, where a study holds them -> dimensions behind those of the study."""
_UNKNOWN: Final = ("cosine", "estimated_length", "exact_length")
"""Those that may hold infinite numbers."""


def check_study(dataset: xr.Dataset, path: Path, *, drawn: bool = True) -> None:
    """Refuse what is not the collected result of a study.

    What its readers need must be there, of the kind, the dimensions and within the range that it has in a result; what
    else was measured may be anything.

    Parameters
    ----------
    dataset : xarray.Dataset
    path : Path
        Where it was read, for messages.
    drawn : bool
        Whether it is to be drawn: the joules that stand beside accuracies must then be there, which work of one's own
        need not measure.

    Raises
    ------
    ResultError
        With the first thing that is odd.
    """
    if "state" not in dataset.variables:
        raise ResultError(f"{path}: is no result of a study; give the folder that 'analogep study' wrote")
    try:
        rules.check_attributes(dataset, ATTRIBUTES, {"cards": rules.CARDS, **MADE_BY})
        rules.check_texts(dataset)
        card = _card(dataset)
        dims = (*(axis.name for axis in card.axes), "chip", "seed")
        states = rules.numbers_of(dataset, "state", dims)
        if states.dtype.kind == "f" or not states.size or not np.isin(states, (NOT_RUN, DONE, FAILED)).all():
            raise OddError("variable 'state' must say of each point whether it is done")
        _axes(dataset, card)
        _variables(dataset, dims, drawn)
    except OddError as odd:
        raise rules.refusal(odd, path, dataset) from None


def _card(dataset: xr.Dataset) -> StudyCard:
    try:
        return recorded(dataset.attrs)
    except (AnalogepError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        # What a card finds wrong may be many lines long; the first of them is enough for a file that was changed.
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise OddError(f"attributes 'study' and 'axes' do not say what was studied ({first})") from None


def _axes(dataset: xr.Dataset, card: StudyCard) -> None:
    """Coordinates of the axes are those that the attributes name."""
    made: dict[str, Any] = {}
    for axis in card.axes:
        made |= axis.coordinates()
    for name, (dim, wanted, about) in made.items():
        if name not in dataset.coords or dataset.variables[name].dims != (dim,):
            raise OddError(f"lacks the coordinate '{name}' along '{dim}'")
        found = dataset.variables[name]
        if found.values.tolist() != wanted:
            said = shown(", ".join(map(str, wanted)))
            raise OddError(f"coordinate '{name}' is not what attribute 'axes' says, {said}")
        unit = found.attrs.get("units")
        if not rules.is_text(unit) or unit != about["units"]:
            raise OddError(f"coordinate '{name}' must have the unit '{about['units']}'")


def _variables(dataset: xr.Dataset, dims: tuple[str, ...], drawn: bool) -> None:
    for name, more in _MEASURED.items():
        if name not in dataset.variables:
            if drawn and name in ("training_energy", "inference_energy") and "accuracy" in dataset.variables:
                raise OddError(f"lacks '{name}', which a result with accuracies holds")
            continue
        values = rules.numbers_of(dataset, name, (*dims, *more))
        if not values.size:
            raise OddError(f"variable '{name}' is empty")
        if name not in _UNKNOWN:
            rules.check_range(name, values, -LARGEST, LARGEST, gaps=True)
    if "aged_accuracy" in dataset.variables:
        rules.check_range("age", rules.numbers_of(dataset, "age", ("age",)), 0.0, LARGEST)
    if "unsettled" in dataset.variables:
        rules.labels_of(dataset, "relaxation")
    if "energy" in dataset.variables:
        rules.check_attributes(dataset, dict.fromkeys(("train_samples", "test_samples"), rules.FROM_ONE))
        rules.labels_of(dataset, "component")
        if not set(PHASES) <= set(rules.labels_of(dataset, "phase")):
            raise OddError(f"coordinate 'phase' must name {', '.join(PHASES)}")
