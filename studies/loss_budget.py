"""What limits `rram` on the default circuit: the budget by pairs, as `analogep budget` makes it.

    python studies/loss_budget.py [--minutes 60] [--workers 2] [--folder runs/loss-budget] [--keep]

Equal steps in place of SciPy's, which agree with it. The same command goes on where it stood.
Prints the table of docs/results/budget.md; accuracy is of a validation part, test samples are not looked at.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

import stored

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

SET = {"solver.method": "euler"}


def table(dataset: xr.Dataset) -> str:
    """Markdown of the budget's rows."""
    from analogep.budget import words

    heads = ("limit", *(f"{head} [points]" for head in words.HEADS[1:3]), *words.HEADS[3:])
    lines = [heads, ["---"] * len(heads), *words.rows(dataset)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def draw(dataset: xr.Dataset) -> Figure:
    """The figure of the command."""
    from analogep import plots

    return plots.weighed_limits(dataset)


def main() -> None:
    """Train, print, keep."""
    from analogep.budget import Budget, words

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, default=Path("runs/loss-budget"))
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    budget = Budget("rram", set=SET)
    dataset = budget.run(parsed.folder, minutes=parsed.minutes, workers=parsed.workers)
    print(table(dataset), words.method(dataset), words.answer(dataset), words.missing(dataset), sep="\n")
    if parsed.keep:
        stored.keep(dataset, "loss_budget", f"python studies/loss_budget.py --minutes {parsed.minutes:g} --keep")


if __name__ == "__main__":
    main()
