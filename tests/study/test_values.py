"""Lists, ranges and quantities as people write them."""

from __future__ import annotations

import pytest

from analogep.cards.reader import read_value
from analogep.study.axis import Axis
from analogep.study.values import called, expand, quantity, split, spoken, texts, written


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a,b , c", ["a", "b", "c"]),
        ("[1,2],{kind: none, x: [1,2]}", ["[1,2]", "{kind: none, x: [1,2]}"]),
        ("0.1..0.5/5", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
        ("1..5/5", ["1", "2", "3", "4", "5"]),
        ("5 %..1 %/3", ["5 %", "3 %", "1 %"]),
        ("log 0.01..1/3", ["0.01", "0.1", "1"]),
        ("log 10 ns..1 us/3", ["1e-08 s", "1e-07 s", "1e-06 s"]),
        ("log 1 uS..100 uS/3", ["1 uS", "10 uS", "100 uS"]),
        ("0, log 0.1..1/2, 3", ["0", "0.1", "1", "3"]),
        ("../cards/a.yaml,b", ["../cards/a.yaml", "b"]),
        ("-1..1/3", ["-1", "0", "1"]),
    ],
)
def test_a_text_means_these_values(text: str, values: list[str]) -> None:
    assert expand(text) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,,b", "has an empty value"),
        ("0.1..0.5", "is no range: write it first..last/number"),
        ("log 1,2", "is no range"),
        ("1..2/1", "needs 2 to 10000 values, got 1"),
        ("1..2/99999", "needs 2 to 10000 values, got 99999"),
        ("log 0..1/5", "both ends must be above zero"),
        ("1..1/5", "needs two different ends"),
        ("1 s..2/5", "needs a unit at both ends or at none"),
        ("1 s..2 V/5", "goes from one dimension to another"),
    ],
)
def test_a_text_that_means_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expand(text)


def test_brackets_and_quotes_hold_separators() -> None:
    assert split("a;'b;c';[d;{e;f}]", ";") == ["a", "'b;c'", "[d;{e;f}]"]


@pytest.mark.parametrize(
    "value", ["20 uS", "1e-6", "true", " padded", "a: b", 3, 0.5, True, None, [1, 2.5], {"k": "n"}]
)
def test_a_value_of_a_file_survives_the_way_through_text(value: object) -> None:
    assert read_value(written(value), "") == value


def test_quantities_are_read_in_si_units() -> None:
    assert quantity("10 uS") == (1e-5, "S")
    assert quantity("5 %") == (0.05, "%")
    assert quantity("0.5") == (0.5, "")
    assert quantity("centered") is None


def test_a_list_may_hold_numbers_texts_and_ranges() -> None:
    assert texts([0, "1 %..3 %/3", "a,b"]) == ["0", "1 %", "2 %", "3 %", "a,b"]


@pytest.mark.parametrize(("values", "message"), [([], "has no values"), ([1, 2, 1], "has the value '1' twice")])
def test_lists_without_or_with_equal_values_are_refused(values: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        texts(values)


def test_coordinates_are_si_numbers_with_units_or_texts() -> None:
    axis = Axis.of("nudging.beta", [0.1, 0.2]).coordinates()
    assert axis == {"nudging.beta": ("nudging.beta", [0.1, 0.2], {"units": "1", "long_name": "nudging.beta"})}
    noise = Axis.of("read.noise.sigma", "1 %,5 %").coordinates()["read.noise.sigma"]
    assert noise == ("read.noise.sigma", [0.01, 0.05], {"units": "1", "long_name": "read.noise.sigma"})
    names = Axis.of("nudging.estimator", "positive,centered").coordinates()["nudging.estimator"]
    assert names[1] == ["positive", "centered"]  # type: ignore[index]


def test_keys_that_move_together_share_a_dimension() -> None:
    axis = Axis.of("technology", {"device": "rram,ecram", "nudging.beta": [0.1, 0.2]})
    assert len(axis) == 2
    assert axis.at(1) == {"device": "ecram", "nudging.beta": "0.2"}
    found = axis.coordinates()
    assert found["technology"][1] == ["device=rram, nudging.beta=0.1", "device=ecram, nudging.beta=0.2"]  # type: ignore[index]
    assert found["nudging.beta"][0] == "technology"  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("x", {"device": "a,b", "nudging.beta": [1]}, "equally many values: device has 2, nudging.beta has 1"),
        ("x", {}, "has no keys"),
        ("chip", {"device": "a,b"}, "is the name of a dimension that every result has"),
        ("nudgin.beta", [1], "no card has a section 'nudgin', did you mean 'nudging'?"),
        ("name", ["a"], "which card\\? Say device.name or circuit.name"),
        ("nudging..beta", [1], "has an empty key"),
        ("x", {"nudging.beta": "1..2"}, "nudging.beta: '1..2' is no range"),
    ],
)
def test_axes_that_cannot_be_are_refused(name: str, given: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Axis.of(name, given)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["stuck", "accuracy", "state", "aged_accuracy", "g_plus_1", "mirror_g_12", "row_2"])
def test_an_axis_does_not_take_the_name_of_a_variable(name: str) -> None:
    found = Axis.of(name, {"nudging.beta": [0.1, 0.2]}).clashes
    assert found == [f"'{name}' is the name of a variable that every result has; choose another"]


def test_a_block_that_is_called_as_a_variable_is_an_axis_by_its_card() -> None:
    blocks = [{"write": "ohmic"}]
    for axis in (Axis.of("energy", blocks), Axis.of("x", {"energy": blocks})):
        assert axis.clashes == ["'energy' is the name of a variable that every result has; say device.energy"]
    for name in ("device.energy", "nudging.beta", "device", "update"):
        assert not Axis.of(name, ["a"]).clashes
    assert not Axis.of("stuck cells", {"device.energy": blocks, "faults.stuck_min": [0]}).clashes


def test_keys_that_move_together_may_have_a_value_twice_but_no_position() -> None:
    axis = Axis.of("noise", {"sample_hold.noise": ["1 mV", "1 mV", "2 mV"], "adc.bits": [8, 6, 8]})
    assert axis.values["adc.bits"] == ("8", "6", "8")
    with pytest.raises(ValueError, match=r"has the values .* of its keys twice"):
        Axis.of("noise", {"sample_hold.noise": ["1 mV", "1 mV"], "adc.bits": [8, 8]})


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("nudging.beta", "0.5", "0.5"),
        ("device", "cards/[odd].yaml", "cards/[odd].yaml"),
        ("wires.tile", "[32, 32]", "32 × 32"),
        ("layers", "[64, 128, 10]", "64-128-10"),
        ("learning.rate", "[0.2, 0.1]", "0.2, 0.1"),
        ("read.noise", '{"kind": "relative", "sigma": "5 %"}', "relative, sigma 5 %"),
        (
            "wires",
            "{word: 1 ohm, kind: exact, tile: [8, 9], deep: {on: null}}",
            "exact, word 1 ohm, tile 8 × 9, deep on null",
        ),
        ("update", "{}", "nothing"),
        ("update", "{rule", "{rule"),
    ],
)
def test_values_are_called_without_brackets_and_quotes(key: str, text: str, words: str) -> None:
    assert spoken(key, text) == words
    assert called({key: text}) == words
    assert called({key: text, "update.rule": "device"}) == f"{key.rpartition('.')[2]} {words}; rule device"
