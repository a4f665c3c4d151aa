"""Which update rule serves a device best: accuracy, pulses and joules on the digits, five seeds each.

    python studies/update_rules.py [--seeds 5] [--workers 2] [--figure studies/figures/update_rules.png]

Prints the table of the README and draws accuracy against the joules of training. Every run uses the circuit card
`digits` as it is; only the device and its update rule change.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CASES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ideal", "stochastic (card's default)", ()),
    ("ecram", "stochastic (card's default)", ()),
    ("rram", "closed loop (card's default)", ()),
    ("rram", "mixed precision, threshold 8", ("update={rule: mixed_precision, threshold: 8}",)),
    ("rram", "stochastic", ("update.rule=stochastic",)),
)


@dataclass(frozen=True)
class Outcome:
    """Numbers of one run."""

    accuracy: float
    pulses: float
    training: float
    inference: float
    programming: float
    cosine: float


def one(job: tuple[str, tuple[str, ...], int]) -> Outcome:
    """Train once."""
    from analogep import CircuitCard, DeviceCard, Run

    device, overrides, seed = job
    dataset = Run(DeviceCard.load(device), CircuitCard.load("digits", overrides), seed=seed).execute()
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


def outcomes(seeds: Sequence[int], workers: int | None) -> dict[tuple[str, str], list[Outcome]]:
    """All cases on all seeds."""
    jobs = [(device, sets, seed) for (device, _, sets), seed in itertools.product(CASES, seeds)]
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(one, jobs))
    count = len(seeds)
    return {(device, rule): found[k * count : (k + 1) * count] for k, (device, rule, _) in enumerate(CASES)}


def table(results: dict[tuple[str, str], list[Outcome]]) -> str:
    """Markdown table: mean over seeds, worst seed."""
    from analogep.units import format_si

    rows = [
        "| device | update rule | accuracy, mean of seeds (worst) | pulses per training sample "
        "| joules per training sample | of these for pulses and verify reads | joules per inference |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (device, rule), found in results.items():
        accuracy = np.array([outcome.accuracy for outcome in found])
        pulses = np.mean([outcome.pulses for outcome in found])
        joules = [
            format_si(float(f"{np.mean([getattr(outcome, name) for outcome in found]):.3g}"), "J")
            for name in ("training", "programming", "inference")
        ]
        rows.append(
            f"| {device} | {rule} | {100 * accuracy.mean():.2f} % ({100 * accuracy.min():.1f} %) | {pulses:.3g} | "
            + " | ".join(joules)
            + " |"
        )
    return "\n".join(rows)


def draw(results: dict[tuple[str, str], list[Outcome]], path: Path) -> None:
    """Accuracy of every seed against the joules of pulses and reads per training sample."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    figure = Figure(figsize=(7, 4.3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = ("#0072B2", "#009E73", "#D55E00", "#E69F00", "#CC79A7")
    for (device, rule), colour, marker in zip(results, colours, "os^Dv", strict=False):
        found = results[device, rule]
        axes.plot(
            [outcome.programming for outcome in found],
            [100 * outcome.accuracy for outcome in found],
            linestyle="none", marker=marker, color=colour, label=f"{device}, {rule.split(' (')[0]}",
        )  # fmt: skip
    axes.set(
        xscale="log",
        xlabel="energy of pulses and verify reads per training sample",
        ylabel="accuracy on held-out digits (%)",
        title="EP on 8x8 digits, 64-128-10: one marker per seed",
    )
    axes.xaxis.set_major_formatter(EngFormatter("J"))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Run all cases on all seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--figure", type=Path)
    parsed = parser.parse_args()
    results = outcomes(range(parsed.seeds), parsed.workers)
    print(table(results))
    if parsed.figure:
        draw(results, parsed.figure)


if __name__ == "__main__":
    main()
