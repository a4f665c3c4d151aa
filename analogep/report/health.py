"""What in a run was unsettled, worn, inexact or not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analogep.report.alternatives import listed, number
from analogep.report.blocks import Table
from analogep.results.gradients import gaps

if TYPE_CHECKING:
    import xarray as xr


def sentences(dataset: xr.Dataset) -> list[str]:
    """Say each of it in a sentence, also where all is well."""
    return [_unsettled(dataset), _worn(dataset), *_stuck(dataset), _wires(dataset), _measured(dataset)]


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
    missing = gaps(dataset)
    if missing:
        return (
            f"There is no cosine of {listed(missing)}: the estimated or the exact gradient was zero, or the exact one "
            "had no solution."
        )
    return f"The loop gain was at most {number(float(dataset['loop_gain'].max()))}; above 1 equilibria lose stability."


def _stuck(dataset: xr.Dataset) -> list[str]:
    """Of devices that ignore pulses, in results that count them."""
    if "stuck" not in dataset:
        return []
    counts = dataset["stuck"].values
    if not counts.any():
        return ["Every device answers to pulses: none is dead or stuck."]
    parts = [f"{int(count):,} in {name}" for count, name in zip(counts, dataset["layer"].values, strict=True) if count]
    return [f"Devices that ignore pulses, dead or stuck as fabricated: {listed(parts)}."]


def _still(dataset: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Share of the neurons of each layer that say the same to all probe samples [%], in results that hold it."""
    if "silent" not in dataset:
        return {}
    shares = 100 * dataset["silent"].values
    return {f"silent neurons, {name} [%]": shares[:, k] for k, name in enumerate(dataset["layer"].values)}


def table(dataset: xr.Dataset) -> Table:
    """First, worst and last epoch of each of these quantities."""
    shown = {
        **{
            f"unsettled, {name} [%]": 100 * dataset["unsettled"].sel(relaxation=name).values
            for name in dataset["relaxation"].values
        },
        "worn devices": dataset["worn"].sum("layer").values,
        **_still(dataset),
        "wire error [%]": 100 * dataset["wire_error"].values,
        "loop gain": dataset["loop_gain"].values,
    }
    rows = [
        [name, number(float(v[0])), number(float(np.nanmax(v, initial=-np.inf))), number(float(v[-1]))]
        for name, v in ((name, np.asarray(values, dtype=np.float64)) for name, values in shown.items())
    ]
    return Table("Over the epochs", ["quantity", "first", "largest", "last"], rows)
