"""Networks with convolutions: the unrolled dense network, the adjoint, finite differences, Lyapunov, joules."""

from dataclasses import replace

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase, Solver
from analogep.kinds.rc.network import LayeredRC
from analogep.network import Hardware
from analogep.network.connection import DENSE
from analogep.network.drive import Drive
from analogep.relaxation import equilibrium, relax

LAYERS = (
    "layers=[{{kind: image, height: 6, width: 6, channels: 2}}, {{kind: conv, channels: 3, kernel: 3, padding: 1, "
    "pool: {{kind: {0}, size: 2}}}}, {{kind: conv, channels: 4, kernel: 2}}, 5, 3]"
)
SETTINGS = (
    "solver.precision=double",
    "learning.initial_gain=[1.5, 0.8, 0.8, 0.5]",
    "mapping.weight_range=[2, 2, 2, 2]",
    "learning.rate=[0.1]",
    "neurons.hidden.activation={kind: tanh, amplitude: 0.2 V}",
    "neurons.output.activation={kind: tanh, amplitude: 0.4 V}",
)
POOLS = ["average", "max"]


def chip(pool: str, device: str = "ideal", *settings: str) -> Hardware:
    made = Hardware(
        DeviceCard.load(device, ["read.noise={kind: none}"]),
        CircuitCard.load("conv-digits", [LAYERS.format(pool), *SETTINGS, *settings]),
        Seeds.of(3),
    )
    made.initialise()
    return made


def network_of(made: Hardware) -> LayeredRC:
    network = made.network()
    assert isinstance(network, LayeredRC)
    # Biases that matter.
    rng = np.random.default_rng(5)
    layers = []
    for layer in network.layers:
        weights = layer.weights.copy()
        weights[-1] = rng.uniform(-0.3, 0.3, weights.shape[1])
        layers.append(replace(layer, weights=weights))
    return replace(network, layers=layers)


