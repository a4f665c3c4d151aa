"""Every number of `column`, `driver`, `feedback.turns`, `mismatch` and `noise`, a thousand times larger and smaller.

Either the circuit changes, or it is refused in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

import numpy as np
import pytest

from analogep import Chip
from analogep.circuit.phases import Phase
from analogep.errors import AnalogepError
from analogep.network.thermal import Thermal
from analogep.relaxation import relax
from tests.physics.columned import batch

AMPLIFIER: Final[dict[str, Any]] = {
    "supply": 1.1, "load": 2e-13, "gm_over_id": 15.0, "branches": 4, "excess": 1.3, "headroom": 0.1,
}  # fmt: skip
CIRCUITS: Final[dict[str, dict[str, Any]]] = {
    "tia": {"kind": "tia", "dc_gain": 3000.0, "ratio": 5.0, "tile": 32, **AMPLIFIER},
    "tia of a bandwidth": {"kind": "tia", "dc_gain": 3000.0, "bandwidth": 1e9, "output": "a", **AMPLIFIER},
    "conveyor": {
        "kind": "conveyor", "supply": 1.1, "bias_current": 2e-5, "gm_over_id": 15.0, "regulation": 20.0, "mirror": 2e7,
        "peak": 10.0, "branches": 4, "noisy": 2, "excess": 0.7, "headroom": 0.1,
    },
    "passive": {"kind": "passive", "line_load": 2e-3, "ratio": 5.0, **AMPLIFIER},
    "charge": {"kind": "charge", "dc_gain": 3000.0, "ratio": 10.0, **AMPLIFIER},
    "charge of a capacitor": {
        "kind": "charge", "dc_gain": 3000.0, "bandwidth": 2e9, "doubled": True, "capacitance": 2e-11, "reason": "test",
        **AMPLIFIER,
    },
}  # fmt: skip
REST: Final[dict[str, Any]] = {
    "layers": [64, 6, 10],
    "solver.method": "euler",
    "sample_hold.noise": None,
    "lines.current": 1e-2,
    "driver": {"supply": 1.2, "efficiency": 0.8, "current": 1e-2},
    "feedback": {
        "kind": "alternating", "gain": 0.5,
        "turns": {"forward": 5e-8, "reverse": 5e-8, "guard": 2e-9, "hold": 1e-13, "droop": 1e-3},
    },
    "mismatch": {
        "gain": 0.01, "reverse_gain": 0.01, "rails": 1e-3, "bandwidth": 0.05, "pelgrom": {"a_vt": 1e-3, "area": 4.0},
        "auto_zero": {"residual": 0.02, "period": 1e-4, "time": 2e-7, "energy": 1e-12},
    },
    "noise": {"thermal": "on", "temperature": 300.0},
    "nudging.excess": 1.3,
}  # fmt: skip
SPARE: Final = {
    ("column", "headroom", 1e-3): "no column is at its swing",
    ("driver", "current", 1e3): "no line needs as much",
    ("lines.current", 1e3): "no line needs as much",
}
"""What changes nothing, and why it does not."""


def numbers(block: Mapping[str, Any], *above: str) -> Iterator[tuple[tuple[str, ...], float]]:
    for key, value in block.items():
        if isinstance(value, dict):
            yield from numbers(value, *above, key)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*above, key), value


def turned(settings: dict[str, Any], path: tuple[str, ...], factor: float) -> dict[str, Any]:
    out = deepcopy(settings)
    block = out
    for key in path[:-1]:
        block = block[key]
    value = block[path[-1]] * factor
    block[path[-1]] = round(value) if isinstance(block[path[-1]], int) and value >= 1 else value
    return out


def found(settings: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Powers of the chip, and states and joules of a nudged phase with noise."""
    made = Chip("rram", "digits", seed=1, set=settings)
    hardware, solver = made.emulator.hardware, made.circuit.solver
    net, (x, target) = hardware.network(), batch(2)
    drive = net.nudged(net.drive(x), 0.4, target)
    thermal = Thermal(made.circuit.noise.kt, 7, made.circuit.nudging.excess)
    end = relax(net, drive, np.zeros((2, net.nodes)), Phase(duration=3e-7), solver, 0.01)
    noisy = net.agitated(end.v, drive.__class__(**(vars(drive) | {"thermal": thermal})), 3e-7)
    return np.concatenate([[hardware.amplifier_power, hardware.stretch], noisy.ravel(), end.energy.ravel()])


def outcome(settings: dict[str, Any], before: np.ndarray[Any, Any]) -> str:
    try:
        after = found(settings)
    except AnalogepError:
        return "refused"
    assert np.isfinite(after).all()
    return "the same" if np.array_equal(before, after) else "changed"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "circuit", [one if one == "tia" else pytest.param(one, marks=pytest.mark.slow) for one in CIRCUITS]
)
def test_a_key_that_is_turned_changes_the_circuit_or_is_refused(circuit: str) -> None:
    """Keys of the column circuit itself; of all else with the first one."""
    settings = {**REST, "column": CIRCUITS[circuit]}
    before = found(settings)
    keys = list(numbers({"column": CIRCUITS[circuit]} if circuit != "tia" else settings))
    still = []
    for path, _ in keys:
        if path[0] == "layers":
            continue
        for factor in (1e3, 1e-3):
            if outcome(turned(settings, path, factor), before) == "the same" and (*path, factor) not in SPARE:
                still.append((path, factor))
    assert still == []
