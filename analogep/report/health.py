"""What in a run was unsettled, worn, inexact or not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analogep.report.alternatives import number
from analogep.report.blocks import Table

if TYPE_CHECKING:
    import xarray as xr


def sentences(dataset: xr.Dataset) -> list[str]:
    """Say each of it in a sentence, also where all is well."""
    return [_unsettled(dataset), _worn(dataset), _wires(dataset), _measured(dataset)]


def _unsettled(dataset: xr.Dataset) -> str:
    worst = {str(k): float(dataset["unsettled"].sel(relaxation=k).max()) for k in dataset["relaxation"].values}
    if not any(worst.values()):
        return "Every relaxation had settled to timing.tolerance when it ended."
    shares = ", ".join(f"{100 * share:.3g} % of the {name} ones" for name, share in worst.items())
    return f"Relaxations that had not settled when they ended, in the worst epoch: {shares}. None was left out."


def _worn(dataset: xr.Dataset) -> str:
    worn, endurance = int(dataset["worn"].isel(epoch=-1).sum()), float(dataset.attrs["endurance"])
    if not endurance:
        return "The device card states no endurance, so that no device counts as worn."
    devices = int(dataset.attrs["devices"])
    return f"{worn:,} of {devices:,} devices had more pulses than the endurance of {endurance:.3g}."


def _wires(dataset: xr.Dataset) -> str:
    error = dataset["wire_error"].values
    if not np.isfinite(error).any() or not np.nanmax(error):
        return "The arrays' wires have no resistance, or are reduced exactly at each read."
    return (
        f"Between exact reductions of their wires the arrays' port conductances were off by up to "
        f"{100 * float(np.nanmax(error)):.3g} %."
    )


def _measured(dataset: xr.Dataset) -> str:
    cosine = dataset["cosine"].values
    missing = int((~np.isfinite(cosine)).sum())
    if missing:
        return f"The cosine is missing in {missing} of {cosine.size} places: the exact gradient was zero or unmeasured."
    return f"The loop gain was at most {number(float(dataset['loop_gain'].max()))}; above 1 equilibria lose stability."


def table(dataset: xr.Dataset) -> Table:
    """First, worst and last epoch of each of these quantities."""
    shown = {
        **{
            f"unsettled, {name} [%]": 100 * dataset["unsettled"].sel(relaxation=name).values
            for name in dataset["relaxation"].values
        },
        "worn devices": dataset["worn"].sum("layer").values,
        "wire error [%]": 100 * dataset["wire_error"].values,
        "loop gain": dataset["loop_gain"].values,
    }
    rows = [
        [name, number(float(v[0])), number(float(np.nanmax(v, initial=-np.inf))), number(float(v[-1]))]
        for name, v in shown.items()
    ]
    return Table("Over the epochs", ["quantity", "first", "largest", "last"], rows)
