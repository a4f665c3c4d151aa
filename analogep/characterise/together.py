"""Several devices on common axes: what `characterise` found of each, in units of its own window."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from analogep.errors import UsageError

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

MOST: Final = 8
"""Most devices that can be told apart in one figure."""

_FRACTIONS: Final = 401

VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "response": (("card", "fraction"), "1", "state of a nominal cell without noise: one train up, one down"),
    "step": (("card", "direction", "state"), "1", "mean change by one pulse, in windows"),
    "noise": (("card", "direction", "state"), "1", "standard deviation of the change by one pulse, in windows"),
    "pulse_energy": (("card", "direction", "state"), "J", "energy of one pulse that starts in the state"),
    "span_pulses": (("card", "direction"), "1", "pulses from end to end of what a nominal cell can reach"),
    "retained": (("card", "time"), "1", "share of the window between its ends' medians that is left"),
    "window_min": (("card",), "S", "lower end of the nominal window"),
    "window_max": (("card",), "S", "upper end of the nominal window"),
}
"""Variable -> (dimensions, unit, long name)."""


def together(devices: Sequence[xr.Dataset]) -> xr.Dataset:
    """Put the characterisations of two to eight devices on common axes.

    Parameters
    ----------
    devices : sequence of Dataset
        Each as `characterise` returns it.

    Returns
    -------
    xarray.Dataset
        Variables of `VARIABLES` on the dimension `card`, named after the cards; `fraction` runs from 0 to 1 through
        the pulses up and from 1 to 2 through those down (of a unidirectional device, through the pulses up that follow
        its reset).

    Raises
    ------
    UsageError
        If there are fewer than two or more than eight, or two of the same name.
    """
    import xarray as xr

    names = [str(device.attrs["name"]) for device in devices]
    if not 2 <= len(names) <= MOST:
        raise UsageError(f"a comparison needs 2 to {MOST} cards, got {len(names)}")
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise UsageError(f"two of the cards are named '{double[0]}'; give each a 'name' of its own to tell them apart")
    fraction = np.linspace(0.0, 2.0, _FRACTIONS)
    found = [_one(device, fraction) for device in devices]
    data = {
        name: (dims, np.array([values[name] for values in found]), {"units": units, "long_name": long_name})
        for name, (dims, units, long_name) in VARIABLES.items()
    }
    first = devices[0]
    coordinates = {
        "card": names,
        "direction": first["direction"].values,
        "fraction": (
            "fraction",
            fraction,
            {"units": "1", "long_name": "share of the pulses up, then 1 + of those down"},
        ),
        "state": first["state"].variable,
        "time": first["time"].variable,
    }
    return xr.Dataset(data, coords=coordinates, attrs=_attributes(devices, names))


def _one(device: xr.Dataset, fraction: Floats) -> dict[str, Floats]:
    """Values of one device on the common axes."""
    low, span = float(device["window_min"]), float(device["window_max"] - device["window_min"])
    low_aged, high_aged = (device["aged"].sel(level=level).values for level in ("min", "max"))
    written = float(device["written"].sel(level="max") - device["written"].sel(level="min"))
    return {
        "response": (np.interp(fraction, _fraction(device), device["response"].values) - low) / span,
        "step": device["step"].values / span,
        "noise": device["noise"].values / span,
        "pulse_energy": device["pulse_energy"].values,
        "span_pulses": device["span_pulses"].values,
        "retained": (high_aged - low_aged) / written,
        "window_min": device["window_min"].values,
        "window_max": device["window_max"].values,
    }


def _fraction(device: xr.Dataset) -> Floats:
    """Share of the train at each point; the reset is a jump at 1."""
    pulse, leg = device["pulse"].values.astype(np.float64), device["leg"].values
    up, last = pulse[leg == 0].max(), leg.max()
    before = pulse[leg < last].max()
    share = pulse / up
    share[leg == last] = 1.0 + (pulse[leg == last] - before) / (pulse.max() - before)
    return np.asarray(np.where((leg > 0) & (leg < last), 1.0, share))


def _attributes(devices: Sequence[xr.Dataset], names: list[str]) -> dict[str, object]:
    return {
        "title": "comparison of " + ", ".join(names),
        "unidirectional": [int(device.attrs["unidirectional"]) for device in devices],
        "retention": [str(device.attrs["retention"]) for device in devices],
        "levels": [int(device.attrs["levels"]) for device in devices],
        "digests": json.dumps({name: device.attrs["digest"] for name, device in zip(names, devices, strict=True)}),
    }
