"""What the studies on the bundled digits share: one run, its numbers, all cases on all seeds, a table."""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

Case = tuple[str, tuple[str, ...]]
"""Device card, and overrides of either card in the form `device.key=value` or `circuit.key=value`."""


@dataclass(frozen=True)
class Outcome:
    """Numbers of one run.

    Attributes
    ----------
    accuracy : float
        Share of test samples classified correctly after the last epoch [1].
    pulses : float
        Per training sample [1].
    training, inference, programming : float
        Joules per training sample, per inference, and of the former those of pulses and verify reads [J].
    cosine : float
        Of the first layer's gradient with the exact one, last epoch [1].
    """

    accuracy: float
    pulses: float
    training: float
    inference: float
    programming: float
    cosine: float


def one(job: tuple[Case, int]) -> Outcome:
    """Train once."""
    from analogep import CircuitCard, DeviceCard, Run

    (device, overrides), seed = job
    sets: dict[str, list[str]] = {"device": [], "circuit": []}
    for text in overrides:
        kind, _, rest = text.partition(".")
        sets[kind].append(rest)
    cards = DeviceCard.load(device, sets["device"]), CircuitCard.load("digits", sets["circuit"])
    dataset = Run(*cards, seed=seed).execute()
    samples = dataset.attrs["train_samples"]
    writing = dataset["energy"].sel(phase=["update", "verify"]).drop_sel(component="digital")
    return Outcome(
        accuracy=float(dataset["accuracy"][-1]),
        pulses=float(dataset["pulses"].sum("layer").mean()) / samples,
        training=float(dataset["training_energy"].mean()),
        inference=float(dataset["inference_energy"][-1]),
        programming=float(writing.sum(("component", "phase")).mean()) / samples,
        cosine=float(dataset["cosine"].isel(layer=0)[-1]),
    )


def outcomes(cases: Sequence[Case], seeds: Sequence[int], workers: int | None) -> list[list[Outcome]]:
    """All cases on all seeds: for each case one outcome a seed."""
    jobs = list(itertools.product(cases, seeds))
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(one, jobs))
    return [found[k : k + len(seeds)] for k in range(0, len(found), len(seeds))]


def mean(found: Sequence[Outcome]) -> Outcome:
    """Mean over seeds of every number."""
    return Outcome(*(float(np.mean([getattr(one, field.name) for one in found])) for field in fields(Outcome)))


def joules(value: float) -> str:
    """Three digits with a prefix: `21.9 nJ`."""
    from analogep.units import format_si

    return format_si(float(f"{value:.3g}"), "J")


def table(heads: Sequence[str], rows: Sequence[tuple[Sequence[str], Sequence[Outcome]]]) -> str:
    """Markdown table: own columns of a row, then accuracy (mean and worst seed), pulses and joules."""
    titles = [
        *heads, "accuracy, mean of seeds (worst)", "pulses per training sample", "joules per training sample",
        "of these for pulses and verify reads", "joules per inference",
    ]  # fmt: skip
    lines = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    for own, found in rows:
        average, worst = mean(found), min(outcome.accuracy for outcome in found)
        cells = [
            *own, f"{100 * average.accuracy:.2f} % ({100 * worst:.1f} %)", f"{average.pulses:.3g}",
            joules(average.training), joules(average.programming), joules(average.inference),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


Rows = Sequence[tuple[Sequence[str], Sequence[Outcome]]]
"""Words of each row of a table, and its outcomes, one a seed."""


def dataset(rows: Rows) -> xr.Dataset:
    """What a study keeps: words (row, word), and numbers (row, seed) in the units of `Outcome`."""
    import xarray as xr

    numbers = {
        field.name: (("row", "seed"), np.array([[getattr(one, field.name) for one in found] for _, found in rows]))
        for field in fields(Outcome)
    }
    return xr.Dataset({"words": (("row", "word"), np.array([list(own) for own, _ in rows], dtype=object)), **numbers})


def rows_of(kept: xr.Dataset) -> Rows:
    """The rows that `dataset` made it of."""
    return [
        (
            tuple(map(str, kept["words"].values[k])),
            [Outcome(*(float(kept[field.name][k, n]) for field in fields(Outcome))) for n in range(kept.sizes["seed"])],
        )
        for k in range(kept.sizes["row"])
    ]


def options(doc: str | None, seeds: int) -> argparse.ArgumentParser:
    """Options that all studies have; `doc` is the study's docstring, `seeds` its number of seeds."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0] if doc else None)
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--figure", type=Path)
    return parser


def save(figure: Any, path: Path) -> None:
    """Write a figure as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
