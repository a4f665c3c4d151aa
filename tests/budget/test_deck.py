"""Each limit's overrides load with every shipped card, change what they say, and nothing else."""

from __future__ import annotations

import difflib
import re

import numpy as np
import pytest

from analogep.budget import LIMITS, Deck
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import UsageError
from analogep.study import Study, StudyCard
from analogep.study.point import unpacked

MAY_CHANGE = {
    "device_to_device": {"variation"},
    "cycle_to_cycle": {"variation", "programming"},
    "asymmetry": {"programming"},
    "nonlinearity": {"programming", "variation"},
    "states": {"conductance", "programming", "variation", "energy", "recommended"},
    "read_noise": {"read"},
    "iv": {"read"},
    "drift": {"retention"},
    "faults": {"faults"},
    "converters": {"dac", "adc"},
    "sampling": {"sample_hold"},
    "wires": {"wires"},
    "mirror": {"feedback"},
    "beta": {"nudging", "solver"},
    "settling": {"timing"},
}
"""Limit -> sections of the cards in which `understood` may differ."""


def sections(card: DeviceCard | CircuitCard) -> dict[str, list[str]]:
    """Lines of each section as the card is understood."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in card.understood().splitlines():
        if not line.startswith(" "):
            name = line.partition(":")[0]
        found.setdefault(name, []).append(line)
    # What was set stands there as well, at the end.
    found.pop("changes", None)
    return found


def changed(one: DeviceCard | CircuitCard, other: DeviceCard | CircuitCard) -> set[str]:
    before, after = sections(one), sections(other)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.mark.parametrize("name", DeviceCard.names())
def test_each_limit_changes_only_the_sections_that_it_is_about(name: str) -> None:
    deck = Deck(name, "digits", {}, aged=True, best=0.123)
    real = deck.cards(())
    for limit in deck.limits:
        ideal = deck.cards([limit.name])
        found = set().union(*(changed(*pair) for pair in zip(real, ideal, strict=True)))
        assert found, limit.name
        assert found <= MAY_CHANGE[limit.name], (limit.name, found)


NEURONS = {
    "neuron_offset": {"offset", "pelgrom", "auto_zero"},
    "neuron_gain": {"gain"},
    "neuron_reverse_gain": {"reverse_gain"},
    "neuron_rails": {"rails"},
    "neuron_bandwidth": {"bandwidth"},
}


@pytest.mark.parametrize("offset", ["offset: 2 mV", "pelgrom: {a_vt: 3.5 mV, area: 4}"])
def test_each_limit_of_the_neurons_takes_its_own_key_of_the_mismatch_away(offset: str) -> None:
    spread = "gain: 1 %, reverse_gain: 2 %, rails: 3 mV, bandwidth: 4 %"
    zero = "auto_zero: {residual: 5 %, period: 1 ms, time: 1 us}"
    deck = Deck("ideal", "digits", {"mismatch": f"{{{offset}, {spread}, {zero}}}"}, aged=False)
    found = [limit.name for limit in deck.limits if limit.name.startswith("neuron_")]
    assert found == list(NEURONS)
    real = deck.cards(())[1].mismatch
    for name, keys in NEURONS.items():
        ideal = deck.cards([name])[1].mismatch
        assert real is not None
        assert ideal is not None
        differ = {key for key in vars(real) if getattr(real, key) != getattr(ideal, key)}
        assert differ <= keys
        assert name.removeprefix("neuron_") not in ideal.spread
    assert deck.cards(list(NEURONS))[1].mismatch.spread == ()


def test_the_threshold_of_spiking_neurons_is_a_limit() -> None:
    deck = Deck("ideal", "spiking-digits", {"mismatch": "{threshold: 3 %}"}, aged=False)
    assert "neuron_threshold" in [limit.name for limit in deck.limits]
    assert deck.cards(["neuron_threshold"])[1].mismatch.threshold == 0.0


def lines(deck: Deck, name: str) -> list[str]:
    """Lines that differ between the real cards and those with one limit ideal."""
    out: list[str] = []
    for real, ideal in zip(deck.cards(()), deck.cards([name]), strict=True):
        texts = [re.sub(r"\nchanges:(\n  - .*)+", "", card.understood()).splitlines() for card in (real, ideal)]
        both = difflib.unified_diff(*texts, n=0, lineterm="")
        out += [line for line in both if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return out


def test_the_lines_that_differ_on_rram_are_those_that_each_limit_says() -> None:
    deck = Deck("rram", "digits", {})
    noise = ["-    kind: relative", "-    spacing: null", "-    exponent: null", "-    sigma: 1.5 %", "+    kind: none"]
    assert sorted(lines(deck, "read_noise")) == sorted(noise)
    assert lines(deck, "iv") == ["-    kind: sinh", "-    v0: 1.06 V", "+    kind: linear"]
    assert lines(deck, "asymmetry") == ["-    nonlinearity: 0.63", "+    nonlinearity: 0.04"]
    assert len(lines(deck, "device_to_device")) == 8
    # The bits of both go, and are booked all the same: no joules change.
    ideal = ["-  bits: 8", "-  booked: null", "+  bits: null", "+  booked: 8"]
    assert lines(deck, "converters") == ideal * 2
    longer = [line.split(": ")[1] for line in lines(deck, "settling") if line[0] == "+"]
    assert longer == ["2 us", "1.6 us"]


def test_limits_are_those_that_the_cards_have() -> None:
    wired = {"wires": "{kind: exact, word: 1 ohm, bit: 1 ohm, tile: [65, 128]}", "feedback.kind": "mirrored",
             "faults.stuck_min": "5 %",
             "mismatch": "{offset: 1 mV, gain: 1 %, reverse_gain: 1 %, rails: 1 mV, bandwidth: 1 %}"}  # fmt: skip
    known = {limit.name for limit in LIMITS} - {"drift", "neuron_threshold", "thermal", "columns", "turns"}
    assert {limit.name for limit in Deck("rram", "digits", wired, best=0.123).limits} == known
    assert "beta" not in [limit.name for limit in Deck("rram", "digits", wired).limits]
    assert [limit.name for limit in Deck("ideal", "resistive-digits", {}).limits] == ["converters", "sampling"]
    assert "drift" not in [limit.name for limit in Deck("pcm", "digits", {}).limits]
    assert "drift" in [limit.name for limit in Deck("pcm", "digits", {}, aged=True).limits]


def test_columns_and_turns_are_limits_of_circuits_that_have_them() -> None:
    """Ideal columns need no turns; both together, and each alone, are cards that can be read."""
    column = "{kind: tia, supply: 1.1 V, dc_gain: 1000, load: 0.2 pF, gm_over_id: 15, branches: 4}"
    turns = "{kind: alternating, turns: {forward: 60 ns, reverse: 60 ns, guard: 2 ns, hold: 0.1 pF, droop: 1 ms}}"
    deck = Deck("ideal", "digits", {"column": column, "feedback": turns, "driver": "{current: 1 mA}"})
    assert {"columns", "turns"} <= {limit.name for limit in deck.limits}
    _, held = deck.cards(["turns"])
    assert (held.column.kind, held.feedback.kind) == ("tia", "shared")
    for names in (["columns"], ["columns", "turns"]):
        _, ideal = deck.cards(names)
        assert (ideal.column.kind, ideal.feedback.kind, ideal.driver.current) == ("ideal", "shared", None)
    # Columns that integrate for a turn have none without.
    charge = Deck("ideal", "digits", {"column": column.replace("tia", "charge"), "feedback": turns})
    assert "turns" not in {limit.name for limit in charge.limits}
    _, ideal = charge.cards(["columns"])
    assert ideal.column.limiting


@pytest.mark.parametrize("name", ["rram", "pcm"])
def test_the_axis_of_a_study_holds_exactly_the_cards_of_the_deck(name: str) -> None:
    settings = {"learning.epochs": 2, "variation.device_to_device.max": "3 %", "adc.bits": 9}
    deck = Deck(name, "digits", {key: str(value) for key, value in settings.items()}, aged=True)
    names = [limit.name for limit in deck.limits]
    points = {"all real": (), "none": names} | {f"{one} ideal": (one,) for one in names}
    axis = deck.axis(points)
    kept = {key: settings[key] for key in deck.unmoved(axis)}
    assert set(kept) == {"learning.epochs"}
    plan = Study(StudyCard.of({"device": name, "vary": {"limits": axis}, "set": kept})).plan
    for ideal, combination in zip(points.values(), plan.combinations, strict=True):
        assert [card.digest for card in unpacked(combination.cards)] == [card.digest for card in deck.cards(ideal)]
    assert deck.cards(())[0].variation.device_to_device.max == pytest.approx(0.03)


def test_all_limits_together_leave_the_cell_that_none_of_them_leaves_alone() -> None:
    deck = Deck("enode", "digits", {})
    device, circuit = deck.cards([limit.name for limit in deck.limits])
    law, x = device.programming, np.linspace(0.0, 1.0, 11)
    np.testing.assert_allclose(law.step("up", x), 1e-4, rtol=0.01)
    np.testing.assert_allclose(law.step("down", x), -1e-4, rtol=0.01)
    assert device.variation.cycle_to_cycle.kind == "none"
    assert (circuit.adc.bits, circuit.sample_hold.noise) == (None, 0.0)


def test_a_setting_that_no_card_has_is_refused_by_its_name() -> None:
    from analogep.budget import Budget

    with pytest.raises(UsageError, match="no card has a section 'nudgin', did you mean 'nudging'"):
        Budget("rram", set={"nudgin.beta": 1})
