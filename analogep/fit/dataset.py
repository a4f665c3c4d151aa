"""The fit as one xarray.Dataset: what the figure and other readers see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analogep.device import DeviceCard
from analogep.device.laws import DIRECTIONS
from analogep.fit.estimate import Fit

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
_BINS = 30


def dataset(fit: Fit, card: DeviceCard) -> xr.Dataset:
    """Levels, fitted levels, residuals and steps of a fit.

    Parameters
    ----------
    fit : Fit
    card : DeviceCard
        The card made of it: its law is the curve of the steps.

    Returns
    -------
    Dataset
        For each direction `way` (up, down): `level_way`, `fitted_way` [S] and `residual_way` [1, of the measured
        range] on (ramp_way, reading_way); `step_way`, `step_se_way`, `law_step_way` [S] on (bin_way) at the coordinate
        `at_way` [S]; `structure_way`, `card_structure_way` [1, of the measured range] on (lag_way) of the first
        device, the root of the mean square by which residuals differ, and what the card's noise gives; `number`,
        `number_se` on (name); `rmse`, `criterion` on (law).
    """
    import xarray as xr

    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    for k, way in enumerate(fit.directions):
        levels, fitted, spans, devices = _levels(fit, k)
        dims = (f"ramp_{way}", f"reading_{way}")
        variables[f"level_{way}"] = (dims, levels, {"units": "S", "long_name": f"measured conductance, pulses {way}"})
        variables[f"fitted_{way}"] = (dims, fitted, {"units": "S", "long_name": f"fitted conductance, pulses {way}"})
        logarithmic = fit.devices[0].frame.logarithmic
        residual = (np.log(levels / fitted) if logarithmic else levels - fitted) / spans[:, None]
        variables[f"residual_{way}"] = (dims, residual, {"units": "1", "long_name": "residual over the measured range"})
        coordinates[f"device_{way}"] = ((f"ramp_{way}",), devices)
        at, mean, error = _steps(levels)
        x = np.clip((at - card.conductance.min) / card.conductance.span, 0.0, 1.0)
        law = card.programming.step(DIRECTIONS[k], x) * card.conductance.span
        for name, values, text in (
            ("step", mean, "measured change by one pulse"),
            ("step_se", error, "standard error of the measured change"),
            ("law_step", law, "change by one pulse of the card's law"),
        ):
            variables[f"{name}_{way}"] = ((f"bin_{way}",), values, {"units": "S", "long_name": f"{text}, {way}"})
        one = fit.devices[0].structure[0][k]
        for name, values, text in (("structure", one.data, "residuals"), ("card_structure", one.card, "the card")):
            variables[f"{name}_{way}"] = (
                (f"lag_{way}",),
                np.sqrt(values),
                {"units": "1", "long_name": f"root of the structure function of {text} over the range, {way}"},
            )
        coordinates[f"lag_{way}"] = ((f"lag_{way}",), one.lags, {"units": "pulses", "long_name": "pulses apart"})
        coordinates[f"at_{way}"] = ((f"bin_{way}",), at, {"units": "S", "long_name": "conductance before the pulse"})
    shown = [name for name in fit.numbers if not name.startswith("middle.")]
    variables["number"] = (
        ("name",),
        [fit.numbers[name].value for name in shown],
        {"units": "SI", "long_name": "estimate"},
    )
    variables["number_se"] = (
        ("name",),
        [fit.numbers[name].se for name in shown],
        {"units": "SI", "long_name": "standard error"},
    )
    for name in ("rmse", "criterion"):
        over = [float(getattr(one, name)) for one in fit.candidates]
        variables[name] = (("law",), over, {"units": "1", "long_name": f"{name} over the measured range"})
    coordinates |= {"name": shown, "law": [one.law for one in fit.candidates]}
    return xr.Dataset(variables, coordinates, _attributes(fit, card))


def _attributes(fit: Fit, card: DeviceCard) -> dict[str, Any]:
    rmse = float(np.mean([device.rmse for device in fit.devices]))
    return {
        "title": card.title or card.name,
        "chosen_law": fit.law,
        "overall_rmse": rmse,
        "window_min": card.conductance.min,
        "window_max": card.conductance.max,
    }


def _levels(fit: Fit, k: int) -> tuple[Floats, Floats, Floats, list[str]]:
    """(measured, fitted (ramps, readings), spans, device names) of all devices, NaN where a ramp has ended."""
    longest = max(device.data[k].xi.shape[1] for device in fit.devices)
    measured: list[Floats] = []
    fitted: list[Floats] = []
    spans, names = [], []
    for device in fit.devices:
        part = device.data[k]
        for xi, here, path in zip(part.xi, part.here, device.minimum.paths(device.data)[k], strict=True):
            for out, own in ((measured, xi), (fitted, path)):
                row = np.full(longest, np.nan)
                row[: here.size][here] = device.frame.siemens(k, own[here])
                out.append(row)
            spans.append(device.frame.span)
            names.append(device.name)
    return np.array(measured), np.array(fitted), np.array(spans), names


def _steps(levels: Floats) -> tuple[Floats, Floats, Floats]:
    """(conductance, mean change, standard error) in bins of about equal counts."""
    before, change = levels[:, :-1].ravel(), np.diff(levels, axis=1).ravel()
    there = np.isfinite(change)
    before, change = before[there], change[there]
    order = np.argsort(before, kind="stable")
    groups = np.array_split(order, max(3, min(_BINS, order.size // 8)))
    at = np.array([before[group].mean() for group in groups])
    mean = np.array([change[group].mean() for group in groups])
    error = np.array([change[group].std(ddof=1) / np.sqrt(group.size) for group in groups])
    return at, mean, error
