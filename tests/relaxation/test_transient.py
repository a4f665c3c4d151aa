"""Six integrators, one equilibrium and one energy; batches; stopping when settled."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from analogep.relaxation import relax
from tests.physics.nets import CURVES, LINEAR, METHODS, READ, SINH, TAU, build, data, nudge, phase, solver


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
@pytest.mark.parametrize("rtol", [1e-3, 1e-5])
def test_all_methods_find_the_same_voltages_and_joules(curve, iv, rtol):
    """Within 20 tolerances of a reference at 1e-11."""
    network = build((5, 7, 3), curve, loop=0.3, gain=0.5, bias=True, iv=iv)
    x, target = data(network, 4)
    drive = nudge(network, network.drive(x), target, 0.5)
    start = np.zeros((4, 10))
    atol = rtol * READ
    exact = relax(network, drive, start, phase(12), solver(rtol=1e-11, atol=1e-14), 1e-3)
    for method in METHODS:
        end = relax(network, drive, start, phase(12), solver(method, rtol, atol), 1e-3)
        volts = (np.abs(end.v - exact.v) / (atol + rtol * np.abs(exact.v))).max()
        joules = (np.abs(end.energy - exact.energy) / np.abs(exact.energy).max(axis=0)).max() / rtol
        assert volts < 20
        assert joules < 20
        assert end.duration == exact.duration == 12 * TAU


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("durations", [1.0, 12.0])
def test_settled_neighbours_do_not_blur_one_moving_sample(method, durations):
    """One sample moves, 255 stand at equilibrium: its error stays within 10 times the error that it has alone."""
    network = build((5, 7, 3), CURVES["tanh"], gain=0.5, bias=True)
    x, _ = data(network, 256)
    drive = network.drive(x)
    start = relax(network, drive, np.zeros((256, 10)), phase(40), solver(rtol=1e-9, atol=1e-12), 1e-3).v
    start[17] = 0.0
    one = network.drive(x[17:18])
    exact = relax(network, one, np.zeros((1, 10)), phase(durations), solver(), 1e-3).v
    rtol, atol = 1e-3, 1e-4
    alone = relax(network, one, np.zeros((1, 10)), phase(durations), solver(method, rtol, atol), 1e-3)
    among = relax(network, drive, start, phase(durations), solver(method, rtol, atol), 1e-3)
    unit = atol + rtol * np.abs(exact[0])
    by_itself = (np.abs(alone.v[0] - exact[0]) / unit).max()
    in_company = (np.abs(among.v[17] - exact[0]) / unit).max()
    assert in_company < 10 * max(by_itself, 0.1)
    assert in_company < 5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
@pytest.mark.parametrize("samples", [1, 20])
def test_a_phase_until_settled_stops_at_the_residual_tolerance(method, tolerance, samples):
    """Where it stops the largest residual of the batch is the tolerance, before the duration, and all have settled."""
    network = build((5, 7, 3), CURVES["tanh"], gain=0.5, bias=True)
    x, _ = data(network, samples)
    start = np.zeros((samples, 10))
    end = relax(network, network.drive(x), start, phase(60, "settled"), solver(method, 1e-6, 1e-8), tolerance)
    assert 0 < end.duration < 30 * TAU
    assert end.residual.max() == pytest.approx(tolerance, rel=1e-2)
    assert (end.residual <= tolerance).all()
    same = relax(
        network, network.drive(x), start, phase(end.duration / TAU), solver(method, 1e-6, 1e-8), tolerance
    )  # fmt: skip
    np.testing.assert_allclose(end.energy, same.energy, rtol=1e-4)


def test_a_phase_that_begins_settled_takes_no_time_and_no_joules():
    network = build((5, 7, 3), CURVES["tanh"])
    x, _ = data(network, 3)
    drive = network.drive(x)
    v = relax(network, drive, np.zeros((3, 10)), phase(40), solver(), 1e-3).v
    end = relax(network, drive, v, phase(12, "settled"), solver(), 1e-3, record=True)
    assert end.duration == 0.0
    assert not end.energy.any()
    assert end.path.shape == (1, 3, 10)
    np.testing.assert_array_equal(end.v, v)


def test_a_phase_that_is_too_short_ends_at_its_duration_and_shows_its_residual():
    network = build((5, 7, 3), CURVES["tanh"])
    x, _ = data(network, 3)
    end = relax(network, network.drive(x), np.zeros((3, 10)), phase(1, "settled"), solver(), 1e-4)
    assert end.duration == TAU
    assert (end.residual > 1e-4).all()


def test_the_path_is_kept_only_if_asked_for_and_begins_and_ends_with_the_phase():
    network = build((5, 7, 3), CURVES["tanh"])
    x, _ = data(network, 3)
    start = np.full((3, 10), 0.01)
    end = relax(network, network.drive(x), start, phase(3), solver(), 1e-4, record=True)
    np.testing.assert_array_equal(end.path[0], start)
    np.testing.assert_array_equal(end.path[-1], end.v)
    assert end.path.shape == (len(end.times), 3, 10)
    assert relax(network, network.drive(x), start, phase(3), solver(), 1e-4).path.size == 0


@pytest.mark.parametrize("method", ["RK45", "LSODA", "BDF"])
def test_a_recorded_path_is_a_curve_between_the_few_accepted_steps(method: str):
    """Every point lies on the exact path to the tolerance of the few steps; straight lines between these do not."""
    network = build((5, 7, 3), CURVES["tanh"])
    x, _ = data(network, 1)
    start = np.zeros((1, 10))
    end = relax(network, network.drive(x), start, phase(12), solver(method, 1e-4, 1e-5), 1e-4, record=True)
    assert 200 <= len(end.times) < 400
    assert (np.diff(end.times) > 0.0).all()
    fine = relax(network, network.drive(x), start, phase(12), solver("DOP853", 1e-10, 1e-12), 1e-4, record=True)
    exact = CubicSpline(fine.times, fine.path[:, 0])
    off = np.abs(end.path[:, 0] - exact(end.times)).max()
    taken = np.linspace(0, len(end.times) - 1, 12).astype(int)
    chords = np.stack([np.interp(end.times, end.times[taken], node[taken]) for node in end.path[:, 0].T], axis=1)
    assert off < 2e-3 * READ
    assert np.abs(chords - exact(end.times)).max() > 10 * off
    np.testing.assert_array_equal(end.path[-1], end.v)
