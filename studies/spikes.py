"""One training sample between spiking neurons: spikes of both phases, membranes, synapses.

    python studies/spikes.py [--epochs 2] [--keep]

`spiking-digits` with ideal devices, trained for some epochs: the path that `analogep simulate ideal --circuit
spiking-digits` records and draws as relaxation.png, to six digits. Draws the figure of docs/results/spikes.md.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
import stored

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

PARTS = ("trace_time", "trace_beta", "trace_voltage", "trace_membrane", "spike_time", "spike_row")


def result(run: xr.Dataset) -> xr.Dataset:
    """What the figure needs of a run."""
    kept = run[[name for name in PARTS if name in run]]
    kept = kept.drop_vars([name for name in kept.coords if name not in kept.dims])
    kept = kept.map(lambda array: array.astype(np.float32) if array.dtype.kind == "f" else array, keep_attrs=True)
    kept.attrs = dict(run.attrs)
    return kept


def draw(dataset: xr.Dataset) -> Figure:
    """The figure of the command."""
    from analogep import plots

    return plots.relaxation(dataset)


def main() -> None:
    """Train, keep."""
    from analogep import Run

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    run = Run("ideal", "spiking-digits", set={"learning.epochs": parsed.epochs}).execute()
    print(f"test accuracy {100.0 * float(run['accuracy'][-1]):.1f} %, {run.sizes['spike']} spikes recorded")
    if parsed.keep:
        stored.keep(result(run), "spikes", f"python studies/spikes.py --epochs {parsed.epochs} --keep")


if __name__ == "__main__":
    main()
