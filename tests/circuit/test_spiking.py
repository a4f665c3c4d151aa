"""Cards of spiking networks: what is refused and why, and the neuron's curve of rate against drive."""

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.errors import CardError
from analogep.kinds.spiking.card import LIF

LEVEL = "{kind: level, level: 0.2}"


def neuron(*settings: str) -> LIF:
    card = CircuitCard.load("spiking-digits", [f"network.hidden.{setting}" for setting in settings])
    return card.network.hidden


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ("network.step=1 us", "network.hidden.refractory=1 us", "network.output.refractory=1 us"),
            "network.step: 1 us is above the shortest time constant of the hidden neurons and traces, 250 ns; give",
        ),
        (("network.trace=10 ns",), "network.step: 20 ns is above the shortest time constant .* 10 ns"),
        (
            ("network.hidden.membrane_leak=20 uS",),
            "network.step: 20 ns is above the shortest time constant of the hidden neurons and traces, 5 ns",
        ),
        (
            ("network.step=15 ns",),
            "network.hidden.refractory: must be a whole number of steps of 15 ns, got 20 ns, which is 1.33",
        ),
        (
            ("network.width=30 ns",),
            "network.width: 30 ns is longer than the refractory time of the hidden neurons, 20 ns",
        ),
        (("network.output.refractory=40 ns",), "network.output.refractory: must be that of the hidden neurons"),
        (("solver.method=RK23", "solver.precision=double"), "solver.method: must be 'euler' for spikes"),
        (
            ("timing.free.duration=1 us",),
            "timing.free.duration: 1 us is shorter than network.window, 2 us, in which spikes are counted",
        ),
        (("timing.free.until=settled",), "timing.free.until: must be 'duration': spikes never come to rest"),
        (
            ("wires={kind: exact, word: 1 ohm, bit: 1 ohm, tile: [8, 8]}",),
            "wires.kind: must be 'none' in a spiking network",
        ),
        (("nudging.estimator=holomorphic",), "'holomorphic' needs a network of kind 'rc'"),
        (
            ("network.readout=extended", "network.hidden.reset={kind: level}"),
            "network.readout: 'extended' needs neurons that subtract and do not leak",
        ),
        (
            ("network.gradient={kind: eqspike, slope: 10 ns, pulses: at_end}",),
            "network.gradient.slope: must be no less than the step, 20 ns, got 10 ns",
        ),
        (
            ("network.gradient={kind: eqspike, slope: 500 ns}", "update.rule=stochastic"),
            "network.gradient.pulses: 'at_spikes' needs inputs that spike: set inputs: {kind: regular}, or",
        ),
        (
            ("network.gradient={kind: eqspike, slope: 500 ns}", "network.inputs={kind: regular}"),
            "update.rule: must be 'stochastic' where spikes program .*, got 'device'; or set pulses: at_end",
        ),
        (
            ("network.gradient={kind: eqspike, slope: 500 ns, pulses: at_end}", "learning.center_inputs=0.1"),
            "learning.center_inputs: needs network.gradient: {kind: counted}; remove it for 'eqspike'",
        ),
        (("network.trace=null",), "network.trace: is missing: nudging compares a leaky trace of spikes .* 250 ns"),
        (
            ("network.coding={kind: predictive}", "network.step=10 ns"),
            "network.hidden.refractory: must be the step, 10 ns, with coding: predictive, got 20 ns",
        ),
        (
            ("network.coding={kind: predictive}", "network.readout=extended"),
            "network.readout: 'extended' is for coding: rate; of 'predictive' the states are sampled",
        ),
        (
            ("network.coding={kind: predictive}", "network.hidden.membrane_leak=0.5 uS"),
            "network.coding.kind: 'predictive' needs neurons that subtract and do not leak",
        ),
        (
            ("network.coding={kind: predictive}", "network.gradient={kind: eqspike, slope: 1 us, pulses: at_end}"),
            "network.gradient.kind: 'eqspike' needs coding: {kind: rate}",
        ),
        (("network.coding={kind: predictive, decoder: {first: 1.2}}",), "network.coding.decoder.first"),
        (("network.hidden.threshold=0 V",), "network.hidden.threshold: must be greater than 0 V"),
        (("network.inputs={kind: bursts}",), "unknown kind 'bursts', known are 'current', 'regular', 'poisson'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_numbers(settings, message):
    with pytest.raises(CardError, match=message):
        CircuitCard.load("spiking-digits", settings)


def test_a_neuron_without_leak_that_subtracts_is_linear_between_its_rails():
    x = np.array([-0.5, 0.0, 0.3, 1.0, 1.7])
    assert np.allclose(neuron().frequency(x), [0.0, 0.0, 0.3, 1.0, 1.0])
    assert neuron().linear
    assert not neuron(f"reset={LEVEL}").linear


@pytest.mark.parametrize("leak", ["0 S", "1 uS"])
def test_the_rate_is_that_of_the_membrane_s_own_equation(leak):
    """Period from du/dt = x/t_r - u/tau_m, from the level to 1, by small steps; 1 % at 20,000 steps a period."""
    one, x = neuron(f"reset={LEVEL}", f"membrane_leak={leak}"), 0.4
    h, u, t = 2e-12, 0.2, 0.0
    while u < 1.0:
        u += h * (x / one.refractory - u * one.decay)
        t += h
    assert float(one.frequency(np.array([x]))[0]) == pytest.approx(20e-9 / (20e-9 + t), rel=1e-3)


def test_a_leaky_neuron_is_silent_below_its_threshold():
    """x tau_m/t_r below 1: the membrane never gets there."""
    one = neuron("membrane_leak=1 uS")
    rest = one.decay * one.refractory
    assert one.frequency(np.array([0.99 * rest]))[0] == 0.0
    assert one.frequency(np.array([1.01 * rest]))[0] > 0.0


def test_learning_at_spikes_is_for_dense_layers():
    settings = ("network.gradient={kind: eqspike, slope: 500 ns, pulses: at_end}",)
    with pytest.raises(CardError, match="'eqspike' is for dense layers; give 'counted' with convolutions"):
        CircuitCard.load("spiking-conv-digits", settings)
