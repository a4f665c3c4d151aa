"""Every device card beside float networks, on a limit and on a chip that could be built, on the same samples.

    python studies/chip_library.py [--seeds 5] [--epochs 10] [--circuits digits,digits-chip] [--devices ideal,rram]

Prints the table of docs/results/devices.md: each card with its own rule and the settings of the circuit card, which
are not chosen for it. Means and 95 % intervals over the seeds (Student's t) of the test samples, which nothing here was
chosen by. A seed draws the split, the chip and its noise, and the split is most of what accuracies of seeds differ by;
differences from `ideal` are those of the same seeds, in which it drops out. Logistic regression and a network of the
same sizes in floating point (scikit-learn) learn the same training samples. Joules count memory, clock and control;
seconds are those of the chip, by the schedule `row`. Devices that the chip refuses are listed with the reason.

Runs are kept in --folder, seed after seed, so that the same command goes on where it stood; circuits that are left out
keep the numbers that are stored.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import stored
from digits import LIMIT, UNITS, Found, Kept, joules, rule
from numpy.typing import NDArray

from analogep.budget.paired import Estimate, estimate

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

CHIP = "digits-chip"
CIRCUITS = (LIMIT, CHIP)
OTHER_RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "rram, stochastic": ("rram", {"update": {"rule": "stochastic"}}),
    "rram, mixed precision 8": ("rram", {"update": {"rule": "mixed_precision", "threshold": 8}}),
}
"""What other rules make of one device: rows of the limit alone."""
FLOATS = ("logistic regression", "64-128-10")
ESTIMATED = ("interval", "difference", "difference_interval")
HEADS = (
    "device", "unknown", "update rule", "on the chip", "against `ideal`, points", "on the limit",
    "against `ideal`, points", "joules per training sample", "per inference", "time per training sample", "latency",
    "mm^2",
)  # fmt: skip


def in_float(seed: int) -> list[float]:
    """Test accuracy of logistic regression and of a network with 128 hidden nodes on the parts of a seed [1]."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    from analogep import Run

    data = Run("ideal", LIMIT, seed=seed).data
    models = LogisticRegression(max_iter=2000), MLPClassifier((128,), max_iter=500, random_state=seed)
    return [float(model.fit(data.train_x, data.train_y).score(data.test_x, data.test_y)) for model in models]


def area(device: str) -> float:
    """Of the chip [m^2], blocks of unknown area left out."""
    from analogep import CircuitCard, DeviceCard
    from analogep.area import areas, total

    return total(areas(DeviceCard.load(device), CircuitCard.load(CHIP)))


def result(runs: dict[tuple[str, str], list[Found]], floats: Floats, epochs: int) -> xr.Dataset:
    """Means over seeds (circuit, row), NaN where a circuit does not have a row, and halves of 95 % intervals.

    `difference` is that from `ideal` on the same seeds; float networks (model,) stand beside.
    """
    import xarray as xr

    from analogep import DeviceCard

    rows = list(dict.fromkeys(row for _, row in runs))
    numbers = {key: np.full((len(CIRCUITS), len(rows)), np.nan) for key in (*UNITS, *ESTIMATED)}
    ideals = [np.array(runs[one, "ideal"])[:, 0] if (one, "ideal") in runs else None for one in CIRCUITS]
    for (circuit, row), found in runs.items():
        place, values = CIRCUITS.index(circuit), np.array(found)
        own, against = (estimate(one[None, :]) for one in (values[:, 0], values[:, 0] - ideals[place]))
        means = (*values.mean(axis=0), own.half, against.mean, against.half)
        for key, mean in zip(numbers, means, strict=True):
            numbers[key][place, rows.index(row)] = mean
    devices = [OTHER_RULES.get(row, (row, {}))[0] for row in rows]
    variables: dict[str, Any] = {
        key: (("circuit", "row"), values, {"units": UNITS.get(key, "1")}) for key, values in numbers.items()
    }
    variables |= {
        "area": ("row", [area(device) for device in devices], {"units": "m^2"}),
        "unknown": ("row", [len(DeviceCard.load(device).unknown) for device in devices], {"units": "1"}),
        "rule": ("row", [row.split(", ")[1] if row in OTHER_RULES else rule(row) for row in rows]),
        **in_floats(floats, ideals),
    }
    names = {"circuit": list(CIRCUITS), "row": rows, "model": list(FLOATS)}
    return xr.Dataset(variables, names, {"epochs": epochs, "seeds": floats.shape[1]})


def in_floats(floats: Floats, ideals: Sequence[Floats | None]) -> dict[str, Any]:
    """Means and intervals of float networks (models, seeds) [1], and of their differences from `ideal` by circuit."""
    own = [estimate(values[None, :]) for values in floats]
    nothing = Estimate(np.nan, np.nan)
    against = [
        [nothing if ideal is None else estimate((values - ideal)[None, :]) for values in floats] for ideal in ideals
    ]
    return {
        "float": ("model", [one.mean for one in own], {"units": "1"}),
        "float_interval": ("model", [one.half for one in own], {"units": "1"}),
        "float_difference": (("circuit", "model"), [[one.mean for one in some] for some in against], {"units": "1"}),
        "float_difference_interval": (
            ("circuit", "model"), [[one.half for one in some] for some in against], {"units": "1"}
        ),
    }  # fmt: skip


