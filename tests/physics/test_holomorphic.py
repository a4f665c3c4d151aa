"""Holomorphic nudging: bias of the order of the number of points, noise divided by it."""

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.phases import Nudging, Solver
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES, Ledger
from analogep.errors import CardError
from analogep.kinds.rc.product import product_rule
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.streams import Seeds

from .nets import CURVES, READ, Floats, build, data, equilibrium, flat, nudge, phase

SMOOTH = {name: CURVES[name] for name in ("tanh", "sigmoid")}
EULER = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-3, step=1.0)
CARD = (
    "layers=[6,5,4,3]",
    "neurons.hidden.activation={kind: sigmoid, amplitude: 0.2 V}",
    "neurons.output.activation={kind: tanh, amplitude: 0.6 V}",
    "learning.rate=[0.1]",
    "learning.initial_gain=[1, 0.5, 0.3]",
    "mapping.weight_range=[0.5]",
    "nudging={beta: 0.3, estimator: holomorphic, points: 6}",
    "timing={free: {duration: 2 us}, nudged: {duration: 2 us}, tolerance: 1 %}",
    "solver.method=euler",
    "dac.bits=null",
    "dac.booked=8",
    "adc.bits=null",
    "adc.booked=8",
    "sample_hold.noise=0 V",
)


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
@pytest.mark.parametrize("constant", [False, True], ids=["proportional", "constant"])
@pytest.mark.parametrize(("points", "betas"), [(3, (0.01, 0.1)), (4, (0.03, 0.15)), (6, (0.08, 0.25))])
def test_the_bias_falls_with_the_power_of_beta_that_the_number_of_points_says(curve, constant, points, betas):
    """Regression of log error on log beta against the adjoint gradient: N, within 0.25."""
    network = build((6, 8, 5, 3), curve, gain=0.4, bias=True)
    x, target = data(network, 5)
    drive = network.drive(x)
    free = equilibrium(network, drive)
    reference = flat(network.exact_gradient(free, x, target))
    errors, strengths = [], np.geomspace(*betas, 6)
    for strength in strengths:
        contour = Nudging(beta=strength, estimator="holomorphic", points=points).contour()
        nudged = nudge(network, drive, target, strength, free if constant else None)
        ends = network.circled(nudged, free, [beta for beta, _ in contour], phase(60), EULER)
        phases = [(weight, end.rates) for (_, weight), end in zip(contour, ends, strict=True)]
        found = flat(product_rule(phases, x, READ, network.gain, network.bias))
        errors.append(np.linalg.norm(found - reference))
    assert np.polyfit(np.log(strengths), np.log(errors), 1)[0] == pytest.approx(points, abs=0.25)


def chip(*overrides: str) -> Hardware:
    made = Hardware(DeviceCard.load("ideal"), CircuitCard.load("digits", [*CARD, *overrides]), Seeds.of(1))
    made.initialise()
    return made


def batch(samples: int = 4) -> tuple[Floats, Floats]:
    return np.random.default_rng(2).random((samples, 6)), READ * np.eye(3)[np.arange(samples) % 3]


def estimated(hardware: Hardware, seed: int = 1, samples: int = 4) -> tuple[Floats, Ledger]:
    ledger, (x, target) = Ledger(), batch(samples)
    bench = Experimenter(hardware, ledger, np.random.default_rng(seed))
    gradient, _ = bench.gradient(hardware.network(), x, target, hardware.circuit.nudging.contour())
    return flat(gradient), ledger


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("kind", ["proportional", "constant"])
@pytest.mark.parametrize("points", [5, 6])
def test_a_chip_on_the_circle_measures_the_exact_gradient(precision, kind, points):
    """At beta 0.3: what is left is 0.3^N times a factor of its own, below 3e-3 for five and six points."""
    hardware = chip(f"solver.precision={precision}", f"nudging.kind={kind}", f"nudging.points={points}")
    found, _ = estimated(hardware)
    network, (x, target) = hardware.network(), batch()
    quiet = Experimenter(hardware, Ledger(), np.random.default_rng(1), noisy=False)
    exact = flat(network.exact_gradient(quiet.equilibrium(network, quiet.lines(x)), quiet.lines(x), target))
    np.testing.assert_allclose(found, exact, rtol=0, atol=3e-3 * np.abs(exact).max())


