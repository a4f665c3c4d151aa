"""Slow read noise that cells carry from sample to sample: its differences are those of the spectrum, at every lag."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate

from analogep import Chip, load_data
from analogep.circuit import CircuitCard
from analogep.clock import batch
from analogep.device import DeviceCard
from analogep.device.wander import slow_part
from analogep.errors import CardError
from analogep.network import Hardware
from analogep.network.reads import correlations
from analogep.streams import Seeds

K, LOW, HIGH = 1e-5, 0.01, 1e8
NOISES = {
    "flicker": f"{{kind: flicker, k: {K}, low: 10 mHz, high: 100 MHz}}",
    "steep": f"{{kind: flicker, k: {K}, exponent: 1.4, low: 10 mHz, high: 100 MHz}}",
    "traps": "{kind: telegraph, amplitude: 5 %, probability: 30 %, shortest: 100 ns, longest: 1 s}",
    "one trap": "{kind: rtn, amplitude: 5 %, probability: 30 %, dwell: 1 ms}",
}
CIRCUIT = ["layers=[64,24,10]", "learning.batch=10", "solver.method=euler"]


def device(noise: str, *more: str) -> DeviceCard:
    return DeviceCard.load("ideal", [f"read.noise={NOISES[noise]}", "read.between_samples=wander", *more])


def half_difference(noise: str, averaging: float, lag: float) -> float:
    """int S_G/G^2 (1 - cos 2 pi f lag)/(1 + (pi T f)^2) df: a sum over ln f, or the Lorentzians of traps."""
    if "trap" in noise:
        part = 2.0 * 0.3 * 0.7
        low, high = (1e-3, 1e-3) if noise == "one trap" else (1e-7, 1.0)
        taus = part * np.exp(np.linspace(math.log(low), math.log(high), 30 if high > low else 1))
    u = np.linspace(math.log(1e-4 if "trap" in noise else LOW), math.log(1e10 if "trap" in noise else HIGH), 100_001)
    f = np.exp(u)
    if "trap" in noise:
        spectra = [4.0 * tau / (1.0 + np.square(2.0 * np.pi * f * tau)) for tau in taus]
        shares = np.ones(len(taus))
        shares[[0, -1]] *= 1.0 if len(taus) == 1 else 0.5
        spectrum = 0.05**2 * 0.21 * np.average(spectra, axis=0, weights=shares)
    else:
        spectrum = K * f ** (-1.4 if noise == "steep" else -1.0)
    seen = spectrum * f * 2.0 * np.square(np.sin(np.pi * f * lag)) / (1.0 + np.square(np.pi * averaging * f))
    return float(integrate.trapezoid(seen, u))


@pytest.mark.parametrize("noise", list(NOISES))
def test_the_processes_have_the_differences_of_the_spectrum_within_3_per_cent(noise: str) -> None:
    """From a step of 2 us to a second, by a sum over the spectrum."""
    (part,) = device(noise).read.components.parts
    variance = float(part.variance(np.ones(1), 1.0)[0])
    found = slow_part(part, 2e-6, 1e-7)
    for lag in (2e-6, 3e-5, 1e-3, 0.04, 1.0):
        assert variance * found.change(lag) == pytest.approx(half_difference(noise, 1e-7, lag), rel=0.03)


def test_cells_of_a_chip_differ_by_the_spectrum_between_reads_10_ns_to_1_s_apart() -> None:
    """D/2 of all cells, what phases add and what cells carry, within 3 % of the integral and 4 standard errors of it.

    Within a sample by the correlation of its phases, from sample to sample by the clock of training.
    """
    card = device("flicker")
    made = Hardware(card, CircuitCard.load("digits", CIRCUIT), Seeds.of(1))
    made.initialise()
    store = made.stores[0]
    averaging, step = store.averaging, batch(made.circuit, card)
    assert averaging is not None
    fresh = float(store.noise.variance(np.ones(1), 1.0, None, averaging)[0])
    for lag in (1e-8, 1e-7, 1e-6):
        rho = correlations(made, np.array([0.0, lag]))[0][0, 1]
        assert fresh * (1.0 - rho) == pytest.approx(half_difference("flicker", averaging, lag), rel=0.03)
    for lag in (step, 1e-3, 1.0):
        before = [array.g.copy() for array in made.arrays()]
        made.elapse(0.0, lag)
        after = [array.g for array in made.arrays()]
        apart = np.concatenate([((b - a) / a).ravel() for a, b in zip(before, after, strict=True)])
        found, wanted = 0.5 * np.mean(apart**2) + fresh, half_difference("flicker", averaging, lag)
        assert found == pytest.approx(wanted, rel=0.03)
        assert abs(found - wanted) < 4.0 * np.sqrt(2.0 / apart.size) * wanted + 2e-3 * wanted


def test_states_stay_and_what_stands_beside_conductances_follows() -> None:
    made = Hardware(device("flicker"), CircuitCard.load("digits", CIRCUIT), Seeds.of(1))
    made.initialise()
    pair = made.pairs[0]
    states, weights = pair.plus.hidden.copy(), np.array(pair.weights)
    assert made.elapse(0.0, 1e-3)
    np.testing.assert_array_equal(pair.plus.hidden, states)
    assert np.abs(pair.weights - weights).max() > 0.0
    np.testing.assert_allclose(pair.weights, (pair.plus.g - pair.minus.g) * pair.scale, rtol=1e-12)
    np.testing.assert_allclose(pair.plus.row_g, pair.plus.g.sum(axis=1), rtol=1e-12)
    later = made.aged(10.0).pairs[0]
    assert not np.allclose(later.plus.swing, pair.plus.swing, rtol=1e-6)
    np.testing.assert_allclose(later.plus.g / later.plus.swing, pair.plus.g / pair.plus.swing, rtol=1e-12)


def test_what_cells_carry_has_the_size_of_their_own_conductance() -> None:
    """Of PCM, whose noise is the larger the lower the cell: after the initial write, and not as they were fabricated.

    The relative deviation of 780 cells, over the one of their conductances at rest, has the variance of the weights'
    sum: within 4 standard errors of 1.
    """
    card = DeviceCard.load("pcm", ["read.between_samples=wander"])
    made = Hardware(card, CircuitCard.load("digits", ["layers=[64,12,10]", "solver.method=euler"]), Seeds.of(1))
    made.initialise()
    array, (slow,) = made.stores[0].plus, made.stores[0].slow
    rest = array.g / array.swing
    (part,) = card.read.components.parts
    sd = np.sqrt(part.variance(rest, card.conductance.max)) / rest
    free = array.swing > 0.051
    assert free.mean() > 0.9
    y = ((array.swing - 1.0) / sd)[free] / math.sqrt(sum(slow.weights))
    assert np.var(y) == pytest.approx(1.0, abs=4.0 * math.sqrt(2.0 / y.size))


def test_a_chip_wanders_while_it_is_trained_and_goes_on_where_it_was_kept(tmp_path) -> None:
    data = load_data("digits")
    chip = Chip(device("flicker"), CircuitCard.load("digits", CIRCUIT), seed=1)
    chip.train(data.train_x[:10], data.train_y[:10])
    chip.save(tmp_path / "chip.nc")
    twin = Chip.load(tmp_path / "chip.nc")
    for one in (chip, twin):
        one.train(data.train_x[10:20], data.train_y[10:20])
    for one, other in zip(chip.emulator.hardware.arrays(), twin.emulator.hardware.arrays(), strict=True):
        np.testing.assert_array_equal(one.g, other.g)
        assert int(one.steps[0]) == 4
        assert 1e-3 < one.swing.std() < 0.1


def test_noise_that_knows_no_time_cannot_wander() -> None:
    with pytest.raises(CardError, match=r"cells cannot wander by read noise of kind relative without the time between"):
        DeviceCard.load("rram", ["read.between_samples=wander"])
