"""The same network in digital arithmetic, with the memory of the analog circuit, by hand."""

from __future__ import annotations

import math

import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.digital import DigitalNetwork, yardsticks
from analogep.energy import MAC_JOULES
from analogep.memory import DigitalMemory


def test_digits_at_65_nm_by_hand() -> None:
    found = yardsticks(CircuitCard.load("digits", ["node=65 nm"]))
    batched, single = (f"int8 with memory at 65 nm, batch {batch}" for batch in (20, 1))
    assert list(found) == [*MAC_JOULES, batched, single]
    # 9610 products of 0.2 + 0.05 pJ; 8 bits of 9610 weights a batch and of 202 numbers there and back; 109,200 bits.
    bit = 10e-12 * math.sqrt(109200 / 8 / 8192) * 2.405 / 64
    inference = 1.22 * (9610 * 0.25e-12 * 2.405 + 8 * (9610 / 20 + 2 * 202) * bit)
    assert found[batched][1] == pytest.approx(inference, rel=1e-3)
    # Twice 9610 products and 9482 of deltas: those beside the first take 0.2 (8 x 16/64) + 0.1 (24/32) = 0.475 pJ.
    held = 9610 * 24 + 20 * 8 * (202 + 138)
    bit = 20e-12 * (held / 8 / 32768) ** (math.log(5) / math.log(32)) * 2.405 / 64
    products = 9610 * 0.25e-12 + (9610 + 64 * 128 + 128 * 10) * 0.475e-12
    moved = 9610 * (3 * 8 + 2 * 16) / 20 + 2 * 8 * (202 + 138)
    assert found[batched][0] == pytest.approx(1.22 * (products * 2.405 + moved * bit), rel=1e-3)
    assert found[single][1] > 3 * found[batched][1]
    area = DigitalNetwork(CircuitCard.load("digits", ["node=65 nm"]), 20).least_area
    assert area == pytest.approx(1e-12 * (held * 0.57 / 0.38 + 914.8), rel=1e-3)


def test_weights_from_memory_are_most_of_an_inference_of_one_sample() -> None:
    circuit = CircuitCard.load("mnist", ["node=65 nm"])
    alone = DigitalNetwork(circuit, 1).inference / DigitalNetwork(circuit, 10**4).inference
    assert alone > 10
    # Smaller banks take less for each access, in digital arithmetic as in the analog update.
    banked = CircuitCard.load("mnist", ["node=65 nm", "memory.bank=8192"])
    assert DigitalNetwork(banked, 1).inference < 0.3 * DigitalNetwork(circuit, 1).inference
    device = DeviceCard.load("rram")
    ratio = DigitalMemory(device, circuit).joules_per_bit / DigitalMemory(device, banked).joules_per_bit
    assert ratio == pytest.approx(10 * math.sqrt(21705380 / 8 / 2**20), rel=1e-3)


def test_a_circuit_without_a_node_has_published_units_alone() -> None:
    assert list(yardsticks(CircuitCard.load("digits"))) == list(MAC_JOULES)


@pytest.mark.parametrize(
    ("device", "rule", "bits"),
    [("rram", "closed_loop", 9610 * (16 + 8)), ("rram", "mixed_precision", 9610 * 16), ("rram", "stochastic", 0)],
)
def test_each_rule_remembers_what_it_says(device: str, rule: str, bits: int) -> None:
    threshold = "" if rule == "stochastic" else ", threshold: 4"
    card = CircuitCard.load("digits", ["node=65 nm", f"update={{rule: {rule}{threshold}}}"])
    memory = DigitalMemory(DeviceCard.load(device), card)
    assert memory.rule_bits == bits
    per_bit = memory.joules_per_bit
    accesses = {"closed_loop": 2 * 16 + 8, "mixed_precision": 2 * 16, "stochastic": 0}[rule]
    assert memory.update(9610) == pytest.approx(9610 * accesses * per_bit)
    assert memory.filling == pytest.approx(bits * per_bit)
    if rule == "closed_loop":
        mirrored = CircuitCard.load(
            "digits", ["node=65 nm", "update={rule: closed_loop, threshold: 4}", "feedback.kind=mirrored"]
        )
        assert DigitalMemory(DeviceCard.load(device), mirrored).rule_bits == bits + 129 * 10 * 8
        assert memory.update(10, True, 5) == pytest.approx((2 * 10 * 16 + 25 * 8) * per_bit)


def test_synapses_that_gather_hold_sums_and_no_rates() -> None:
    device = DeviceCard.load("rram")
    counted = CircuitCard.load("spiking-digits", ["node=65 nm"])
    assert DigitalMemory(device, counted).batch_bits == 20 * (64 * 8 + 2 * 138 * 8)
    gathering = "network.gradient={kind: eqspike, slope: 16 us, pulses: at_end}"
    memory = DigitalMemory(
        device,
        CircuitCard.load(
            "spiking-digits", ["node=65 nm", "network.inputs={kind: regular}", "network.trace=4 us", gathering]
        ),
    )
    assert memory.batch_bits == 9610 * 16
    assert memory.inputs(64) == 0.0
    # Two accesses of 16 bits for each addition.
    assert memory.sums(100) == pytest.approx(100 * 32 * memory.joules_per_bit)


def test_the_memory_of_every_shipped_circuit_holds_the_weights_of_its_stores() -> None:
    """Of cards alone as of fabricated arrays."""
    from analogep.network import Hardware
    from analogep.streams import Seeds

    device = DeviceCard.load("rram")
    for name in ("digits", "passive-digits", "resistive-digits", "spiking-digits", "conv-digits"):
        circuit = CircuitCard.load(name)
        stores = Hardware(device, circuit, Seeds.of(0)).stores
        assert DigitalMemory(device, circuit).weights == sum(one.shape[0] * one.shape[1] for one in stores), name
