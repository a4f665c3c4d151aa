"""Cards of passive and resistive networks and of wires: every rule, the arrays that they ask for, the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.network import check_fit, fit_warnings

CIRCUITS = ["digits", "mnist", "passive-digits", "resistive-digits", "resistive-xs", "resistive-1h"]
WIRES = "wires={kind: exact, word: 1 ohm, bit: 1 ohm, tile: [64, 64]}"


def load(card: str, *overrides: str) -> CircuitCard:
    return CircuitCard.load(card, overrides)


def without(card: str, *blocks: str) -> CircuitCard:
    """The shipped card without some of its blocks: lines from `block:` to the next key at the margin."""
    text = (Path(__file__).parents[2] / "circuits" / f"{card}.yaml").read_text()
    kept, inside = [], False
    for line in text.splitlines():
        if line[:1].isalpha():
            inside = line.partition(":")[0] in blocks
        if not inside:
            kept.append(line)
    return CircuitCard.from_text("\n".join(kept))


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_shipped_circuit_has_no_warning_and_fits_the_ideal_device(name: str) -> None:
    card, ideal = load(name), DeviceCard.load("ideal")
    assert card.warnings() == []
    check_fit(ideal, card)
    assert fit_warnings(ideal, card) == []
    assert name in CircuitCard.names()


@pytest.mark.parametrize(
    ("overrides", "shapes"),
    [
        ((), ((130, 64), (66, 20))),
        (("bias=false",), ((128, 64), (64, 20))),
        (("network.outputs=single",), ((130, 64), (66, 10))),
        (("layers=[64, 5, 4, 3]",), ((130, 5), (7, 4), (6, 6))),
        (("layers=[64, 3]", "network.outputs=single"), ((130, 3),)),
    ],
)
def test_a_resistive_network_has_two_lines_for_each_input_and_bias_and_each_doubled_output(
    overrides: tuple[str, ...], shapes: tuple[tuple[int, int], ...]
) -> None:
    depth = len(shapes)
    lists = (f"mapping.weight_range={depth * [1]}", f"learning.rate={depth * [1]}", "network.bias=[0.5 V]")
    card = load("resistive-digits", *overrides, *lists, "network.initial=[[0 %, 10 %]]")
    assert card.shapes == shapes


@pytest.mark.parametrize("name", ["digits", "passive-digits"])
def test_a_network_of_pairs_has_one_line_for_each_input_and_the_bias(name: str) -> None:
    assert load(name).shapes == ((65, 128), (129, 10))
    assert load(name, "bias=false").shapes == ((64, 128), (128, 10))


def test_the_score_of_the_right_class_is_the_read_voltage_or_a_resistive_networks_target() -> None:
    assert load("passive-digits").target_voltage == pytest.approx(0.2)
    assert load("resistive-digits", "network.target=3 mV").target_voltage == pytest.approx(3e-3)


@pytest.mark.parametrize("card", ["digits", "passive-digits"])
@pytest.mark.parametrize("block", ["neurons", "feedback"])
def test_a_network_of_neurons_needs_their_blocks(card: str, block: str) -> None:
    kind = "rc" if card == "digits" else "passive"
    with pytest.raises(CardError, match=rf"{block}: is missing: a network of kind '{kind}' needs it"):
        without(card, block)


@pytest.mark.parametrize(("card", "kind"), [("digits", "rc"), ("passive-digits", "passive")])
def test_a_network_of_neurons_needs_initial_weights(card: str, kind: str) -> None:
    with pytest.raises(CardError, match=rf"learning.initial_gain: is missing: a network of kind '{kind}' needs it"):
        load(card, "learning={rate: [1], batch: 1, epochs: 1}")


NEURON = "{capacitance: 1 pF, leak: 10 uS, activation: {kind: relu}, amplifier: {supply: 1 V, bandwidth: 1 MHz, \
load: 1 pF, gm_over_id: 15, branches: 4}}"


@pytest.mark.parametrize(
    ("override", "key"),
    [
        (f"neurons={{hidden: {NEURON}, output: {NEURON}}}", "neurons"),
        ("feedback={kind: shared, gain: 0.5}", "feedback"),
        ("learning.initial_gain=[1]", "learning.initial_gain"),
    ],
)
def test_a_resistive_network_has_no_neurons(override: str, key: str) -> None:
    with pytest.raises(CardError, match=rf"{key}: a resistive network has none; remove it"):
        load("resistive-digits", override)


@pytest.mark.parametrize(
    ("card", "scheme", "message"),
    [
        ("digits", "separate", "must be 'push_pull' or 'reference' in networks of kind 'rc', got 'separate'"),
        ("digits", "single", "must be 'push_pull' or 'reference' in networks of kind 'rc', got 'single'"),
        (
            "passive-digits",
            "single",
            "must be 'push_pull' or 'reference' or 'separate' in networks of kind 'passive', got 'sin",
        ),
        ("resistive-digits", "push_pull", "must be 'single' in networks of kind 'resistive', got 'push_pull'"),
        ("resistive-digits", "separate", "must be 'single' in networks of kind 'resistive', got 'separate'"),
    ],
)
def test_each_kind_of_network_knows_its_schemes(card: str, scheme: str, message: str) -> None:
    with pytest.raises(CardError, match=f"mapping.scheme: {message}"):
        load(card, f"mapping.scheme={scheme}")


@pytest.mark.parametrize(
    ("card", "key", "value", "count"),
    [
        ("passive-digits", "network.gain", "[1, 2, 3]", 3),
        ("passive-digits", "network.gain", "[]", 0),
        ("resistive-digits", "network.bias", "[1 V, 2 V, 3 V]", 3),
        ("resistive-digits", "network.bias", "[]", 0),
        ("resistive-digits", "network.initial", "[[0 %, 1 %], [0 %, 1 %], [0 %, 1 %]]", 3),
        ("resistive-digits", "network.initial", "[]", 0),
        ("resistive-digits", "mapping.weight_range", "[1, 1, 1]", 3),
    ],
)
def test_a_list_of_another_length_than_one_or_the_layers_of_weights_is_refused(
    card: str, key: str, value: str, count: int
) -> None:
    with pytest.raises(CardError, match=rf"{key}: needs 1 number or 2, one for each layer of weights; got {count}"):
        load(card, f"{key}={value}")


@pytest.mark.parametrize(
    ("card", "override", "message"),
    [
        ("resistive-digits", "network.initial=[[0 %, 1 %], [30 %, 20 %]]", r"network.initial.1: must not fall from 30 %"
         r" to 20 %; give \[lower, upper\]"),
        ("resistive-digits", "network.initial=[[0 %, 101 %]]", "network.initial.0.1: must be at most "),
        ("resistive-digits", "network.initial=[[-1 %, 10 %]]", "network.initial.0.0: must be at least "),
        ("resistive-digits", "network.target=0 V", "network.target: must be greater than 0 V"),
        ("resistive-digits", "network.target=16", "network.target: needs a unit of .*, such as"),
        ("resistive-digits", "network.bias=[0 V]", "network.bias.0: must be greater than 0 V"),
        ("resistive-digits", "network.outputs=double", "network.outputs: 'double' is not one of .*'doubled'"),
        ("resistive-digits", "network.rule=co-content", "network.rule: 'co-content' is not one of .*'co_content'"),
        ("resistive-digits", "network.nudging_conductance=0 S", "network.nudging_conductance: must be greater than 0"),
        ("resistive-digits", "network.hidden.capacitance=-1 pF", "network.hidden.capacitance: must be greater than 0"),
        ("resistive-digits", "network.output.capacitance=0 F", "network.output.capacitance: must be greater than 0 F"),
        ("resistive-digits", "network.hidden.leak=-1 uS", "network.hidden.leak: must be at least 0 S, got -1"),
        ("resistive-digits", "network.amplifiers.gain=0", "network.amplifiers.gain: must be greater than 0, got 0"),
        ("resistive-digits", "network.amplifiers.back=-1", "network.amplifiers.back: must be greater than 0, got -1"),
        ("resistive-digits", "network.hidden.diodes={kind: idael}", "network.hidden.diodes.kind: unknown kind 'idael'"),
        ("resistive-digits", "network.hidden.diodes={kind: shockley}", "network.hidden.diodes.saturation: is missing"),
        ("resistive-digits", "network.hidden.diodes={kind: ideal, conductance: 0 S}", "diodes.conductance: must be gr"),
        ("resistive-digits", "network.hidden.diodes.conductanc=1 S", "unknown key, did you mean 'conductance'"),
        ("passive-digits", "network.gain=[0]", "network.gain.0: must be greater than 0, got 0"),
        ("passive-digits", "network.gian=[1]", "network.gian: unknown key, did you mean 'gain'"),
        ("digits", "network.gain=[1]", "network.gain: unknown key"),
    ],
)  # fmt: skip
def test_each_field_of_a_network_names_its_rule(card: str, override: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        load(card, override)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("word", "-1 ohm", "wires.word: must be at least 0 "),
        ("bit", "-1 mohm", "wires.bit: must be at least 0 "),
        ("driver", "-1 ohm", "wires.driver: must be at least 0 "),
        ("sense", "-1 ohm", "wires.sense: must be at least 0 "),
        ("word", "1", "wires.word: needs a unit of resistance, such as"),
        ("word", "1 V", "wires.word: '1 V' is not a resistance"),
        ("tile", "[0, 64]", "wires.tile.0: must be at least 1, got 0"),
        ("tile", "[64]", "wires.tile"),
        ("refresh", "0", "wires.refresh: must be at least 1, got 0"),
        ("refesh", "2", "wires.refesh: unknown key, did you mean 'refresh'"),
        ("kind", "perfect", "wires.kind: unknown kind 'perfect'"),
    ],
)
def test_each_field_of_the_wires_names_its_rule(key: str, value: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        load("digits", WIRES, f"wires.{key}={value}")


def test_wires_of_0_ohm_are_none_and_any_resistance_makes_them_exact() -> None:
    zero = "wires={kind: exact, word: 0 ohm, bit: 0 ohm, tile: [64, 64]}"
    message = r"wires.kind: 'exact' with 0 ohm everywhere is 'none'; write \{kind: none\}, or give a resistance"
    with pytest.raises(CardError, match=message):
        load("digits", zero)
    for name in ("word", "bit", "driver", "sense"):
        assert load("digits", zero, f"wires.{name}=1 mohm").wires.kind == "exact"


@pytest.mark.parametrize("card", ["digits", "resistive-digits", "passive-digits"])
@pytest.mark.parametrize("tile", ["[130, 10]", "[10, 129]", "[1000000, 1000000]"])
def test_a_tile_may_be_larger_than_every_array_so_that_one_block_serves_all_networks(card: str, tile: str) -> None:
    assert load(card, WIRES, f"wires.tile={tile}").wires.kind == "exact"


def test_the_problems_of_all_blocks_are_reported_together() -> None:
    zero = "wires={kind: exact, word: 0 ohm, bit: 0 ohm, tile: [64, 64]}"
    with pytest.raises(CardError) as caught:
        load("resistive-digits", "mapping.scheme=push_pull", "feedback={kind: shared}", zero)
    found = str(caught.value).splitlines()
    assert len(found) == 3
    assert all(any(key in line for line in found) for key in ("mapping.scheme", "feedback", "wires.kind"))
