"""Which beta: accuracy against nudging strength and read noise, for the centered and the one-sided estimator.

    python studies/finite_beta.py [--seeds 2] [--epochs 8] [--workers 2] [--figure studies/figures/finite_beta.png]

Ideal devices and converters; what the update samples carries Gaussian noise of standard deviation sigma, in units of
the read voltage. Small beta drowns in the noise (variance of the centered estimate sigma^2/2 beta^2), large beta
biases the gradient (beta^2/6 times its third derivative): accuracy is a U turned over, whose best beta moves right as
the noise grows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BETAS = (0.03, 0.1, 0.3, 0.6, 1.0, 2.0)
SIGMAS = {"centered": (0.0, 0.03, 0.1, 0.3), "positive": (0.0, 0.1)}


def one(job: tuple[str, float, float, int, int]) -> float:
    """Accuracy of one run."""
    from analogep import CircuitCard, DeviceCard, Run

    estimator, sigma, beta, epochs, seed = job
    full = CircuitCard.load("digits").mapping.read_voltage
    overrides = [
        f"nudging.estimator={estimator}",
        f"nudging.beta={beta}",
        f"sample_hold.noise={full * sigma} V",
        "adc.bits=null",
        "adc.booked=8",
        f"learning.epochs={epochs}",
    ]
    dataset = Run(DeviceCard.load("ideal"), CircuitCard.load("digits", overrides), seed=seed).execute()
    return float(dataset["accuracy"][-1])


def sweep(
    rows: Sequence[tuple[str, float]], betas: Sequence[float], epochs: int, seeds: int, workers: int | None
) -> NDArray[np.float64]:
    """Mean accuracy (rows, betas) for rows of (estimator, sigma)."""
    jobs = [(name, sigma, beta, epochs, seed) for name, sigma in rows for beta in betas for seed in range(seeds)]
    with ProcessPoolExecutor(workers) as pool:
        accuracy = np.array(list(pool.map(one, jobs)))
    return accuracy.reshape(len(rows), len(betas), seeds).mean(axis=2)


def draw(rows: Sequence[tuple[str, float]], accuracy: NDArray[np.float64], path: Path) -> None:
    """One curve per noise level and estimator."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = {0.0: "#000000", 0.03: "#0072B2", 0.1: "#009E73", 0.3: "#D55E00"}
    for (name, sigma), values in zip(rows, accuracy, strict=True):
        axes.plot(
            BETAS, 100 * values, color=colours[sigma], linestyle="-" if name == "centered" else "--",
            marker="o" if name == "centered" else "s", label=f"{name}, noise {sigma:g}",
        )  # fmt: skip
    axes.set(
        xscale="log",
        xlabel="nudging strength beta (1)",
        ylabel="accuracy on held-out digits (%)",
        title="Finite beta against read noise (noise in units of the read voltage)",
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Run the table of both estimators."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--figure", type=Path)
    parsed = parser.parse_args()
    rows = [(name, sigma) for name, sigmas in SIGMAS.items() for sigma in sigmas]
    accuracy = sweep(rows, BETAS, parsed.epochs, parsed.seeds, parsed.workers)
    print("| noise | estimator | " + "beta " + " | ".join(f"{beta:g}" for beta in BETAS) + " |")
    print("| --- | --- |" + " --- |" * len(BETAS))
    for (name, sigma), values in zip(rows, accuracy, strict=True):
        print(f"| {sigma:g} | {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    if parsed.figure:
        draw(rows, accuracy, parsed.figure)


if __name__ == "__main__":
    main()
