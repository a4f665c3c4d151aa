"""`analogep study CARD --posterior N`: which study that is, and what is printed of it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analogep.cli.numbers import finite

if TYPE_CHECKING:
    import xarray as xr

    from analogep.study import Study


def study_of(parsed: argparse.Namespace, given: Mapping[str, Any]) -> Study:
    """The study that the command asks for.

    Raises
    ------
    UsageError
        If there is no device card, or options do not fit.
    """
    from analogep.device import DeviceCard
    from analogep.errors import UsageError
    from analogep.study import StudyCard, posterior_study

    name = parsed.device
    if name is None:
        raise UsageError("--posterior: which card? Give one that 'analogep fit' wrote")
    if name in StudyCard.names() and name not in DeviceCard.names() and not Path(name).is_file():
        raise UsageError(f"--posterior: {name} is a study; give a device card that 'analogep fit' wrote")
    for option in ("vary", "target"):
        if option in given:
            raise UsageError(f"--posterior: goes without --{option}: its axis are the drawn cards")
    return posterior_study(name, parsed.posterior, **given)


def answer(parsed: argparse.Namespace, dataset: xr.Dataset, folder: Path) -> None:
    """Print intervals, the part of each measurement and the experiment to do next; write them beside the study."""
    from analogep import plots, results
    from analogep.cli import figure
    from analogep.study import posterior_parts, told

    left = int(dataset.attrs["not_run"])
    if left:
        if not parsed.quiet:
            print(f"{left} points are missing in {folder}; without --shard the same command runs them and answers")
        return
    found = posterior_parts(dataset)
    path = folder / "posterior.nc"
    results.write(found, path)
    if parsed.figure:
        figure.save(plots.posterior_parts(dataset), parsed.figure)
    if parsed.json:
        print(json.dumps(_plain(found, dataset, folder), allow_nan=False))
        return
    if parsed.quiet:
        return
    cards = int(found.attrs["cards"])
    print(f"because of what was not measured, 95 % (of {cards} drawn cards):")
    for name, words in (
        ("accuracy", "accuracy"),
        ("training_energy", "training sample"),
        ("inference_energy", "inference"),
    ):
        print(f"  {words:<16}  {told.interval(found, name)}")
    print(f"because of chips and seeds, standard deviations, in no interval: {told.scatter(found)}\n")
    _print([told.HEADS, *told.rows(found)])
    for remark in told.remarks(found):
        print(f"note: {remark}")
    print(found.attrs["next"])
    print(f"written to {folder / 'study.nc'} and {path}")


def _print(lines: list[tuple[str, ...]]) -> None:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
    print()


def _plain(found: xr.Dataset, dataset: xr.Dataset, folder: Path) -> dict[str, Any]:
    """All numbers in SI units; null where there is none."""
    numbers: dict[str, Any] = {}
    for name, array in found.data_vars.items():
        numbers[str(name)] = finite(array.values.ravel() if array.ndim else array.values)
    return {
        "folder": str(folder),
        "measurements": dict(zip(map(str, found["measurement"].values), map(str, found["what"].values), strict=True)),
        "next": found.attrs["next"],
        "refused": json.loads(found.attrs["refused"]),
        "assumed": json.loads(found.attrs["assumed"]),
        "failed": json.loads(dataset.attrs["failed"]),
        **numbers,
    }
