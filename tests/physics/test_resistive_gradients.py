"""Gradients of deep resistive networks: in two phases, by the adjoint network, and by changing each conductance."""

import numpy as np
import pytest

from analogep.kinds.resistive.network import Resistive
from analogep.learning import compare
from analogep.network.coupling import Perfect

from .circuits import (
    DIODES,
    IDEAL,
    IVS,
    LINEAR,
    NONE,
    SINH,
    TARGET,
    Floats,
    centred,
    changed_stage,
    data,
    flat,
    measured,
    nudged,
    relaxed_cost,
    resistive,
    resistive_reads,
    settled,
)

CUBIC = IVS["cubic"]
EVERY = pytest.mark.parametrize("diodes", DIODES.values(), ids=DIODES)
CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)


@EVERY
@pytest.mark.parametrize(
    ("iv", "gain", "back", "doubled"),
    [(LINEAR, 1.0, 1.0, False), (SINH, 4.0, 0.25, True), (CUBIC, 3.0, 0.5, True)],
    ids=["linear", "sinh", "cubic"],
)
def test_the_exact_gradient_is_the_slope_of_the_relaxed_cost(diodes, iv, gain, back, doubled):
    """[L(g + h) - L(g - h)]/2h at re-relaxed equilibria, cell by cell, to 1e-6 of the largest of its array."""
    network = resistive((2, 4, 3, 2), diodes, iv, gain=gain, back=back, doubled=doubled)
    x, target = data(network, 2)
    free = settled(network, network.drive(x))
    gradient = network.exact_gradient(free, x, target)
    for k, stage in enumerate(network.stages):
        assert isinstance(stage.coupling, Perfect)
        for i, j in np.ndindex(stage.coupling.g.shape):
            h = 1e-4 * stage.coupling.g[i, j]
            ends = [relaxed_cost(changed_stage(network, k, i, j, change), x, target, free) for change in (h, -h)]
            slope = (ends[0] - ends[1]) / (2 * h * network.scales[k])
            assert gradient[k][i, j] == pytest.approx(slope, abs=1e-6 * np.abs(gradient[k]).max())


def steady(network: Resistive, x: Floats, target: Floats, beta: float) -> tuple[Floats, Floats]:
    """Samples whose ideal diodes hold the same nodes in all phases."""
    held = []
    for strength in (-beta, 0.0, beta):
        v = settled(network, nudged(network, x, target, strength))
        held.append(np.hstack(network.held(v)) == v)
    keep = ((held[0] == held[1]) & (held[1] == held[2])).all(axis=1)
    return x[keep], target[keep]


@EVERY
@CURVED
@pytest.mark.parametrize(
    ("gain", "back", "doubled", "constant"),
    [(1.0, 1.0, False, False), (4.0, 0.25, True, True), (3.0, 0.5, True, False)],
    ids=["plain", "amplified-constant", "amplified"],
)
def test_centred_phases_give_the_exact_gradient_of_every_array(diodes, iv, gain, back, doubled, constant):
    """Co-content rule: cosine >= 0.9999 and length 1 +- 1e-3 in each array by itself, so that no (a/h) is missing."""
    network = resistive((5, 6, 5, 4), diodes, iv, doubled=doubled, gain=gain, back=back)
    x, target = steady(network, *data(network, 10), 2e-3)
    assert len(x) >= 5
    found = network.gradient(measured(network, x, target, centred(1e-3), constant=constant), x)
    exact = network.exact_gradient(settled(network, network.drive(x)), x, target)
    for estimated, reference in zip(found, exact, strict=True):
        cosine, length = compare(estimated, reference)
        assert cosine >= 0.9999
        assert length == pytest.approx(1.0, abs=1e-3)


def squared(network: Resistive, x: Floats, phases: list[tuple[float, list[Floats]]]) -> list[Floats]:
    """sum weight (drop)^2/2 over g_n target^2, cell by cell, with no factor for amplifiers; sampled behind them."""
    totals = [0.0] * len(network.stages)
    for weight, rates in phases:
        u = [rate / stage.gain for rate, stage in zip(rates, network.stages, strict=True)]
        for read in resistive_reads(network, u, x):
            drop = read.rows[:, :, None] - read.columns[:, None, :]
            totals[read.layer] = totals[read.layer] + weight * 0.5 * np.square(drop).sum(axis=0)
    unit = 1.0 / (len(x) * network.nudging * network.target**2)
    return [np.asarray(total) * (unit / scale) for total, scale in zip(totals, network.scales, strict=True)]


