"""From a device card to the Dataset that its figure is drawn from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analogep.characterise.cells import ageing, fabricated
from analogep.characterise.schema import LEVEL_STATES, LEVELS, STATES, variable
from analogep.characterise.trains import MOST, trains
from analogep.crossbar import Array
from analogep.device import DIRECTIONS, DeviceCard, Direction
from analogep.device.nominal import mean_step, nominal, pulse_noise
from analogep.streams import Streams

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_VOLTAGES = 121


def characterise(card: DeviceCard, *, cells: int = 1000, traces: int = 3, seed: int = 0) -> xr.Dataset:
    """Compute what a card says about its device, by the simulation that training uses.

    Parameters
    ----------
    card : DeviceCard
        The device.
    cells : int
        Cells of each experiment: noisy trains, fabrication, ageing.
    traces : int
        Cells of the noisy trains that are kept one by one.
    seed : int
        Seed of fabrication and operation.

    Returns
    -------
    xarray.Dataset
        Variables of `schema.VARIABLES`; the card's words and text in the attributes.
    """
    import xarray as xr

    window = _window(card)
    data = {
        **trains(card, cells, min(traces, cells), seed),
        **_pulses(card, window),
        **_reading(card, window),
        **fabricated(card, cells, seed),
        **ageing(card, cells, seed),
    }
    coordinates = {"direction": list(DIRECTIONS), "level": list(LEVELS)}
    return xr.Dataset(data, coords=coordinates, attrs=_attributes(card, cells, seed))


def _window(card: DeviceCard) -> tuple[float, float]:
    """Ends of the nominal window at the card's temperature [S]."""
    cell = Array(nominal(card), (1, 1), Streams(0), "characterise/window")
    return float(cell.g_min.flat[0]), float(cell.g_max.flat[0])


def _pulses(card: DeviceCard, window: tuple[float, float]) -> dict[str, object]:
    """Step, noise and energy of one pulse over the window; the ends of the window."""
    x = np.linspace(0.0, 1.0, STATES)
    span = window[1] - window[0]
    step = np.array([mean_step(card, direction, x) for direction in DIRECTIONS])
    noise = np.array([pulse_noise(card, direction, x) for direction in DIRECTIONS])
    energy = np.array([_energy(card, direction, x, window) for direction in DIRECTIONS])
    return {
        "state": variable("state", x),
        "conductance": variable("conductance", window[0] + span * x),
        "step": variable("step", span * step),
        "noise": variable("noise", span * noise),
        "pulse_energy": variable("pulse_energy", energy),
        "window_min": variable("window_min", window[0]),
        "window_max": variable("window_max", window[1]),
        "write_noise": variable("write_noise", span * card.variation.write_noise.deviation),
    }


def _energy(card: DeviceCard, direction: Direction, x: Floats, window: tuple[float, float]) -> Floats:
    """Energy of one pulse from each state [J]: at the mean of the conductances before and after."""
    mean = window[0] + (window[1] - window[0]) * 0.5 * (x + np.clip(x + mean_step(card, direction, x), 0.0, 1.0))
    branch = card.branch(direction)
    return np.array([card.energy.joules(branch, direction, 1.0, float(g)) for g in mean])


def _reading(card: DeviceCard, window: tuple[float, float]) -> dict[str, object]:
    """I-V curves up to twice the read voltage, at most to the write amplitude, and the noise of a read."""
    reach = min(2.0 * card.read.voltage, card.threshold)
    voltage = np.linspace(-reach, reach, _VOLTAGES)
    g = window[0] + (window[1] - window[0]) * np.array(LEVEL_STATES)
    variance = card.read.components.variance(g[1:2], card.conductance.max)
    return {
        "voltage": variable("voltage", voltage),
        "current": variable("current", card.read.current(g[:, None], voltage)),
        "read_voltage": variable("read_voltage", card.read.voltage),
        "read_noise": variable("read_noise", float(np.sqrt(variance[0]))),
    }


def _attributes(card: DeviceCard, cells: int, seed: int) -> dict[str, Any]:
    """Words of the card, and where the Dataset comes from; structured ones as JSON."""
    law, spread = card.programming, card.variation.device_to_device
    faults = {key: value for key, value in card.faults.model_dump().items() if value}
    sigmas = {key: getattr(spread, key) for key in ("min", "max", "step", "asymmetry", "shape")}
    return {
        "name": card.name,
        "title": f"{card.name}: {card.title}" if card.title else card.name,
        "technology": card.technology,
        "law": law.model,
        "exact": law.exact,
        "unidirectional": int(law.unidirectional),
        "levels": card.conductance.levels or 0,
        "noise_kind": "table" if law.model == "inverse_cdf" else card.variation.cycle_to_cycle.kind,
        "read_noise_kind": card.read.components.kind,
        "iv": card.read.iv.kind if card.read.saturation is None else "saturating",
        "device_to_device": json.dumps({key: value for key, value in sigmas.items() if value}),
        "shape_name": law.shape_name,
        "distribution": spread.distribution,
        "retention": card.retention.kind,
        "write_energy": card.energy.write,
        "faults": json.dumps(faults),
        "endurance": np.nan if card.lifetime is None else card.lifetime,
        "unknown": json.dumps(card.unknown),
        "warnings": json.dumps([str(warning) for warning in card.warnings()]),
        "longest_train": MOST,
        "cells": cells,
        "seed": str(seed),
        "card": card.text,
        "overrides": json.dumps(card.overrides),
        "changes": json.dumps(card.changes),
        "digest": card.digest,
    }
