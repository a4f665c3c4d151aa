"""`analogep budget`: which limit of the hardware costs how much, and how large each may be."""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from analogep.cli.numbers import finite, plain

if TYPE_CHECKING:
    import xarray as xr

    from analogep.budget import Budget
    from analogep.budget.question import Question

HELP = "what each limit of the hardware costs, and how large each may be"
DESCRIPTION = (
    "Train DEVICE's network in pairs, on the same chip and with the same seed: with all limits on, with each limit "
    "alone removed, with each limit alone left, and with all removed. Pairs are added until every effect is resolved "
    "(its 95 % interval excludes zero, or half of it is at most --resolution), or --pairs or --minutes are used up; "
    "then it says how many more it takes. With --specify each limit is made 0, 1/4, 1/2, 1, 2 and 4 times as large "
    "instead, and the answer is the value at which so much accuracy is lost. Limits are those that the cards have: "
    "spread, noise, asymmetry, nonlinearity and steps of pulses, read noise, curved I-V, drift, faults, converters, "
    "sampling, thermal noise, wires, columns, mirrored feedback, mismatch of neurons, short phases, and a beta that is "
    "not the best one. Accuracy is that of a validation part; test samples are not looked at. The same command goes on "
    "where it was stopped."
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
    add("--specify", type=_points, metavar="POINTS", help="the value of each limit at which so much accuracy is lost, "
        "such as '1 point'")  # fmt: skip
    add("--resolution", type=_points, metavar="POINTS", help="half of an interval at which an effect that may be zero "
        "is known well enough (default: '1 point')")  # fmt: skip
    add("--limits", metavar="A,B,...", help="limits to ask about (default: all that the cards have)")
    add("--pairs", type=_pairs, metavar="N", help="pairs at most (default: 63; 8 with --specify)")
    add("--minutes", type=_minutes, metavar="TIME", help="time for pairs; the first one is made in any case "
        "(default: 60)")  # fmt: skip
    add("--beta", type=_beta, metavar="BETA", help="the best beta, where it is known (default: measured on the chip of "
        "the first pair, as 'analogep beta' does)")  # fmt: skip
    add("--seed", type=_seed, default=0, metavar="N", help="seed of all pairs and of the data (default: 0)")
    add("--epochs", type=_count, metavar="N", help="epochs, instead of the circuit card's")
    add("--age", type=_age, metavar="TIME", help="measure accuracy this long after training, such as '1 d', where "
        "drift is a limit as well")  # fmt: skip
    add("--out", metavar="DIR", help="folder of the answer (default: runs/, named from its digest)")
    add("--figure", metavar="FILE", help="draw it into this .png, .svg or .pdf")
    add("--workers", type=_count, metavar="N", help="worker processes (default: as many as cores)")
    add("--scheduler", metavar="ADDRESS", help="run on the Dask cluster whose scheduler is there")
    add("--retry", action="store_true", help="try points again that have failed for good")
    add("--force", action="store_true", help="replace another budget in the folder")
    add("--json", action="store_true", help="print the numbers as JSON instead of a table")
    add("--quiet", action="store_true", help="no progress, no warnings, no text")


def _points(text: str) -> float:
    """Points of accuracy as a share of 1."""
    value = plain(re.sub(r"\s*(points?|%)$", "", text.strip()))
    if not 0.0 < value <= 100.0:
        raise argparse.ArgumentTypeError(
            f"needs points of accuracy above 0 and up to 100, such as '1 point'; got '{text[:40]}'"
        )
    return value / 100.0


def _pairs(text: str) -> int:
    from analogep.budget.looks import MOST

    value = int(text) if text.isascii() and text.isdigit() else 0
    if not 2 <= value <= MOST:
        raise argparse.ArgumentTypeError(
            f"needs a whole number from 2 to {MOST}, as one pair has no interval; got '{text[:40]}'"
        )
    return value


def _minutes(text: str) -> float:
    value = plain(text)
    if not 0.0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"needs minutes above 0, such as 60; got '{text[:40]}'")
    return value


def _beta(text: str) -> float:
    value = plain(text)
    if not 0.0 < value <= 100.0:
        raise argparse.ArgumentTypeError(f"needs a nudging strength above 0, such as 0.3; got '{text[:40]}'")
    return value


def run(parsed: argparse.Namespace) -> int:
    """Run the budget, or the specification, and print it.

    Raises
    ------
    UsageError
        If an option of the one is given for the other.
    """
    from analogep.cli import figure, specify
    from analogep.errors import UsageError

    figure.check(parsed.figure)
    if parsed.specify is None:
        return _budget(parsed)
    for option, given in (("--resolution", parsed.resolution), ("--beta", parsed.beta)):
        if given is not None:
            raise UsageError(f"{option} is for a budget, and --specify asks for a specification; leave one of them out")
    return specify.run(parsed)


def asked(parsed: argparse.Namespace) -> dict[str, Any]:
    """What the command says of either question."""
    from analogep.cli.study import _sets

    limits = None if parsed.limits is None else [name.strip() for name in parsed.limits.split(",")]
    return {"data": parsed.data, "set": _sets(parsed), "seed": parsed.seed, "age": parsed.age, "limits": limits}


