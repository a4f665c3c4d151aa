"""Gradients: measured in two phases, by the adjoint method, and by changing each weight."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.kinds.rc.adjoint import adjoint
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.product import product_rule
from analogep.learning import compare

from .nets import (
    CURVES,
    FAR,
    LINEAR,
    READ,
    SINH,
    Floats,
    build,
    data,
    equilibrium,
    estimator,
    flat,
    nudge,
)

CURVES = {**CURVES, "linear": FAR}
SIZES = [(6, 4), (5, 7, 3), (6, 8, 5, 3)]


def measured(network: LayeredRC, x: Floats, target: Floats, name: str, beta: float) -> list[Floats]:
    drive = network.drive(x)
    free = equilibrium(network, drive)
    phases = []
    for strength, weight in estimator(name, beta):
        v = equilibrium(network, nudge(network, drive, target, strength), free)
        phases.append((weight, network.rates(v)))
    return product_rule(phases, x, READ, network.gain, network.bias)


def exact(network: LayeredRC, x: Floats, target: Floats) -> list[Floats]:
    return network.exact_gradient(equilibrium(network, network.drive(x)), x, target)


def smooth(network: LayeredRC, x: Floats, target: Floats, beta: float) -> tuple[Floats, Floats]:
    """Samples whose nodes stand on the same side of their rails in all phases."""
    drive = network.drive(x)
    free = equilibrium(network, drive)
    rails = np.array([layer.activation.rails for layer in network.layers for _ in range(layer.size)])
    side = [
        np.sign(v - rails[:, 0]) + np.sign(v - rails[:, 1])
        for v in (equilibrium(network, nudge(network, drive, target, b), free) for b in (-beta, 0.0, beta))
    ]
    keep = ((side[0] == side[1]) & (side[1] == side[2])).all(axis=1)
    return x[keep], target[keep]


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("gain", [1.0, 0.4, 2.0])
@pytest.mark.parametrize("bias", [False, True])
def test_centered_phases_give_the_exact_gradient_of_every_layer(curve, sizes, gain, bias):
    """Cosine >= 0.9999 and length 1 +- 1e-3 in each layer by itself, so that no power of the gain is missing.

    The theorem needs a smooth branch: samples with a node that crosses a rail between the phases are left out.
    """
    network = build(sizes, curve, gain=gain, bias=bias)
    x, target = smooth(network, *data(network, 40), 1e-3)
    assert len(x) >= 10
    found = measured(network, x, target, "centered", 1e-3)
    for layer, reference in zip(found, exact(network, x, target), strict=True):
        cosine, length = compare(layer, reference)
        assert cosine >= 0.9999
        assert length == pytest.approx(1.0, abs=1e-3)


def test_without_dividing_by_the_gain_earlier_layers_would_be_off_by_its_powers():
    """A stage of feedback gain s behind a layer multiplies its product rule by s."""
    network = build((6, 8, 5, 3), CURVES["tanh"], gain=0.4)
    x, target = data(network, 10)
    drive = network.drive(x)
    free = equilibrium(network, drive)
    phases = []
    for beta, weight in estimator("centered", 1e-3):
        phases.append((weight, network.rates(equilibrium(network, nudge(network, drive, target, beta), free))))
    bare = product_rule(phases, x, READ, 1.0, bias=False)
    lengths = [compare(a, b)[1] for a, b in zip(bare, exact(network, x, target), strict=True)]
    np.testing.assert_allclose(lengths, [0.16, 0.4, 1.0], rtol=1e-3)


def relaxed_cost(network: LayeredRC, x: Floats, target: Floats, start: Floats) -> float:
    v = equilibrium(network, network.drive(x), start)
    return float(network.loss(v, target).mean())


def changed(network: LayeredRC, k: int, i: int, j: int, h: float) -> LayeredRC:
    """One weight by h, in the forward array and, where it is read in reverse, there too."""
    layers = list(network.layers)
    weights = layers[k].weights.copy()
    weights[i, j] += h
    reverse = layers[k].reverse
    if reverse is not None and i < reverse.shape[0]:
        reverse = reverse.copy()
        reverse[i, j] += h
    layers[k] = replace(layers[k], weights=weights, reverse=reverse)
    return LayeredRC(layers, network.iv, network.read_voltage, network.gain, network.bias)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
@pytest.mark.parametrize("mismatch", [0.0, 0.3])
@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_the_exact_gradient_is_the_slope_of_the_relaxed_cost(curve, iv, mismatch, gain):
    """[L(w + h) - L(w - h)]/2h at re-relaxed equilibria, weight by weight, to 1e-6 of the largest."""
    loop = 0.2 if iv is SINH else 0.5
    network = build((4, 5, 4, 2), curve, loop=loop, gain=gain, bias=True, iv=iv, mismatch=mismatch)
    x, target = data(network, 3)
    free = equilibrium(network, network.drive(x))
    gradient = network.exact_gradient(free, x, target)
    h = 1e-5
    for k, layer in enumerate(network.layers):
        for i, j in np.ndindex(layer.weights.shape):
            up = relaxed_cost(changed(network, k, i, j, h), x, target, free)
            down = relaxed_cost(changed(network, k, i, j, -h), x, target, free)
            assert gradient[k][i, j] == pytest.approx((up - down) / (2 * h), abs=1e-6 * np.abs(gradient[k]).max())


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_the_gradient_is_the_symmetric_product_of_rates_and_adjoint(curve):
    """dL/dw_ij = mu_j r_i + mu_i r_j with H lambda = dC/dr, mu = -lambda: a dense solve, to 1e-10.

    H = diag(1/rho') - W over the leak; nodes at a rail (rho' = 0) have lambda = 0.
    """
    network = build((6, 8, 5, 3), curve)
    x, target = data(network, 1)
    v = equilibrium(network, network.drive(x))
    rates = np.concatenate(network.rates(v), axis=1)[0]
    slope = np.concatenate(
        [layer.activation.slope(v[:, part]) for layer, part in zip(network.layers, network.slices, strict=True)], axis=1
    )[0]
    coupling = np.zeros((network.nodes, network.nodes))
    for k in range(1, 3):
        block = network.layers[k].weights
        coupling[network.slices[k - 1], network.slices[k]] = block
        coupling[network.slices[k], network.slices[k - 1]] = block.T
    active = slope > 0
    source = np.zeros(network.nodes)
    source[network.slices[-1]] = (rates[network.slices[-1]] - target[0]) / READ**2
    hessian = np.diag(1.0 / slope[active]) - coupling[np.ix_(active, active)]
    lam = np.zeros(network.nodes)
    lam[active] = np.linalg.solve(hessian, source[active])
    np.testing.assert_allclose(np.concatenate(adjoint(network, v, target), axis=1)[0], lam, rtol=0, atol=1e-10)
    gradient = network.exact_gradient(v, x, target)
    np.testing.assert_allclose(gradient[0], np.outer(x[0], lam[:8]), rtol=0, atol=1e-10)
    for k in (1, 2):
        a, b = network.slices[k - 1], network.slices[k]
        expected = np.outer(rates[a], lam[b]) + np.outer(lam[a], rates[b])
        np.testing.assert_allclose(gradient[k], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("curve", [CURVES["tanh"], CURVES["linear"]], ids=["tanh", "linear"])
def test_mirrored_arrays_that_differ_bias_the_gradient_whatever_beta(curve):
    """The product rule needs W symmetric: its relative error has a plateau in beta, and grows with the mismatch."""
    plateaus = []
    for mismatch in (0.0, 0.1, 0.2, 0.5):
        network = build((6, 8, 5, 3), curve, mismatch=mismatch)
        x, target = data(network, 10)
        reference = flat(exact(network, x, target))
        errors = []
        for beta in (1e-2, 1e-3, 1e-4):
            found = flat(measured(network, x, target, "centered", beta))
            errors.append(np.linalg.norm(found - reference) / np.linalg.norm(reference))
        cosine, _ = compare(found, reference)
        assert (cosine < 0.9999) == (mismatch > 0.0)
        plateaus.append(errors[-1])
        if mismatch == 0.0:
            assert errors[-1] < 1e-6
        else:
            np.testing.assert_allclose(errors, errors[-1], rtol=1e-2)
    assert 0.01 < plateaus[1] < plateaus[2] < plateaus[3]


def test_sinh_devices_bias_the_product_rule():
    """Forward current w q(r_i) and reverse current w q(r_j) have no common energy: cosine below 0.9999."""
    network = build((5, 7, 3), CURVES["tanh"], loop=0.2, iv=SINH)
    x, target = data(network, 10)
    cosine, _ = compare(flat(measured(network, x, target, "centered", 1e-3)), flat(exact(network, x, target)))
    assert 0.9 < cosine < 0.9999