def carried(found: xr.Dataset, kept: xr.Dataset, circuits: Sequence[str]) -> xr.Dataset:
    """What was found of some circuits, with what is stored of the others, and where that is from."""
    found, others = found.copy(deep=True), [one for one in CIRCUITS if one not in circuits]
    common = [row for row in found["row"].values if row in kept["row"].values]
    for name in (*UNITS, *ESTIMATED):
        place = {"circuit": others, "row": common}
        found[name].loc[place] = kept[name].sel(place).values
    for name in ("float_difference", "float_difference_interval"):
        found[name].loc[{"circuit": others}] = kept[name].sel(circuit=others).values
    about = [str(kept.attrs[key]) for key in ("command", "commit", "date", "origin") if key in kept.attrs]
    return found.assign_attrs(origin=f"{', '.join(others)}: {'; '.join(about)}")


def shown(mean: float, half: float, unit: str = "") -> str:
    """A mean and half of its 95 % interval [1] in percent or points; nothing where it is not known."""
    return "" if np.isnan(mean) else f"{100.0 * mean:.2f} +- {100.0 * half:.2f}{unit}"


def accuracies(one: xr.Dataset, of: str, difference: str) -> list[str]:
    """Cells of a row or of a float network: accuracy and its difference from `ideal`, on the chip and on the limit."""
    made = []
    for circuit in (CHIP, LIMIT):
        here = one.sel(circuit=circuit)
        half = "interval" if of == "accuracy" else f"{of}_interval"
        made.append(shown(float(here[of]), float(here[half]), " %"))
        made.append(shown(float(here[difference]), float(here[f"{difference}_interval"])))
    return made


def costs(one: xr.Dataset) -> list[str]:
    """Cells of a row: joules, seconds and area of the chip."""
    from analogep.units import spoken

    chip = one.sel(circuit=CHIP)
    if np.isnan(float(chip["accuracy"])):
        return [""] * 5
    energies = [joules(float(chip[key])) for key in ("training", "inference")]
    return [*energies, *(spoken(float(chip[key])) for key in ("sample", "latency")), f"{1e6 * float(one['area']):.3g}"]


def table(dataset: xr.Dataset) -> str:
    """Markdown: the most accurate on the chip first, other rules of a device and float networks at the end."""
    order = np.lexsort([-np.nan_to_num(dataset["accuracy"].sel(circuit=one).values) for one in CIRCUITS])
    lines = [HEADS, ["---"] * len(HEADS)]
    for one in (dataset.isel(row=int(k)) for k in order):
        head = [str(one["row"].values).split(", ")[0], str(int(one["unknown"])), str(one["rule"].values)]
        lines.append([*head, *accuracies(one, "accuracy", "difference"), *costs(one)])
    for one in (dataset.isel(model=k) for k in range(len(FLOATS))):
        head = [f"{one['model'].values}, floating point", "", ""]
        lines.append([*head, *accuracies(one, "float", "float_difference"), *[""] * 5])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def trained(
    kept: Kept, rows: Mapping[str, Sequence[str]], seeds: int, epochs: int
) -> dict[tuple[str, str], list[Found]]:
    """All rows of the circuits on all seeds, seed after seed; rows that a circuit refuses are printed."""

    def run(circuit: str, row: str, seed: int) -> Found | str:
        device, settings = OTHER_RULES.get(row, (row, {}))
        return kept.run(device, settings, seed, epochs, circuit)

    for seed, circuit in itertools.product(range(seeds), rows):
        for row in rows[circuit]:
            run(circuit, row, seed)
    done: dict[tuple[str, str], list[Found]] = {}
    for case in [(circuit, row) for circuit, some in rows.items() for row in some]:
        found = [run(*case, seed) for seed in range(seeds)]
        good = [each for each in found if isinstance(each, Found)]
        if len(good) == len(found):
            done[case] = good
        else:
            print(f"{', '.join(case)}: {next(each for each in found if isinstance(each, str))}")
    return done


def main() -> None:
    """Run all cards on all seeds."""
    from analogep import DeviceCard

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--circuits", default=",".join(CIRCUITS))
    parser.add_argument("--devices", default="")
    parser.add_argument("--folder", type=Path, default=Path("runs/chip-library"))
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    devices = list(dict.fromkeys(["ideal", *parsed.devices.split(",")])) if parsed.devices else DeviceCard.names()
    more = [] if parsed.devices else list(OTHER_RULES)
    rows = {circuit: [*devices, *(more if circuit == LIMIT else [])] for circuit in parsed.circuits.split(",")}
    runs = trained(Kept(parsed.folder), rows, parsed.seeds, parsed.epochs)
    floats = np.array([in_float(seed) for seed in range(parsed.seeds)]).T
    found = result(runs, floats, parsed.epochs)
    if set(rows) < set(CIRCUITS):
        found = carried(found, stored.read("chip_library"), list(rows))
    print(table(found))
    if parsed.keep:
        only = "" if set(rows) == set(CIRCUITS) else f" --circuits {parsed.circuits}"
        command = f"python studies/chip_library.py --epochs {parsed.epochs} --seeds {parsed.seeds}{only} --keep"
        stored.keep(found, "chip_library", command)


if __name__ == "__main__":
    main()
