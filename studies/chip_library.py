"""Every device card on a chip that could be built: accuracy, joules, seconds and area on `digits-chip`, five seeds.

    python studies/chip_library.py [--seeds 5] [--workers 2] [--epochs 20] [--devices ideal,rram]

Prints the table of docs/results/devices.md: the card's own rule, means and 95 % intervals over the seeds (Student's
t) of the test samples, which nothing here was chosen by. Joules count memory, clock and control; seconds are those of
the chip, by the schedule `row`. Devices that the chip refuses are listed with the reason.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
from device_library import rule
from digits import joules, options
from scipy import stats

CIRCUIT = "digits-chip"


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


def row(device: str, found: list[Found]) -> tuple[float, str]:
    """Mean accuracy [1], and the row of the table."""
    from analogep import DeviceCard
    from analogep.units import spoken

    accuracy, numbers = np.array([run.accuracy for run in found]), np.mean(found, axis=0)
    spread = np.nan
    if len(found) > 1:
        spread = float(stats.t.ppf(0.975, len(found) - 1) * accuracy.std(ddof=1) / np.sqrt(len(found)))
    cells = [
        device, str(len(DeviceCard.load(device).unknown)), rule(device, ()),
        f"{100 * numbers[0]:.2f} +- {100 * spread:.2f} %", joules(numbers[1]), joules(numbers[2]),
        spoken(numbers[3]), spoken(numbers[4]), f"{1e6 * area(device):.3g}",
    ]  # fmt: skip
    return float(numbers[0]), "| " + " | ".join(cells) + " |"


def main() -> None:
    """Run all cards on all seeds."""
    from analogep import DeviceCard

    parser = options(__doc__, 5)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--devices", default="")
    parsed = parser.parse_args()
    devices = parsed.devices.split(",") if parsed.devices else DeviceCard.names()
    jobs = list(itertools.product(devices, range(parsed.seeds), [parsed.epochs]))
    with ProcessPoolExecutor(parsed.workers) as pool:
        runs = dict(zip(jobs, pool.map(one, jobs), strict=True))
    rows, refused = [], []
    for device in devices:
        found = [runs[device, seed, parsed.epochs] for seed in range(parsed.seeds)]
        done = [run for run in found if isinstance(run, Found)]
        if len(done) == len(found):
            rows.append(row(device, done))
        else:
            refused.append(f"{device}: {next(run for run in found if isinstance(run, str))}")
    heads = (
        "device", "unknown", "update rule", "accuracy", "joules per training sample", "per inference",
        "time per training sample", "latency", "mm^2",
    )  # fmt: skip
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    print("\n".join(text for _, text in sorted(rows, key=lambda pair: -pair[0])))
    print("\n".join(refused))


if __name__ == "__main__":
    main()
