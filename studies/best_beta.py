"""Which beta for `rram`: bias and noise of four estimators, measured and predicted, as `analogep beta` makes them.

    python studies/best_beta.py [--epochs 5] [--keep]

One chip of the default circuit, untrained and trained, sample and hold with noise of 1 % of full scale. Draws the
figure of docs/results/beta.md.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import stored

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

NOISE = 0.01
"""Of full scale [1]."""


def draw(dataset: xr.Dataset) -> Figure:
    """The figure of the command."""
    from analogep import plots

    return plots.finite_beta(dataset)


def main() -> None:
    """Measure, print, keep."""
    from analogep import Run
    from analogep.beta import FiniteBeta
    from analogep.cli.beta import text

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    run = Run("rram", "digits", set={"learning.epochs": parsed.epochs})
    found = FiniteBeta(run, [NOISE * run.circuit.target_voltage]).measure()
    print(text(found))
    if parsed.keep:
        stored.keep(found, "best_beta", f"python studies/best_beta.py --epochs {parsed.epochs} --keep")


if __name__ == "__main__":
    main()
