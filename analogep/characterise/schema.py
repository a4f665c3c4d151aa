"""The characterisation of a device: names, dimensions, units and meaning of every variable.

| dimension | meaning |
| --- | --- |
| point | stops of the pulse trains: up, down; of a unidirectional device up, reset, up |
| trace | a few of the cells that went through the trains |
| direction | up, down; down is the reset of a unidirectional device |
| state | a grid of the window, from its lower to its upper end |
| level | minimum, middle and maximum of the window |
| voltage, time | grids of the I-V curve and of ageing |
| cell | cells as fabricated |
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVELS: Final = ("min", "middle", "max")
"""States whose reading and ageing is shown."""

LEVEL_STATES: Final = (0.0, 0.5, 1.0)
"""The same within the window [1]."""

STATES: Final = 201
"""Points of the grid of the window; odd, so that its middle is one of them."""

DAY: Final = 86_400.0
YEAR: Final = 365.25 * DAY

VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "pulse": (("point",), "1", "pulses since the start"),
    "leg": (("point",), "1", "number of the train that the point belongs to, from 0"),
    "response": (("point",), "S", "conductance of a nominal cell without noise"),
    "trial_mean": (("point",), "S", "mean conductance of nominal cells under the same pulses"),
    "trial_std": (("point",), "S", "their standard deviation"),
    "trial_low": (("point",), "S", "conductance that 15.87 % of them stay below"),
    "trial_high": (("point",), "S", "conductance that 15.87 % of them exceed"),
    "trial": (("trace", "point"), "S", "conductance of single cells"),
    "state": (("state",), "1", "state within the window"),
    "conductance": (("state",), "S", "conductance of a nominal cell in the state"),
    "step": (("direction", "state"), "S", "mean change by one pulse, off the bounds"),
    "noise": (("direction", "state"), "S", "standard deviation of the change by one pulse"),
    "pulse_energy": (("direction", "state"), "J", "energy of one pulse that starts in the state"),
    "span_pulses": (("direction",), "1", "pulses from end to end of what a nominal cell can reach"),
    "train_pulses": (("direction",), "1", "pulses whose energy is `train_energy`: end to end, if they were so few"),
    "train_energy": (("direction",), "J", "mean energy of such a train"),
    "voltage": (("voltage",), "V", "voltage across the cell"),
    "current": (("level", "voltage"), "A", "current through a nominal cell"),
    "cell_min": (("cell",), "S", "lower end of each cell's window"),
    "cell_max": (("cell",), "S", "upper end of each cell's window"),
    "cell_half": (("cell",), "S", "conductance of each cell after half of the pulses up"),
    "cell_responds": (("cell",), "1", "1 where the cell follows pulses, 0 where it is dead or stuck"),
    "time": (("time",), "s", "time since the write"),
    "written": (("level",), "S", "conductance of a nominal cell as written"),
    "aged": (("level", "time"), "S", "median conductance of nominal cells after that time"),
    "aged_low": (("level", "time"), "S", "conductance that 15.87 % of them have fallen below"),
    "aged_high": (("level", "time"), "S", "conductance that 15.87 % of them exceed"),
    "window_min": ((), "S", "lower end of the nominal window"),
    "window_max": ((), "S", "upper end of the nominal window"),
    "read_voltage": ((), "V", "voltage of a verify read"),
    "read_noise": ((), "S", "standard deviation of one read in the middle of the window"),
    "write_noise": ((), "S", "standard deviation of the shown conductance about the written one"),
    "retained_day": ((), "1", "share of the window between its ends' medians that is left after 1 day"),
    "retained_decade": ((), "1", "the same after 10 years"),
}
"""Variable -> (dimensions, unit, long name)."""


def variable(name: str, values: ArrayLike) -> tuple[tuple[str, ...], NDArray[np.generic], dict[str, str]]:
    """(dimensions, `values` in their shape and unit, attributes) of one variable, as `xarray.Dataset` takes it.

    Shape and unit are those that `VARIABLES` says.
    """
    dims, units, long_name = VARIABLES[name]
    return dims, np.asarray(values), {"units": units, "long_name": long_name}
