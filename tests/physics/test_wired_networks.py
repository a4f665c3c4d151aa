"""Networks whose arrays have wires: equilibria, transients, exact gradients, and when reductions are refreshed."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.crossbar.wires import Resistances, TiledPorts
from analogep.device.iv import IV
from analogep.kinds.passive.network import Passive
from analogep.kinds.resistive.network import Resistive
from analogep.learning import compare
from analogep.network import Network
from analogep.network.coupling import Coupling, Perfect
from analogep.network.wired import Wired, WiredCurved
from analogep.relaxation import relax
from tests.crossbar.wires_mna import Circuit

from .circuits import (
    CURVES,
    DIODES,
    IDEAL,
    LINEAR,
    NONE,
    SINH,
    centred,
    changed_half,
    changed_stage,
    data,
    flat,
    measured,
    nudged,
    passive,
    phase,
    rebuilt,
    relaxed_cost,
    resistive,
    resistive_currents,
    settled,
    solver,
)

LINES = Resistances(300.0, 200.0, 1e3, 500.0)
TILE = (4, 3)
CURVED = pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])


def wired(array: Coupling | None, lines: Resistances = LINES) -> Coupling | None:
    """The array with the resistance of its lines."""
    if array is None:
        return None
    assert isinstance(array, Perfect)
    if array.iv is LINEAR:
        return Wired(TiledPorts.exact(array.g, lines, TILE), array.g, lines, TILE)
    return WiredCurved(array.g, array.iv, lines, TILE)


def with_wires(network: Network, lines: Resistances = LINES) -> Network:
    if isinstance(network, Resistive):
        return rebuilt(network, [replace(s, coupling=wired(s.coupling, lines)) for s in network.stages])
    assert isinstance(network, Passive)
    layers = []
    for layer in network.layers:
        halves = [replace(h, forward=wired(h.forward, lines), reverse=wired(h.reverse, lines)) for h in layer.halves]
        layers.append(replace(layer, halves=(halves[0], halves[1])))
    return Passive(layers, network.read_voltage, network.feedback, network.bias, network.scheme)


def perfect(kind: str, iv: IV) -> Network:
    if kind == "passive":
        return passive((3, 4, 3, 2), CURVES["tanh"], iv, feedback=0.6)
    return resistive((3, 5, 4, 4), DIODES[kind], iv, gain=3.0, back=0.5, doubled=True)


KINDS = pytest.mark.parametrize("kind", ["passive", "none", "ideal", "shockley"])


@KINDS
@CURVED
def test_the_jacobian_is_the_derivative_of_dv_dt(kind, iv):
    """[f_i(v + h e_j) - f_i(v - h e_j)]/2h to 1e-6 of the largest entry; and the step solves with it."""
    network = with_wires(perfect(kind, iv))
    x, target = data(network, 2)
    v = np.random.default_rng(3).uniform(-0.04, 0.04, (2, network.nodes))
    h = 1e-5
    assert np.abs(v).min() > h
    for phase_kind, beta in (("free", 0.0), ("proportional", 0.7), ("constant", 0.7)):
        drive = nudged(network, x, target, beta, phase_kind)
        jacobian = network.jacobian(v, drive)
        for j in range(network.nodes):
            step = np.zeros(network.nodes)
            step[j] = h
            slope = (network.derivative(v + step, drive) - network.derivative(v - step, drive)) / (2 * h)
            np.testing.assert_allclose(jacobian[:, :, j], slope, rtol=0, atol=1e-6 * np.abs(jacobian).max())
        derivative = network.derivative(v, drive)
        dense = -np.linalg.solve(jacobian, derivative[:, :, None])[:, :, 0]
        found = network.step(v, drive, derivative)
        np.testing.assert_allclose(found, dense, rtol=0, atol=1e-9 * np.abs(dense).max())


@pytest.mark.parametrize("diodes", [NONE, IDEAL, DIODES["shockley"]], ids=["none", "ideal", "shockley"])
def test_no_current_is_left_at_any_node_of_the_whole_circuit(diodes):
    """Resistive network at its equilibrium, its arrays solved by sparse LU on every node of their wires: 1e-9."""
    network = with_wires(resistive((3, 4, 3, 4), diodes, gain=3.0, back=0.5, doubled=True))
    x, target = data(network, 2)
    drive = nudged(network, x, target, 0.5)
    v = settled(network, drive)
    u = network.held(v)
    # What is left without arrays (leaks, diodes, nudging), then the arrays' currents node by node.
    bare = rebuilt(network, [replace(s, coupling=Perfect.of(0.0 * s.coupling.g, LINEAR)) for s in network.stages])
    left = resistive_currents(bare, np.hstack(u), x, drive)
    for k, stage in enumerate(network.stages):
        lines = np.hstack([x, -x]) if k == 0 else network.stages[k - 1].gain * u[k - 1]
        rows = np.hstack([lines, np.tile(stage.bias, (2, 1))])
        height, width = stage.coupling.g.shape
        for i in range(0, height, TILE[0]):
            for j in range(0, width, TILE[1]):
                cells = slice(i, min(i + TILE[0], height)), slice(j, min(j + TILE[1], width))
                circuit = Circuit(stage.coupling.g[cells], LINES)
                for b in range(2):
                    answer = circuit.solve(rows[b, cells[0]], u[k][b, cells[1]])
                    left[b, network.slices[k]][cells[1]] -= answer.columns
                    if k > 0:
                        size = network.stages[k - 1].size
                        seen = slice(cells[0].start, min(cells[0].stop, size))
                        drawn = answer.rows[: max(seen.stop - seen.start, 0)]
                        left[b, network.slices[k - 1]][seen] -= network.stages[k - 1].back * drawn
    held = np.hstack(u) != v
    assert np.abs(left[~held]).max() < 1e-9 * network.load.max() * network.target


@KINDS
@CURVED
def test_newton_and_the_end_of_the_transient_agree_within_ten_tolerances(kind, iv):
    network = with_wires(perfect(kind, iv))
    x, target = data(network, 2)
    drive = nudged(network, x, target, 0.5)
    rtol, atol = 1e-4, 1e-7
    exact = settled(network, drive)
    end = relax(network, drive, np.zeros_like(exact), phase(network, 20), solver("LSODA", rtol, atol), 1e-3)
    assert (np.abs(end.v - exact) / (atol + rtol * np.abs(exact))).max() <= 10
    ideal = perfect(kind, iv)
    assert np.abs(settled(ideal, nudged(ideal, x, target, 0.5)) - exact).max() > 1e-4


@KINDS
@CURVED
def test_the_exact_gradient_is_the_slope_of_the_relaxed_cost(kind, iv):
    """Each cell at what reaches it: [L(g + h) - L(g - h)]/2h at re-relaxed equilibria, 1e-5 of the largest."""
    size = (2, 3, 2) if iv is LINEAR else (1, 2, 2)
    ideal = passive(size, iv=iv, feedback=0.6, scheme="separate") if kind == "passive" else resistive(
        size, DIODES[kind], iv, gain=3.0, back=0.5, doubled=True
    )  # fmt: skip
    network = with_wires(ideal)
    x, target = data(network, 2 if iv is LINEAR else 1)
    free = settled(network, network.drive(x))
    gradient = network.exact_gradient(free, x, target)
    for n, part in enumerate(gradient):
        for i, j in np.ndindex(part.shape):
            ends = []
            for sign in (1, -1):
                if isinstance(ideal, Passive):
                    k, half = divmod(n, 2)
                    scale, h = ideal.layers[k].scale, 1e-3 * ideal.layers[k].halves[half].forward.g[i, j]
                    other = changed_half(ideal, k, half, i, j, sign * h)
                else:
                    scale, h = ideal.scales[n], 1e-3 * ideal.stages[n].coupling.g[i, j]
                    other = changed_stage(ideal, n, i, j, sign * h)
                ends.append(relaxed_cost(with_wires(other), x, target, free))
            slope = (ends[0] - ends[1]) / (2 * h * scale)
            assert part[i, j] == pytest.approx(slope, abs=1e-5 * np.abs(part).max())


@pytest.mark.parametrize("kind", ["passive", "ideal"])
def test_wires_bias_the_rules_of_equilibrium_propagation_a_little(kind):
    """They count the drop between the ends of two lines, not the cell's: an error that grows with the resistance."""
    errors = []
    for factor in (0.0, 0.1, 1.0):
        lines = Resistances(*(factor * r for r in (300.0, 200.0, 1e3, 500.0)))
        network = with_wires(perfect(kind, LINEAR), lines)
        x, target = data(network, 6)
        found = flat(network.gradient(measured(network, x, target, centred(1e-3)), x))
        exact = flat(network.exact_gradient(settled(network, network.drive(x)), x, target))
        errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
        assert compare(found, exact)[0] > 0.99
    assert errors[0] < 1e-5
    assert 1e-4 < errors[1] < errors[2] < 0.2
