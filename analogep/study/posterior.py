"""Accuracy and joules with intervals because of what was not measured well, and the measurement that they are of.

A card that `analogep fit` wrote says of its numbers what each measurement leaves open. `posterior_study` trains the
card itself, N cards drawn from all of it, and N for each measurement g drawn from it alone, the others at their
estimate. With f the quantity of a card averaged over chips and seeds,

    V   = Var f(theta),                          of the cards that have everything drawn,
    V_g = Var f(theta_g, others at estimate),    of those of one measurement,

each the variance component between cards (`components`), apart from the scatter of chips and seeds and with a standard
error. Where f is linear in the numbers of different measurements, whatever it is within one, V is the sum of the V_g;
the rest V - sum V_g is what measurements do together. As cards of one measurement have the numbers of the cards of all,
errors of V and V_g go the same way, and that of the rest, which takes them as independent, is an upper one.

The interval of the mean over chips and seeds holds the true device's with 95 % if the errors of the card are right:
mean +- t_(N-1) sqrt(V (1 + 1/N)), Student's t, for a normal f.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep import keys
from analogep.device import DeviceCard
from analogep.errors import ResultError, UsageError
from analogep.study import summary
from analogep.study.advice import advice, of_joules
from analogep.study.card import Drawn
from analogep.study.components import Components, components
from analogep.study.drawn import ALL, ESTIMATE, draws_of, values_of
from analogep.study.study import Study
from analogep.study.work import Work, train

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES: Final[Mapping[str, tuple[str, str]]] = {
    "accuracy": ("1", "test accuracy after the last epoch"),
    "training_energy": ("J", "energy per training sample, mean of epochs"),
    "inference_energy": ("J", "energy per inference after the last epoch"),
}
"""Quantity -> unit, words."""
SEEDS: Final = 4
"""Seeds of each card, if nothing else is said."""


def posterior_study(
    device: str | Path | DeviceCard,
    cards: int,
    *,
    set: Mapping[str, Any] | None = None,
    chips: int = 1,
    seeds: int | None = None,
    seed: int = 0,
    work: Work = train,
    **more: Any,
) -> Study:
    """A study of what fitted errors do: the card, `cards` drawn from all of them, and as many for each measurement.

    Parameters
    ----------
    device : str, Path or DeviceCard
        Card that `analogep fit` wrote.
    cards : int
        N, at least 2.
    set : mapping or None
        Key of either card -> value for all points; what is drawn cannot be set.
    chips, seeds : int
        Samples of fabrication, and of operation and data (4), the same for each card.
    seed : int
        Base seed, of the draws as well.
    work : callable
        As for `Study`.
    more
        Further keys of `StudyCard`: `circuit`, `data`, `name`, `title`, `assume`, `keep`.

    Returns
    -------
    Study
        With the only axis `draw`. Of what its `run` returns `posterior_parts` makes the answer.

    Raises
    ------
    UsageError
        If the card says no errors, one card or one training a card is asked for, or another axis.
    CardError
        If the card cannot be read.
    """
    seeds = (SEEDS if chips == 1 else 2) if seeds is None else seeds
    if chips * seeds < 2:
        raise UsageError("one training a card does not tell cards from seeds apart; give --seeds 2 or more, better 4")
    if more.get("vary") or more.get("target"):
        raise UsageError("a study of fitted errors has one axis, the drawn cards: leave out vary and target")
    settings = dict(set or {})
    card = _loaded(device, settings)
    draws = draws_of(card, cards, seed)
    said = Drawn(
        of=tuple(draws.of),
        measurements={group.source: group.measurement for group in draws.groups},
        keys={group.source: group.keys for group in draws.groups},
        refused=draws.refused,
        assumed=tuple(key for key, (_, status) in card.provenance.items() if status.startswith("default")),
    )
    given: dict[str, Any] = {
        "set": settings,
        "chips": chips,
        "seeds": seeds,
        "seed": seed,
        "posterior": said.model_dump(mode="json"),
    }
    axis = {f"device.{key}": values for key, values in values_of(card, draws).items()}
    bare = (device if isinstance(device, DeviceCard) else DeviceCard.load(device)).certain
    given |= {"name": bare.name, "title": f"what was not measured well of {bare.name}", **more}
    return Study(device=bare, vary={"draw": axis}, work=work, **given)


def _loaded(device: str | Path | DeviceCard, settings: Mapping[str, Any]) -> DeviceCard:
    """The card with what is set of it."""
    card = device if isinstance(device, DeviceCard) else DeviceCard.load(device)
    changes = {}
    for key, value in settings.items():
        kind, rest = keys.card_of(key)
        if kind == "device":
            changes[rest] = value
    return card.changed(changes) if changes else card


def posterior_parts(dataset: xr.Dataset) -> xr.Dataset:
    """Intervals of accuracy and joules, and the part of each measurement in them.

    Parameters
    ----------
    dataset : xarray.Dataset
        What `posterior_study(...).run()` returned, or its `study.nc`.

    Returns
    -------
    xarray.Dataset
        Dimension `measurement`, sources of the card, with their words in `what`. For each quantity q (`accuracy` [1],
        `training_energy`, `inference_energy` [J]) `q_mean` over the cards that have everything drawn, `q_mean_error` of
        it because of chips and seeds, `q_low` and `q_high` (95 %), `q_estimate` of the card itself, `q_deviation`
        between cards and `q_most`, which it does not exceed with 95 %, `q_single`, the deviation of one training;
        `q_variance` and `q_variance_error`, `q_part` and `q_part_error` (measurement), `q_rest` and `q_rest_error`, in
        the square of the unit. `q_part_most` is as `q_most`, and `q_resolved` and `q_part_resolved` say with 1 or 0
        whether cards differ more than chips and seeds explain. Attribute `next` is the experiment to do next, in words.

    Raises
    ------
    ResultError
        If it is no result of such a study.
    UsageError
        If too few points are done.
    """
    import xarray as xr

    said = drawn(dataset)
    of = np.array(said.of)
    found = {name: _split(values, of, said) for name, values in summary.finals(dataset).items()}
    variables: dict[str, Any] = {}
    for name, split in found.items():
        variables |= _variables(name, split)
    coordinates = {
        "measurement": ("measurement", list(said.measurements), {"units": "1", "long_name": "source on the card"}),
        "what": ("measurement", list(said.measurements.values()), {"units": "1", "long_name": "measurement"}),
    }
    whole, parts = found["accuracy"][ALL], {name: found["accuracy"][name] for name in said.measurements}
    joules = found["training_energy"]
    sentences = (
        advice(whole, parts, said.measurements, int(np.prod(dataset["state"].shape[-2:]))),
        of_joules(joules[ALL], {name: joules[name] for name in said.measurements}, said.measurements),
    )
    attrs = {
        "title": str(dataset.attrs.get("title", "")),
        "next": " ".join(sentences).strip(),
        "cards": whole.cards,
        "refused": json.dumps(said.refused),
        "assumed": json.dumps(said.assumed),
        "device": str(dataset.attrs.get("device", "")),
    }
    return xr.Dataset(variables, coordinates, attrs)


def drawn(dataset: xr.Dataset) -> Drawn:
    """What is drawn where in a result.

    Raises
    ------
    ResultError
        If it is none of a study of fitted errors.
    """
    text = dataset.attrs.get("posterior")
    if text is None:
        raise ResultError("is no study of fitted errors: make one with analogep study CARD --posterior N")
    return Drawn.model_validate_json(text)


def _split(values: np.ndarray, of: np.ndarray, said: Drawn) -> dict[str, Components]:
    """Components of all cards, of each measurement, and the card itself (`estimate`)."""
    out = {ALL: components(values[of == ALL])}
    for name in said.measurements:
        out[name] = components(values[of == name]) if len(said.measurements) > 1 else out[ALL]
    itself = float(np.nanmean(values[of == ESTIMATE])) if np.isfinite(values[of == ESTIMATE]).any() else math.nan
    return out | {ESTIMATE: Components(1, itself, 0.0, 0.0, 0.0, 0.0, 0.0, False)}


def _variables(name: str, split: Mapping[str, Components]) -> dict[str, Any]:
    """Variables of one quantity."""
    unit, words = QUANTITIES[name]
    square = "1" if unit == "1" else f"{unit}^2"
    whole = split[ALL]
    parts = [one for key, one in split.items() if key not in (ALL, ESTIMATE)]
    low, high = whole.interval
    rest = whole.between - sum(one.between for one in parts)
    of_rest = math.hypot(whole.error, *(one.error for one in parts)) if len(parts) > 1 else 0.0
    numbers = {
        "mean": (whole.mean, f"{words}, mean of drawn cards"),
        "mean_error": (whole.mean_error, "standard error of the mean because of chips and seeds"),
        "low": (low, "lower end of the 95 % interval because of what was not measured"),
        "high": (high, "upper end of the 95 % interval because of what was not measured"),
        "estimate": (split[ESTIMATE].mean, f"{words}, of the card as it is"),
        "deviation": (whole.deviation, "standard deviation because of what was not measured"),
        "most": (whole.most, "what this standard deviation does not exceed with 95 %"),
        "single": (whole.single, "standard deviation of one training of one card"),
    }
    squares = {
        "variance": (whole.between, "variance because of what was not measured"),
        "variance_error": (whole.error, "standard error of this variance"),
        "rest": (rest if len(parts) > 1 else 0.0, "variance that is of no measurement alone"),
        "rest_error": (of_rest, "standard error of this variance, at most"),
    }
    out: dict[str, Any] = {
        f"{name}_{key}": ((), value, {"units": known, "long_name": text})
        for entries, known in ((numbers, unit), (squares, square))
        for key, (value, text) in entries.items()
    }
    for key, text, values in (
        ("part", "variance because of one measurement", [one.between for one in parts]),
        ("part_error", "standard error of this variance", [one.error for one in parts]),
    ):
        out[f"{name}_{key}"] = ("measurement", values, {"units": square, "long_name": text})
    most = [one.most for one in parts]
    text = "standard deviation because of one measurement that is not exceeded with 95 %"
    out[f"{name}_part_most"] = ("measurement", most, {"units": unit, "long_name": text})
    seen = [float(one.resolved) for one in parts]
    text = "whether cards differ by it more than chips and seeds explain"
    out[f"{name}_part_resolved"] = ("measurement", seen, {"units": "1", "long_name": text})
    out[f"{name}_resolved"] = ((), float(whole.resolved), {"units": "1", "long_name": text.replace("by it ", "")})
    return out
