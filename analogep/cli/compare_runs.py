"""Runs side by side: their numbers, and what differs between their cards and seeds."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    import xarray as xr

_WIDEST = 40
_SECONDS = ("seconds_per_training_sample", "seconds_per_inference")
_ATTRIBUTES = ("analogep_version", "device", "circuit", "data", "seeds")


def is_run(given: str) -> bool:
    """Whether an argument means a run rather than a card."""
    return given.endswith(".nc") or os.path.isdir(given)


def run(parsed: argparse.Namespace) -> int:
    """Print the runs' numbers and their differences; draw them if `--save` asks for it.

    Raises
    ------
    UsageError
        If they are more than a figure can show.
    """
    from analogep.cli import show, summary
    from analogep.errors import UsageError
    from analogep.results import together
    from analogep.results.gradients import reasons

    names = _names(parsed.cards)
    path = None if parsed.save is None else show.target(parsed.save, "compare.png", force=parsed.force)
    if path is not None:
        from analogep.plots import MOST_RUNS, runs_compared

        if len(names) > MOST_RUNS:
            raise UsageError(f"--save: a figure tells {MOST_RUNS} runs apart, got {len(names)}; leave --save out")
    found = [_read(given) for given in parsed.cards]
    differing = differences(found)
    if path is not None:
        show.save(runs_compared(together(found, names)), path)
    if parsed.json:
        runs = [{"run": name} | summary.numbers(one) for name, one in zip(names, found, strict=True)]
        print(summary.as_json({"runs": runs, "differences": differing} | ({"figure": str(path)} if path else {})))
        return 0
    print(_numbers(names, found))
    for name, one in zip(names, found, strict=True):
        for sentence in reasons(one):
            print(f"{name}: {sentence}")
    print(_differences(names, differing) if differing else "the same cards, overrides, data and seeds")
    if path is not None:
        print(f"figure: {path}")
    return 0


def _names(given: Sequence[str]) -> list[str]:
    """Names of the runs: their folders', with as much of the path in front as tells them apart."""
    from analogep.errors import UsageError
    from analogep.run import RESULT

    paths = [Path(one).parent if Path(one).name == RESULT else Path(one) for one in given]
    twice = {path for path in paths if [other.resolve() for other in paths].count(path.resolve()) > 1}
    if twice:
        raise UsageError(f"{min(twice)}: is given twice; compare needs runs that differ")
    parts = [path.resolve().parts for path in paths]
    depth = 1
    while len({part[-depth:] for part in parts}) < len(parts):
        depth += 1
    return ["/".join(part[-depth:]) for part in parts]


def _read(given: str) -> xr.Dataset:
    """Result of a run.

    Raises
    ------
    ResultError
        If there is none, it is another kind of file, or it holds what no run leaves behind.
    """
    from analogep import results
    from analogep.run import RESULT

    path = Path(given)
    return results.read_run(path / RESULT if path.is_dir() else path)


def differences(runs: Sequence[xr.Dataset]) -> dict[str, list[str]]:
    """Return what differs: keys of the cards as they were used, names of cards and data, seeds, version.

    Between different cards only their names are told: all of their keys would bury the rest.
    """
    from analogep.report import provenance

    out = {}
    for name in _ATTRIBUTES:
        values = [str(run.attrs[name]) for run in runs]
        if len(set(values)) > 1:
            out[name.removeprefix("analogep_")] = values
    for kind in ("device", "circuit"):
        if kind not in out:
            used = [provenance.settings(run.attrs, kind) for run in runs]
            for key in dict.fromkeys(key for settings in used for key in settings):
                values = [settings.get(key, "–") for settings in used]
                if len(set(values)) > 1:
                    out[key] = values
        else:
            values = ["; ".join(provenance.overrides_of(run.attrs, kind)) or "–" for run in runs]
            if len(set(values)) > 1:
                out[f"--set, {kind}"] = values
    return out


def _numbers(names: Sequence[str], runs: Sequence[xr.Dataset]) -> str:
    """A row a run."""
    from analogep.cli import summary

    joules, seconds = ("J/training", "J/inference"), ("s/training", "s/inference")
    found = [summary.numbers(run) for run in runs]
    held = any("validation_accuracy" in said for said in found)
    heads = ("run", "test accuracy", "95 % interval", *["validation"] * held)
    heads = (*heads, "epochs", *joules, *seconds, "cosine", "pulses", "unknown")
    return _aligned([heads, *(_row(name, said, held) for name, said in zip(names, found, strict=True))])


def _row(name: str, said: dict[str, Any], held: bool) -> tuple[str, ...]:
    """Numbers of a run; the interval is for other samples like its test samples, on this one chip."""
    from analogep.results.gradients import NONE
    from analogep.units import format_si, spoken

    joules = [float(f"{said[f'joules_per_{kind}']:.3g}") for kind in ("training_sample", "inference")]
    low, high = (100 * end for end in said["accuracy_interval"])
    validation = f"{100 * said['validation_accuracy']:.2f} %" if "validation_accuracy" in said else "–"
    return (
        name,
        f"{100 * said['accuracy']:.2f} %",
        f"{low:.1f} to {high:.1f} %",
        *[validation] * held,
        str(said["epochs"]),
        *(format_si(value, "J") for value in joules),
        *(spoken(said[key]) if key in said else "–" for key in _SECONDS),
        " / ".join(f"{value:.3f}" if math.isfinite(value) else NONE for value in said["cosine"]),
        f"{said['pulses_per_training_sample']:.3g}",
        "-" if said["unknown"] is None else str(len(said["unknown"])),
    )


def _differences(names: Sequence[str], differing: dict[str, list[str]]) -> str:
    """A row a setting, a column a run."""
    return "\n" + _aligned([("what differs", *names), *((key, *values) for key, values in differing.items())])


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns two spaces apart; what is longer than a column may be ends in dots."""
    short = [[cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 3]}..." for cell in row] for row in rows]
    widths = [max(len(row[k]) for row in short) for k in range(len(short[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in short)
    return "\n".join(line.rstrip() for line in lines)
