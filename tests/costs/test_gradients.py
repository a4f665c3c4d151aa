"""Cross-entropy through every kind of network: exact gradients, estimates and steps are those of its relaxed value."""

from dataclasses import replace

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase, Solver
from analogep.costs import SoftmaxCrossEntropy
from analogep.device.iv import LinearIV
from analogep.energy import Ledger
from analogep.kinds.passive.network import Passive
from analogep.kinds.rc.layout import layout
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.unrolled import backpropagated, unroll
from analogep.learning import Experimenter, compare
from analogep.network import Hardware, Network
from analogep.relaxation import euler, relax
from tests.physics import circuits, nets

Floats = np.ndarray
SOFTMAX = SoftmaxCrossEntropy(kind="softmax_cross_entropy", inverse_temperature=3.0)
CARD = "cost={kind: softmax_cross_entropy, inverse_temperature: 3}"


def right(network: Network, samples: int) -> Floats:
    """Targets of one class each [V]."""
    return network.full_score * np.eye(3)[np.arange(samples) % 3]


def rc(curve: str = "tanh") -> LayeredRC:
    return replace(nets.build((6, 8, 5, 3), nets.CURVES[curve], gain=0.4, bias=True), cost=SOFTMAX)


def others() -> dict[str, Network]:
    """Passive and resistive networks, with three classes."""
    return {
        "passive": replace(circuits.passive((5, 6, 3), bias=True), cost=SOFTMAX),
        "resistive": replace(circuits.resistive((5, 6, 3), circuits.SHOCKLEY), cost=SOFTMAX),
        "doubled": replace(circuits.resistive((5, 6, 6), circuits.NONE, doubled=True), cost=SOFTMAX),
    }


def test_the_exact_gradient_of_an_rc_network_is_the_slope_of_the_relaxed_cost() -> None:
    network, h = rc(), 1e-5
    (x, _), target = nets.data(network, 3), right(rc(), 3)
    free = nets.equilibrium(network, network.drive(x))
    gradient = network.exact_gradient(free, x, target)
    for k, (i, j) in ((0, (2, 3)), (0, (6, 1)), (1, (4, 2)), (2, (1, 0)), (2, (5, 2))):
        ends = []
        for step in (h, -h):
            layers = list(network.layers)
            weights = layers[k].weights.copy()
            weights[i, j] += step
            reverse = None if k == 0 else weights[:-1]
            layers[k] = replace(layers[k], weights=weights, reverse=reverse)
            one = replace(network, layers=layers)
            ends.append(float(one.loss(nets.equilibrium(one, one.drive(x), free), target).mean()))
        assert gradient[k][i, j] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-6 * np.abs(gradient[k]).max())


@pytest.mark.parametrize("kind", ["rc", "passive", "resistive", "doubled"])
@pytest.mark.parametrize("constant", [False, True], ids=["proportional", "constant"])
def test_centred_phases_give_the_exact_gradient(kind: str, constant: bool) -> None:
    network = rc() if kind == "rc" else others()[kind]
    helper = nets if kind == "rc" else circuits
    (x, _), target = helper.data(network, 6), right(network, 6)
    drive = network.drive(x)
    settled = nets.equilibrium if kind == "rc" else circuits.settled
    free = settled(network, drive)
    phases = []
    for beta, weight in ((1e-3, 500.0), (-1e-3, -500.0)):
        nudged = network.nudged(drive, beta, target, free if constant else None)
        phases.append((weight, network.rates(settled(network, nudged, free))))
    for ours, exact in zip(network.gradient(phases, x), network.exact_gradient(free, x, target), strict=True):
        cosine, gain = compare(ours, exact)
        assert cosine > 1 - 1e-6
        assert gain == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("kind", ["passive", "resistive", "doubled"])
def test_the_jacobian_of_a_nudged_network_is_its_derivative(kind: str) -> None:
    network = others()[kind]
    (x, _), target = circuits.data(network, 2), right(network, 2)
    drive = network.nudged(network.drive(x), 0.4, target)
    v = 0.02 * np.random.default_rng(5).standard_normal((2, network.nodes))
    found, h = network.jacobian(v, drive), 1e-7
    for node in range(network.nodes):
        step = h * np.eye(network.nodes)[node]
        slope = (network.derivative(v + step, drive) - network.derivative(v - step, drive)) / (2 * h)
        np.testing.assert_allclose(found[:, :, node], slope, atol=1e-5 * np.abs(found).max())


def test_the_pseudo_power_of_a_resistive_network_falls_along_its_transient() -> None:
    network = others()["resistive"]
    (x, _), target = circuits.data(network, 2), right(network, 2)
    drive = network.nudged(network.drive(x), 0.5, target)
    assert not isinstance(network, Passive)
    end = relax(network, drive, np.zeros((2, network.nodes)), circuits.phase(network, 3), circuits.solver(), 1e-3,
                record=True)  # fmt: skip
    fall = np.array([network.pseudo_power(v, drive) for v in end.path])  # type: ignore[attr-defined]
    assert (np.diff(fall, axis=0) <= 1e-18).all()