@pytest.mark.parametrize(("gain", "back"), [(4.0, 0.25), (2.0, 0.5), (3.0, 3.0), (3.0, 1.0)])
def test_behind_each_amplifier_the_bare_rule_is_off_by_back_over_gain(gain, back):
    """Reciprocal only for h = a. At A = 4, h = 1/4 the array before gets 1/A^2 = 0.0625 of its gradient."""
    network = resistive((5, 6, 5, 4), IDEAL, gain=gain, back=back, doubled=True)
    x, target = steady(network, *data(network, 10), 2e-3)
    bare = squared(network, x, measured(network, x, target, centred(1e-3)))
    exact = network.exact_gradient(settled(network, network.drive(x)), x, target)
    lengths = [compare(a, b)[1] for a, b in zip(bare, exact, strict=True)]
    ratio = back / gain
    np.testing.assert_allclose(lengths, [ratio**2, ratio, 1.0], rtol=1e-4)
    assert min(compare(a, b)[0] for a, b in zip(bare, exact, strict=True)) > 1 - 1e-6


@pytest.mark.parametrize("beta", [0.01, 0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize(("gain", "back"), [(1.0, 1.0), (4.0, 0.25)])
def test_centred_phases_with_constant_currents_are_exact_at_any_beta_in_a_linear_network(beta, gain, back):
    """1e-10 of the largest entry."""
    network = resistive((5, 6, 5, 4), gain=gain, back=back, doubled=True)
    x, target = data(network, 6)
    found = network.gradient(measured(network, x, target, centred(beta), constant=True), x)
    exact = network.exact_gradient(settled(network, network.drive(x)), x, target)
    for a, b in zip(found, exact, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(b).max())


def test_centred_phases_with_proportional_currents_are_off_by_the_square_of_beta():
    """Slope of log(error) against log(beta): 2.0."""
    network = resistive((5, 6, 5, 4), gain=2.0, back=0.5, doubled=True)
    x, target = data(network, 6)
    exact = flat(network.exact_gradient(settled(network, network.drive(x)), x, target))
    betas, errors = np.array([0.16, 0.08, 0.04, 0.02]), []
    for beta in betas:
        found = flat(network.gradient(measured(network, x, target, centred(beta)), x))
        errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
    order = np.polyfit(np.log(betas), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.02)
    assert errors[0] > 1e-3


def test_the_squared_rule_is_off_for_sinh_devices_and_the_rule_of_co_contents_is_not():
    """On one network: several percent against less than 1e-5. For linear devices both are one rule."""
    errors = {}
    for name, rule in (("squared", LINEAR), ("co-content", SINH)):
        network = resistive((5, 6, 4), NONE, SINH, rule=rule, doubled=True)
        x, target = data(network, 10)
        found = flat(network.gradient(measured(network, x, target, centred(1e-3)), x))
        exact = flat(network.exact_gradient(settled(network, network.drive(x)), x, target))
        errors[name] = np.linalg.norm(found - exact) / np.linalg.norm(exact)
    assert errors["squared"] > 0.05
    assert errors["co-content"] < 1e-5
    network = resistive((5, 6, 5, 4), IDEAL, gain=1.0, doubled=True)
    x, target = data(network, 10)
    phases = measured(network, x, target, centred(0.1))
    for a, b in zip(network.gradient(phases, x), squared(network, x, phases), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-11 * np.abs(b).max())


def test_doubled_inputs_split_the_gradient_into_input_and_mean():
    """dL/dg+ - dL/dg- = -(2/beta) x dv and their sum (2/beta) vbar dv, of one-sided phases at any beta."""
    beta = 0.5
    network = resistive((5, 6, 4), IDEAL, doubled=True)
    x, target = data(network, 4)
    phases = measured(network, x, target, ((beta, 1 / beta), (0.0, -1 / beta)))
    gradient = network.gradient(phases, x)[0]
    plus, minus = gradient[:5], gradient[5:10]
    nudge, free = phases[0][1][0], phases[1][1][0]
    change, mean = nudge - free, 0.5 * (nudge + free)
    unit = 2.0 / (beta * 4 * network.nudging * TARGET**2 * network.scales[0])
    scale = np.abs(gradient).max()
    np.testing.assert_allclose(plus - minus, -unit * x.T @ change, rtol=0, atol=1e-11 * scale)
    total = np.broadcast_to(unit * (mean * change).sum(axis=0), (5, 6))
    np.testing.assert_allclose(plus + minus, total, rtol=0, atol=1e-11 * scale)
