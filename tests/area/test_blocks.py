"""Areas against sums by hand: cells, capacitors, amplifiers, converters, memory."""

from __future__ import annotations

import itertools
import math

import pytest

from analogep.area import Area, areas, technology_of, total, unknown
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard

SQUARE_MICRON = 1e-12


def blocks(device: str, circuit: CircuitCard) -> dict[str, Area]:
    return {one.name: one for one in areas(DeviceCard.load(device), circuit)}


def test_digits_at_65_nm_by_hand() -> None:
    found = blocks("rram", CircuitCard.load("digits", ["node=65 nm"]))
    square = {name: one.total / SQUARE_MICRON for name, one in found.items()}
    # 65 x 128 + 129 x 10 pairs at a pitch of 0.1 fF/(0.2 fF/um) = 0.5 um.
    assert square["cells"] == pytest.approx(2 * 9610 * 0.25)
    # 138 neurons of 500 and 100 fF, 64 converters of 8 x 50 fF, at 2 fF/um^2.
    assert square["capacitors"] == pytest.approx((138 * 600 + 64 * 400) / 2)
    assert square["amplifiers"] == pytest.approx(138 * 175.8)
    # ln E/pJ of 8 bits, 2.5 MHz, 65 nm: 1/2 pJ 10^((49.925 - 154.071)/10) exp(24.5794 + 7.8480 - 5.8829) = 6.494 pJ,
    # ln A = 1.34619 + 4.14628 + 2.66221 + 0.55966 = 8.71434.
    assert square["converters"] == pytest.approx(138 * math.exp(8.71434), rel=1e-3)
    # Wanted weights of 16 bits and seen ones of 8; a batch of 20 with 64 inputs of 8 bits and 2 x 138 rates of 8 bits.
    bits = 9610 * 24 + 20 * (64 * 8 + 2 * 138 * 8)
    assert bits == 285040
    assert square["memory"] == pytest.approx(bits * 0.57 / 0.38)
    assert square["digital"] == pytest.approx(138 * 914.8)
    crossed = square["amplifiers"] + square["converters"] + square["digital"]
    assert square["routing"] == pytest.approx(0.44 * crossed)
    assert unknown(list(found.values())) == ["drivers"]
    assert found["drivers"].count == 65 + 128 + 129 + 10
    assert total(list(found.values())) == pytest.approx(sum(square.values()) * SQUARE_MICRON)
    assert total(list(found.values())) == pytest.approx(1.914e-6, rel=1e-3)


def test_mnist_by_hand_with_columns_in_tiles_and_turns() -> None:
    card = CircuitCard.load("mnist-chip", ["node=null"])
    found = blocks("rram", card)
    square = {name: one.total / SQUARE_MICRON for name, one in found.items()}
    assert found["cells"].count == 2 * (785 * 1024 + 1025 * 10)
    # Held values of 1034 columns forwards and 1025 lines in reverse, 0.1 pF each.
    farads = 1034 * (0.5 + 1.0) + 0.1 * (1034 + 1025) + 784 * 8 * 0.05
    assert square["capacitors"] == pytest.approx(farads * 1e3 / 2)
    # 785 lines in 7 tiles of 128, 1025 in 9; in reverse 10 columns in one.
    assert found["amplifiers"].count == 1034 + 1024 * 7 + 10 * 9 + 1025 * 1
    # Without a node no memory is booked and none has an area; areas are those of the converter's technology.
    assert square["memory"] == 0.0
    assert technology_of(card).name == "65 nm"


def test_the_capacitors_of_a_large_card_fill_square_centimetres() -> None:
    """100 pF for each of 5642 neurons are 282 mm^2 at 2 fF/um^2."""
    found = blocks("rram", CircuitCard.load("conv-fashion"))
    assert found["capacitors"].total == pytest.approx(282e-6, rel=0.01)


def test_mirrors_shared_converters_and_single_cells_are_counted() -> None:
    plain = blocks("rram", CircuitCard.load("digits"))
    mirrored = blocks("rram", CircuitCard.load("digits", ["feedback.kind=mirrored"]))
    assert mirrored["cells"].count - plain["cells"].count == 2 * 129 * 10
    shared = blocks("rram", CircuitCard.load("digits", ["adc.shared=8"]))
    assert (plain["converters"].count, shared["converters"].count) == (138, 18)
    built = blocks("rram", CircuitCard.load("digits", ["adc.area=1270", "adc.source=a data sheet"]))["converters"]
    assert (built.total, built.source) == (pytest.approx(138 * 1270e-12), "a data sheet")
    single = CircuitCard.load("resistive-digits")
    assert blocks("rram", single)["cells"].count == sum(rows * columns for rows, columns in single.shapes)


def test_nodes_and_converters_of_a_resistive_network_take_area() -> None:
    """64 hidden nodes and 20 outputs, each with node, sample and converter; 50 fF for each of 8 bits of 64 DACs."""
    card = CircuitCard.load("resistive-chip")
    found = blocks("ideal", card)
    assert (found["converters"].count, found["amplifiers"].count) == (84, 64)
    samples, inputs = 84 * 4e-12, 64 * 8 * 50e-15
    assert found["capacitors"].count == pytest.approx(64 * 30e-12 + 20 * 4e-12 + samples + inputs)
    larger = CircuitCard.load("resistive-chip", ["network.hidden.capacitance=60 pF"])
    assert blocks("ideal", larger)["capacitors"].total > 1.5 * found["capacitors"].total


def test_every_block_shrinks_from_node_to_node() -> None:
    card = CircuitCard.load("digits")
    sizes = (180e-9, 130e-9, 65e-9, 40e-9, 28e-9, 22e-9, 14e-9)
    found = [blocks("rram", card.at(size)) for size in sizes]
    for first, second in itertools.pairwise(found):
        for name in ("cells", "amplifiers", "converters", "memory", "digital", "routing"):
            assert first[name].total > second[name].total, name
        # Metal capacitors do not shrink.
        assert first["capacitors"].total == pytest.approx(second["capacitors"].total)


def test_a_card_without_technology_has_no_area() -> None:
    card = CircuitCard.load("digits", ["adc={bits: 8, low: -0.2 V, high: 0.4 V, energy: 4 pJ, source: a data sheet}"])
    assert areas(DeviceCard.load("rram"), card) == []
    known = blocks(
        "rram", CircuitCard.load("digits", ["node=65 nm", "adc.energy=4 pJ", "adc.source=x", "adc.rate=null"])
    )
    assert known["converters"].each is None
