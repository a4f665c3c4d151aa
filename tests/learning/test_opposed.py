"""Gradients with both signs kept apart, and the pulses that spikes make of them."""

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.crossbar.opposed import Opposed
from analogep.energy import Ledger
from analogep.learning import Updater
from analogep.network import Hardware

RISES = np.array([[0.3, 0.0, 2.0], [0.01, 0.5, 0.0]])
FALLS = np.array([[0.1, 0.4, 2.0], [0.0, 0.7, 0.0]])


def test_a_factor_below_zero_turns_rises_into_falls():
    one = Opposed(RISES, FALLS)
    assert np.array_equal((one * 2.0).rises, 2.0 * RISES)
    assert np.array_equal((one * -2.0).rises, 2.0 * FALLS)
    assert np.array_equal((one * -2.0).falls, 2.0 * RISES)
    assert np.array_equal((one * -2.0).dense(), -2.0 * one.dense())
    assert np.allclose((one + one * 0.5).dense(), 1.5 * (FALLS - RISES), rtol=1e-15, atol=0.0)


def test_pulses_have_the_mean_and_the_variance_of_many_small_chances():
    """20,000 draws: mean within 5 standard errors, variance (equal to the mean) within 5 of its own."""
    rng, draws = np.random.default_rng(4), 20_000
    found = [Opposed(RISES, FALLS).pulses(rng) for _ in range(draws)]
    for part, mean in ((0, RISES), (1, FALLS)):
        counts = np.array([one[part] for one in found])
        assert np.all(np.abs(counts.mean(axis=0) - mean) <= 5.0 * np.sqrt(mean / draws))
        # Fourth central moment of a Poisson variable: m + 3 m^2.
        spread = np.sqrt((mean + 2.0 * mean**2) / draws)
        assert np.all(np.abs(counts.var(axis=0) - mean) <= 5.0 * spread)


@pytest.fixture
def chip() -> Hardware:
    circuit = CircuitCard.load(
        "spiking-digits",
        [
            "layers=[64,20,10]",
            "network.inputs={kind: regular}",
            "network.gradient={kind: eqspike, slope: 500 ns}",
            "update.rule=stochastic",
        ],
    )
    return Hardware(DeviceCard.load("ecram", ["variation.cycle_to_cycle={kind: none}"]), circuit, Seeds.of(3))


def test_every_rise_and_every_fall_is_a_pulse_and_is_paid(chip: Hardware):
    """Equal rises and falls cancel in the weights but not in pulses: 2 x 2 x 3 a device pair, within 5 %."""
    updater, ledger = Updater(chip), Ledger()
    updater.start(ledger, np.random.default_rng(1))
    before = [store.weights.copy() for store in chip.stores]
    each = [np.full(store.shape, 3.0 * store.step) for store in chip.stores]
    gradient = [Opposed(one, one) for one in each]
    pulses = updater.apply(gradient, (1.0, 1.0), 0, 0, ledger, np.random.default_rng(2), 0)
    for store, was, made in zip(chip.stores, before, pulses, strict=True):
        devices = store.weights.size * 2
        assert made == pytest.approx(6.0 * devices, rel=0.05)
        # The difference of two Poisson counts of mean 3 has a standard deviation of sqrt(6) steps, of asymmetric steps.
        moved = (store.weights - was) / store.step
        assert abs(moved.mean()) < 1.0
        assert 1.0 < moved.std() < 4.0
    assert ledger.joules.sum() > 0


def test_the_mean_change_is_minus_rate_times_the_gradient():
    """Ideal devices, 60 updates: mean over cells within 5 standard errors of Poisson counts."""
    circuit = CircuitCard.load(
        "spiking-digits",
        [
            "layers=[64,20,10]",
            "network.inputs={kind: regular}",
            "network.gradient={kind: eqspike, slope: 500 ns}",
            "update.rule=stochastic",
        ],
    )
    hardware = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(3))
    updater, ledger = Updater(hardware), Ledger()
    updater.start(ledger, np.random.default_rng(1))
    before = [store.weights.copy() for store in hardware.stores]
    steps = [store.step for store in hardware.stores]
    gradient = [Opposed(np.full(s.shape, 0.7 * s.step), np.full(s.shape, 0.2 * s.step)) for s in hardware.stores]
    for batch in range(60):
        updater.apply(gradient, (2.0, 2.0), 0, batch, ledger, np.random.default_rng(2), batch)
    for store, was, step in zip(hardware.stores, before, steps, strict=True):
        moved = (store.weights - was).mean() / step
        error = np.sqrt(60 * 2.0 * (0.7 + 0.2) / was.size)
        assert abs(moved - 60 * 2.0 * (0.7 - 0.2)) < 5.0 * error