def test_backpropagation_through_steps_is_the_derivative_of_the_cost_after_them() -> None:
    network, h = rc(), 0.2 * nets.TAU
    (x, _), target = nets.data(network, 3), right(rc(), 3)

    def after(one: LayeredRC) -> list[Floats]:
        return unroll(one, one.drive(x), np.zeros((3, one.nodes)), 6, h)

    total = sum(step[2] for step in backpropagated(network, after(network), x, target, h))
    ends = []
    for change in (1e-5, -1e-5):
        weights = network.layers[2].weights.copy()
        weights[1, 1] += change
        moved = replace(
            network, layers=[*network.layers[:2], replace(network.layers[2], weights=weights, reverse=weights[:-1])]
        )
        ends.append(float(moved.loss(after(moved)[-1], target).mean()))
    assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(np.asarray(total)[1, 1], rel=1e-6)


EULER = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-3)


@pytest.mark.parametrize("constant", [False, True], ids=["proportional", "constant"])
def test_the_march_takes_the_steps_of_the_networks_equations(constant: bool) -> None:
    network = rc("hard_clip")
    (x, _), target = nets.data(network, 4), right(network, 4)
    start = 0.05 * np.random.default_rng(1).standard_normal((4, network.nodes))
    drive = network.nudged(network.drive(x), -0.3, target, start if constant else None)
    assert layout(network, EULER) is not None
    end = relax(network, drive, start, nets.phase(5), EULER, 1e-3)
    grid = euler.steps(network, nets.phase(5), EULER)
    twin = euler._plain(network, drive, start, grid, EULER, nets.phase(5), 1e-3, False)
    np.testing.assert_allclose(end.v, twin.v, rtol=0, atol=1e-14)
    np.testing.assert_allclose(end.energy, twin.energy, rtol=1e-12)


def test_points_of_the_circle_have_the_softmax_of_complex_scores() -> None:
    """At rest, with NumPy's complex numbers; and the mean over the circle is the exact gradient."""
    network = replace(rc(), iv=LinearIV(kind="linear"))
    (x, _), target = nets.data(network, 4), right(network, 4)
    drive = network.drive(x)
    free = nets.equilibrium(network, drive)
    betas = [0.03 * np.exp(2j * np.pi * k / 8) for k in range(8)]
    ends = network.circled(network.nudged(drive, 0.03, target), free, betas, nets.phase(80), EULER)
    scores = ends[1].rates[-1]
    chances = np.exp(3.0 * scores / nets.READ)
    pull = 3.0 * (target - nets.READ * chances / chances.sum(axis=1, keepdims=True))
    last = network.layers[-1]
    field = ends[1].rates[1] @ last.weights[:-1] + nets.READ * last.weights[-1] + betas[1] * pull
    np.testing.assert_allclose(ends[1].v[:, network.slices[-1]], field, rtol=0, atol=1e-13)
    phases = [(1.0 / (8 * beta), end.rates) for beta, end in zip(betas, ends, strict=True)]
    for ours, exact in zip(network.gradient(phases, x), network.exact_gradient(free, x, target), strict=True):  # type: ignore[arg-type]
        np.testing.assert_allclose(ours, exact, rtol=0, atol=1e-5 * np.abs(exact).max())


@pytest.mark.parametrize("circuit", ["digits", "conv-digits", "resistive-digits", "passive-digits"])
def test_chips_measure_the_gradient_of_the_cross_entropy(circuit: str) -> None:
    """Without noise, from equilibria, to a cosine of 0.999 in every layer."""
    method = "euler" if circuit == "conv-digits" else "newton"
    card = CircuitCard.load(circuit, [CARD, "nudging.beta=0.01", f"solver.method={method}",
                                      "nudging.estimator=centered",
                                      *(["timing.free.duration=5 us", "timing.nudged.duration=5 us",
                                         "solver.precision=double"] if method == "euler" else [])])  # fmt: skip
    chip = Hardware(DeviceCard.load("ideal"), card, Seeds.of(1))
    chip.initialise()
    network = chip.network()
    quiet = Experimenter(chip, Ledger(), np.random.default_rng(0), noisy=False)
    rng = np.random.default_rng(2)
    x, target = rng.random((6, 64)), card.target_voltage * np.eye(10)[rng.integers(10, size=6)]
    ours, free = quiet.gradient(network, x, target, card.nudging.contour())
    exact = network.exact_gradient(free.v, quiet.lines(x), target)
    for one, other in zip(ours, exact, strict=True):
        assert compare(one, other)[0] > 0.999


@pytest.mark.parametrize("coding", ["rate", "predictive"])
def test_spikes_are_nudged_by_target_minus_softmax(coding: str) -> None:
    """From rest, traces 0: in the first steps every output is pulled by a (d - V/classes)."""
    card = CircuitCard.load("spiking-digits", [CARD, f"network.coding={{kind: {coding}}}"])
    plain = card.changed({"cost": {"kind": "squared_error"}})
    found = []
    for one in (card, plain):
        chip = Hardware(DeviceCard.load("ideal"), one, Seeds.of(1))
        chip.initialise()
        network = chip.network()
        target = 0.2 * np.eye(10)[[3]] * (one.mapping.read_voltage / 0.2)
        drive = network.nudged(
            network.drive(np.zeros((1, 64)), network.deviates(1, np.random.default_rng(1))), 0.5, target
        )
        end = relax(network, drive, np.zeros((1, network.nodes)), Phase(duration=one.timing.nudged.duration),
                    one.solver, 0.01)  # fmt: skip
        found.append(network.rates(end.v)[-1][0])
    assert found[0].argmax() == found[1].argmax() == 3
    assert not np.allclose(*found)
