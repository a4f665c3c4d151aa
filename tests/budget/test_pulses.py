"""What making a pulse law ideal does to its steps, for every shipped card."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.budget import Deck, pulses
from analogep.budget.pulses import FINE
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.device.laws import InverseCdf, Law

X = np.linspace(0.02, 0.98, 25)
GRADUAL = [name for name in DeviceCard.names() if not DeviceCard.load(name).programming.unidirectional]
DIGITS = CircuitCard.load("digits")


def loaded(name: str, texts: list[str]) -> DeviceCard:
    return DeviceCard.load(name, texts)


def variance(card: DeviceCard, parts: float) -> np.ndarray:
    """Variance of `parts` pulses up in the middle of the window, without clipping [window^2]."""
    law, middle = card.programming, np.array(0.5)
    sd = card.variation.cycle_to_cycle.deviation(law, "up", middle, card.conductance)
    return np.asarray(parts * (law.variance("up", middle) + sd**2))


@pytest.mark.parametrize("name", GRADUAL)
def test_a_mirrored_pulse_down_is_the_pulse_up_from_the_other_end(name: str) -> None:
    card = loaded(name, pulses.mirrored(DeviceCard.load(name)))
    law: Law = card.programming
    np.testing.assert_allclose(law.step("down", X), -law.step("up", 1.0 - X), rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(law.step("up", X), DeviceCard.load(name).programming.step("up", X))


@pytest.mark.parametrize(
    "programming",
    [
        "{model: linear, zero: 30 %, up: {step: 1 %, slope: 0.4, amplitude: 1 V, width: 1 ns}, "
        "down: {step: 2 %, slope: 0.1, amplitude: -1 V, width: 1 ns}}",
        "{model: soft_bounds_reference, symmetry_point: 40 %, up: {step: 1 %, amplitude: 1 V, width: 1 ns}, "
        "down: {step: 2 %, amplitude: -1 V, width: 1 ns}}",
        "{model: power, up: {step: 1 %, exponent: 2, amplitude: 1 V, width: 1 ns}, "
        "down: {step: 2 %, exponent: 1.5, amplitude: -1 V, width: 1 ns}}",
        "{model: logistic, up: {pulses: 90, curvature: 3, amplitude: 1 V, width: 1 ns}, "
        "down: {pulses: 50, curvature: 1, amplitude: -1 V, width: 1 ns}}",
        "{model: piecewise, up: {nodes: [0 %, 30 %, 100 %], steps: [3 %, 1 %, 0 %], amplitude: 1 V, width: 1 ns}, "
        "down: {nodes: [0 %, 100 %], steps: [0 %, -1 %], amplitude: -1 V, width: 1 ns}}",
    ],
)
def test_laws_that_no_shipped_card_has_are_mirrored_and_divided_as_well(programming: str) -> None:
    texts = [f"programming={programming}"]
    card = loaded("ideal", texts)
    law = loaded("ideal", [*texts, *pulses.mirrored(card)]).programming
    np.testing.assert_allclose(law.step("down", X), -law.step("up", 1.0 - X), rtol=1e-9, atol=1e-15)
    finer = loaded("ideal", [*texts, *pulses.fine(card, DIGITS)])
    # A counted law has whole pulses, and its discrete steps follow the continuous curve more closely.
    np.testing.assert_allclose(finer.step, FINE, rtol=0.03)
    ratio = finer.programming.step("down", X) / card.programming.step("down", X)
    np.testing.assert_allclose(ratio, FINE / card.step, rtol=0.06)


@pytest.mark.parametrize("name", DeviceCard.names())
def test_a_straight_law_has_the_step_of_the_middle_everywhere(name: str) -> None:
    card = DeviceCard.load(name)
    law = loaded(name, pulses.straight(card)).programming
    for direction in law.directions:
        expected = np.full_like(X, card.programming.step(direction, np.array(0.5)))
        np.testing.assert_allclose(law.step(direction, X), expected, rtol=1e-9)
    assert law.directions == card.programming.directions


@pytest.mark.parametrize("name", DeviceCard.names())
def test_parts_of_a_pulse_add_up_to_its_way_its_variance_and_its_joules(name: str) -> None:
    card = DeviceCard.load(name)
    texts = pulses.fine(card, DIGITS)
    if name == "ideal":
        assert texts == []
        return
    finer, parts = loaded(name, texts), card.step / FINE
    assert finer.conductance.levels is None
    # Fifty pulses of a steep label (rram_pcmo) are coarser than the curve that they sample.
    np.testing.assert_allclose(finer.step, FINE, rtol=0.1)
    np.testing.assert_allclose(variance(finer, parts), variance(card, 1.0), rtol=0.05, atol=1e-18)
    middle = 0.5 * (card.conductance.min + card.conductance.max)
    for direction in card.programming.directions:
        one, whole = (each.energy.joules(each.branch(direction), direction, 1.0, middle) for each in (finer, card))
        np.testing.assert_allclose(parts * one, whole, rtol=1e-9)
    if card.recommended.rule == "closed_loop":
        reached = finer.recommended.threshold * FINE
        assert reached == pytest.approx(card.recommended.threshold * card.step, rel=1e-9)


@pytest.mark.parametrize("name", DeviceCard.names())
def test_silent_pulses_keep_the_law_and_lose_all_noise(name: str) -> None:
    card = DeviceCard.load(name)
    quiet = loaded(name, pulses.silent(card))
    assert quiet.variation.cycle_to_cycle.kind in ("none", "unknown")
    assert quiet.variation.write_noise.sigma == 0.0
    assert not isinstance(quiet.programming, InverseCdf)
    for direction in card.programming.directions:
        np.testing.assert_allclose(quiet.programming.step(direction, X), card.programming.step(direction, X), rtol=1e-9)


def test_a_kinetic_law_and_a_cell_without_pulses_down_are_not_mirrored() -> None:
    assert pulses.mirrored(DeviceCard.load("pcm")) == []
    assert "asymmetry" not in [limit.name for limit in Deck("pcm", "digits", {}).limits]
