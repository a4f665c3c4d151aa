"""Cards that Python changes: what they hold, what they say of themselves, and the way back from values and YAML."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import random
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from analogep.cards import Block, Card
from analogep.cards.record import card_of, recorded
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.device.card import Conductance
from analogep.errors import CardError, ResultError, UsageError
from analogep.rules import FixedPulse
from analogep.units import format_exact
from tests.changes import changed

KINDS = (DeviceCard, CircuitCard)
SHIPPED = [(kind, name) for kind in KINDS for name in kind.names()]
RRAM, DIGITS = DeviceCard.load("rram"), CircuitCard.load("digits")


def same(one: Card, other: Card) -> None:
    assert (one.canonical, one.digest) == (other.canonical, other.digest)


def ways_back(card: Card) -> None:
    """Every way back from what is written about a card leads to the same values."""
    kind = type(card)
    same(kind.from_text(card.to_yaml()), card)
    stored = json.loads(json.dumps(recorded(card)))
    again = card_of(stored, kind)
    same(again, card)
    assert (again.text, again.overrides, again.changes) == (card.text, card.overrides, card.changes)
    assert again.to_yaml() == card.to_yaml()
    # The changes are exact: set on the command line they give the same card.
    same(kind.from_text(card.text, "card", [*card.overrides, *card.changes]), card)


@pytest.mark.parametrize(("kind", "name"), SHIPPED, ids=lambda value: value if isinstance(value, str) else value.kind)
def test_a_shipped_card_comes_back_from_its_values_and_its_yaml(kind: type[Card], name: str) -> None:
    card = kind.load(name)
    ways_back(card)
    assert kind.from_text(card.to_yaml()).changes == card.changes == ()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_randomly_changed_cards_come_back_from_their_values_and_their_yaml(kind: type[Card]) -> None:
    draw = random.Random(11)
    for _ in range(25):
        base = kind.load(draw.choice(kind.names()))
        digest, text = base.digest, base.to_yaml()
        card = changed(draw, changed(draw, base))
        ways_back(card)
        assert (base.digest, base.to_yaml(), base.changes) == (digest, text, ())


def test_a_chip_without_a_memory_stays_without_when_something_else_is_changed() -> None:
    """Its node would give it one where the card says nothing."""
    without = CircuitCard.load("digits-chip").changed({"memory": None})
    later = without.changed({"nudging.beta": 0.3})
    assert (without.memory, later.memory) == (None, None)
    ways_back(later)


@pytest.mark.parametrize(
    ("key", "given", "wanted"),
    [
        ("conductance.max", 20e-6, 20e-6),
        ("conductance.max", "20 uS", 20e-6),
        ("conductance.max", np.float64(40e-6) / 3, 40e-6 / 3),
        ("conductance.max", np.float32(2e-5), float(np.float32(2e-5))),
        ("conductance.levels", np.int64(64), 64),
        ("conductance.levels", None, None),
        ("read.noise", {"kind": "none"}, {"kind": "none", "slow": False}),
        ("variation.device_to_device.max", 0.1 + 0.2 - 0.25, 0.1 + 0.2 - 0.25),
    ],
)  # fmt: skip
def test_a_value_is_an_si_number_a_text_with_its_unit_or_plain_data(key: str, given: Any, wanted: Any) -> None:
    card = RRAM.changed({key: given})
    value: Any = card.values
    for part in key.split("."):
        value = value[part]
    if isinstance(wanted, dict):
        assert value["kind"] == "none"
    else:
        assert value == wanted
    assert card.text == RRAM.text
    assert [text.partition("=")[0] for text in card.changes] == [key]


def test_lists_tuples_arrays_and_blocks_are_values_too() -> None:
    for rate in ([0.1, 0.2], (0.1, 0.2), np.array([0.1, 0.2])):
        assert DIGITS.changed({"learning.rate": rate}).learning.rate == (0.1, 0.2)
    assert DIGITS.changed({"learning.rate.1": 0.5}).learning.rate == (0.2, 0.5)
    assert DIGITS.changed({"update": FixedPulse(rule="fixed_pulse")}).update.rule == "fixed_pulse"
    assert RRAM.changed({"conductance": Conductance(min=1e-6, max=2e-5)}).conductance.levels is None


def test_a_later_change_takes_the_place_of_earlier_ones_of_the_same_value() -> None:
    card = RRAM.changed({"conductance.max": 2e-5}).changed({"read.voltage": 0.3}).changed({"conductance.max": 3e-5})
    assert card.changes == ("read.voltage=300 mV", "conductance.max=30 uS")
    whole = card.changed({"conductance": {"min": 1e-6, "max": 5e-5}})
    assert whole.changes == ("read.voltage=300 mV", "conductance={min: 1 uS, max: 50 uS}")


WRONG: list[tuple[dict[Any, Any], str]] = [
    ({"conductance.mux": 1e-5}, "changed(): conductance.mux: unknown key, did you mean 'max'?"),
    ({"conductanse.max": 1e-5}, "changed(): conductanse: unknown key, did you mean 'conductance'?"),
    ({"conductance.max": -1.0}, "changed(): conductance.max: must be greater than 0 S, got -1 S"),
    ({"conductance.max": 1e-9}, "changed(): conductance.max: must be greater than 'min' (1 uS), got 1 nS"),
    ({"conductance.max": float("nan")}, "changed(): conductance.max: must be a finite number, got nan"),
    ({"conductance.max": np.inf}, "changed(): conductance.max: must be a finite number, got inf"),
    ({"conductance.max": True}, "changed(): conductance.max: needs a unit of conductance, such as '10 uS'; got true"),
    ({"conductance.max": "3 V"}, "changed(): conductance.max: '3 V' is not a conductance"),
    ({"conductance.max": object()}, "changed(): conductance.max: a card cannot hold a value of type 'object'"),
    ({"conductance.max": 1j}, "changed(): conductance.max: a card cannot hold a value of type 'complex'"),
    ({"conductance.levels": 10**5000}, "changed(): conductance.levels: integer an integer of many digits does not fit"),
    ({"conductance.max.x": 1}, "changed(): conductance.max.x: conductance.max is '10 uS', which has no keys below it"),
    ({"title": "\ud800"}, "changed(): title: half of a surrogate pair is not a character"),
    ({"read.noise": {"kind": "nono"}}, "changed(): read.noise.kind: unknown kind 'nono', known are"),
    ({"read.noise": {3: 4}}, "changed(): read.noise: key 3 is not text"),
    ({"read.voltage": 5.0}, "changed(): read.voltage: must be below the smallest write amplitude"),
    ({"retention": {"kind": "log", "drift": 0.1}}, "changed(): retention"),
    ({"changes": []}, "changed(): changes: says what was changed; change those keys themselves"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=range(len(WRONG)))
def test_what_a_card_cannot_be_is_refused_with_the_key_and_the_card_stays(
    changes: dict[Any, Any], message: str
) -> None:
    digest = RRAM.digest
    with pytest.raises(CardError) as caught:
        RRAM.changed(changes)
    assert str(caught.value).startswith(message), str(caught.value)
    assert (RRAM.digest, RRAM.changes) == (digest, ())


@pytest.mark.parametrize("key", ["", "a..b", ".a", "a. b", "\ud800", ".".join("a" * 50), "a=b"])
def test_a_key_without_the_form_of_one_is_a_usage_error(key: str) -> None:
    with pytest.raises(UsageError, match=r"^changed\(\): "):
        RRAM.changed({key: 1})


def test_a_key_that_is_no_text_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"^changed\(\): key 3 is not text"):
        RRAM.changed({3: 1})  # type: ignore[dict-item]


def test_all_problems_of_a_change_come_at_once() -> None:
    with pytest.raises(CardError) as caught:
        RRAM.changed({"conductance.max": -1.0, "read.width": "x", "conductance.min": object(), "read.foo": 1})
    assert len(caught.value.problems) == 1  # what is no value at all ends before validation
    with pytest.raises(CardError) as caught:
        RRAM.changed({"conductance.max": -1.0, "read.width": "x", "read.foo": 1})
    assert sorted(problem.key for problem in caught.value.problems) == ["conductance.max", "read.foo", "read.width"]


def test_a_copy_with_fields_replaced_is_validated_and_says_so() -> None:
    """The reported case: it trained at 20 uS, recorded 10 uS, and took -1 S."""
    wider = RRAM.conductance.model_copy(update={"max": 20e-6})
    card = RRAM.model_copy(update={"conductance": wider})
    assert card.conductance.max == card.values["conductance"]["max"] == 20e-6
    assert card.changes == ("conductance={min: 1 uS, max: 20 uS, levels: 128}",)
    assert card.digest != RRAM.digest
    ways_back(card)
    same(RRAM.model_copy(update={"conductance": {"min": 1e-6, "max": 20e-6, "levels": 128}}), card)
    same(RRAM.copy(update={"conductance": wider}), card)
    for wrong in ({"conductance": {"min": 1e-6, "max": -1.0}}, {"conductanse": wider}, {"read": RRAM.energy}):
        with pytest.raises(CardError, match=r"^model_copy\(\): con|^model_copy\(\): read"):
            RRAM.model_copy(update=wrong)


def test_a_copy_of_a_block_is_validated_with_its_rules() -> None:
    for update, message in (
        ({"max": -1.0}, "model_copy(): max: must be greater than 0 S, got -1 S"),
        ({"max": 1e-7}, "model_copy(): max: must be greater than 'min' (1 uS), got 100 nS"),
        ({"mux": 1.0}, "model_copy(): mux: unknown key, did you mean 'max'?"),
        ({"max": object()}, "model_copy(): max: a card cannot hold a value of type 'object'"),
    ):
        with pytest.raises(CardError) as caught:
            RRAM.conductance.model_copy(update=update)
        assert str(caught.value).startswith(message)
    # Rules between a block and the rest of the card are the card's.
    low = RRAM.read.model_copy(update={"voltage": 5.0})
    with pytest.raises(CardError, match="must be below the smallest write amplitude"):
        RRAM.model_copy(update={"read": low})


@pytest.mark.parametrize("deep", [False, True])
def test_a_copy_without_changes_is_the_same_card(deep: bool) -> None:
    card = RRAM.changed({"read.voltage": 0.3})
    for one in (card.model_copy(deep=deep), copy.deepcopy(card), copy.copy(card), pickle.loads(pickle.dumps(card))):
        same(one, card)
        assert (one.text, one.changes) == (card.text, card.changes)


@pytest.mark.parametrize("block", [DeviceCard, CircuitCard, Conductance])
def test_nothing_is_made_without_validation(block: type[Block]) -> None:
    with pytest.raises(
        UsageError, match=rf"^model_construct\(\) would make a {block.__name__} that nobody has checked"
    ):
        block.model_construct(max=-1.0)


def test_a_changed_card_says_what_was_changed_where_it_is_listed() -> None:
    card = RRAM.changed({"conductance.max": 20e-6})
    assert card.understood().endswith('\nchanges:\n  - "conductance.max=20 uS"')
    assert "changes" not in RRAM.understood()
    read = DeviceCard.from_text(card.to_yaml(), "mine.yaml")
    assert read.understood().endswith('\nchanges:\n  - "conductance.max=20 uS"')
    assert read.overridden.keys() == card.overridden.keys() == {("conductance", "max")}


def test_the_yaml_of_a_changed_card_gives_no_source_for_a_number_that_is_not_its() -> None:
    """Also for numbers that had none, being defaults, and for blocks whose sources went with them."""
    base = DeviceCard.load("rram", ["read.voltage=0.3 V"])
    card = base.changed(
        {"variation.write_noise.sigma": 0.01, "read.noise": {"kind": "none"}, "read.iv": {"kind": "linear"}}
    )
    read = DeviceCard.from_text(card.to_yaml())
    same(read, card)
    assert read.changes == (
        "read.voltage=0.3 V", "variation.write_noise.sigma=1 %", "read.noise={kind: none}", "read.iv={kind: linear}",
    )  # fmt: skip
    without = card.to_yaml().replace("variation.write_noise.sigma=1 %", "title=x")
    with pytest.raises(CardError, match=r"variation.write_noise.sigma: has no provenance"):
        DeviceCard.from_text(without)


def test_a_card_made_in_python_has_values_and_yaml_too() -> None:
    values = {key: value for key, value in RRAM.values.items() if key not in ("sources", "provenance")}
    made = DeviceCard.from_values(values | {"sources": {}})
    assert (made.text, made.origin, made.provenance) == ("", "", {})
    same(DeviceCard.from_text(made.to_yaml()), made)
    same(DeviceCard.from_values(made.changed({"read.voltage": 0.3}).values), made.changed({"read.voltage": 0.3}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conductance": {"min": 1e-6, "max": -1.0}}, "values: conductance.max: must be greater than 0 S, got -1 S"),
        ({"conductance": {"min": 1e-5, "max": 1e-6}}, "values: conductance.max: must be greater than 'min'"),
        ({"conductance": 3}, "values: conductance: needs a block of keys, got 3"),
        ({"schema": "analogep.device/9"}, "values: schema: unknown schema 'analogep.device/9'"),
        ({"schema": "analogep.circuit/1"}, "values: schema: this is a circuit card"),
        ({"zzz": 1}, "values: zzz: unknown key, known are"),
        ({"title": object()}, "values: title: a card cannot hold a value of type 'object'"),
    ],
)
def test_values_obey_every_rule(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError) as caught:
        DeviceCard.from_values(RRAM.values | change)
    assert str(caught.value).startswith(message), str(caught.value)


def test_the_constructor_still_refuses_in_pydantics_words() -> None:
    with pytest.raises(ValidationError, match="must be greater than 'min'"):
        Conductance(min=1e-5, max=1e-6)


def test_results_of_versions_without_values_are_read_from_text_and_overrides() -> None:
    device = DeviceCard.load("rram", ["conductance.max=20 uS"])
    circuit = CircuitCard.load("digits", ["learning.epochs=3", "name=mine"])
    attrs: dict[str, Any] = {"device": "rram", "circuit": "mine"}
    attrs |= {"device_card": device.text, "circuit_card": circuit.text}
    attrs["overrides"] = json.dumps([*device.overrides, *circuit.overrides])
    same(card_of(attrs, DeviceCard), device)
    same(card_of(attrs, CircuitCard), circuit)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("device_values", "{", "the result's 'device_values' is not JSON: "),
        ("device_values", "[1]", "the result's 'device_values' are a list of 1, not the values of a card"),
        ("device_values", 3.0, "the result's 'device_values' is not JSON: "),
        ("device_values", "[" * 100_000, "the result's 'device_values' is not JSON: "),
        ("device_changes", "3", "the result's 'device_changes' are 3, not a list of texts"),
        ("device_overrides", "[3]", "the result's 'device_overrides' are a list of 1, not a list of texts"),
        ("device_card", 3, "the result records no device card"),
    ],
)
def test_what_is_no_record_of_a_card_is_answered_with_a_sentence(name: str, value: Any, message: str) -> None:
    with pytest.raises(ResultError) as caught:
        card_of(recorded(RRAM) | {name: value}, DeviceCard)
    assert str(caught.value).startswith(message)


def test_a_record_that_was_damaged_anywhere_is_a_card_or_a_sentence() -> None:
    draw = random.Random(5)
    whole = recorded(RRAM)["device_values"]
    for _ in range(200):
        start = draw.randrange(len(whole))
        odd = draw.choice(["", "{", "}", "[", '"', "null", "-1", "1e999", "NaN", "\\ud800", "true", "\x00"])
        text = whole[:start] + odd + whole[start + draw.choice((0, 1, 5, 50)) :]
        with contextlib.suppress(ResultError, CardError):
            assert card_of(recorded(RRAM) | {"device_values": text}, DeviceCard).text == RRAM.text


def test_exact_texts_mean_the_very_same_number() -> None:
    draw = random.Random(3)
    quantities = _quantities()
    for _ in range(3000):
        unit, quantity = draw.choice(sorted(quantities.items(), key=lambda entry: entry[0]))
        value = draw.choice((1.0, -1.0)) * 10.0 ** draw.uniform(-30, 20)
        text = format_exact(value, unit)
        assert quantity.parse(text) == value, text
    for value in (5e-324, 1.7e308, 2.2250738585072014e-308, 0.1, 1 / 3, 123456789.0):
        assert quantities["S"].parse(format_exact(value, "S")) == value
        assert quantities["%"].parse(format_exact(min(value, 1e300), "%")) == min(value, 1e300)
    assert [format_exact(value, unit) for value, unit in ((0.0, "V"), (1e-5, "S"), (300.0, "K"), (86400.0, "s"))] == [
        "0 V", "10 uS", "300 K", "86400 s",
    ]  # fmt: skip


def _quantities() -> dict[str, Any]:
    from analogep import units

    found = [value for value in vars(units).values() if isinstance(value, units.Quantity)]
    found += [value.__metadata__[0] for value in vars(units).values() if hasattr(value, "__metadata__")]
    return {quantity.unit: quantity for quantity in found}