def test_noise_of_the_samples_is_drawn_for_every_point_and_falls_with_their_number():
    """One image 4000 times: variance of the real part of sum weight r_i r_j from 4 to 16 points by 4, and that of r_j
    is sigma^2/(N b^2), within four standard errors."""
    samples, sigma, products = 4000, 5e-3, {}
    for points in (4, 16):
        hardware = chip(f"sample_hold.noise={sigma} V", f"nudging.points={points}")
        bench = Experimenter(hardware, Ledger(), np.random.default_rng(1))
        x, target = (np.repeat(part[:1], samples, axis=0) for part in batch())
        phases, _, _ = bench.phases(hardware.network(), x, target, hardware.circuit.nudging.contour())
        error = np.sqrt(2 / samples)
        single = np.real(sum(weight * rates[-1][:, 1] for weight, rates in phases))
        assert single.var() == pytest.approx(sigma**2 / (points * 0.3**2), rel=4 * error)
        products[points] = np.real(sum(weight * rates[1][:, 0] * rates[2][:, 1] for weight, rates in phases)).var()
    assert products[4] / products[16] == pytest.approx(4.0, rel=8 * error)


def test_the_same_seed_measures_the_same_and_another_seed_something_else():
    hardware = chip("sample_hold.noise=5 mV")
    np.testing.assert_array_equal(estimated(hardware)[0], estimated(hardware)[0])
    assert np.abs(estimated(hardware)[0] - estimated(hardware, seed=2)[0]).max() > 1e-3


@pytest.mark.parametrize("points", [5, 6])
def test_points_off_the_axis_are_booked_as_two_real_networks(points):
    """Amplifiers, converters of targets and of rates: twice for them, once for those on the real axis."""
    hardware = chip(f"nudging.points={points}")
    card, (_, ledger) = hardware.circuit, estimated(hardware)
    real = 2 - points % 2
    networks, neurons, samples = real + 2 * (points - real), 12, 4
    joules = dict(zip(COMPONENTS, ledger.joules[:, PHASES.index("nudged")], strict=True))
    assert joules["amplifier"] == pytest.approx(networks * hardware.amplifier_power * 2e-6 * samples, rel=1e-12)
    assert joules["adc"] == pytest.approx(networks * neurons * samples * card.adc.joules, rel=1e-12)
    assert joules["dac"] == pytest.approx(networks * 3 * samples * card.dac.joules, rel=1e-12)
    assert ledger.joules[COMPONENTS.index("digital"), PHASES.index("update")] == pytest.approx(
        (7 * 5 + networks * (6 * 4 + 5 * 3)) * samples * card.digital.mac, rel=1e-12
    )
    for component in ("array", "leak", "nudging", "lines", "sample_hold"):
        assert joules[component] > 0.0


REFUSED = {
    "rails": (["neurons.hidden.activation={kind: hard_clip, low: 0 V, high: 0.2 V}"], "activation is 'hard_clip'"),
    "relu": (["neurons.output.activation={kind: relu}"], "activation is 'relu', which has corners"),
    "solver": (["solver.method=RK45"], "'holomorphic' needs solver.method=euler and solver.projected=false"),
    "projected": (["solver.projected=true"], "'holomorphic' needs solver.method=euler and solver.projected=false"),
    "wires": (
        ["wires={kind: exact, word: 1 ohm, bit: 1 ohm, tile: [4, 3]}"],
        "'holomorphic' needs a network of kind 'rc' without wires",
    ),
    "few points": (["nudging.points=2"], "nudging.points"),
}


@pytest.mark.parametrize(("overrides", "message"), REFUSED.values(), ids=REFUSED)
def test_circuits_that_are_not_analytic_are_refused(overrides, message):
    with pytest.raises(CardError, match=message):
        CircuitCard.load("digits", [*CARD, *overrides])


def test_another_kind_of_network_is_refused():
    with pytest.raises(CardError, match="'holomorphic' needs a network of kind 'rc' without wires"):
        CircuitCard.load("passive-digits", ["nudging.estimator=holomorphic"])


@pytest.mark.parametrize(
    "override", ["read.iv={kind: sinh, v0: 0.3 V}", "read.noise={kind: relative, sigma: 1 %}"], ids=["sinh", "noise"]
)
def test_curved_and_noisy_devices_are_refused(override):
    device = DeviceCard.load("ideal", [override])
    with pytest.raises(CardError, match="'holomorphic' needs linear devices without read noise, and device 'ideal'"):
        Hardware(device, CircuitCard.load("digits", CARD), Seeds.of(1))
