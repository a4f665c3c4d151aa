"""Newton's method on Kirchhoff's law: where it starts, how fast it is, what it books, what it says when it fails."""

import numpy as np
import pytest

from analogep.errors import SimulationError
from analogep.network import Network
from analogep.relaxation import relax
from analogep.relaxation.equilibrium import CLOSE, equilibrium
from tests.physics import nets
from tests.physics.circuits import (
    CURVES,
    DIODES,
    IVS,
    LINEAR,
    NONE,
    SINH,
    data,
    nudged,
    passive,
    phase,
    resistive,
    solver,
)

CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)


def example(kind: str) -> Network:
    if kind == "passive":
        return passive((4, 6, 5, 3), feedback=0.6)
    return resistive((4, 6, 5, 4), DIODES[kind], SINH, gain=3.0, back=0.5, doubled=True)


KINDS = pytest.mark.parametrize("kind", ["passive", *DIODES])


@KINDS
def test_no_sample_is_left_with_more_current_than_asked_for(kind):
    """Residual of every sample below `close`, in a handful of rounds."""
    network = example(kind)
    x, target = data(network, 20)
    drive = nudged(network, x, target, 0.5)
    for close in (1e-4, CLOSE):
        v, rounds = equilibrium(network, drive, np.zeros((20, network.nodes)), close)
        assert network.residual(v, drive).max() <= close
        assert rounds <= 8


@KINDS
def test_at_the_equilibrium_there_is_nothing_to_do(kind):
    """Started there it takes no round; the start is not written to."""
    network = example(kind)
    x, target = data(network, 4)
    drive = nudged(network, x, target, 0.5)
    start = np.zeros((4, network.nodes))
    v, _ = equilibrium(network, drive, start)
    assert not start.any()
    again, rounds = equilibrium(network, drive, v)
    assert rounds == 0
    np.testing.assert_array_equal(again, v)
    assert again is not v


def test_a_linear_network_takes_one_round():
    network = resistive((4, 6, 5, 4), gain=3.0, back=0.5)
    x, _ = data(network, 5)
    assert equilibrium(network, network.drive(x), np.zeros((5, network.nodes)))[1] == 1


@CURVED
@pytest.mark.parametrize("diodes", DIODES.values(), ids=DIODES)
@pytest.mark.parametrize("far", [0.5, 2.0])
def test_starts_far_away_end_at_the_same_equilibrium(iv, diodes, far):
    """From random states of up to 2 V, where sinh is 1e4 and an exponential is cut: 1e-9 V."""
    network = resistive((4, 6, 5, 4), diodes, iv, gain=3.0, back=0.5)
    x = np.repeat(data(network, 1)[0], 20, axis=0)
    drive = network.drive(x)
    start = np.random.default_rng(3).uniform(-far, far, (20, network.nodes))
    v, _ = equilibrium(network, drive, start)
    u = np.hstack(network.held(v))
    assert np.ptp(u, axis=0).max() < 1e-9


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_networks_at_virtual_ground_settle_by_newton_too(curve):
    """Against the tests' own Newton iteration, 1e-9 V."""
    network = nets.build((6, 8, 5, 3), curve, bias=True, gain=0.4)
    x, target = nets.data(network, 6)
    drive = nets.nudge(network, network.drive(x), target, 0.5)
    v, _ = equilibrium(network, drive, np.zeros((6, network.nodes)))
    np.testing.assert_allclose(v, nets.equilibrium(network, drive), rtol=0, atol=1e-9)


@KINDS
def test_a_phase_by_newton_is_its_end_and_the_joules_of_resting_there(kind):
    """P(v) T of each component, and 1/2 C (change)^2 among those of the arrays; its path is start and end."""
    network = example(kind)
    x, target = data(network, 3)
    drive = nudged(network, x, target, 0.5)
    start = np.random.default_rng(3).uniform(-0.05, 0.05, (3, network.nodes))
    length = phase(network, 7)
    end = relax(network, drive, start, length, solver("newton"), 1e-3, record=True)
    v, rounds = equilibrium(network, drive, start)
    expected = network.powers(v, drive) * length.duration
    expected[:, 0] += network.charging(start, v)
    np.testing.assert_array_equal(end.v, v)
    np.testing.assert_allclose(end.energy, expected, rtol=1e-14)
    np.testing.assert_array_equal(end.path, np.stack([start, v]))
    np.testing.assert_array_equal(end.times, [0.0, length.duration])
    assert (end.duration, end.evaluations) == (length.duration, rounds + 1)
    assert end.residual.max() <= CLOSE
    assert relax(network, drive, start, length, solver("newton"), 1e-3).path.size == 0


def test_joules_of_a_linear_reciprocal_network_are_those_of_its_transient():
    """Charging through resistors turns 1/2 C (change)^2 into heat, whatever the resistors: 1e-7 after 40 tau."""
    network = resistive((4, 6, 5, 4))
    x, _ = data(network, 3)
    drive = network.drive(x)
    start = np.random.default_rng(3).uniform(-0.5, 0.5, (3, network.nodes))
    length = phase(network, 40)
    straight = relax(network, drive, start, length, solver("newton"), 1e-3).energy.sum(axis=1)
    slow = relax(network, drive, start, length, solver(rtol=1e-10, atol=1e-13), 1e-3).energy.sum(axis=1)
    np.testing.assert_allclose(straight, slow, rtol=1e-7)
    charge = network.charging(start, relax(network, drive, start, length, solver("newton"), 1e-3).v)
    assert (charge / slow).min() > 1e-2


def test_a_network_without_an_equilibrium_is_an_error_that_names_the_sample():
    """Nudged at -2, the outputs' conductance is negative but for the curvature of their cells.

    Whether that ends at a state that is not stable or at none depends on the rounding of the processor: both are said.
    """
    network = resistive((5, 8, 6, 4), NONE, SINH, gain=3.0, back=0.5, doubled=True)
    x, target = data(network, 20)
    drive = network.nudged(network.drive(x), -2.0, target)
    either = r"sample \d+ of the batch (at a residual of 0|has no stable state).* nudging\.beta"
    with pytest.raises(SimulationError, match=either):
        equilibrium(network, drive, np.zeros((20, network.nodes)))


def test_inputs_that_are_not_numbers_are_an_error():
    network = resistive((4, 6, 4), NONE, LINEAR)
    x, _ = data(network, 3)
    x[1, 2] = np.nan
    with pytest.raises(SimulationError, match=r"left sample 2 of the batch at a residual of nan"):
        equilibrium(network, network.drive(x), np.zeros((3, network.nodes)))
