"""`analogep budget --specify`: how large each limit of the hardware may be."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analogep.cli import budget
from analogep.cli.numbers import finite

if TYPE_CHECKING:
    import xarray as xr

    from analogep.budget import Specification


def run(parsed: argparse.Namespace) -> int:
    """Run the specification and print it."""
    from analogep.budget import SPECIFICATION, Specification

    question = Specification(parsed.device, parsed.circuit, **budget.asked(parsed))
    budget.warn(question, parsed.quiet)
    folder = Path(parsed.out) if parsed.out else question.default_folder
    dataset = _trained(parsed, question, folder)
    if parsed.figure:
        from analogep import plots
        from analogep.cli import figure

        figure.save(plots.specified_limits(dataset), parsed.figure)
    budget.say(parsed, folder / SPECIFICATION, numbers(dataset), text(dataset))
    return 0


def _trained(parsed: argparse.Namespace, question: Specification, folder: Path) -> xr.Dataset:
    from analogep.budget.specification import PAIRS
    from analogep.study import progress

    pairs = PAIRS if parsed.pairs is None else parsed.pairs
    with progress.bar(sys.stderr.isatty() and not parsed.quiet) as bar:
        try:
            return question.run(folder, points=parsed.specify, pairs=pairs, **budget.running(parsed, bar))
        except KeyboardInterrupt:
            gc.freeze()
            raise KeyboardInterrupt(budget.kept(lambda: question.kept(folder, parsed.specify), folder)) from None


def numbers(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the specification for programs: SI units, shares of 1, null where nothing is known or nothing is lost."""
    from analogep.budget import specified

    attrs, about = dataset.attrs, specified.quantities(dataset)
    along = [str(name) for name, array in dataset.data_vars.items() if array.dims == ("limit",)]
    limits = [
        {"limit": name, **about[name]}
        | {key: finite(dataset[key].values[k]) for key in along}
        | {"curve": finite(dataset["curve"].values[k])}
        | {"accuracy": finite(dataset["accuracy"].values[k])}
        for k, name in enumerate(dataset["limit"].values.tolist())
    ]
    said = {key: attrs[key] for key in ("title", "data", "seed", "pairs", "validation_samples", "points", "ended")}
    read = {key: json.loads(attrs[key]) for key in ("unscaled", "refused", "failed")}
    factors = {"factors": dataset["factor"].values.tolist()}
    return said | factors | {"limits": limits} | read | {"answer": specified.answer(dataset)}


def text(dataset: xr.Dataset) -> str:
    """Return the specification for people."""
    from analogep.budget import specified, words

    heads = [head.replace("lost at", f"{specified.wanted(dataset)} lost at") for head in specified.HEADS]
    lines = [dataset.attrs["title"], specified.method(dataset), ""]
    lines += budget.table([heads, *specified.rows(dataset)])
    lines += ["", *specified.together(dataset), *specified.exceptions(dataset), *words.failures(dataset)]
    return "\n".join([*lines, "", specified.answer(dataset)])
