"""Compiled equations of the plain circuit are those of the network."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.kinds.rc.network import LayeredRC
from analogep.relaxation import relax
from tests.physics.nets import CURVES, LINEAR, READ, SINH, build, data, phase, solver


def network(sizes: tuple[int, ...], curve: str, *, bias: bool, noisy: bool, iv: object) -> LayeredRC:
    """Mirrored arrays, a feedback gain, and a variance of every weight."""
    made = build(sizes, CURVES[curve], bias=bias, iv=iv, gain=0.5, mismatch=0.1)
    if not noisy:
        return made
    rng = np.random.default_rng(3)
    layers = [
        replace(
            layer,
            variance=0.01 * rng.random(layer.weights.shape),
            reverse_variance=None if layer.reverse is None else 0.01 * rng.random(layer.reverse.shape),
        )
        for layer in made.layers
    ]
    return replace(made, layers=layers)


@pytest.mark.parametrize(
    ("sizes", "curve", "bias", "noisy", "iv"),
    [
        ((5, 7, 3), "hard_clip", True, True, SINH),
        ((5, 7, 3), "relu", False, False, LINEAR),
        ((5, 9, 7, 5), "hard_clip", True, False, LINEAR),
        ((5, 9, 7, 5), "hard_clip", False, True, SINH),
    ],
)
def test_compiled_equations_are_those_of_the_network(sizes, curve, bias, noisy, iv):
    """Free, nudged and frozen, to 1e-13 of the largest."""
    net = network(sizes, curve, bias=bias, noisy=noisy, iv=iv)
    rng = np.random.default_rng(4)
    x, target = data(net, 4)
    free = net.drive(x, net.deviates(4, rng))
    v = 0.2 * rng.standard_normal((6, 4, net.nodes))
    for drive in (free, net.nudged(free, 0.3, target), net.nudged(free, -0.3, target, v[0])):
        derivative, powers = net.equations(drive)
        for found, given in ((derivative(v[0]), net.derivative(v[0], drive)), (powers(v), net.powers(v, drive))):
            np.testing.assert_allclose(found, given, rtol=0, atol=1e-13 * np.abs(given).max())


def test_integrators_take_the_same_steps_with_either(monkeypatch):
    net = network((5, 7, 3), "hard_clip", bias=True, noisy=True, iv=SINH)
    x, _ = data(net, 20)
    drive = net.drive(x, net.deviates(20, np.random.default_rng(5)))

    def end():
        return relax(net, drive, np.zeros((20, 10)), phase(10), solver("RK23", 3e-3, 1e-3 * READ), 1e-2)

    compiled = end()
    own = (lambda v: net.derivative(v, drive)), (lambda v: net.powers(v, drive))
    monkeypatch.setattr(LayeredRC, "equations", lambda _network, _drive: own)
    plain = end()
    assert compiled.evaluations == plain.evaluations
    np.testing.assert_allclose(compiled.v, plain.v, rtol=0, atol=1e-12 * READ)
    np.testing.assert_allclose(compiled.energy, plain.energy, rtol=1e-12)
