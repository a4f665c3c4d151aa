"""What a nudging of finite strength does to the gradient and to the objective."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.circuit.phases import Nudging
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.product import product_rule

from .nets import CURVES, FAR, READ, Floats, build, data, equilibrium, estimator, flat, nudge

SMOOTH = {name: CURVES[name] for name in ("tanh", "sigmoid")}


def measured(
    network: LayeredRC, x: Floats, target: Floats, stencil: tuple[tuple[float, float], ...], *, constant: bool = False
) -> Floats:
    drive = network.drive(x)
    free = equilibrium(network, drive)
    phases = []
    for beta, weight in stencil:
        nudged = nudge(network, drive, target, beta, free if constant else None)
        phases.append((weight, network.rates(equilibrium(network, nudged, free))))
    return flat(product_rule(phases, x, READ, network.gain, network.bias))


def exact(network: LayeredRC, x: Floats, target: Floats) -> Floats:
    return flat(network.exact_gradient(equilibrium(network, network.drive(x)), x, target))


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(
    ("name", "order", "within", "betas"),
    [
        ("positive", 1.0, 0.1, (0.002, 0.05)),
        ("negative", 1.0, 0.1, (0.002, 0.05)),
        ("centered", 2.0, 0.1, (0.01, 0.2)),
        ("richardson", 4.0, 0.3, (0.02, 0.15)),
    ],
)
def test_the_error_of_an_estimator_falls_with_its_order_in_beta(curve, constant, name, order, within, betas):
    """Regression of log error on log beta: 1 one-sided, 2 centered, 4 Richardson."""
    network = build((6, 8, 5, 3), curve, gain=0.4, bias=True)
    x, target = data(network, 5)
    reference = exact(network, x, target)
    strengths = np.geomspace(*betas, 8)
    errors = [
        np.linalg.norm(measured(network, x, target, estimator(name, b), constant=constant) - reference)
        for b in strengths
    ]
    slope = np.polyfit(np.log(strengths), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=within)


@pytest.mark.parametrize("beta", [0.01, 0.3])
def test_random_sign_is_centered_in_the_mean(beta):
    """[positive + negative]/2 = centered, since Phi(0) cancels; both signs by themselves are the one-sided ones."""
    network = build((5, 7, 3), CURVES["tanh"], gain=0.4, bias=True)
    x, target = data(network, 5)
    rule = Nudging(beta=beta, estimator="random_sign")
    up, down = (measured(network, x, target, rule.stencil(sign)) for sign in (1.0, -1.0))
    one, other, both = (
        measured(network, x, target, estimator(name, beta)) for name in ("positive", "negative", "centered")
    )
    scale = np.abs(both).max()
    np.testing.assert_allclose(up, one, rtol=0, atol=1e-10 * scale)
    np.testing.assert_allclose(down, other, rtol=0, atol=1e-10 * scale)
    np.testing.assert_allclose(0.5 * (up + down), both, rtol=0, atol=1e-10 * scale)


@pytest.mark.parametrize("beta", [0.01, 0.3, 3.0, 30.0])
@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_centered_constant_nudging_of_a_linear_network_is_exact_at_any_beta(beta, gain):
    """v moves by beta K (d - r0), so that centered products have no other term: relative 1e-10."""
    network = build((6, 8, 5, 3), FAR, gain=gain, bias=True)
    x, target = data(network, 5)
    reference = exact(network, x, target)
    found = measured(network, x, target, estimator("centered", beta), constant=True)
    np.testing.assert_allclose(found, reference, rtol=0, atol=1e-10 * np.abs(reference).max())


def test_centered_proportional_nudging_of_a_linear_network_is_not_exact():
    """The nudging current changes with the output: an error of order beta^2."""
    network = build((6, 8, 5, 3), FAR, bias=True)
    x, target = data(network, 5)
    reference = exact(network, x, target)
    betas = np.geomspace(0.01, 0.1, 6)
    errors = [np.linalg.norm(measured(network, x, target, estimator("centered", b)) - reference) for b in betas]
    assert np.polyfit(np.log(betas), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)


def total(network: LayeredRC, x: Floats, target: Floats, beta: float) -> Floats:
    """F(beta) = E + beta C at the equilibrium under proportional nudging, over V^2 (samples,) [1]."""
    drive = network.drive(x)
    v = equilibrium(network, nudge(network, drive, target, beta))
    return network.hopfield_energy(v, x) / READ**2 + beta * network.loss(v, target)


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
@pytest.mark.parametrize("sizes", [(5, 7, 3), (6, 8, 5, 3)])
@pytest.mark.parametrize("beta", [0.01, 0.1, 0.3])
def test_finite_nudging_bounds_the_cost_from_both_sides(curve, sizes, beta):
    """[F(b) - F(0)]/b <= [F(b) - F(-b)]/2b <= [F(0) - F(-b)]/b and L between the outer two; F concave."""
    network = build(sizes, curve, bias=True)
    x, target = data(network, 20)
    down, rest, up = (total(network, x, target, b) for b in (-beta, 0.0, beta))
    free = equilibrium(network, network.drive(x))
    loss = network.loss(free, target)
    lower, upper = (up - rest) / beta, (rest - down) / beta
    assert (lower < loss).all()
    assert (loss < upper).all()
    assert (up - 2 * rest + down < 0).all()


@pytest.mark.parametrize("name", ["positive", "negative", "centered"])
def test_an_estimator_is_the_gradient_of_its_own_finite_difference_of_the_energy(name):
    """sum_k weight_k dF/dw(beta_k) is what the product rule measures, at any beta: central differences, to 1e-6."""
    network = build((4, 5, 3), CURVES["tanh"], bias=True)
    x, target = data(network, 3)
    stencil = estimator(name, 0.3)
    gradient = measured(network, x, target, stencil)

    def bound(k: int, i: int, j: int, h: float) -> float:
        layers = list(network.layers)
        weights = layers[k].weights.copy()
        weights[i, j] += h
        layers[k] = replace(layers[k], weights=weights, reverse=None if k == 0 else weights[:-1])
        other = LayeredRC(layers, network.iv, READ, 1.0, bias=True)
        return float(sum(weight * total(other, x, target, beta).mean() for beta, weight in stencil))

    places = [(k, i, j) for k, layer in enumerate(network.layers) for i, j in np.ndindex(layer.weights.shape)]
    slopes = [(bound(*place, 1e-5) - bound(*place, -1e-5)) / 2e-5 for place in places]
    np.testing.assert_allclose(gradient, slopes, rtol=0, atol=1e-6 * np.abs(gradient).max())
