"""How fast networks come to rest, against what transients do."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import Chip, load_data
from analogep.circuit.phases import Phase
from analogep.network.settling import slowest_mode
from analogep.relaxation import relax
from analogep.relaxation.equilibrium import equilibrium

TIGHT = {"solver.method": "RK23", "solver.relative_tolerance": 1e-8, "solver.absolute_tolerance": "1 fV"}


@pytest.mark.parametrize(("card", "most"), [("resistive-chip", 1.03), ("passive-digits", 1.15)])
def test_what_is_left_late_in_a_transient_decays_with_the_slowest_mode(card: str, most: float) -> None:
    """The largest distance of a node from its equilibrium falls by e in tau between 12 and 13 of them, 3 %, and by more
    where the slowest of many like modes does not lead yet; nodes that a diode holds, which do not show it, aside."""
    chip = Chip("ideal", card, seed=1, set=TIGHT)
    network, x = chip.emulator.hardware.network(), load_data("digits").train_x[:1].astype(float)
    drive, start = network.quiet(chip.circuit.mapping.read_voltage * x), np.zeros((1, network.nodes))
    rest = equilibrium(network, drive, start, 1e-13)[0]
    tau = slowest_mode(network, rest, drive)
    jacobian = network.jacobian(rest, drive)[0]
    moves = np.any(jacobian - np.diag(np.diag(jacobian)), axis=0)
    ends = [relax(network, drive, start, Phase(duration=n * tau), chip.circuit.solver, 0.01).v for n in (12.0, 13.0)]
    left = [np.abs(end - rest)[0, moves].max() for end in ends]
    assert 0.97 < np.log(left[0] / left[1]) < most


def test_coupled_nodes_are_slower_than_each_by_itself() -> None:
    chip = Chip("ideal", "resistive-chip", seed=1)
    network, x = chip.emulator.hardware.network(), load_data("digits").train_x[:2].astype(float)
    drive = network.quiet(chip.circuit.mapping.read_voltage * x)
    rest = equilibrium(network, drive, np.zeros((2, network.nodes)))[0]
    assert slowest_mode(network, rest, drive) > 1.8 * network.tau.max()
