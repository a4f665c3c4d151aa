"""Read noise of an array as a multiport: standard deviations against redrawn conductances."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.kinds.resistive.network import Resistive
from analogep.network.coupling import Perfect
from analogep.network.noise import Spread
from tests.physics.circuits import IVS, LINEAR, Floats, data, passive, rebuilt, resistive

CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)
DRAWS = 20_000


@CURVED
def test_currents_of_redrawn_conductances_scatter_as_said(iv):
    """Standard deviation at columns and rows over 20 000 redrawn arrays, within 4 standard errors; mean unchanged."""
    rng = np.random.default_rng(1)
    g = rng.uniform(1e-6, 1e-5, (4, 3))
    sigma = rng.uniform(0.02, 0.1, g.shape) * g
    rows, columns = rng.uniform(-0.4, 0.4, (2, 4)), rng.uniform(-0.2, 0.2, (2, 3))
    spread = Spread(sigma**2, iv)
    into, drawn = np.empty((DRAWS, 2, 3)), np.empty((DRAWS, 2, 4))
    q = iv.drive(rows[:, :, None] - columns[:, None, :])
    for k in range(DRAWS):
        current = (g + sigma * rng.standard_normal(g.shape)) * q
        into[k], drawn[k] = current.sum(axis=1), current.sum(axis=2)
    # Of a normal sample's standard deviation s the standard error is s/sqrt(2 n), of its mean s/sqrt(n).
    for sample, said in ((into, spread.into(rows, columns)), (drawn, spread.drawn(rows, columns))):
        assert np.abs(sample.std(axis=0) / said - 1.0).max() < 4.0 / np.sqrt(2 * DRAWS)
    exact = Perfect.of(g, iv).into(rows, columns)
    assert (np.abs(into.mean(axis=0) - exact) / spread.into(rows, columns)).max() < 4.0 / np.sqrt(DRAWS)


@CURVED
def test_standard_deviations_are_sums_of_squares_over_cells(iv):
    """sqrt(sum s q(d)^2), cell by cell, and the same for rows that are held."""
    rng = np.random.default_rng(2)
    variance = rng.uniform(0.0, 1e-14, (5, 4))
    rows, columns = rng.uniform(-0.4, 0.4, (3, 5)), rng.uniform(-0.2, 0.2, (3, 4))
    spread = Spread(variance, iv)
    squares = variance * np.square(iv.drive(rows[:, :, None] - columns[:, None, :]))
    np.testing.assert_allclose(spread.into(rows, columns), np.sqrt(squares.sum(axis=1)), rtol=1e-10)
    np.testing.assert_allclose(spread.drawn(rows, columns), np.sqrt(squares.sum(axis=2)), rtol=1e-10)
    np.testing.assert_array_equal(spread.held(spread.moments(rows), columns), spread.into(rows, columns))


def test_no_drop_no_noise():
    """Lines at one voltage: 0 and not the root of a rounding error below it."""
    spread = Spread(np.full((4, 3), 1e-14), IVS["cubic"])
    found = spread.into(np.full((1, 4), 0.3), np.full((1, 3), 0.3))
    assert np.isfinite(found).all()
    assert found.max() < 1e-14


def noisy(kind: str):
    """A network of each kind whose arrays all scatter by 5 %."""
    if kind == "resistive":
        network = resistive((4, 5, 3), gain=3.0, back=0.5)
        stages = [replace(s, spread=Spread((0.05 * s.coupling.g) ** 2, LINEAR)) for s in network.stages]
        return rebuilt(network, stages)
    network = passive((4, 5, 3), feedback=0.6)
    layers = []
    for k, layer in enumerate(network.layers):
        halves = [
            replace(half, spread=scatter(half.forward), reverse_spread=None if k == 0 else scatter(half.reverse))
            for half in layer.halves
        ]
        layers.append(replace(layer, halves=tuple(halves)))
    return type(network)(layers, network.read_voltage, network.feedback, network.bias, network.scheme)


def scatter(array: Perfect) -> Spread:
    return Spread((0.05 * array.g) ** 2, LINEAR)


def node_variance(network, v: Floats, x: Floats) -> Floats:
    """Variance of the current into every node (samples, nodes) [A^2]: every cell once at each of its ends."""
    out = np.zeros_like(v)
    one = np.full((len(x), 1), 1.0)

    def add(g, rows, columns, here, before, factor=1.0):
        squares = np.square(0.05 * g * (rows[:, :, None] - columns[:, None, :]))
        if here is not None:
            out[:, here] += squares.sum(axis=1)
        if before is not None:
            out[:, before] += factor**2 * squares.sum(axis=2)[:, : before.stop - before.start]

    first, second = network.slices
    if isinstance(network, Resistive):
        for k, stage in enumerate(network.stages):
            lines = np.hstack([x, -x]) if k == 0 else 3.0 * v[:, first]
            rows = np.hstack([lines, np.tile(stage.bias, (len(x), 1))])
            add(stage.coupling.g, rows, v[:, network.slices[k]], network.slices[k], None if k == 0 else first, 0.5)
        return out
    rates = network.rates(v)
    for sign, half in zip((1.0, -1.0), network.layers[0].halves, strict=True):
        add(half.forward.g, sign * np.hstack([x, network.read_voltage * one]), v[:, first], first, None)
    for sign, half in zip((1.0, -1.0), network.layers[1].halves, strict=True):
        add(half.forward.g, sign * np.hstack([rates[0], network.read_voltage * one]), v[:, second], second, None)
        add(half.reverse.g, np.hstack([v[:, first], 0 * one]), sign * 0.6 * rates[1], None, first)
    return out


@pytest.mark.parametrize("kind", ["passive", "resistive"])
def test_noise_of_a_phase_enters_every_node_with_the_deviation_of_its_lines(kind):
    """(C dv/dt with deviates - without)/deviate = the standard deviation of the node's current, lines' ends apart."""
    network = noisy(kind)
    x, _ = data(network, 3)
    v = np.random.default_rng(3).uniform(-0.03, 0.03, (3, network.nodes))
    quiet = network.currents(v, network.drive(x))
    draws = np.empty((4000, *v.shape))
    rng = np.random.default_rng(4)
    for k in range(len(draws)):
        draws[k] = network.currents(v, network.drive(x, network.deviates(3, rng))) - quiet
    expected = np.sqrt(node_variance(network, v, x))
    assert np.abs(draws.std(axis=0) / expected - 1.0).max() < 4.0 / np.sqrt(2 * len(draws))
    assert (np.abs(draws.mean(axis=0)) / expected).max() < 4.0 / np.sqrt(len(draws))


@pytest.mark.parametrize("kind", ["passive", "resistive"])
def test_noise_stands_still_during_a_phase(kind):
    """The same drive gives the same currents; another draw gives others; none without a spread."""
    network = noisy(kind)
    x, _ = data(network, 3)
    v = np.zeros((3, network.nodes))
    drive = network.drive(x, network.deviates(3, np.random.default_rng(5)))
    np.testing.assert_array_equal(network.currents(v, drive), network.currents(v, drive))
    other = network.drive(x, network.deviates(3, np.random.default_rng(6)))
    assert (network.currents(v, drive) != network.currents(v, other)).all()
    quiet = passive((4, 5, 3)) if kind == "passive" else resistive((4, 5, 3))
    assert quiet.deviates(3, np.random.default_rng(5)) == ()
