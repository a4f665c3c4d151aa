"""Small networks with columns, from the cards, and their states."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep import Chip, load_data
from analogep.kinds.rc.columned import ColumnedRC

Floats = NDArray[np.float64]

TIA: dict[str, Any] = {
    "kind": "tia", "supply": "1.1 V", "dc_gain": 1000, "load": "0.2 pF", "gm_over_id": 15, "branches": 4,
}  # fmt: skip
CONVEYOR: dict[str, Any] = {
    "kind": "conveyor", "supply": "1.1 V", "bias_current": "20 uA", "gm_over_id": 15, "regulation": 20,
    "mirror": "20 MHz", "peak": 10, "branches": 4,
}  # fmt: skip
PASSIVE: dict[str, Any] = {
    "kind": "passive", "supply": "1.1 V", "line_load": "1 mS", "load": "0.2 pF", "gm_over_id": 15, "branches": 4,
}  # fmt: skip
CHARGE: dict[str, Any] = {
    "kind": "charge", "supply": "1.1 V", "dc_gain": 1000, "load": "0.2 pF", "gm_over_id": 15, "branches": 4,
}  # fmt: skip
COLUMNS = {"tia": TIA, "conveyor": CONVEYOR, "passive": PASSIVE}


def alternating(turn: str, *, guard: str = "2 ns", droop: str = "1 ms") -> dict[str, Any]:
    """Feedback with both turns of one length."""
    turns = {"forward": turn, "reverse": turn, "guard": guard, "hold": "0.1 pF", "droop": droop}
    return {"kind": "alternating", "gain": 0.25, "turns": turns}


def chip(device: str = "ideal", **changes: Any) -> Chip:
    """A chip of 64-12-10 neurons, `__` in place of points in keys."""
    given = {key.replace("__", "."): value for key, value in changes.items()}
    small: dict[str, Any] = {"layers": [64, 12, 10], "column": TIA, "feedback": {"kind": "shared", "gain": 0.25}}
    return Chip(device, "digits", seed=1, set=small | given)


def network(of: Chip) -> ColumnedRC:
    """Its network, with columns."""
    found = of.emulator.hardware.network()
    assert isinstance(found, ColumnedRC)
    return found


def batch(samples: int) -> tuple[Floats, Floats]:
    """Input lines (samples, 64) and targets (samples, 10) [V] of the first digits."""
    data = load_data("digits")
    return 0.2 * data.train_x[:samples].astype(float), 0.2 * np.eye(10)[data.train_y[:samples]]
