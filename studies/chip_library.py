"""Every device card on a chip that could be built: accuracy, joules, seconds and area on `digits-chip`, five seeds.

    python studies/chip_library.py [--seeds 5] [--workers 2] [--epochs 20] [--devices ideal,rram] [--keep]

Prints the table of docs/results/devices.md: the card's own rule, means and 95 % intervals over the seeds (Student's
t) of the test samples, which nothing here was chosen by. Joules count memory, clock and control; seconds are those of
the chip, by the schedule `row`. Devices that the chip refuses are listed with the reason.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import stored
from device_library import rule
from digits import joules, options
from scipy import stats

if TYPE_CHECKING:
    import xarray as xr

CIRCUIT = "digits-chip"
UNITS = {"accuracy": "1", "training": "J", "inference": "J", "sample": "s", "latency": "s"}
"""Numbers of a run, as `Found` has them, and their units."""
HEADS = (
    "device", "unknown", "update rule", "accuracy", "joules per training sample", "per inference",
    "time per training sample", "latency", "mm^2",
)  # fmt: skip


class Found(NamedTuple):
    """Accuracy [1], joules [J] and seconds [s] of a training sample and of an inference."""

    accuracy: float
    training: float
    inference: float
    sample: float
    latency: float


def one(job: tuple[str, int, int]) -> Found | str:
    """Train once; why not, of a device that the chip refuses."""
    from analogep import Run
    from analogep.errors import AnalogepError

    device, seed, epochs = job
    try:
        result = Run(device, CIRCUIT, seed=seed, set={"learning.epochs": epochs}).execute()
    except AnalogepError as error:
        return str(error).splitlines()[0]
    last = {name: float(result[name][-1]) for name in ("accuracy", "inference_energy", "inference_seconds")}
    means = (float(result[f"training_{name}"].mean()) for name in ("energy", "seconds"))
    training, sample = means
    return Found(last["accuracy"], training, last["inference_energy"], sample, last["inference_seconds"])


def area(device: str) -> float:
    """Of the chip [m^2], blocks of unknown area left out."""
    from analogep import CircuitCard, DeviceCard
    from analogep.area import areas, total

    return total(areas(DeviceCard.load(device), CircuitCard.load(CIRCUIT)))


def rows(runs: dict[str, list[Found]], epochs: int) -> xr.Dataset:
    """Means over the seeds and half of the 95 % interval of the accuracy, a row a device, the most accurate first."""
    import xarray as xr

    from analogep import DeviceCard

    order = sorted(runs, key=lambda device: -float(np.mean([run.accuracy for run in runs[device]])))
    every = np.array([[run.accuracy for run in runs[device]] for device in order])
    seeds = every.shape[1]
    half = np.full(len(order), np.nan)
    if seeds > 1:
        half = stats.t.ppf(0.975, seeds - 1) * every.std(axis=1, ddof=1) / np.sqrt(seeds)
    variables = {name: ("device", np.mean([[getattr(run, name) for run in runs[device]] for device in order], axis=1),
                        {"units": unit}) for name, unit in UNITS.items()}  # fmt: skip
    variables |= {
        "interval": ("device", half, {"units": "1", "long_name": "half of the 95 % interval of the accuracy"}),
        "accuracy_of_seed": (("device", "seed"), every, {"units": "1"}),
        "area": ("device", [area(device) for device in order], {"units": "m^2"}),
        "unknown": ("device", [len(DeviceCard.load(device).unknown) for device in order], {"units": "1"}),
        "rule": ("device", [rule(device, ()) for device in order]),
    }
    return xr.Dataset(variables, {"device": order}, {"seeds": seeds, "epochs": epochs, "circuit": CIRCUIT})


def table(dataset: xr.Dataset) -> str:
    """The table of the README."""
    from analogep.units import spoken

    lines = ["| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS)]
    for k, device in enumerate(dataset["device"].values):
        one = {str(name): array.values[k] for name, array in dataset.data_vars.items()}
        cells = [
            str(device), str(int(one["unknown"])), str(one["rule"]),
            f"{100 * one['accuracy']:.2f} +- {100 * one['interval']:.2f} %",
            joules(float(one["training"])), joules(float(one["inference"])), spoken(float(one["sample"])),
            spoken(float(one["latency"])), f"{1e6 * one['area']:.3g}",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run all cards on all seeds."""
    from analogep import DeviceCard

    parser = options(__doc__, 5)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--devices", default="")
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    devices = parsed.devices.split(",") if parsed.devices else DeviceCard.names()
    jobs = list(itertools.product(devices, range(parsed.seeds), [parsed.epochs]))
    with ProcessPoolExecutor(parsed.workers) as pool:
        runs = dict(zip(jobs, pool.map(one, jobs), strict=True))
    done, refused = {}, []
    for device in devices:
        found = [runs[device, seed, parsed.epochs] for seed in range(parsed.seeds)]
        good = [run for run in found if isinstance(run, Found)]
        if len(good) == len(found):
            done[device] = good
        else:
            refused.append(f"{device}: {next(run for run in found if isinstance(run, str))}")
    result = rows(done, parsed.epochs)
    print(table(result))
    print("\n".join(refused))
    if parsed.keep:
        command = f"python studies/chip_library.py --epochs {parsed.epochs} --seeds {parsed.seeds} --keep"
        stored.keep(result, "chip_library", command)


if __name__ == "__main__":
    main()
