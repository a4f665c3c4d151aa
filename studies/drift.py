"""How long does a trained network last? The study `drift`, with its accuracies kept.

    python studies/drift.py [--workers 2] [--keep]

Each technology whose card has a retention law is trained and tested again after a second, an hour, a day, a month, a
year and ten (`drift.yaml`, which `analogep study drift` runs too). Draws the figure of docs/results/devices.md: means
and 95 % intervals of the seeds.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

import curves
import numpy as np
import stored

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def result(found: xr.Dataset) -> xr.Dataset:
    """What is kept of a study: test accuracy (device, age, seed) [1], ages [s]."""
    import xarray as xr

    accuracy = found["aged_accuracy"].isel(chip=0).transpose("device", "age", "seed")
    return xr.Dataset(
        {"accuracy": (("device", "age", "seed"), accuracy.values, {"units": "1"})},
        {"device": [str(name) for name in found["device"].values], "age": ("age", found["age"].values, {"units": "s"})},
    )


def draw(dataset: xr.Dataset) -> Figure:
    """Mean accuracy with 95 % intervals after each age, a line for each technology."""
    from analogep.study.crossing import time

    ages = dataset["age"].values
    with curves.figure(1) as (figure, (axes,)):
        for k, device in enumerate(dataset["device"].values):
            curves.line(axes, np.arange(len(ages)), 100.0 * dataset["accuracy"].values[k], k, str(device))
        axes.set(xlabel="time since training, not to scale", ylabel="test accuracy [%]")
        axes.set_xticks(range(len(ages)), [time(float(age)) for age in ages])
        curves.finish(figure, f"mean and 95 % interval of {dataset.sizes['seed']} seeds")
    return figure


def main() -> None:
    """Train, print, keep."""
    from analogep import Study
    from analogep.study.card import StudyCard

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    card = StudyCard.load(Path(__file__).with_name("drift.yaml"))
    found = result(Study(card).run(store=False, workers=parsed.workers))
    for k, device in enumerate(found["device"].values):
        print(device, *(f"{value:.1f}" for value in 100.0 * found["accuracy"].values[k].mean(axis=-1)))
    if parsed.keep:
        stored.keep(found, "drift", "python studies/drift.py --keep")


if __name__ == "__main__":
    main()
