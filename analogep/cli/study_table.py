"""What `analogep study` prints of a study that is done, or as far as it is."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analogep.cli.numbers import finite
from analogep.device.unknown import told

if TYPE_CHECKING:
    import xarray as xr

    from analogep.study import StudyCard
    from analogep.study.summary import Row, Spread

_MOST_ROWS = 60
_MOST_FAILURES = 40


def answer(parsed: argparse.Namespace, card: StudyCard, dataset: xr.Dataset, folder: Path) -> None:
    """Print what a study found: tables, or JSON, what failed, and where it was written."""
    from analogep.study import recorded, summary
    from analogep.study.point import described

    rows = list(summary.combinations(card, dataset))
    spread = None if card.axes else summary.spread(dataset)
    failed = json.loads(dataset.attrs["failed"])
    if parsed.json:
        about = {
            "folder": str(folder),
            "accuracy_of": recorded.judged_by(dataset),
            "not_run": int(dataset.attrs["not_run"]),
            "failed": failed,
        }
        more = {} if spread is None else {"spread": _spread_json(spread)}
        print(json.dumps(about | {"rows": [finite(vars(row)) for row in rows]} | more, allow_nan=False))
        return
    if parsed.quiet:
        return
    unknown = json.loads(dataset.attrs.get("unknown", "{}"))
    tables = [rows] if len(rows) <= _MOST_ROWS else list(summary.margins(card, dataset))
    part = recorded.judged_by(dataset)
    for table in tables:
        _print_rows(table, part, unknown, card.device)
    if spread is not None and spread.done > 1:
        _print_spread(spread)
    if "aged_accuracy" in dataset:
        _print_aged(card, dataset)
    for one in failed[:_MOST_FAILURES]:
        print(f"failed: {described(one)}: {one['reason']}")
    if len(failed) > _MOST_FAILURES:
        print(f"and {len(failed) - _MOST_FAILURES} more failed, all listed in the result's attribute 'failed'")
    left = int(dataset.attrs["not_run"])
    if parsed.shard and left:
        print(f"part {parsed.shard[0]} of {parsed.shard[1]} is done; {left} points of other parts are missing in "
              f"{folder}")  # fmt: skip
    else:
        print(f"written to {folder / 'study.nc'}")


def _spread_json(spread: Spread) -> dict[str, Any]:
    levels = {name: finite(spread.levels(name)) for name in ("accuracy", "training", "inference")}
    return {"over": spread.over, "number": spread.done, **levels}


_NUMBERS = ["accuracy", "per training sample", "per inference"]
_TIMES = ["time per sample", "latency"]


def _print_rows(rows: Sequence[Row], part: str, unknown: dict[str, list[str]], device: str | None) -> None:
    """Rows of numbers, and beside those of a device how many of its quantities no source gives."""
    lines = [[*rows[0].said, f"{part} {_NUMBERS[0]}", *_NUMBERS[1:], *_TIMES, "points", "unknown"]]
    for row in rows:
        spread = "" if math.isnan(row.error) else f" +- {100 * row.error:.2f}"
        accuracy = "-" if math.isnan(row.accuracy) else f"{100 * row.accuracy:.2f}{spread} %"
        failed = f", {row.failed} failed" if row.failed else ""
        joules = [_joules(row.training), _joules(row.inference)]
        times = [_seconds(row.training_seconds), _seconds(row.latency)]
        silent = unknown.get(row.said.get("device", device or ""))
        known = "-" if silent is None else told(silent)
        lines.append([*row.said.values(), accuracy, *joules, *times, f"{row.done}{failed}", known])
    _print(lines)


def _print_spread(spread: Spread) -> None:
    """How chips or seeds differ, quartile by quartile, each number by itself."""
    accuracy, training, inference = (spread.levels(name) for name in ("accuracy", "training", "inference"))
    lines = [[f"of {spread.done} {spread.over}", *_NUMBERS]]
    for name, value in accuracy.items():
        lines.append([name, _share(value), _joules(training[name]), _joules(inference[name])])
    _print(lines)


def _print_aged(card: StudyCard, dataset: xr.Dataset) -> None:
    """Accuracy as trained chips age, a row for each combination of axis values."""
    import numpy as np

    from analogep.study.crossing import time

    ages = [time(float(age)) for age in dataset["age"].values]
    mean = dataset["aged_accuracy"].mean(("chip", "seed")).values
    lines = [[*(axis.name for axis in card.axes), *ages]]
    for index in list(np.ndindex(mean.shape[:-1]))[:_MOST_ROWS]:
        said = [", ".join(axis.at(place).values()) for axis, place in zip(card.axes, index, strict=True)]
        lines.append([*said, *map(_share, mean[index])])
    print("accuracy this long after training:")
    _print(lines)


def _share(value: float) -> str:
    return f"{100 * value:.2f} %" if math.isfinite(value) else "-"


def _joules(value: float) -> str:
    from analogep.units import format_si

    return format_si(value, "J") if math.isfinite(value) else "-"


def _seconds(value: float) -> str:
    from analogep.units import spoken

    return spoken(value) if math.isfinite(value) else "-"


def _print(lines: Sequence[Sequence[str]]) -> None:
    """A table with columns as wide as they need to be."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
    print()
