"""Diodes: the textbook's currents, their slopes and co-contents, and what happens far beyond them."""

import numpy as np
import pytest

from analogep.kinds.resistive.diodes import AntiparallelDiodes, IdealDiodes, NoDiodes, ShockleyDiodes

V_T = 1.380649e-23 * 300.0 / 1.602176634e-19
SHOCKLEY = ShockleyDiodes(kind="shockley", saturation=1e-9, emission=1.5)
ANTIPARALLEL = AntiparallelDiodes(kind="antiparallel", saturation=1e-9, emission=1.5)
SOFT = pytest.mark.parametrize("diodes", [SHOCKLEY, ANTIPARALLEL], ids=lambda d: d.kind)
V = np.array([-0.4, -0.1, -0.01, 0.0, 0.005, 0.1, 0.3])
SIGNS = pytest.mark.parametrize("sign", [1.0, -1.0])


@SIGNS
def test_a_shockley_diode_conducts_when_its_node_leaves_its_side_of_ground(sign):
    """From ground into a node below (sign +1): i = -I_s (exp(-v/n V_T) - 1); mirrored for sign -1."""
    expected = -sign * 1e-9 * np.expm1(-sign * V / (1.5 * V_T))
    np.testing.assert_allclose(SHOCKLEY.current(V, np.full(7, sign)), expected, rtol=1e-9, atol=1e-22)
    assert SHOCKLEY.current(np.array([-sign * 0.4]), np.array([sign]))[0] * sign < -1e-5
    assert abs(SHOCKLEY.current(np.array([sign * 0.4]), np.array([sign]))[0]) <= 1e-9


@SIGNS
def test_antiparallel_diodes_are_an_odd_sinh_whatever_the_sign(sign):
    """i = 2 I_s sinh(v/n V_T)."""
    expected = 2e-9 * np.sinh(V / (1.5 * V_T))
    np.testing.assert_allclose(ANTIPARALLEL.current(V, np.full(7, sign)), expected, rtol=1e-9, atol=1e-22)


def test_the_scale_of_the_exponential_is_n_v_t():
    """38.78 mV at n = 1.5 and 300 K, proportional to the temperature."""
    assert SHOCKLEY.scale == pytest.approx(0.0387780, rel=1e-5)
    hot = ShockleyDiodes(kind="shockley", saturation=1e-9, emission=1.5, temperature=600.0)
    assert hot.scale == pytest.approx(2 * SHOCKLEY.scale, rel=1e-12)


@SOFT
@SIGNS
@pytest.mark.parametrize("reach", [0.3, 4.0], ids=["in use", "beyond the tangent"])
def test_slope_and_co_content_are_derivative_and_integral_of_the_current(diodes, sign, reach):
    """Central differences in both directions, to 1e-6; also where the exponential goes on as its tangent."""
    v, h = np.linspace(-reach, reach, 41), 1e-7
    signs = np.full(41, sign)
    ends = [(diodes.current(v + s, signs), diodes.content(v + s, signs)) for s in (h, -h)]
    slopes, currents = ((up - down) / (2 * h) for up, down in zip(*ends, strict=True))
    np.testing.assert_allclose(
        slopes, diodes.slope(v, signs), rtol=1e-5, atol=1e-6 * float(diodes.slope(np.zeros(1), np.ones(1))[0])
    )
    flow = diodes.current(v, signs)
    # A large, even content minus a little less: rounding of the difference is that of the content over h.
    rounding = 4e-16 * np.abs(diodes.content(v, signs)) / h
    np.testing.assert_array_less(np.abs(currents - flow), 1e-5 * np.abs(flow) + 1e-13 + rounding)
    assert diodes.content(np.zeros(1), np.ones(1))[0] == pytest.approx(0.0, abs=1e-24)


@SOFT
@SIGNS
def test_currents_rise_with_the_voltage_and_dissipate(diodes, sign):
    """Monotone, v i >= 0, co-content >= 0: what makes a resistive network's equilibrium unique."""
    v = np.linspace(-0.5, 0.5, 201)
    signs = np.full(201, sign)
    current = diodes.current(v, signs)
    assert (np.diff(current) >= 0.0).all()
    assert (v * current >= 0.0).all()
    assert diodes.content(v, signs).min() >= -1e-22
    assert (diodes.slope(v, signs) > 0.0).all()


@SOFT
def test_a_solvers_first_guess_does_not_overflow(diodes):
    """At +-1000 V current, slope and co-content are finite: the exponential goes on as its tangent from 80 n V_T."""
    v = np.array([-1e3, 1e3])
    with np.errstate(all="raise", under="ignore"):
        for found in (diodes.current(v, np.ones(2)), diodes.slope(v, np.ones(2)), diodes.content(v, np.ones(2))):
            assert np.isfinite(found).all()


@SIGNS
def test_an_ideal_diode_holds_its_node_at_ground_on_the_far_side(sign):
    """u = max(v, 0) for sign +1, min(v, 0) for sign -1; no current or content that the circuit would have to count."""
    diodes = IdealDiodes(kind="ideal", conductance=1e-3)
    held = diodes.held(V, np.full(7, sign))
    np.testing.assert_array_equal(held, np.maximum(V, 0.0) if sign > 0 else np.minimum(V, 0.0))
    for found in (diodes.current(held, sign), diodes.slope(held, sign), diodes.content(held, sign)):
        assert not np.any(found)


def test_no_diodes_do_nothing():
    nothing = NoDiodes(kind="none")
    np.testing.assert_array_equal(nothing.held(V, np.ones(7)), V)
    for found in (nothing.current(V, np.ones(7)), nothing.slope(V, np.ones(7)), nothing.content(V, np.ones(7))):
        assert not np.any(found)
