"""Complex nudging: the real axis is the real network, equilibria are analytic in beta, conjugates are conjugate."""

import numpy as np
import pytest

from analogep.circuit import Sigmoid
from analogep.circuit.phases import Solver
from analogep.engine.nodes import rates
from analogep.errors import SimulationError
from analogep.kinds.rc import layout
from analogep.kinds.rc.network import LayeredRC
from analogep.network import Drive
from analogep.relaxation import relax
from tests.physics.nets import CURVES, READ, Floats, build, data, equilibrium, nudge, phase

SMOOTH = {name: CURVES[name] for name in ("tanh", "sigmoid")}
EULER = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-3)
SINGLE = EULER.model_copy(update={"precision": "single"})


def scene(curve: object, *, constant: bool = False, bias: bool = True) -> tuple[LayeredRC, Drive, Floats]:
    """A network of two hidden layers, the drive of its nudged phase, and its free equilibrium."""
    network = build((6, 8, 5, 3), curve, gain=0.4, bias=bias)
    x, target = data(network, 5)
    drive = network.drive(x)
    free = equilibrium(network, drive)
    return network, nudge(network, drive, target, 0.3, free if constant else None), free


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
@pytest.mark.parametrize("constant", [False, True], ids=["proportional", "constant"])
@pytest.mark.parametrize("bias", [False, True], ids=["no-bias", "bias"])
def test_on_the_real_axis_it_is_the_real_network(curve, constant, bias):
    """Voltages, joules and residuals on the way, to rounding; no imaginary part arises."""
    network, drive, free = scene(curve, constant=constant, bias=bias)
    start = free + 0.02
    ours = network.circled(drive, start, [0.3 + 0j], phase(5), EULER)[0]
    theirs = relax(network, drive, start, phase(5), EULER, 1e-3)
    np.testing.assert_allclose(ours.v.real, theirs.v, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(ours.v.imag, 0.0)
    np.testing.assert_allclose(ours.energy, theirs.energy, rtol=1e-13)
    np.testing.assert_allclose(ours.residual, theirs.residual, rtol=0, atol=1e-15)
    assert ours.duration == theirs.duration


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
def test_the_equilibrium_is_an_analytic_function_of_beta(curve):
    """Cauchy and Riemann: the derivative along the imaginary axis is i times that along the real one, by differences
    of fourth order, to 1e-7."""
    network, drive, free = scene(curve)
    centre, h = 0.2 + 0.15j, 0.01
    offsets = [1, -1, 2, -2]
    betas = [centre + h * k * along for along in (1.0, 1j) for k in offsets]
    v = [end.v for end in network.circled(drive, free, betas, phase(80), EULER)]
    slopes = [(8 * (a - b) - (c - d)) / (12 * h) for a, b, c, d in (v[:4], v[4:])]
    assert np.abs(slopes[0]).max() > 1e-3
    np.testing.assert_allclose(slopes[1], 1j * slopes[0], rtol=0, atol=1e-7 * np.abs(slopes[0]).max())


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
@pytest.mark.parametrize(("solver", "close"), [(EULER, 1e-14), (SINGLE, 1e-6)], ids=["double", "single"])
def test_at_rest_every_node_obeys_kirchhoff_with_complex_numbers(curve, solver, close):
    """v = sum w r + sum m s r + beta (d - r), r = rho(v), written out with NumPy's complex tanh."""
    network, drive, free = scene(curve)
    beta = 0.3j
    end = network.circled(drive, free, [beta], phase(80), solver)[0]
    middle = 0.0 if curve.kind == "tanh" else 0.5 * curve.amplitude
    swing = curve.amplitude - middle
    rates = [middle + swing * np.tanh((end.v[:, part] - middle) / swing) for part in network.slices]
    for one, other in zip(end.rates, rates, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=close)
    brackets = [drive.inputs.astype(complex)]
    for k in (1, 2):
        brackets.append(rates[k - 1] @ network.layers[k].weights[:-1] + READ * network.layers[k].weights[-1])
        brackets[k - 1] += network.gain * rates[k] @ network.layers[k].reverse.T
    brackets[-1] += beta * (drive.target - rates[-1])
    np.testing.assert_allclose(np.concatenate(brackets, axis=1), end.v, rtol=0, atol=close)
    assert end.residual.max() < 10 * close
    assert np.abs(end.v.imag).max() > 1e-3


@pytest.mark.parametrize("constant", [False, True], ids=["proportional", "constant"])
def test_conjugate_nudging_gives_conjugate_voltages_and_the_same_joules(constant):
    network, drive, free = scene(CURVES["tanh"], constant=constant)
    above, below = network.circled(drive, free, [0.2 + 0.3j, 0.2 - 0.3j], phase(8), EULER)
    np.testing.assert_array_equal(above.v, below.v.conj())
    np.testing.assert_allclose(above.energy, below.energy, rtol=1e-14)


def test_any_number_of_threads_takes_the_same_steps(monkeypatch):
    monkeypatch.setattr(layout.threads, "LEAST_CELLS", 1)
    network, drive, free = scene(CURVES["sigmoid"])
    found = []
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        found.append(network.circled(drive, free, [0.2j, 0.1 + 0.1j, -0.2j], phase(8), SINGLE))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one.v, other.v)
        np.testing.assert_array_equal(one.energy, other.energy)


@pytest.mark.parametrize(("kind", "close"), [(np.float64, 3e-15), (np.float32, 2e-6)])
def test_the_complex_curve_is_the_hyperbolic_tangent(kind, close):
    """Up to half of the way to its poles at +-i pi/2, and far out on both sides."""
    rng = np.random.default_rng(1)
    v = np.concatenate([rng.uniform(-4, 4, 1000), [-1e3, -30.0, 30.0, 1e3]]).astype(kind)
    w = rng.uniform(-0.4, 0.4, v.size).astype(kind)
    made = Sigmoid(kind="sigmoid", amplitude=1.0).numbers(kind)
    r, s = np.array([rates(made, *both) for both in zip(v, w, strict=True)]).T
    wanted = 0.5 + 0.5 * np.tanh((v.astype(np.float64) + 1j * w - 0.5) / 0.5)
    np.testing.assert_allclose(r + 1j * s, wanted, rtol=0, atol=4 * close)


def test_nudging_that_carries_nodes_away_is_an_error_that_says_what_to_lower():
    network, drive, free = scene(CURVES["sigmoid"], constant=True)
    with pytest.raises(SimulationError, match=r"nudging by 0\+1e\+09j carried a node to .* V: .* lower nudging.beta"):
        network.circled(drive, free, [0.1j, 1e9j], phase(8), EULER)
