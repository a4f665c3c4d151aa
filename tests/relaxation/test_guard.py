"""What goes wrong in the integrators ends as an error that says what to do, for every method."""

import numpy as np
import pytest

from analogep.errors import SimulationError
from analogep.kinds.rc.drive import RCDrive
from analogep.relaxation import relax
from analogep.relaxation.guard import Guard
from tests.physics.nets import CURVES, FAR, METHODS, READ, SINH, build, data, phase, solver

pytestmark = pytest.mark.timeout(20)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("until", ["duration", "settled"])
def test_a_right_hand_side_that_is_not_a_number_is_refused(method, until):
    """Left to itself SciPy 1.17 loops for ever or reports success."""
    network = build((5, 7, 3), CURVES["tanh"])
    drive = RCDrive(inputs=np.full((2, 7), np.nan), power=np.zeros(2))
    with pytest.raises(
        SimulationError, match=r"a node voltage diverged at 0 s \(evaluation 1\).*give the neurons rails"
    ):
        relax(network, drive, np.zeros((2, 10)), phase(12, until), solver(method, 1e-3, 1e-4), 1e-3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("until", ["duration", "settled"])
@pytest.mark.parametrize("curve", [CURVES["relu"], FAR], ids=["relu", "linear"])
def test_a_loop_gain_above_one_without_rails_is_an_error(method, until, curve):
    """v grows as e^((gain - 1) t/tau) until it overflows: an error, never a result and never a hang."""
    if curve is FAR:
        curve = type(FAR)(kind="hard_clip", low=-1e308, high=1e308)
    network = build((5, 7, 3), curve, loop=4.0, bias=True)
    x, _ = data(network, 2)
    with pytest.raises(SimulationError, match=r"diverged at|gave up at"):
        relax(network, network.drive(x), np.zeros((2, 10)), phase(2000, until), solver(method, 1e-3, 1e-4), 1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_a_growing_voltage_that_has_not_overflowed_is_not_settled(method):
    network = build((5, 7, 3), CURVES["relu"], loop=4.0, bias=True)
    x, _ = data(network, 2)
    end = relax(network, network.drive(x), np.zeros((2, 10)), phase(6), solver(method, 1e-3, 1e-4), 1e-3)
    assert end.residual.max() > 1


@pytest.mark.parametrize("method", METHODS)
def test_work_is_bounded(method):
    network = build((5, 7, 3), CURVES["tanh"])
    x, _ = data(network, 2)
    with pytest.raises(SimulationError, match=r"took more than 12 evaluations.*a larger solver\.max_evaluations"):
        relax(network, network.drive(x), np.zeros((2, 10)), phase(12), solver(method, 1e-3, 1e-4, 12), 1e-3)


def test_the_guard_counts_evaluations():
    guard = Guard(lambda v: -v, (2, 3), 2)
    np.testing.assert_array_equal(guard(0.0, np.ones(6)), -np.ones(6))
    guard(0.0, np.ones(6))
    assert guard.evaluations == 2
    with pytest.raises(SimulationError, match=r"more than 2 evaluations and was at 1e-08 s"):
        guard(1e-8, np.ones(6))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_guard_refuses_one_bad_voltage_among_many(bad):
    slope = np.zeros((200, 30))
    slope[150, 7] = bad
    with pytest.raises(SimulationError, match=r"diverged at 2e-08 s \(evaluation 1\)"):
        Guard(lambda v: slope, (200, 30), 10)(2e-8, np.zeros(6000))


@pytest.mark.parametrize("method", METHODS)
def test_the_first_step_is_short_against_the_time_constants(method):
    """By itself SciPy tries 1 us from discharged nodes; there a sinh without near rails overflows: no divergence."""
    network = build((5, 7, 3), FAR, loop=0.3, bias=True, iv=SINH)
    x, _ = data(network, 2)
    end = relax(network, network.drive(x), np.zeros((2, 10)), phase(60), solver(method, 1e-3, 1e-4), 1e-3)
    assert np.abs(end.v).max() < 5 * READ
    assert end.residual.max() < 1e-2


def test_a_voltage_that_grows_without_overflow_within_the_phase_is_reported_too() -> None:
    """A phase may end at 1e20 V, finite and "successful": an unbounded ReLU net far above loop gain 1."""
    from analogep import CircuitCard, DeviceCard
    from analogep.energy import Ledger
    from analogep.learning import Experimenter
    from analogep.network import Hardware
    from analogep.streams import Seeds

    circuit = CircuitCard.load(
        "digits",
        [
            "layers=[6, 5, 3]",
            "neurons.hidden.activation={kind: relu}",
            "neurons.output.activation={kind: relu}",
            "mapping.weight_range=[20, 20]",
            "timing.free.duration=200 ns",
        ],
    )
    hardware = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(0))
    for pair in hardware.pairs:
        pair.plus.g[:], pair.minus.g[:] = pair.plus.g_max, pair.minus.g_min
        pair.refresh()
    experimenter = Experimenter(hardware, Ledger(), np.random.default_rng(0))
    with pytest.raises(SimulationError, match="a node voltage diverged at 2e-07 s"):
        experimenter.free(hardware.network(), experimenter.lines(np.ones((2, 6))))
