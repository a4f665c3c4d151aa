"""Knobs: those that two cards have, bounds around the cards' values, and what follows a setting."""

from __future__ import annotations

import pytest

from analogep import CircuitCard, DeviceCard
from analogep.circuit.tunable import TUNABLE
from analogep.errors import UsageError
from analogep.tune import Knobs


def knobs(device: str = "rram", circuit: str = "digits", *names: str, **bounds: str) -> Knobs:
    chosen = names or None
    return Knobs(DeviceCard.load(device), CircuitCard.load(circuit), chosen, bounds)


def bounded(key: str, text: str, circuit: str = "digits") -> Knobs:
    return Knobs(DeviceCard.load("rram"), CircuitCard.load(circuit), [], {key: text})


@pytest.mark.parametrize("circuit", CircuitCard.names())
def test_every_shipped_card_has_knobs_around_its_own_values_and_changing_none_changes_nothing(circuit: str) -> None:
    found = knobs("rram", circuit)
    assert {"learning.rate.0", "nudging.beta", "timing.free.duration"} <= {knob.name for knob in found.all}
    assert all(knob.holds_given for knob in found.all)
    assert found.settings({knob.name: knob.given for knob in found.all}) == {}


def test_a_card_has_the_knobs_whose_keys_it_has() -> None:
    plain, chip = ({knob.name for knob in knobs("rram", name).all} for name in ("digits", "digits-chip"))
    assert chip - plain == {"column.load", "feedback.turns.forward", "feedback.turns.reverse"} | {
        key for key in ("column.ratio", "column.tile") if key in chip
    }
    assert plain < chip
    assert not any(
        name.startswith(("neurons", "feedback")) for name in (k.name for k in knobs("rram", "resistive-1h").all)
    )


def test_every_tunable_key_is_a_key_of_some_card() -> None:
    had = {knob.name.removesuffix(".0") for name in CircuitCard.names() for knob in knobs("rram", name).all}
    assert {one.key for one in TUNABLE} - had <= {"column.ratio"}  # which a card may leave at its default


def test_a_layer_is_set_by_itself_and_the_others_stay() -> None:
    found = knobs("rram", "digits", "learning.rate")
    assert [knob.name for knob in found.all] == ["learning.rate.0", "learning.rate.1"]
    assert found.settings({"learning.rate.0": 0.123456, "learning.rate.1": 0.1}) == {"learning.rate": [0.123, 0.1]}


def test_settings_are_cards_whose_rails_follow_the_full_scale() -> None:
    """Twice the read voltage: rails and converter are twice as wide, noise of the sampler stays what it is."""
    found = knobs("rram", "digits", "mapping.read_voltage")
    card = CircuitCard.load("digits").changed(found.settings({"mapping.read_voltage": 0.4}))
    assert card.neurons is not None
    assert card.neurons.output.activation.rails == pytest.approx((-0.4, 0.8))
    assert (card.adc.low, card.adc.high) == pytest.approx((-0.4, 0.8))
    assert card.sample_noise == CircuitCard.load("digits").sample_noise


def test_a_smaller_node_has_a_faster_amplifier_and_no_joules_for_nothing() -> None:
    before = CircuitCard.load("digits")
    found = knobs("rram", "digits", "neurons.hidden.capacitance")
    after = before.changed(found.settings({"neurons.hidden.capacitance": 0.25e-12}))
    assert before.neurons is not None
    assert after.neurons is not None
    power = [card.neurons.hidden.amplifier.power for card in (before, after)]  # type: ignore[union-attr]
    assert power[1] == pytest.approx(2 * power[0])


def test_a_converter_converts_once_in_shorter_phases_and_takes_what_that_takes() -> None:
    before = CircuitCard.load("digits")
    changes = knobs().settings({"timing.nudged.duration": 100e-9})
    after = before.changed(changes)
    assert after.adc.rate == pytest.approx(4 * before.adc.rate)  # type: ignore[operator]
    assert after.adc.joules >= before.adc.joules


def test_an_amplifier_that_holds_a_line_is_as_fast_with_another_weight_range() -> None:
    """GBW/N stays: N = 1 + R_f G, with R_f the range over the window of 9 uS and G of 65 or 129 pairs of 11 uS."""
    before, found = CircuitCard.load("digits"), knobs("rram", "digits", "mapping.weight_range")
    after = before.changed(found.settings({"mapping.weight_range.0": 0.1, "mapping.weight_range.1": 0.6}))
    for node, pairs, weight in (("hidden", 65, 0.1), ("output", 129, 0.6)):
        old, new = (getattr(card.neurons, node).amplifier.bandwidth for card in (before, after))
        gains = [1.0 + one / 9e-6 * pairs * 11e-6 for one in (0.3, weight)]
        assert new / gains[1] == pytest.approx(old / gains[0], rel=1e-3)
    both = knobs("rram", "digits", "mapping.weight_range", "neurons.hidden.capacitance")
    halves = both.settings({"mapping.weight_range.0": 0.1, "neurons.hidden.capacitance": 0.25e-12})
    alone = found.settings({"mapping.weight_range.0": 0.1})
    key = "neurons.hidden.amplifier.bandwidth"
    assert halves[key] == pytest.approx(2 * alone[key], rel=1e-3)
    columns = knobs("rram", "digits-chip", "mapping.weight_range").settings({"mapping.weight_range.0": 0.1})
    assert set(columns) == {"mapping.weight_range"}, "columns of their own follow by themselves"


