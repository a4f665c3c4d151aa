"""Chips whose neurons differ: convolutions, and training around offsets."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import Chip, Run, load_data
from analogep.kinds.rc.network import LayeredRC
from analogep.relaxation import relax
from analogep.relaxation.euler import _plain, steps
from analogep.streams import Seeds

ALL = {"offset": 5e-3, "gain": 0.05, "reverse_gain": 0.08, "rails": 5e-3, "bandwidth": 0.2}
SMALL = {"layers": [64, 32, 10], "solver.method": "euler", "learning.epochs": 3}


def test_neurons_of_a_convolution_are_drawn_node_by_node_and_its_steps_follow_them() -> None:
    """Compiled steps against the plain ones: voltages to 1e-12 V, joules to 1e-10."""
    chip = Chip("ideal", "conv-digits", 2, set={"mismatch": ALL, "solver.precision": "double", "nudging.beta": 0.2})
    network, circuit = chip.network(), chip.circuit
    assert isinstance(network, LayeredRC)
    sizes = [layer.size for layer in network.layers]
    assert [layer.own.offset.size for layer in network.layers] == sizes  # type: ignore[union-attr]
    x = circuit.mapping.read_voltage * np.random.default_rng(1).random((3, 64))
    target = circuit.mapping.read_voltage * np.eye(10)[[1, 2, 3]]
    v = 0.02 * np.random.default_rng(2).standard_normal((3, network.nodes))
    drive, phase = network.nudged(network.drive(x), 0.2, target), circuit.timing.nudged
    assert network.march(circuit.solver) is not None
    compiled = relax(network, drive, v, phase, circuit.solver, 1e-2)
    plain = _plain(network, drive, v, steps(network, phase, circuit.solver), circuit.solver, phase, 1e-2, False)
    np.testing.assert_allclose(compiled.v, plain.v, rtol=0, atol=1e-12)
    np.testing.assert_allclose(compiled.energy, plain.energy, rtol=1e-10)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_chip_that_learns_around_its_offsets_beats_copied_weights(seed: int) -> None:
    """Offsets of 60 mV, 64-32-10, three epochs: more than 5 points of test accuracy, and within 4 points of a chip
    without offsets. Two chips, each with its own seed."""
    data = load_data("digits", seed=seed)
    ideal = Run("ideal", "digits", Seeds.of(seed), set=SMALL)
    best = float(ideal.execute()["accuracy"][-1])
    settings = SMALL | {"mismatch": {"offset": 60e-3}}
    learned = float(Run("ideal", "digits", Seeds.of(seed), set=settings).execute()["accuracy"][-1])
    copied = Chip("ideal", "digits", seed, set=settings)
    copied.place(ideal.chip.conductances(), exact=True)
    reached = copied.accuracy(data.test_x, data.test_y)
    assert learned > reached + 0.05
    assert learned > best - 0.04
