"""Which beta: accuracy against nudging strength and read noise, for the centered and the one-sided estimator.

    python studies/finite_beta.py [--seeds 2] [--epochs 8] [--workers 2] [--figure FILE] [--keep]

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
from typing import TYPE_CHECKING

import numpy as np
import stored
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

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


def result(rows: Sequence[tuple[str, float]], accuracy: NDArray[np.float64], epochs: int, seeds: int) -> xr.Dataset:
    """The accuracies (rows, betas) [1], as they are kept."""
    import xarray as xr

    return xr.Dataset(
        {
            "accuracy": (("row", "beta"), accuracy, {"units": "1", "long_name": "test accuracy, mean of seeds"}),
            "estimator": ("row", [name for name, _ in rows]),
            "noise": ("row", [sigma for _, sigma in rows], {"units": "1", "long_name": "of the read voltage"}),
        },
        {"beta": list(BETAS)},
        {"epochs": epochs, "seeds": seeds},
    )


def table(dataset: xr.Dataset) -> str:
    """The table of the README."""
    lines = ["| noise | estimator | beta " + " | ".join(f"{beta:g}" for beta in dataset["beta"].values) + " |"]
    lines.append("| --- | --- |" + " --- |" * dataset.sizes["beta"])
    for name, sigma, values in zip(*(dataset[key].values for key in ("estimator", "noise", "accuracy")), strict=True):
        lines.append(f"| {sigma:g} | {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    return "\n".join(lines)


def draw(dataset: xr.Dataset) -> Figure:
    """One curve per noise level and estimator."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = {0.0: "#000000", 0.03: "#0072B2", 0.1: "#009E73", 0.3: "#D55E00"}
    rows = zip(*(dataset[key].values for key in ("estimator", "noise", "accuracy")), strict=True)
    for name, sigma, values in rows:
        axes.plot(
            dataset["beta"].values, 100 * values, color=colours[float(sigma)],
            linestyle="-" if name == "centered" else "--", marker="o" if name == "centered" else "s",
            label=f"{name}, noise {sigma:g}",
        )  # fmt: skip
    axes.set(
        xscale="log",
        xlabel="nudging strength beta (1)",
        ylabel="test accuracy [%]",
        title="Finite beta against read noise (noise in units of the read voltage)",
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def main() -> None:
    """Run the table of both estimators."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--figure", type=Path, help="draw this run into a file of its own")
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    rows = [(name, sigma) for name, sigmas in SIGMAS.items() for sigma in sigmas]
    found = result(rows, sweep(rows, BETAS, parsed.epochs, parsed.seeds, parsed.workers), parsed.epochs, parsed.seeds)
    print(table(found))
    if parsed.figure:
        draw(found).savefig(parsed.figure, dpi=150)
    if parsed.keep:
        command = f"python studies/finite_beta.py --seeds {parsed.seeds} --epochs {parsed.epochs} --keep"
        stored.keep(found, "finite_beta", command)


if __name__ == "__main__":
    main()
