"""`analogep budget`: which limit of the hardware costs how much accuracy and how many joules."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

    from analogep.budget import Budget

HELP = "what each limit of the hardware costs in accuracy and joules"
DESCRIPTION = (
    "Train DEVICE's network with every limit as on the cards, with each limit alone made ideal, with each limit alone "
    "left, and with everything ideal, on the same chips and with the same seeds; then with the two limits ideal that "
    "cost most. Limits are those that the cards have: spread, noise, asymmetry, nonlinearity and steps of pulses, read "
    "noise, curved I-V, drift, faults, converters, sampling, wires, mirrored feedback, mismatch of neurons, finite "
    "beta, short phases. The same command goes on where it was stopped."
)
_HEADS = (
    "limit",
    "regained if it alone is ideal",
    "if it alone is real",
    "joules per training sample",
    "per inference",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from analogep.cli.simulate import _age, _count, _seed

    add = parser.add_argument
    add("device", metavar="DEVICE", help="device card: YAML file or name")
    add("--circuit", metavar="CARD", default="digits", help="circuit card: YAML file or name (default: digits)")
    add("--data", metavar="SOURCE", help="IDX folder or NPZ file (default: bundled 8x8 digits)")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of either card for all points; "
        "may be repeated")  # fmt: skip
    add("--chips", type=_count, default=2, metavar="N", help="samples of fabrication (default: 2)")
    add("--seeds", type=_count, default=3, metavar="N", help="samples of operation and data (default: 3)")
    add("--seed", type=_seed, default=0, metavar="N", help="seed of all samples (default: 0)")
    add("--epochs", type=_count, metavar="N", help="epochs, instead of the circuit card's")
    add("--age", type=_age, metavar="TIME", help="measure accuracy this long after training, such as '1 d', where "
        "drift is a limit as well")  # fmt: skip
    add("--out", metavar="DIR", help="folder of the budget (default: runs/, named from its digest)")
    add("--figure", metavar="FILE", help="draw the waterfall into this .png, .svg or .pdf")
    add("--workers", type=_count, metavar="N", help="worker processes (default: as many as cores)")
    add("--scheduler", metavar="ADDRESS", help="run on the Dask cluster whose scheduler is there")
    add("--retry", action="store_true", help="try points again that have failed for good")
    add("--force", action="store_true", help="replace another study in the folder")
    add("--json", action="store_true", help="print the numbers as JSON instead of a table")
    add("--quiet", action="store_true", help="no progress, no warnings, no text")


def run(parsed: argparse.Namespace) -> int:
    """Run the budget and print it."""
    from analogep.budget import Budget
    from analogep.cli import figure
    from analogep.cli.study import _sets

    figure.check(parsed.figure)
    budget = Budget(
        parsed.device,
        parsed.circuit,
        data=parsed.data,
        set=_sets(parsed),
        chips=parsed.chips,
        seeds=parsed.seeds,
        seed=parsed.seed,
        age=parsed.age,
    )
    if not parsed.quiet:
        for card in budget.deck.cards(()):
            for problem in card.warnings():
                print(f"warning: {problem}", file=sys.stderr)
    folder = Path(parsed.out) if parsed.out else budget.default_folder
    dataset = _run(parsed, budget, folder)
    if parsed.figure:
        from analogep import plots

        figure.save(plots.waterfall(dataset), parsed.figure)
    if parsed.json:
        print(json.dumps(numbers(dataset) | {"folder": str(folder)}, allow_nan=False))
    elif not parsed.quiet:
        print(text(dataset))
        print(f"written to {folder / 'budget.nc'}" + (f" and {parsed.figure}" if parsed.figure else ""))
    return 0


def _run(parsed: argparse.Namespace, budget: Budget, folder: Path) -> xr.Dataset:
    from analogep.cli.study import _kept
    from analogep.study import progress

    with progress.bar(sys.stderr.isatty() and not parsed.quiet) as bar:
        try:
            return budget.run(
                folder,
                workers=parsed.workers,
                scheduler=parsed.scheduler,
                force=parsed.force,
                retry=parsed.retry,
                report=bar,
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_kept(bar.last)) from None


def numbers(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the budget for programs: shares of 1 and joules, null where a point has failed."""
    ideal = json.loads(dataset.attrs["ideal"])
    along = [name for name, array in dataset.data_vars.items() if array.dims == ("limit",)]
    limits = [
        {"limit": name, "ideal": ideal[name]}
        | {str(key): _number(dataset[key].values[k]) for key in along}
        for k, name in enumerate(dataset["limit"].values.tolist())
    ]  # fmt: skip
    single = {str(key): _number(dataset[key].values) for key in dataset.data_vars if key not in along}
    about = {key: int(dataset.attrs[key]) for key in ("chips", "samples")}
    failed = json.loads(dataset.attrs["failed"])
    return {"title": dataset.attrs["title"]} | about | single | {"limits": limits, "failed": failed}


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(float(value)) else None


def text(dataset: xr.Dataset) -> str:
    """Return the budget for people."""
    attrs, names = dataset.attrs, dataset["limit"].values.tolist()
    samples = f"chips: {attrs['chips']}, seeds: {attrs['samples']}"
    lines = [f"{attrs['title']} ({samples}; +- is the 95 % interval, paired)", ""]
    lines += [f"all as on the cards: {_share(dataset, 'accuracy_real')}",
              f"all ideal:           {_share(dataset, 'accuracy_ideal')}", ""]  # fmt: skip
    lines += _table([_row(dataset.isel(limit=k), name) for k, name in enumerate(names)])
    points = "points of accuracy"
    lines += ["", f"total gap   {_share(dataset, 'gap', sign=True)} {points}"]
    lines.append(f"unexplained {_share(dataset, 'unexplained', sign=True)} {points}: what limits do to each other")
    if "accuracy_together" in dataset:
        apart = float(dataset["regained"].values[:2].sum())
        lines.append(
            f"{names[0]} and {names[1]} ideal together: {_share(dataset, 'accuracy_together')}, "
            f"{_share(dataset, 'regained_together', sign=True)} {points}"
            + ("" if math.isnan(apart) else f"; one by one they add up to {100 * apart:+.2f}")
        )
    ideal = json.loads(attrs["ideal"])
    lines += ["", "ideal means", *(f"  {name}: {ideal[name]}" for name in names)]
    for one in json.loads(attrs["failed"]):
        lines.append(f"failed: {one['at']}, chip {one['chip']}, seed {one['seed']}: {one['reason']}")
    return "\n".join(lines)


def _share(dataset: xr.Dataset, name: str, sign: bool = False) -> str:
    """Mean and half interval in percent."""
    mean, half = (100.0 * float(dataset[key].values) for key in (name, f"{name}_ci"))
    if math.isnan(mean):
        return "-"
    return f"{mean:{'+' if sign else ''}.2f}" + ("" if math.isnan(half) else f" +- {half:.2f}") + ("" if sign else " %")


def _row(one: xr.Dataset, name: str) -> list[str]:
    from analogep.units import format_si

    joules = [float(one[key].values) for key in ("training_joules", "inference_joules")]
    costs = ["-" if math.isnan(value) else format_si(value, "J") for value in joules]
    return [name, _share(one, "regained", sign=True), _share(one, "alone"), *costs]


def _table(rows: list[list[str]]) -> list[str]:
    lines = [list(_HEADS), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
