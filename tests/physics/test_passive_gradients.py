"""Gradients of passive networks: of g_plus and g_minus by themselves, and along what each scheme programs."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.kinds.passive.network import Passive
from analogep.learning import compare
from analogep.network.coupling import Perfect

from .circuits import (
    CURVES,
    IVS,
    LINEAR,
    READ,
    Floats,
    centred,
    changed_half,
    data,
    flat,
    measured,
    nudged,
    passive,
    relaxed_cost,
    settled,
)

CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)
RATES = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
SCHEMES = pytest.mark.parametrize("scheme", ["push_pull", "reference", "separate"])


def exact(network: Passive, x: Floats, target: Floats) -> list[Floats]:
    return network.exact_gradient(settled(network, network.drive(x)), x, target)


def along(scheme: str, plus: Floats, minus: Floats) -> list[Floats]:
    """Slopes by the conductances of both halves made slopes along what the scheme programs."""
    if scheme == "push_pull":
        return [0.5 * (plus - minus)]
    return [plus] if scheme == "reference" else [plus, minus]


@CURVED
@pytest.mark.parametrize(
    ("curve", "mismatch", "feedback"),
    [(CURVES["tanh"], 0.0, 1.0), (CURVES["hard_clip"], 0.0, 0.6), (CURVES["sigmoid"], 0.3, 0.6)],
    ids=["tanh", "hard_clip", "sigmoid-mirrored"],
)
def test_the_exact_gradient_is_the_slope_of_the_relaxed_cost(iv, curve, mismatch, feedback):
    """[L(g + h) - L(g - h)]/2h at re-relaxed equilibria, for every g_plus and g_minus, to 1e-6 of the largest.

    In mirrored arrays, which differ, the same change is made in both.
    """
    network = passive((2, 4, 3, 2), curve, iv, feedback=feedback, mismatch=mismatch)
    x, target = data(network, 2)
    free = settled(network, network.drive(x))
    slopes = []
    for k, layer in enumerate(network.layers):
        of_halves = []
        for half in (0, 1):
            g = layer.halves[half].forward.g
            found = np.empty(g.shape)
            for i, j in np.ndindex(g.shape):
                h = 1e-4 * g[i, j]
                ends = [relaxed_cost(changed_half(network, k, half, i, j, one), x, target, free) for one in (h, -h)]
                found[i, j] = (ends[0] - ends[1]) / (2 * h * layer.scale)
            of_halves.append(found)
        slopes.append(of_halves)
    for scheme in ("push_pull", "reference", "separate"):
        expected = [part for plus, minus in slopes for part in along(scheme, plus, minus)]
        gradient = replace(network, scheme=scheme).exact_gradient(free, x, target)
        for a, b in zip(gradient, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * np.abs(b).max())


def smooth(network: Passive, x: Floats, target: Floats, beta: float) -> tuple[Floats, Floats]:
    """Samples whose nodes stand on the same side of their rails in all phases."""
    rails = [np.array(layer.activation.rails) / layer.gain for layer in network.layers for _ in range(layer.size)]
    low, high = np.array(rails).T
    side = []
    for strength in (-beta, 0.0, beta):
        v = settled(network, nudged(network, x, target, strength))
        side.append(np.sign(v - low) + np.sign(v - high))
    keep = ((side[0] == side[1]) & (side[1] == side[2])).all(axis=1)
    return x[keep], target[keep]


@RATES
@SCHEMES
@pytest.mark.parametrize("sizes", [(4, 3), (4, 5, 3), (4, 6, 5, 3)])
@pytest.mark.parametrize(("feedback", "bias"), [(1.0, True), (0.6, True), (1.5, False)])
def test_centred_phases_give_the_exact_gradient_of_every_array(curve, scheme, sizes, feedback, bias):
    """Cosine >= 0.9999 and length 1 +- 1e-3 in each array by itself, so that no power of the feedback is missing."""
    network = passive(sizes, curve, feedback=feedback, bias=bias, scheme=scheme)
    assert network.loop_gain_bound() < 1.0
    x, target = smooth(network, *data(network, 12), 2e-3)
    assert len(x) >= 5
    found = network.gradient(measured(network, x, target, centred(1e-3), constant=not bias), x)
    for estimated, reference in zip(found, exact(network, x, target), strict=True):
        cosine, length = compare(estimated, reference)
        assert cosine >= 0.9999
        assert length == pytest.approx(1.0, abs=1e-3)


@RATES
def test_the_difference_of_both_halves_has_the_product_rule_of_the_virtual_ground(curve):
    """dL/dg+ - dL/dg- = -(2/beta) Delta(r_i r_j): the loads cancel, of one-sided phases at any beta; written out."""
    beta = 0.5
    network = passive((4, 6, 3), curve, scheme="separate")
    x, target = data(network, 6)
    phases = measured(network, x, target, ((beta, 1 / beta), (0.0, -1 / beta)))
    found = network.gradient(phases, x)
    lines = np.hstack([x, np.full((6, 1), READ)])
    for k, layer in enumerate(network.layers):
        product = np.zeros(found[2 * k].shape)
        for weight, rates in phases:
            rows = lines if k == 0 else np.hstack([rates[k - 1], lines[:, -1:]])
            for sample in range(6):
                product -= 2 * weight * np.outer(rows[sample], rates[k][sample])
        product /= 6 * network.layers[-1].leak * READ**2 * layer.scale
        np.testing.assert_allclose(found[2 * k] - found[2 * k + 1], product, rtol=0, atol=1e-11 * np.abs(product).max())


def saturated(network: Passive, seed: int = 3) -> Passive:
    """Every pair written to either end of its window, 1 and 10 uS, and gains of 2."""
    rng, layers = np.random.default_rng(seed), []
    for k, layer in enumerate(network.layers):
        up = rng.random(layer.halves[0].forward.g.shape) < 0.5
        arrays = [Perfect.of(np.where(high, 1e-5, 1e-6), LINEAR) for high in (up, ~up)]
        halves = [
            replace(half, forward=array, reverse=None if k == 0 else array)
            for half, array in zip(layer.halves, arrays, strict=True)
        ]
        layers.append(replace(layer, halves=(halves[0], halves[1]), gain=2.0))
    return Passive(layers, network.read_voltage, network.feedback, network.bias, network.scheme)


def test_the_product_rule_on_g_plus_alone_is_wrong():
    """It leaves out the load on both nodes: 40 % off, cosine 0.92; the full rule is right on the same phases."""
    network = saturated(passive((4, 6, 5, 3), scheme="reference"))
    assert network.loop_gain_bound() < 1.0
    x, target = data(network, 20)
    phases = measured(network, x, target, centred(1e-3))
    reference = flat(exact(network, x, target))
    full = flat(network.gradient(phases, x))
    product = flat(replace(network, scheme="push_pull").gradient(phases, x))
    assert compare(full, reference)[0] >= 0.9999
    assert compare(product, reference)[0] < 0.95
    assert np.linalg.norm(product - reference) > 0.35 * np.linalg.norm(reference)


def test_mirrored_arrays_that_differ_bias_the_gradient_whatever_beta():
    """Its relative error has a plateau in beta, and grows with the mismatch."""
    plateaus = []
    for mismatch in (0.0, 0.1, 0.3):
        network = passive((4, 6, 5, 3), mismatch=mismatch)
        x, target = data(network, 10)
        reference = flat(exact(network, x, target))
        errors = []
        for beta in (1e-2, 1e-3):
            found = flat(network.gradient(measured(network, x, target, centred(beta)), x))
            errors.append(np.linalg.norm(found - reference) / np.linalg.norm(reference))
        plateaus.append(errors[-1])
        if mismatch:
            np.testing.assert_allclose(errors, errors[-1], rtol=1e-2)
    assert plateaus[0] < 1e-5
    assert 1e-3 < plateaus[1] < plateaus[2]
