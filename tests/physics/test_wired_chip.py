"""A chip at virtual ground with wires, built from cards: weights, joules and gradients against every resistor."""

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.crossbar.wires import Resistances
from analogep.device import DeviceCard
from analogep.kinds.rc.network import LayeredRC
from analogep.network import Hardware
from analogep.network.wiring import Wiring
from analogep.streams import Seeds
from tests.crossbar.wires_mna import Circuit

from . import nets
from .circuits import Floats

WIRES = "wires={kind: exact, word: 3 ohm, bit: 2 ohm, driver: 100 ohm, sense: 50 ohm, tile: [4, 3]}"
LINES, TILE = Resistances(3.0, 2.0, 100.0, 50.0), (4, 3)
TANH = "neurons.hidden.activation={kind: tanh, amplitude: 0.2 V}"
MIRRORED = "feedback={kind: mirrored, gain: 0.5}"


def chip(*overrides: str, device: str = "ideal", iv: str = "linear") -> Hardware:
    card = CircuitCard.load("digits", ["layers=[6,5,3]", TANH, WIRES, *overrides])
    curve = ["read.iv={kind: sinh, v0: 0.2 V}"] if iv == "sinh" else []
    made = Hardware(DeviceCard.load(device, curve), card, Seeds.of(1))
    made.initialise()
    return made


def explicit(g: Floats, rows: Floats, columns: Floats) -> tuple[Floats, Floats, float]:
    """Currents drawn from the rows, into the columns, and heat of one array, resistor by resistor, tile by tile."""
    drawn, into, heat = np.zeros(g.shape[0]), np.zeros(g.shape[1]), 0.0
    for i in range(0, g.shape[0], TILE[0]):
        for j in range(0, g.shape[1], TILE[1]):
            a, b = slice(i, min(i + TILE[0], g.shape[0])), slice(j, min(j + TILE[1], g.shape[1]))
            circuit = Circuit(g[a, b], LINES)
            answer = circuit.solve(rows[a], columns[b])
            drawn[a] += answer.rows
            into[b] -= answer.columns
            heat += circuit.dissipated(answer, rows[a], columns[b])
    return drawn, into, heat


@pytest.mark.parametrize("device", ["ideal", "rram"])
def test_effective_weights_are_the_currents_of_the_arrays_line_by_line(device):
    """One volt on one word line of both halves, all other lines at ground; in reverse on one bit line: 1e-9."""
    made = chip(MIRRORED, device=device)
    network = made.network()
    assert isinstance(network, LayeredRC)
    for k, (pair, mirror, layer) in enumerate(zip(made.pairs, made.mirrors, network.layers, strict=True)):
        rows, columns = pair.shape
        ahead, back = np.empty(pair.shape), np.empty(pair.shape)
        for i, unit in enumerate(np.eye(rows)):
            into = [explicit(half.g, unit, np.zeros(columns))[1] for half in (pair.plus, pair.minus)]
            ahead[i] = pair.scale * (into[0] - into[1])
        np.testing.assert_allclose(layer.weights, ahead, rtol=0, atol=1e-9 * np.abs(ahead).max())
        assert np.abs(layer.weights - pair.weights).max() > 1e-4 * np.abs(pair.weights).max()
        assert (layer.reverse is None) == (mirror is None) == (k == 0)
        if mirror is None or layer.reverse is None:
            continue
        for j, unit in enumerate(np.eye(columns)):
            drawn = [explicit(half.g, np.zeros(rows), unit)[0] for half in (mirror.plus, mirror.minus)]
            back[:, j] = mirror.scale * (drawn[1] - drawn[0])
        np.testing.assert_allclose(layer.reverse, back[: rows - 1], rtol=0, atol=1e-9 * np.abs(back).max())


def test_the_power_of_the_arrays_is_the_heat_of_all_cells_and_segments():
    """v'Yv of both halves, read forward with bit lines at ground and in reverse with word lines at ground: 1e-9."""
    made = chip()
    network = made.network()
    x = 0.2 * np.random.default_rng(2).random((2, 6))
    v = np.random.default_rng(3).uniform(-0.1, 0.1, (2, 8))
    rates = network.rates(v)
    found = network.powers(v, network.drive(x))[:, 0]
    for b in range(2):
        heat = 0.0
        for k, pair in enumerate(made.pairs):
            lines = np.append(x[b] if k == 0 else rates[k - 1][b], 0.2)
            for half in (pair.plus, pair.minus):
                heat += explicit(half.g, lines, np.zeros(pair.shape[1]))[2]
                if k > 0:
                    heat += explicit(half.g, np.zeros(pair.shape[0]), 0.5 * rates[k][b])[2]
        assert found[b] == pytest.approx(heat, rel=1e-9)


