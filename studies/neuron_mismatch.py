"""Learning around offsets: accuracy of chips whose neurons have offsets, trained in place and by a copy of weights.

    python studies/neuron_mismatch.py [--chips 5] [--seeds 4] [--epochs 5] [--keep]

`digits` with 64-128-10 and equal steps, on `ideal` and `rram`. Each chip and seed is trained with input-referred
offsets of its neurons of 0 to 50 mV, and tested; beside it the cells of the same chip with identical neurons are copied
to the one with offsets, without any error of writing (`Chip.place`), so that what is lost is the offsets' doing. What
learning in place gains is a difference of the same chip and seed, in which the split of the samples drops out.
The number of epochs is given beforehand, and test samples are looked at once, after the last.
Offsets are those at the node, where full scale is 200 mV: behind a column of noise gain N an amplifier's own is N times
smaller.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import curves
import numpy as np
import stored

from analogep import Chip, Run
from analogep.budget.paired import Estimate, estimate
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

Floats = curves.Floats

DEVICES = ("ideal", "rram")
OFFSETS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Standard deviations of the offsets [mV]."""
KEYS = ("learned", "gained", "learned_interval", "gained_interval")


def point(device: str, seeds: Seeds, epochs: int) -> Floats:
    """Test accuracy of one chip and seed, learned in place and copied (offsets, 2) [1]."""
    found = np.empty((len(OFFSETS), 2))
    for k, millivolts in enumerate(OFFSETS):
        settings = {"solver.method": "euler", "learning.epochs": epochs, "mismatch": {"offset": 1e-3 * millivolts}}
        run = Run(device, "digits", seeds, set=settings)
        found[k, 0] = float(run.execute()["accuracy"][-1])
        if k == 0:
            weights = run.chip.conductances()
        written = Chip(device, "digits", seeds, set=settings)
        written.place(weights, exact=True)
        found[k, 1] = written.accuracy(run.data.test_x, run.data.test_y)
    return found


def result(chips: int, seeds: int, epochs: int) -> xr.Dataset:
    """Accuracy learned in place, what it gains over copied weights, halves of 95 % intervals (device, offset) [1]."""
    import xarray as xr

    found: dict[str, list[list[float]]] = {key: [] for key in KEYS}
    for device in DEVICES:
        each = [[point(device, Seeds.sample(chip=c, seed=k), epochs) for k in range(seeds)] for c in range(chips)]
        learned, copied = np.moveaxis(np.array(each), (2, 3), (1, 0))
        learned_here = [estimate(learned[k]) for k in range(len(OFFSETS))]
        gained = [estimate(learned[k] - copied[k]) for k in range(len(OFFSETS))]
        for key, values in zip(KEYS, (learned_here, gained), strict=False):
            found[key].append([one.mean for one in values])
            found[f"{key}_interval"].append([one.half for one in values])
    variables = {key: (("device", "offset"), values, {"units": "1"}) for key, values in found.items()}
    names = {"device": list(DEVICES), "offset": ("offset", list(OFFSETS), {"units": "mV"})}
    return xr.Dataset(variables, names, {"chips": chips, "seeds": seeds, "epochs": epochs})


def estimates(dataset: xr.Dataset, device: int, key: str) -> list[Estimate]:
    """Means and halves of 95 % intervals of a device for each offset, in percent or points."""
    both = zip(dataset[key].values[device], dataset[f"{key}_interval"].values[device], strict=True)
    return [Estimate(100.0 * mean, 100.0 * half) for mean, half in both]


def table(dataset: xr.Dataset) -> str:
    """Markdown: for each offset and device what learning in place reaches, and what it gains."""
    heads, columns = ["offset, full scale 200 mV"], []
    for k, device in enumerate(dataset["device"].values):
        heads += [f"{device}, learned", "gained, points"]
        for key, unit in (("learned", " %"), ("gained", "")):
            columns.append([f"{one.mean:.2f} +- {one.half:.2f}{unit}" for one in estimates(dataset, k, key)])
    offsets = [f"{offset:g} mV" for offset in dataset["offset"].values]
    lines = [heads, ["---"] * len(heads), *zip(offsets, *columns, strict=True)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def draw(dataset: xr.Dataset) -> Figure:
    """Points that learning in place gains over copied weights, a line for each device."""
    offsets = dataset["offset"].values
    with curves.figure(1) as (figure, (axes,)):
        for k, device in enumerate(dataset["device"].values):
            curves.estimates(axes, offsets + 0.3 * (k - 0.5), estimates(dataset, k, "gained"), k, str(device))
        axes.axhline(0.0, color="#8c8c8c", linewidth=0.8)
        axes.set(xlabel="standard deviation of the offsets [mV]", ylabel="gained by learning in place [points]")
        crossed = f"{int(dataset.attrs['chips'])} chips x {int(dataset.attrs['seeds'])} seeds"
        curves.finish(figure, f"test accuracy against copied weights: mean and 95 % interval of {crossed}")
    return figure


def main() -> None:
    """Print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("chips", 5), ("seeds", 4), ("epochs", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = result(parsed.chips, parsed.seeds, parsed.epochs)
    print(table(found))
    if parsed.keep:
        given = f"--chips {parsed.chips} --seeds {parsed.seeds} --epochs {parsed.epochs}"
        stored.keep(found, "neuron_mismatch", f"python studies/neuron_mismatch.py {given} --keep")


if __name__ == "__main__":
    main()
