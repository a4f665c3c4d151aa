"""Thermal noise on the circuit card: what is derived, and what is refused."""

from __future__ import annotations

import pytest

from analogep.budget.deck import Deck
from analogep.circuit import CircuitCard
from analogep.errors import CardError
from analogep.kinds.spiking.card import Spiking
from analogep.learning.sampling import sampled_noise

ON = "noise.thermal=on"


def refused(name: str, *overrides: str) -> str:
    with pytest.raises(CardError) as caught:
        CircuitCard.load(name, overrides)
    return str(caught.value)


def test_a_sample_has_kt_over_c_where_the_card_says_nothing() -> None:
    card = CircuitCard.load("digits", ["sample_hold={capacitance: 100 fF}"])
    assert card.sample_noise == pytest.approx((1.380649e-23 * 300.0 / 100e-15) ** 0.5, rel=1e-12)
    hot = CircuitCard.load("digits", ["sample_hold={capacitance: 100 fF}", "noise.temperature=400 K"])
    assert hot.sample_noise / card.sample_noise == pytest.approx((4.0 / 3.0) ** 0.5)


def test_a_stated_noise_is_taken_as_it_is() -> None:
    assert CircuitCard.load("digits", [ON, "sample_hold.noise=1 mV"]).sample_noise == 1e-3
    assert CircuitCard.load("digits").sample_noise == 0.21e-3


def test_less_noise_than_physics_gives_is_refused_with_the_floor() -> None:
    message = "sample_hold.noise: must be at least kT/C of its capacitor, 203.5 uV at 300 K, got 0 V; leave it out"
    assert message in refused("digits", ON, "sample_hold.noise=0 V")
    assert "64.36 uV at 300 K, got 0 V" in refused("resistive-xs", ON)
    assert CircuitCard.load("resistive-xs", [ON, "sample_hold={capacitance: 1 pF}"]).noise.kt > 0.0


def test_what_has_no_thermal_noise_so_far_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # As a kind of a user's own that does not say what its noise is.
    monkeypatch.setattr(Spiking, "thermal", False)
    message = "noise.thermal: needs a network of kind 'rc' or 'passive' or 'resistive'; 'spiking' has none so far"
    assert message in refused("spiking-digits", ON)
    smooth = [f"neurons.{name}.activation={{kind: tanh, amplitude: 0.4 V}}" for name in ("hidden", "output")]
    complexes = ["nudging.estimator=holomorphic", "solver.method=euler", *smooth]
    assert "noise.thermal: needs real voltages; 'holomorphic' has complex ones" in refused("digits", ON, *complexes)


def test_a_budget_makes_nodes_and_samples_cold_together() -> None:
    deck = Deck("rram", "digits", {"noise.thermal": "on"})
    names = [limit.name for limit in deck.limits]
    assert "thermal" in names
    assert "sampling" not in names
    _, circuit = deck.cards(["thermal"])
    assert (circuit.noise.kt, circuit.sample_noise) == (0.0, 0.0)
    assert "thermal" not in [limit.name for limit in Deck("rram", "digits", {}).limits]
    spiking = Deck("rram", "spiking-digits", {"noise.thermal": "on"})
    assert spiking.cards([])[1].noise.kt > 0.0
    assert spiking.cards(["thermal"])[1].noise.kt == 0.0


AMPLIFIED = "network.amplifiers.bias={supply: 1.1 V, bandwidth: 200 MHz, load: 8 pF, gm_over_id: 15, branches: 4}"


def test_samples_behind_amplifiers_have_their_noise_and_those_of_outputs_do_not() -> None:
    """gain gamma kT/C_load beside kT/C of the sample."""
    card = CircuitCard.load("resistive-chip", [AMPLIFIED, "network.amplifiers.gain=20"])
    kt = 1.380649e-23 * 300.0
    behind = 20.0 * 4.0 / 3.0 * kt / 8e-12
    assert sampled_noise(card, 0) == pytest.approx((kt / card.sample_hold.capacitance + behind) ** 0.5, rel=1e-12)
    assert sampled_noise(card, 1) == card.sample_noise
    quiet = CircuitCard.load("resistive-chip", [AMPLIFIED, "network.amplifiers.excess=0"])
    cold = CircuitCard.load("resistive-chip", [AMPLIFIED, "noise.thermal=off", "sample_hold.noise=1 mV"])
    assert sampled_noise(quiet, 0) == quiet.sample_noise
    assert sampled_noise(cold, 0) == 1e-3


def test_amplifiers_that_do_not_settle_in_a_phase_are_refused_with_the_bandwidth_that_would_do() -> None:
    """ln(100) gain/(2 pi GBW) of a phase of 200 ns."""
    message = (
        "network.amplifiers.bias.bandwidth: must be at least 58.63 MHz, got 50 MHz: a gain of 16 leaves 1/16 of it, "
        "and one stage has to settle to 1 % in a phase of 200 ns"
    )
    assert message in refused("resistive-digits", "network.amplifiers.bias.bandwidth=50 MHz")
    CircuitCard.load("resistive-digits", ["network.amplifiers.bias.bandwidth=59 MHz"])
    assert "must be at least 58.63 MHz, got 0 Hz" in refused("resistive-xs", "network.amplifiers.bias.bandwidth=0 Hz")
