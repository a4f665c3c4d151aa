"""Technology nodes: what is in them, where it is from, and what a circuit card takes from one."""

from __future__ import annotations

import itertools
import math

import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.node import Node, node, nodes
from analogep.errors import CardError
from analogep.scaling import area_factor, energy_factor

SIZES = (180, 130, 65, 40, 28, 22, 14)


def test_every_number_has_a_source_and_what_is_scaled_follows_the_scaling() -> None:
    assert [round(1e9 * one.size) for one in nodes().values()] == list(SIZES)
    for one in nodes().values():
        assert one.unknown == ("pulse_driver",)
        assert all(len(text) > 20 for text in one.sources.values())
        factor = energy_factor(one.size, one.supply)
        for joules, published in ((one.sram_access, 10e-12), (one.mac, 0.23e-12), (one.gate, 0.03e-12 / 8)):
            assert joules == pytest.approx(published * factor, rel=1e-3)
        # A sixteenth of 6350 um^2 and a quarter of 278 um^2 at 40 nm.
        assert one.mac_area == pytest.approx(466.4 * area_factor(one.size) / area_factor(40e-9), rel=1e-3)
        assert one.one_transistor == pytest.approx(3 * (1e6 * one.wire_pitch) ** 2, rel=1e-3)


def test_smaller_nodes_take_less_and_their_wires_resist_more() -> None:
    """Independent of how each number was scaled: what shrinks, shrinks from node to node."""
    falling = ("supply", "wire_pitch", "sram_cell", "sram_access", "mac", "mac_area", "gate", "one_transistor")
    for first, second in itertools.pairwise(nodes().values()):
        for key in falling:
            assert getattr(first, key) > getattr(second, key), (key, second.name)
        assert first.wire_resistance < second.wire_resistance
        for kind in ("one_transistor", "crosspoint"):
            assert first.capacitance(kind) > second.capacitance(kind)
            assert first.resistance(kind) < second.resistance(kind)


def test_a_wire_resists_as_copper_without_barrier_does_at_least() -> None:
    for one in nodes().values():
        width = 0.5 * one.wire_pitch
        # 1.68e-8 ohm m of pure copper, twice as high as wide, is the least there can be.
        assert one.wire_resistance > 1e-6 * 1.68e-8 / (2.0 * width**2)
        assert one.wire_resistance < 1e-6 * 6.0e-8 / (1.5 * width**2)


def test_a_card_takes_from_its_node_what_it_leaves_out() -> None:
    text = _without_what_follows()
    card = CircuitCard.from_text(text + "node: 28 nm\n")
    assert card.adc.node == pytest.approx(28e-9)
    assert card.dac.supply == card.neurons.hidden.amplifier.supply == 0.9
    assert card.neurons.output.amplifier.gm_over_id == 15.0
    # 0.2 fF/um along 12 F^2, F = 47.5 nm; 8-bit products as the converter has.
    assert card.lines.capacitance_per_cell == pytest.approx(0.2e-15 * math.sqrt(12) * 0.0475, rel=1e-4)
    assert card.digital.mac == pytest.approx(node(28e-9).mac)
    crossed = CircuitCard.from_text(
        text + "node: 28 nm\nwires: {kind: exact, tile: [64, 64]}\n", "c", ["lines.cell=crosspoint"]
    )
    # 4 F^2 at 2 F = 95 nm; 8.8 ohm/um.
    assert crossed.lines.capacitance_per_cell == pytest.approx(0.2e-15 * 0.095, rel=1e-4)
    assert crossed.wires.word == crossed.wires.bit == pytest.approx(node(28e-9).wire_resistance * 0.095, rel=1e-4)
    assert card.memory is not None
    assert "joules leave out what charge pumps" in card.understood()
    assert CircuitCard.from_values(card.values).digest == card.digest
    assert CircuitCard.from_text(card.to_yaml()).digest == card.digest
    # What the card says itself stands, until it is moved to another node.
    stated = CircuitCard.load("digits", ["node=28 nm"])
    assert stated.digital.mac == 0.23e-12
    assert stated.at(28e-9).digital.mac == card.digital.mac
    assert stated.at(28e-9, ["digital.mac"]).digital.mac == stated.at(28e-9, ["digital"]).digital.mac == 0.23e-12
    with pytest.raises(CardError, match=r"digital\.mac"):
        CircuitCard.from_text(text)


def _without_what_follows() -> str:
    text = CircuitCard.load("digits").text
    for gone in (", supply: 1.1 V}", "supply: 1.1 V, ", ", gm_over_id: 15", ", node: 65 nm", "mac: 0.23 pJ"):
        assert gone in text
        text = text.replace(gone, "}" if gone.endswith("}") else "")
    return text.replace("capacitance_per_cell: 0.1 fF", "")


def test_a_node_that_does_not_exist_lists_those_that_do() -> None:
    there = "there are 180 nm, 130 nm, 65 nm, 40 nm, 28 nm, 22 nm, 14 nm"
    with pytest.raises(CardError, match=f"node: no technology node of 50 nm is known; {there}"):
        CircuitCard.load("digits", ["node=50 nm"])
    with pytest.raises(CardError, match="memory: needs the technology that it is made in; write node: 65 nm"):
        CircuitCard.load("digits", ["memory.bits=16"])
    with pytest.raises(ValueError, match="must be there if, and only if, 'mac' is known"):
        Node(**(node(65e-9).model_dump() | {"sources": {}}))
