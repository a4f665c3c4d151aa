"""Arrays with wires in the compiled march: voltages as the equations have them, joules by what lines take together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analogep.circuit.phases import Phase
from analogep.kinds.rc.wired_lines import WiredLines
from analogep.relaxation.euler import march, plain
from tests.physics.columned import TIA, alternating, batch, chip

WIRES = {"kind": "exact", "word": "5 ohm", "bit": "5 ohm", "driver": "20 ohm", "sense": "50 ohm", "tile": [32, 32]}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "held ideally": ("ideal", {"column": {"kind": "ideal"}, "feedback": {"kind": "shared", "gain": 0.5}}),
    "columns": ("rram", {"column": TIA}),
    "curved, turns": ("pcm", {"column": TIA, "feedback": alternating("50 ns")}),
}
DEEP = {
    "layers": [64, 40, 36, 10], "mapping__weight_range": [1.0], "learning__initial_gain": [1.0],
    "learning__rate": [1.0],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_march_takes_what_lines_with_wires_take_together(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Voltages to rounding; joules of arrays and drivers to 4e-4, of which sums over single lines are ten times as far.

    Lines of 50 ohm ends and 5 ohm a cell eat a tenth of the current; the phase begins at 0 V.
    """
    device, changes = CASES[case]
    made = chip(device, wires=WIRES, solver__method="euler", **DEEP, **changes)
    net, (x, target) = made.emulator.hardware.network(), batch(5)
    solver, phase = made.circuit.solver, Phase(duration=400e-9)
    start, drive = np.zeros((5, net.nodes)), net.drive(x)
    given = net.nudged(drive, 0.4, target)
    assert net.march(solver) is not None
    found, own = (take(net, given, start, phase, solver, 0.01) for take in (march, plain))
    np.testing.assert_allclose(found.v, own.v, rtol=0, atol=1e-14)

    def off(one: Any) -> NDArray[np.float64]:
        taken = [k for k, name in enumerate(net.powers_of) if name in ("array", "driver")]
        return np.abs(one.energy[:, taken] / own.energy[:, taken] - 1.0).max(axis=0)

    assert (off(found) < 4e-4).all()
    others = [k for k, name in enumerate(net.powers_of) if name not in ("array", "driver")]
    np.testing.assert_allclose(found.energy[:, others], own.energy[:, others], rtol=1e-9, atol=1e-30)
    ones = np.ones((1, 5))
    monkeypatch.setattr(WiredLines, "ratios", lambda *_: (ones, ones))
    alone = march(net, given, start, phase, solver, 0.01)
    assert (off(alone)[0] > 10.0 * off(found)[0]).all()