def changed(made: Hardware, k: int, i: int, j: int, change: float) -> LayeredRC:
    """The network with one weight of layer k changed as pulses do it: both halves, in opposite directions."""
    pair = made.pairs[k]
    kept = [(half, half.g[i, j]) for half in (pair.plus, pair.minus)]
    for (half, g), sign in zip(kept, (1.0, -1.0), strict=True):
        half.g[i, j] = g + 0.5 * sign * change / pair.scale
    made.refresh()
    made.wiring = Wiring(made.circuit.wires, made.device.read.iv)
    network = made.network()
    for half, g in kept:
        half.g[i, j] = g
    assert isinstance(network, LayeredRC)
    return network


@pytest.mark.parametrize("iv", ["linear", "sinh"])
def test_the_exact_gradient_is_that_of_each_cell_through_its_wires(iv):
    """[L(w + h) - L(w - h)]/2h at re-relaxed equilibria, weight by weight, to 1e-6 of the largest."""
    made = chip(iv=iv)
    network = made.network()
    rng = np.random.default_rng(2)
    x, target = 0.2 * rng.random((3, 6)), rng.uniform(0.05, 0.15, (3, 3))
    free = nets.equilibrium(network, network.drive(x))
    gradient = network.exact_gradient(free, x, target)
    for k, part in enumerate(gradient):
        for i, j in np.ndindex(part.shape):
            ends = []
            for change in (1e-4, -1e-4):
                other = changed(made, k, i, j, change)
                v = nets.equilibrium(other, other.drive(x), free)
                ends.append(float(other.loss(v, target).mean()))
            slope = (ends[0] - ends[1]) / 2e-4
            assert part[i, j] == pytest.approx(slope, abs=1e-6 * np.abs(part).max())


@pytest.mark.parametrize("refresh", [1, 5])
def test_the_error_of_an_epoch_is_that_of_its_estimates_and_zero_without_any(refresh):
    """Reduced exactly at every update there is no estimate; else weights are off between, and exact after `close`."""
    made = chip(WIRES.replace("tile", f"refresh: {refresh}, tile"))
    made.network()
    for seed in range(3):
        for array in made.arrays():
            array.g *= 1.0 + np.random.default_rng(seed).uniform(-0.2, 0.2, array.g.shape)
        made.refresh()
        made.wiring.moved()
        estimated = made.network()
    error = made.wiring.close(made.arrays())
    exact = made.network()
    assert isinstance(estimated, LayeredRC)
    assert isinstance(exact, LayeredRC)
    off = max(float(np.abs(a.weights - b.weights).max()) for a, b in zip(estimated.layers, exact.layers, strict=True))
    assert (error == 0.0) == (off == 0.0) == (refresh == 1)
    assert error < 0.05


@pytest.mark.parametrize("iv", ["linear", "sinh"])
@pytest.mark.parametrize("card", ["digits", "resistive-digits", "passive-digits"])
def test_a_tile_larger_than_an_array_is_that_array(card, iv):
    """Arrays of two sizes under tiles that fit the larger one, one side of it, or neither: equal slopes, bit by bit."""
    device = DeviceCard.load("ideal", ["read.iv={kind: sinh, v0: 0.2 V}"] if iv == "sinh" else [])
    found = []
    shapes = CircuitCard.load(card, ["layers=[6,5,3]"]).shapes
    rows, columns = (max(shape[axis] for shape in shapes) for axis in (0, 1))
    for tile in ([rows, columns], [1000, columns], [rows, 1000], [10**6, 10**6]):
        wires = WIRES.replace("[4, 3]", str(tile))
        made = Hardware(device, CircuitCard.load(card, ["layers=[6,5,3]", wires]), Seeds.of(1))
        made.initialise()
        network = made.network()
        x = 0.2 * np.random.default_rng(2).random((2, 6))
        start = np.random.default_rng(3).uniform(0.0, 0.01, (2, network.nodes))
        found.append((network.derivative(start, network.drive(x)), network.powers(start, network.drive(x))))
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, same)
