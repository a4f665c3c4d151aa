"""What a search found, as one Dataset: figures, tables, cards and the answer in words read only that."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep.cards import record
from analogep.circuit.tunable import BANDWIDTHS
from analogep.errors import ResultError
from analogep.results import circumstances
from analogep.tune.choice import Wish, choose, finalists, front
from analogep.tune.objectives import OBJECTIVES
from analogep.tune.search import CARD, Search

if TYPE_CHECKING:
    import xarray as xr

    from analogep.tune.store import Store, Tried

LEVEL: Final = 0.95
TUNED: Final = "tune.nc"
"""File of a search in its folder."""


def half_interval(values: Any) -> float:
    """Half of the 95 % interval of a mean, t_{n-1} s/sqrt(n).

    Parameters
    ----------
    values : array_like (n,) [any unit]
        Independent numbers; fewer than two give no interval, which is NaN.
    """
    from scipy.special import stdtrit

    given = np.asarray(values, dtype=np.float64)
    if given.size < 2:
        return math.nan
    return float(stdtrit(given.size - 1, 0.5 + 0.5 * LEVEL) * given.std(ddof=1) / math.sqrt(given.size))


def found(search: Search, store: Store, wish: Wish | None = None) -> xr.Dataset:
    """The trials that were trained to the end, the best of them and the card's own settings with fresh seeds.

    Parameters
    ----------
    search : Search
    store : Store
    wish : Wish or None

    Raises
    ------
    ResultError
        If no trial was trained to the end.
    """
    import xarray as xr

    tried = store.trials()
    ended = finalists(tried)
    if not ended:
        problem = next((one.problem for one in tried if one.problem), "")
        reason = f"of {len(tried)} trials none was trained to the end" + (f"; {problem}" if problem else "")
        raise ResultError(f"{store.place}: {reason}; give more --minutes, or fewer epochs")
    best = choose(ended, search.objectives, wish or Wish())
    kept = {one.number for one in front(ended, _compared(search))}
    variables: dict[str, Any] = {}
    for name, one in OBJECTIVES.items():
        values = np.array([trial.last.get(name, math.nan) for trial in ended])
        half = np.array([half_interval(trial.last["seeds"].get(name, ())) for trial in ended])
        about = {"units": one.unit or "1", "long_name": f"{one.words}, mean of the seeds of the search"}
        variables[name] = ("trial", values, about)
        variables[f"{name}_ci"] = ("trial", half, about | {"long_name": f"half of the 95 % interval of {one.words}"})
    variables["front"] = ("trial", np.array([trial.number in kept for trial in ended]), {"long_name": "on the front"})
    variables["card"] = (
        "trial",
        np.array([trial.is_card for trial in ended]),
        {"long_name": "the card's own settings"},
    )
    variables |= _confirmed(search, store, best) | _knobs(search, tried, ended)
    coordinates = {"trial": [one.number for one in ended], "which": ["card", "best"], "seed": list(search.fresh)}
    coordinates["knob"] = [knob.name for knob in search.knobs.all]
    return xr.Dataset(variables, coordinates, _attributes(search, tried, ended, best))


def _compared(search: Search) -> tuple[str, ...]:
    """Objectives of the front: joules where only accuracy was asked for."""
    return search.objectives if len(search.objectives) > 1 else ("accuracy", "joules")


def _confirmed(search: Search, store: Store, best: Tried) -> dict[str, Any]:
    """Numbers with fresh seeds, of the card and of the best trial (2, seeds); NaN where they are not known."""
    out: dict[str, Any] = {}
    for name, one in OBJECTIVES.items():
        rows = []
        for number in (CARD, best.number):
            kept, nothing = store.confirmed(number), [math.nan] * len(search.fresh)
            rows.append(nothing if kept is None else kept["seeds"].get(name, nothing))
        about = {"units": one.unit or "1", "long_name": f"{one.words}, with seeds that no trial had"}
        out[f"confirmed_{name}"] = (("which", "seed"), np.array(rows), about)
    return out


def _knobs(search: Search, tried: list[Tried], ended: list[Tried]) -> dict[str, Any]:
    """Importance of each knob, by objectives of the search; NaN where there are too few trials."""
    from analogep.tune.importance import shares, tolerated

    knobs, out = search.knobs.all, {}
    for name, share in shares(tried, knobs, search.objectives).items():
        values = np.array([share.get(knob.name, math.nan) for knob in knobs])
        words = f"share of a knob in what {OBJECTIVES[name].words} depends on, on the first rung"
        out[f"importance_{name}"] = ("knob", values, {"units": "1", "long_name": words})
    ranges = [json.dumps(list(dict.fromkeys(map(knob.rounded, tolerated(ended, knob.name))))) for knob in knobs]
    words = "values among the trials within a point of the most accurate one"
    out["tolerated"] = ("knob", np.array(ranges, dtype=object), {"long_name": words})
    return out


def _attributes(search: Search, tried: list[Tried], ended: list[Tried], best: Tried) -> dict[str, Any]:
    training, validation = search.data.part_digests
    settings = {str(one.number): search.knobs.settings(one.chosen) for one in ended}
    return {
        "title": f"{search.device.name} in {search.circuit.name} on {search.data.name}: settings that were found",
        "analogep_version": search.identity()["version"],
        **circumstances.made_by(),
        **record.recorded(search.device),
        **record.recorded(search.circuit),
        "citations": json.dumps([*(one.cite for one in search.device.sources.values()), search.data.citation]),
        "device": search.device.name,
        "circuit": search.circuit.name,
        "device_digest": search.device.digest,
        "circuit_digest": search.circuit.digest,
        "data": search.data.name,
        "data_seed": search.seed,
        "training_digest": training,
        "validation_digest": validation,
        "train_samples": len(search.data.train_y),
        "validation_samples": len(search.data.test_y),
        "objectives": json.dumps(search.objectives),
        "trials": len(tried),
        "finalists": len(ended),
        "best": best.number,
        "chosen": json.dumps(
            {
                str(one.number): {knob.name: knob.rounded(one.chosen[knob.name]) for knob in search.knobs.all}
                for one in ended
            }
        ),
        "units": json.dumps({knob.name: knob.unit for knob in search.knobs.all}),
        "settings": json.dumps(settings),
        "said": json.dumps({number: _said(search, changes) for number, changes in settings.items()}),
        "given": json.dumps({knob.name: knob.given for knob in search.knobs.all}),
        "search_seeds": json.dumps([search.seed + k for k in range(search.seeds)]),
    }


def _said(search: Search, changes: dict[str, Any]) -> list[str]:
    """Settings as `key=value` with the units of the card, without what follows them."""
    if not changes:
        return []
    follow = {"adc.rate", *BANDWIDTHS, *(key for knob in search.knobs.all for key, _ in knob.along)}
    chosen = {key: value for key, value in changes.items() if key not in follow}
    return [text for text in search.circuit.changed(chosen).changes if text not in search.circuit.changes]
