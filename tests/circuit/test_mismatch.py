"""The card's block `mismatch`: what each kind of network takes of it, what it refuses, and what is said without it."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import Chip
from analogep.circuit import CircuitCard
from analogep.errors import CardError

OFFSET = "mismatch={offset: 1 mV}"
TANH = (
    "neurons.hidden.activation={kind: tanh, amplitude: 0.2 V}",
    "neurons.output.activation={kind: tanh, amplitude: 0.3 V}",
)
HOLOMORPHIC = ("nudging.estimator=holomorphic", "solver.method=euler", *TANH)


def refused(card: str, *overrides: str) -> str:
    with pytest.raises(CardError) as error:
        CircuitCard.load(card, overrides)
    return str(error.value)


@pytest.mark.parametrize(
    ("card", "overrides", "message"),
    [
        (
            "digits",
            ("mismatch={threshold: 1 %}",),
            "mismatch.threshold: is none of a network of kind 'rc', which has 'offset', 'gain', 'reverse_gain', "
            "'rails', 'bandwidth'; remove it",
        ),
        (
            "spiking-digits",
            ("mismatch={gain: 1 %}",),
            "mismatch.gain: is none of a network of kind 'spiking', which has 'offset', 'threshold'; remove it",
        ),
        (
            "spiking-digits",
            ("mismatch={threshold: 1 %}", "network.coding={kind: predictive}"),
            "mismatch.threshold: needs network.coding 'rate'; a quantiser of 'predictive' has no threshold",
        ),
        (
            "resistive-digits",
            (OFFSET, "network.amplifiers=null"),
            "mismatch: is that of amplifiers in a resistive network, which has none; give network.amplifiers",
        ),
        (
            "digits",
            ("mismatch={offset: 1 mV, pelgrom: {a_vt: 3.5 mV, area: 1}}",),
            "mismatch.offset: is given by 'pelgrom' already; remove one of the two",
        ),
        (
            "digits",
            ("mismatch={gain: 1 %, auto_zero: {residual: 5 %, period: 1 ms, time: 1 us}}",),
            "mismatch.auto_zero: has no offset to take away; give an 'offset' or 'pelgrom', or remove it",
        ),
        (
            "digits",
            ("mismatch={offset: 1 mV, auto_zero: {residual: 5 %, period: 1 us, time: 2 us}}",),
            "mismatch.auto_zero.time: must be shorter than the period, 1 us, got 2 us",
        ),
        (
            "digits",
            (*HOLOMORPHIC, "mismatch={gain: 1 %}"),
            "mismatch.gain: is not written for complex voltages; leave 'offset' alone, or take an estimator other than "
            "'holomorphic'",
        ),
    ],
)
def test_what_a_network_does_not_have_is_refused(card: str, overrides: tuple[str, ...], message: str) -> None:
    assert message in refused(card, *overrides)


def test_offsets_go_with_complex_voltages() -> None:
    assert CircuitCard.load("digits", [*HOLOMORPHIC, OFFSET]).mismatch is not None


def test_without_the_block_the_card_says_that_neurons_are_taken_as_identical() -> None:
    said = "all neurons of a chip are taken as identical (no block 'mismatch')"
    assert said in CircuitCard.load("digits").understood()
    assert said not in CircuitCard.load("digits", [OFFSET]).understood()


@pytest.mark.parametrize("method", ["euler", "RK23", "newton"])
@pytest.mark.parametrize("card", ["digits", "passive-digits", "resistive-digits", "spiking-digits", "conv-digits"])
def test_a_block_of_zeros_is_no_block_to_the_last_bit(card: str, method: str) -> None:
    """One batch of each kind: gradients, weights after pulses and joules."""
    if card in ("spiking-digits", "conv-digits") and method != "euler":
        pytest.skip("takes equal steps alone")
    found = []
    rng = np.random.default_rng(1)
    x, target = rng.random((3, 64)), np.array([1, 2, 3])
    for block in (None, {"offset": 0.0}):
        chip = Chip("rram" if card == "digits" else "ideal", card, 1, set={"mismatch": block, "solver.method": method})
        slopes = chip.gradient(x, target)
        chip.program([-0.2 * slope for slope in slopes])
        found.append((*slopes, *chip.weights, chip.joules.values))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
