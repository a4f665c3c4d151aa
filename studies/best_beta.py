"""Which beta is best for the rram card on the digits: bias and noise of the estimators, predicted and measured.

    python studies/best_beta.py [--keep]

The same as `analogep beta rram --noise 0.01 --epochs 5`, which also prints the numbers.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import stored

if TYPE_CHECKING:
    import xarray as xr


def measured() -> xr.Dataset:
    """Errors of the gradient on the untrained and the trained chip."""
    from analogep import Run
    from analogep.beta import FiniteBeta

    run = Run("rram", "digits", set={"learning.epochs": 5})
    return FiniteBeta(run, [0.01 * run.circuit.target_voltage]).measure()


def draw(dataset: xr.Dataset) -> Any:
    """The figure."""
    from analogep import plots

    return plots.finite_beta(dataset)


def main() -> None:
    """Measure, and keep or print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    found = measured()
    if parser.parse_args().keep:
        stored.keep(found, "best_beta", "python studies/best_beta.py --keep")
    else:
        print(found)


if __name__ == "__main__":
    main()
