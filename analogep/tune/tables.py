"""Tables of a search for settings: the front, and the knobs; as CSV in SI units, and for people."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from analogep.results.interval import with_half
from analogep.tune.objectives import OBJECTIVES
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr


def shown(found: xr.Dataset) -> list[str]:
    """Objectives that are always shown, and what else was asked for."""
    return list(dict.fromkeys(["accuracy", "joules", "inference", *json.loads(found.attrs["objectives"])]))


def _csv(rows: list[list[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def _ordered(found: xr.Dataset) -> list[int]:
    """Numbers of the trials, those with the fewest joules first."""
    return [int(number) for number in found["trial"].values[found["joules"].values.argsort(kind="stable")]]


def front(found: xr.Dataset) -> str:
    """Every trial that was trained to the end: shares of 1, joules, half 95 % intervals, and its settings."""
    chosen = json.loads(found.attrs["chosen"])
    names = found["knob"].values.tolist()
    numbers = [key for name in OBJECTIVES if name in found for key in (name, f"{name}_ci")]
    rows: list[list[Any]] = [["trial", "on_front", "is_card", *numbers, *names]]
    for number in _ordered(found):
        one = found.sel(trial=number)
        values = ["" if math.isnan(float(one[name])) else f"{float(one[name]):.6g}" for name in numbers]
        settings = [chosen[str(number)].get(name) for name in names]
        rows.append([number, int(one["front"]), int(one["card"]), *values, *settings])
    return _csv(rows)


def knobs(found: xr.Dataset) -> str:
    """Every knob: value of the card and of the best trial, values within a point, importance for each objective."""
    shares = [str(name) for name in found.data_vars if str(name).startswith("importance_")]
    best = json.loads(found.attrs["chosen"])[str(found.attrs["best"])]
    given, units = json.loads(found.attrs["given"]), json.loads(found.attrs["units"])
    rows: list[list[Any]] = [["knob", "card", "best", "within_a_point", *shares]]
    for k, name in enumerate(found["knob"].values.tolist()):
        values = [float(found[share].values[k]) for share in shares]
        unit = units[name]
        ends = json.loads(str(found["tolerated"].values[k]))
        joint = " to " if all(isinstance(one, float | int) for one in ends) else ", "
        within = joint.join(_plain(one, unit) for one in ends)
        numbers = ["" if math.isnan(one) else f"{one:.4f}" for one in values]
        rows.append([name, _plain(given[name], unit), _plain(best[name], unit), within, *numbers])
    return _csv(rows)


def trials(found: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the trials that nothing is better than, for people."""
    names = shown(found)
    rows = []
    for number in (one for one in _ordered(found) if bool(found["front"].sel(trial=one))):
        one = found.sel(trial=number)
        accuracy = f"{with_half(float(one['accuracy']), float(one['accuracy_ci']))} %"
        costs = [OBJECTIVES[name].said(float(one[name])) for name in names[1:]]
        mark = "the card as it is" if bool(one["card"]) else ""
        rows.append([str(number), accuracy, *costs, "best" if number == found.attrs["best"] else mark])
    return ["front: trial", *(OBJECTIVES[name].words for name in names), ""], rows


def settings(found: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the knobs, for people."""
    heads, *parts = csv.reader(io.StringIO(knobs(found)))
    rows = [[*part[:4], *(f"{100 * float(one):.0f} %" if one else "-" for one in part[4:])] for part in parts]
    return ["knob", "card", "best", "within a point of the best", *(_said(head) for head in heads[4:])], rows


def text(found: xr.Dataset) -> list[str]:
    """Both tables, for people: of the trials those that nothing is better than, of the knobs all."""
    both = [_table([heads, *rows]) for heads, rows in (trials(found), settings(found))]
    return [*both[0], "  (+- is half of the 95 % interval of the mean of the seeds of the search)", "", *both[1]]


def _said(head: str) -> str:
    return f"matters to {head.removeprefix('importance_')}"


def _plain(value: object, unit: str) -> str:
    if value is None:
        return "null"
    return format_si(value, unit) if isinstance(value, float) else str(value)


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
