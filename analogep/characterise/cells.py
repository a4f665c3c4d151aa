"""Cells as they come from fabrication, and written cells as they age."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.characterise.schema import DAY, LEVEL_STATES, YEAR, variable
from analogep.characterise.trains import MOST, SIGMA, ways
from analogep.crossbar import Array
from analogep.device import DeviceCard
from analogep.device.nominal import nominal
from analogep.streams import Streams

Floats = NDArray[np.float64]


def fabricated(card: DeviceCard, cells: int, seed: int) -> dict[str, object]:
    """Windows of fabricated cells, and their conductances after half of the pulses that lead a nominal cell up."""
    array = Array(card, (1, cells), Streams(seed), "characterise/cell")
    up = ways(card)["up"]
    # Stuck cells stay where they are.
    array.place(np.where(array.responds, up.start, array.hidden))
    half = min(max(up.pulses // 2, 1), MOST)
    array.program(np.full(array.shape, half, dtype=np.int32), Streams(seed), 0, 0)
    each = {"cell_min": array.g_min, "cell_max": array.g_max, "cell_half": array.g, "cell_responds": array.responds}
    return {
        name: variable(name, np.broadcast_to(values, array.shape).ravel().astype(np.float64))
        for name, values in each.items()
    }


def times() -> Floats:
    """Grid from 1 ms to 10 years, four points a decade, with a day and 10 years among them (time,) [s]."""
    return np.unique(np.concatenate([10.0 ** (0.25 * np.arange(-12, 34)), [DAY, YEAR, 10.0 * YEAR]]))


def ageing(card: DeviceCard, cells: int, seed: int) -> dict[str, object]:
    """Conductances of nominal cells, written to the ends and the middle of the window, as time goes by.

    The band is the spread of the ageing alone, because the cells' windows are alike.
    """
    time = times()
    array = Array(nominal(card), (1, cells), Streams(seed), "characterise/aged")
    found = np.empty((3, len(LEVEL_STATES), time.size))
    written = np.empty(len(LEVEL_STATES))
    for k, state in enumerate(LEVEL_STATES):
        array.place(np.full(array.shape, state))
        written[k] = array.g.flat[0]
        for t, seconds in enumerate(time):
            found[:, k, t] = np.quantile(array.aged(float(seconds)).g, (SIGMA[0], 0.5, SIGMA[1]))
    share = (found[1, 2] - found[1, 0]) / (written[2] - written[0])
    return {
        "time": variable("time", time),
        "written": variable("written", written),
        "aged_low": variable("aged_low", found[0]),
        "aged": variable("aged", found[1]),
        "aged_high": variable("aged_high", found[2]),
        "retained_day": variable("retained_day", share[time == DAY][0]),
        "retained_decade": variable("retained_decade", share[-1]),
    }