def data(samples: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    return rng.random((samples, 72)) * 0.2, 0.2 * np.eye(3)[rng.integers(3, size=samples)]


def settled(network: LayeredRC, x: np.ndarray, beta: float = 0.0, target: np.ndarray | None = None) -> np.ndarray:
    drive = network.drive(x)
    if target is not None:
        drive = network.nudged(drive, beta, target)
    return equilibrium(network, drive, np.zeros((len(x), network.nodes)))[0]


def unrolled(network: LayeredRC) -> LayeredRC:
    """The dense network with a device for each place of each kernel."""
    layers = []
    for layer in network.layers:
        matrix = layer.connection.matrices(network.inner(layer))
        bias = layer.connection.spread(layer.weights[-1])
        layers.append(
            replace(
                layer,
                weights=np.concatenate([matrix, bias[None]]),
                reverse=None if layer.reverse is None else layer.connection.matrices(layer.reverse),
                row_total=np.append(layer.row_load(len(network.inner(layer))), layer.bias_load),
                column_total=layer.column_load,
                connection=DENSE,
            )
        )
    return replace(network, layers=layers)


def test_a_dense_network_with_the_unrolled_matrix_is_the_same():
    """Currents, powers, Jacobian, equilibrium and both gradients, to 1e-12 of their size."""
    network = network_of(chip("average"))
    other, (x, target) = unrolled(network), data()
    drive, same = (one.nudged(one.drive(x), 0.3, target) for one in (network, other))
    v = np.random.default_rng(7).uniform(-0.1, 0.3, (4, network.nodes))
    for name in ("bracket", "powers", "jacobian"):
        a, b = getattr(network, name)(v, drive), getattr(other, name)(v, same)
        assert np.abs(a - b).max() < 1e-12 * np.abs(b).max()
    v = settled(network, x)
    assert np.abs(v - settled(other, x)).max() < 1e-12
    rates, moved = network.rates(v), network.rates(v + 1e-3 * np.random.default_rng(9).standard_normal(v.shape))
    phases = [(1.0, moved), (-1.0, rates)]
    pairs = (
        (network.gradient(phases, x), other.gradient(phases, x)),
        (network.exact_gradient(v, x, target), other.exact_gradient(v, x, target)),
    )
    for own, dense in pairs:
        for layer, a, b in zip(network.layers, own, dense, strict=True):
            assert np.abs(a - tied(layer, b)).max() < 1e-12 * np.abs(b).max() * b.shape[1]


def tied(layer, gradient: np.ndarray) -> np.ndarray:
    """Gradient of shared weights from that of the unrolled matrix: summed over the places of each."""
    rows, columns = layer.weights.shape
    out = np.zeros((rows, columns))
    bias = gradient[-1].reshape(-1, columns).sum(axis=0)
    for i in range(rows - 1):
        for o in range(columns):
            unit = np.zeros((rows - 1, columns))
            unit[i, o] = 1.0
            out[i, o] = (layer.connection.matrices(unit) * gradient[:-1]).sum()
    out[-1] = bias
    return out


@pytest.mark.parametrize("pool", POOLS)
def test_the_adjoint_is_the_derivative_of_the_cost(pool):
    """Central differences of the cost at equilibrium by single weights, relative 1e-6."""
    network, (x, target) = network_of(chip(pool)), data()
    v = settled(network, x)
    exact = network.exact_gradient(v, x, target)

    def moved(k: int, i: int, o: int, h: float) -> float:
        layers = list(network.layers)
        weights = layers[k].weights.copy()
        weights[i, o] += h
        reverse = layers[k].reverse
        if reverse is not None:
            reverse = weights[: reverse.shape[0]]
        layers[k] = replace(layers[k], weights=weights, reverse=reverse)
        changed = replace(network, layers=layers)
        end, _ = equilibrium(changed, changed.drive(x), v)
        return float(changed.loss(end, target).mean())

    h = 1e-5
    for k, i, o in ((0, 4, 1), (0, 18, 2), (1, 7, 3), (1, 12, 0), (2, 3, 2), (3, 1, 1)):
        found = (moved(k, i, o, h) - moved(k, i, o, -h)) / (2 * h)
        assert found == pytest.approx(exact[k][i, o], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("pool", POOLS)
def test_small_nudging_estimates_the_adjoint(pool):
    """Cosine at least 0.9999 and gain within 1 % in every layer, centered, beta 0.001."""
    network, (x, target) = network_of(chip(pool)), data()
    v = settled(network, x)
    beta = 1e-3
    phases = []
    for sign in (1.0, -1.0):
        drive = network.nudged(network.drive(x), sign * beta, target)
        phases.append((sign / (2.0 * beta), network.rates(equilibrium(network, drive, v)[0])))
    for a, b in zip(network.gradient(phases, x), network.exact_gradient(v, x, target), strict=True):
        assert float((a * b).sum()) / (np.linalg.norm(a) * np.linalg.norm(b)) > 0.9999
        assert float((a * b).sum() / (b * b).sum()) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("kind", ["tia", "charge"])
def test_small_nudging_estimates_the_adjoint_through_a_maximum_in_turns(kind):
    """With columns that are fast and exact, 77 periods a phase: cosine 1 - 1e-9, gain within 1e-5, beta 0.001."""
    column = f"{{kind: {kind}, supply: 1.1 V, dc_gain: 1e12, ratio: 1000, load: 0.2 pF, gm_over_id: 15, branches: 4}}"
    turns = "{forward: 25 ns, reverse: 25 ns, guard: 1 ns, hold: 0.1 pF, droop: 100 s}"
    feedback = f"feedback={{kind: alternating, gain: 0.25, turns: {turns}}}"
    made = chip("max", "ideal", f"column={column}", feedback, "solver.method=euler")
    network, (x, target), phase = made.network(), data(8), Phase(duration=4e-6)

    def end(drive, start):
        found = relax(network, drive, start, phase, made.circuit.solver, 0.01)
        assert found.residual.max() < 1e-8
        return found.v

    free = end(network.drive(x), np.zeros((8, network.nodes)))
    phases = [
        (sign / 2e-3, network.rates(end(network.nudged(network.drive(x), sign * 1e-3, target), free)))
        for sign in (1.0, -1.0)
    ]
    for a, b in zip(network.gradient(phases, x), network.exact_gradient(free, x, target), strict=True):
        assert float((a * b).sum()) / (np.linalg.norm(a) * np.linalg.norm(b)) > 1.0 - 1e-9
        assert float((a * b).sum() / (b * b).sum()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("pool", POOLS)
def test_the_hopfield_energy_falls_while_the_network_relaxes(pool):
    network, (x, _) = network_of(chip(pool)), data()
    solver = Solver(method="euler", step=0.02, relative_tolerance=1e-3, absolute_tolerance=1e-4)
    end = relax(
        network, network.drive(x), np.zeros((4, network.nodes)), Phase(duration=4e-7), solver, 0.01, record=True
    )
    energy = np.array([network.hopfield_energy(v, network.drive(x)) for v in end.path])
    assert np.diff(energy, axis=0).max() <= 1e-12
    assert (energy[0] - energy[-1]).min() > 0.01


@pytest.mark.parametrize("pool", POOLS)
def test_the_slope_of_the_hopfield_energy_is_the_current_into_a_node(pool):
    """dE/dr_i = -tau dv_i/dt/V_read times the factor of its layer (feedback gain), by central differences."""
    network, (x, _) = network_of(chip(pool)), data(2)
    v, drive = np.random.default_rng(8).uniform(0.02, 0.15, (2, network.nodes)), network.drive(x)
    drift = network.drift(v, drive)
    h, factor = 1e-6, 1.0
    for part in network.slices:
        for j in (part.start, part.stop - 1):
            plus, minus = v.copy(), v.copy()
            plus[:, j] += h
            minus[:, j] -= h
            change = network.hopfield_energy(plus, drive) - network.hopfield_energy(minus, drive)
            rates = [np.concatenate(network.rates(one), axis=1)[:, j] for one in (plus, minus)]
            slope = change / (rates[0] - rates[1])
            assert np.allclose(slope, -factor * drift[:, j] / 0.2**2, rtol=1e-5, atol=1e-7)
        factor *= network.gain


def test_the_loop_gain_is_the_largest_eigenvalue_of_the_coupling():
    network, (x, _) = network_of(chip("max")), data()
    v = settled(network, x)
    coupling = network.jacobian(v, network.drive(x)) * network.tau[:, None] + np.eye(network.nodes)
    assert np.allclose(network.loop_gain(v, Drive()), np.linalg.eigvals(coupling).real.max(axis=1), rtol=1e-3)


@pytest.mark.parametrize("pool", POOLS)
def test_joules_of_a_transient_balance(pool):
    """What sources deliver is what devices and leaks take and capacitors store: Tellegen, relative 1e-6.

    Sources are the currents into the nodes, g bracket v; the leak's power and the change of the stored energy follow
    from the path alone.
    """
    network, (x, _) = network_of(chip(pool)), data()
    solver = Solver(method="DOP853", relative_tolerance=1e-10, absolute_tolerance=1e-13)
    end = relax(
        network, network.drive(x), np.zeros((4, network.nodes)), Phase(duration=3e-7), solver, 0.01, record=True
    )
    into = np.array([(network.leak * network.bracket(v, network.drive(x)) * v).sum(axis=1) for v in end.path])
    times = end.times
    supplied = np.array([np.interp(np.linspace(0, times[-1], 40_001), times, into[:, b]) for b in range(4)])
    delivered = np.trapezoid(supplied, dx=times[-1] / 40_000, axis=1)
    assert np.allclose(delivered, end.energy[:, 1] + network.stored(end.v), rtol=1e-3)


@pytest.mark.parametrize("pool", POOLS)
def test_no_state_has_a_larger_loop_gain_than_the_bound(pool):
    """Random states inside the curves' steep part; with the average the bound is reached where all slopes are 1."""
    network = network_of(chip(pool))
    bound, rng = network.loop_gain_bound(), np.random.default_rng(10)
    found = max(
        float(network.loop_gain(rng.uniform(-spread, spread, (20, network.nodes)), Drive()).max())
        for spread in (1e-4, 0.1)
    )
    assert found <= bound * (1.0 + 1e-6)
    assert found > (0.99 if pool == "average" else 0.5) * bound