def test_the_rule_that_a_device_recommends_is_a_setting_like_others() -> None:
    found = knobs("rram", "digits", "update.rule", "update.threshold", "update.max_pulses")
    own = {"update.rule": "closed_loop", "update.threshold": 4.0, "update.max_pulses": 1}
    assert {knob.name: knob.given for knob in found.all} == own
    several = found.settings({"update.max_pulses": 5})["update"]
    assert (several["rule"], several["threshold"], several["max_pulses"]) == ("closed_loop", 4.0, 5)
    assert found.settings({"update.max_pulses": None})["update"]["max_pulses"] is None
    assert CircuitCard.load("digits").changed({"update": several}).update.rule == "closed_loop", "whole numbers stay"
    assert found.settings({"update.rule": "closed_loop", "update.threshold": 4.0}) == {}
    for rule, numbers in (
        ("closed_loop", {"threshold": 2.0, "max_pulses": 1}),
        ("mixed_precision", {"threshold": 2.0, "max_pulses": 1}),
        ("stochastic", {}),
    ):
        changes = found.settings({"update.rule": rule, "update.threshold": 2.0})
        assert changes["update"].items() >= {"rule": rule, **numbers}.items()
        assert ("threshold" in changes["update"]) == bool(numbers)
        assert CircuitCard.load("digits").changed(changes).update.rule == rule


def test_bounds_have_units_and_may_be_of_any_number_of_the_card() -> None:
    (phase,) = bounded("timing.free.duration", "100 ns..1 us").all
    assert (phase.low, phase.high, phase.scale) == (100e-9, 1e-6, "log")
    (decay,) = bounded("learning.decay", "0.5..1").all
    assert (decay.low, decay.high, decay.given) == (0.5, 1.0, 1.0)
    (batch,) = bounded("learning.batch", "5..50").all
    assert (batch.scale, batch.given) == ("integer", 20)
    (estimator,) = bounded("nudging.estimator", "positive|centered").all
    assert estimator.choices == ("positive", "centered")


@pytest.mark.parametrize(
    ("names", "bounds", "message"),
    [
        (["nudging.bete"], {}, r"^no card has the knob 'nudging.bete'; 'rram' in 'digits' has 'learning.rate', .*; did "
         r"you mean 'nudging.beta'\?$"),
        (["column.tile"], {}, r"^'rram' in 'digits' has no knob 'column.tile', which other cards have; knobs are '"),
        ([], {"conductance.max": "1 uS..2 uS"}, r"^no card has the knob 'conductance.max'"),
        ([], {"nudging.beta": "0.9..0.1"}, r"^--knob nudging.beta=0.9..0.1: the bounds are the wrong way round or eq"),
        ([], {"nudging.beta": "0.9"}, r"needs the form low..high with units"),
        ([], {"timing.free.duration": "1 V..2 V"}, r"the card's value has the unit s; write bounds as it is written$"),
        ([], {"nudging.beta": "1 V..2 V"}, r"the card's value has no unit; write bounds as it is written$"),
        ([], {"nudging.estimator": "foo|centered"}, r"^--knob nudging.estimator: foo is no value of it: 'foo' is "),
        ([], {"update.rule": "foo|stochastic"}, r"^--knob update.rule: foo is no value of it: unknown rule 'foo',"),
        ([], {"learning.rate": "-1..1"}, r"^--knob learning.rate.0: -1.0 is no value of it: must be greater than 0"),
        ([], {"adc.bits": "4..99"}, r"^--knob adc.bits: 99 is no value of it: must be at most 32, got 99$"),
        ([], {"nudging.estimator": "0.1..0.9"}, r"needs at least two values, such as positive\|random_sign\|centered$"),
    ],
)  # fmt: skip
def test_what_is_no_knob_and_no_range_is_said(names: list[str], bounds: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Knobs(DeviceCard.load("rram"), CircuitCard.load("digits"), names, bounds)


def test_an_amplifier_that_holds_a_line_is_as_fast_with_another_common_mode() -> None:
    """GBW/N stays: pairs of 2 x 2.8 uS at 20 % of the window in place of 11 uS."""
    before, found = CircuitCard.load("digits"), bounded("mapping.common_mode", "10 %..60 %")
    after = before.changed(found.settings({"mapping.common_mode": 0.2}))
    for node, pairs in (("hidden", 65), ("output", 129)):
        old, new = (getattr(card.neurons, node).amplifier.bandwidth for card in (before, after))
        gains = [1.0 + 0.3 / 9e-6 * pairs * pair for pair in (11e-6, 5.6e-6)]
        assert new / gains[1] == pytest.approx(old / gains[0], rel=1e-3)