def running(parsed: argparse.Namespace, bar: Any) -> dict[str, Any]:
    """How trainings are run."""
    said = {key: getattr(parsed, key) for key in ("workers", "scheduler", "force", "retry")}
    minutes = 60.0 if parsed.minutes is None else parsed.minutes
    return said | {"report": bar, "minutes": minutes}


def warn(question: Question, quiet: bool) -> None:
    """What is allowed but suspicious in the cards."""
    if not quiet:
        for card in question.deck.cards(()):
            for problem in card.warnings():
                print(f"warning: {problem}", file=sys.stderr)


def _budget(parsed: argparse.Namespace) -> int:
    from analogep.budget import Budget

    budget = Budget(parsed.device, parsed.circuit, best=parsed.beta, **asked(parsed))
    warn(budget, parsed.quiet)
    folder = Path(parsed.out) if parsed.out else budget.default_folder
    dataset = _trained(parsed, budget, folder)
    if parsed.figure:
        from analogep import plots
        from analogep.cli import figure

        figure.save(plots.weighed_limits(dataset), parsed.figure)
    say(parsed, folder / "budget.nc", numbers(dataset), text(dataset))
    return 0


def say(parsed: argparse.Namespace, file: Path, said: dict[str, Any], words: str) -> None:
    """Print the numbers, or the words."""
    if parsed.json:
        print(json.dumps(said | {"folder": str(file.parent)}, allow_nan=False))
    elif not parsed.quiet:
        print(words)
        print(f"written to {file}" + (f" and {parsed.figure}" if parsed.figure else ""))


def _trained(parsed: argparse.Namespace, budget: Budget, folder: Path) -> xr.Dataset:
    from analogep.budget.budget import RESOLUTION
    from analogep.budget.looks import MOST
    from analogep.study import progress

    show = sys.stderr.isatty() and not parsed.quiet
    resolution = RESOLUTION if parsed.resolution is None else parsed.resolution
    with progress.bar(show) as bar:
        try:
            return budget.run(
                folder,
                resolution=resolution,
                pairs=MOST if parsed.pairs is None else parsed.pairs,
                said=_stage if show else None,
                **running(parsed, bar),
            )
        except KeyboardInterrupt:
            # At exit Python looks for cycles among all objects, the longest part of a Ctrl-C; none of them matters now.
            gc.freeze()
            raise KeyboardInterrupt(kept(lambda: budget.kept(folder, resolution), folder)) from None


def _stage(stage: str) -> None:
    print(f"  {stage} ...", file=sys.stderr, flush=True)


def kept(found: Callable[[], xr.Dataset | None], folder: Path) -> str:
    """What an interrupted command leaves, as `found` weighs it."""
    try:
        dataset = found()
    except (ImportError, AttributeError) as error:
        # The interrupt fell into an import, which this process cannot make again; another one can. An attribute that
        # anything but a module lacks is a fault of ours.
        if isinstance(error, AttributeError) and not _half_imported(error):
            raise
        return "; the same command goes on from what is in " + str(folder)
    if dataset is None:
        return " before the first pair was trained; the same command goes on from there"
    from analogep.cards.wording import counted

    pairs = counted(int(dataset.attrs["pairs"]), "pair")
    return f" after {pairs}, what is known of them is in {folder}; the same command goes on from there"


def _half_imported(error: AttributeError) -> bool:
    """Whether a module lacks the attribute; compiled modules raise such errors without naming the object."""
    return isinstance(error.obj, ModuleType) or "partially initialized module" in str(error)


def numbers(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the budget for programs: shares of 1, joules and seconds, null where nothing is known."""
    from analogep.budget import words

    attrs = dataset.attrs
    ideal = json.loads(attrs["ideal"])
    along = [name for name, array in dataset.data_vars.items() if array.dims == ("limit",)]
    limits = [
        {"limit": name, "ideal": ideal[name]}
        | {str(key): finite(dataset[key].values[k]) for key in along}
        | {f"{way}_each": finite(dataset[f"{way}_each"].values[k]) for way in ("regained", "lost")}
        for k, name in enumerate(dataset["limit"].values.tolist())
    ]
    single = {str(key): finite(array.values) for key, array in dataset.data_vars.items() if not array.dims}
    about = {key: attrs[key] for key in ("title", "data", "seed", "pairs", "validation_samples", "resolution", "ended")}
    said = {"answer": words.answer(dataset), "missing": words.missing(dataset)}
    return about | single | {"limits": limits, "failed": json.loads(attrs["failed"])} | said


def text(dataset: xr.Dataset) -> str:
    """Return the budget for people."""
    from analogep.budget import words

    ideal = json.loads(dataset.attrs["ideal"])
    lines = [dataset.attrs["title"], words.method(dataset), ""]
    lines += [f"all limits on: {words.share(*words.single(dataset, 'accuracy_real'))}",
              f"all removed:   {words.share(*words.single(dataset, 'accuracy_ideal'))}", ""]  # fmt: skip
    lines += table([list(words.HEADS), *words.rows(dataset)])
    lines += ["", "accuracy in points, the most expensive limit first; ? is not resolved"]
    lines += ["removed means", *(f"  {words.named(name)}: {ideal[name]}" for name in dataset["limit"].values.tolist())]
    lines += ["", *filter(None, (words.answer(dataset), words.gains(dataset), words.missing(dataset)))]
    return "\n".join([*lines, *words.failures(dataset)])


def table(lines: list[list[str]]) -> list[str]:
    """Columns of text, the first line being heads."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
