"""Do devices rank here as they do in the published NeuroSim tables? Plain pulses, then the cards' own rules.

    python studies/published_order.py [--seeds 3] [--epochs 10] [--keep]

MLP+NeuroSim trains 400-100-10 on MNIST by backpropagation and writes every update at once (manuals of V2 and V3; the
means of both where both give a number). Here 64-128-10 learns the digits by EP, in three ways:

- plain stochastic pulses and a read-out whose gain is set for a window of one decade, so that a smaller window holds
  smaller weights (range proportional to sqrt(ratio) - 1/sqrt(ratio) below a decade): the device decides all;
- plain pulses and the usual read-out, which maps any window onto the same weights;
- the rule that the card recommends: errors of a write are read back, or small gradients are gathered first.

Spearman's rank correlation says how far the order agrees. Runs are kept in --folder, which `chip_library.py` shares.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import stored
from curves import said
from digits import Kept
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

PUBLISHED = {
    "epiram": (91.5, 92.0),
    "fefet": (90.0, 88.0),
    "rram": (80.0,),
    "rram_agsi": (73.0, 72.0),
    "rram_alox_hfo2": (41.0, 20.0),
    "rram_pcmo": (10.0, 33.0),
    "rram_taox_tio2": (10.0,),
}
"""Accuracy on MNIST [%] of the devices whose cards are NeuroSim's parameter sets."""
WAYS = ("plain pulses, fixed gain", "plain pulses, rescaled window", "card's own rule")
PLAIN = {"update": {"rule": "stochastic"}}


def ratio(name: str) -> float:
    """Of the ends of a card's window [1]."""
    from analogep import DeviceCard

    window = DeviceCard.load(name).conductance
    return window.max / window.min


def ways(name: str) -> tuple[dict[str, Any], ...]:
    """Settings of the three ways; from a decade on the first two are the same."""
    root, decade = math.sqrt(ratio(name)), math.sqrt(10.0)
    share = (root - 1.0 / root) / (decade - 1.0 / decade)
    fixed = {**PLAIN, "mapping.weight_range": [0.3 * share, 0.3 * share]} if share < 1.0 else PLAIN
    return fixed, PLAIN, {}


def result(kept: Kept, seeds: int, epochs: int) -> xr.Dataset:
    """Test accuracy (device, way, seed) [1] and the published ones."""
    import xarray as xr

    accuracy = [
        [[kept.accuracy(name, settings, seed, epochs) for seed in range(seeds)] for settings in ways(name)]
        for name in PUBLISHED
    ]
    return xr.Dataset(
        {
            "accuracy": (("device", "way", "seed"), np.array(accuracy), {"units": "1"}),
            "on_off": ("device", [ratio(name) for name in PUBLISHED], {"units": "1"}),
        },
        {"device": list(PUBLISHED), "way": list(WAYS)},
        {"epochs": epochs},
    )


def rank_correlation(accuracy: NDArray[np.float64]) -> float:
    """Spearman's correlation of the published accuracies with the means of ours (devices, seeds)."""
    from scipy.stats import spearmanr

    published = [float(np.mean(values)) for values in PUBLISHED.values()]
    return float(spearmanr(published, accuracy.mean(axis=1)).statistic)


def table(dataset: xr.Dataset) -> str:
    """Markdown table: means and 95 % intervals of the seeds."""
    accuracy = dataset["accuracy"].values
    heads = ["device", "on/off", "published, backpropagation", *(f"EP, {way}" for way in WAYS)]
    lines = [heads, ["---"] * len(heads)]
    for k, (name, values) in enumerate(PUBLISHED.items()):
        published = " / ".join(f"{value:g}" for value in values) + " %"
        ours = [said(100.0 * one, " %") for one in accuracy[k]]
        lines.append([name, f"{float(dataset['on_off'][k]):.3g}", published, *ours])
    ranks = [f"{rank_correlation(accuracy[:, way]):.2f}" for way in range(len(WAYS))]
    lines.append(["rank correlation with the published order", "", "1", *ranks])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def main() -> None:
    """Run all devices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--folder", type=Path, default=Path("runs/chip-library"))
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = result(Kept(parsed.folder), parsed.seeds, parsed.epochs)
    print(table(found))
    if parsed.keep:
        command = f"python studies/published_order.py --seeds {parsed.seeds} --epochs {parsed.epochs} --keep"
        stored.keep(found, "published_order", command)


if __name__ == "__main__":
    main()
