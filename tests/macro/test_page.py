"""One page about two cards: every total by hand, for digits and for MNIST."""

from __future__ import annotations

import math

import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.macro import Page, page, sweep

BIAS = 1.1 * 4 * 2 * math.pi * 100e6 * 0.5e-12 / 15
"""Watts of an amplifier: 1.1 V, 4 branches, gm = 2 pi 100 MHz 0.5 pF, gm/I_d = 15."""


def measured(name: str, *texts: str) -> Page:
    return page(DeviceCard.load("rram"), CircuitCard.load(name, ["node=65 nm", "driver.pump=50 %", *texts]))


def reads(found: Page, rates: int, conversion: float) -> float:
    """Verify reads of cells a batch, from the conversions beside those of `rates` a sample."""
    return found.batch * (found.training["adc"] / conversion - rates)


def test_digits_at_65_nm_by_hand() -> None:
    found = measured("digits")
    # 64 inputs of 8 x 50 fF x (1.1 V)^2; ten conversions of 6.494 pJ; 138 amplifiers for 500 ns.
    assert found.inference["dac"] == pytest.approx(64 * 8 * 50e-15 * 1.21)
    assert found.inference["adc"] == pytest.approx(10 * 6.4945e-12, rel=1e-4)
    assert found.inference["amplifier"] == pytest.approx(138 * BIAS * 500e-9)
    assert not {"memory", "control", "pump"} & set(found.inference)
    # Training adds two phases of 400 ns, the outputs' targets in both, and 138 rates in each.
    training = found.training
    assert training["amplifier"] == pytest.approx(138 * BIAS * 1300e-9)
    assert training["dac"] == pytest.approx((64 + 20) * 8 * 50e-15 * 1.21)
    # 35,630 bytes: 20 pJ (35630/32768)^(ln 5/ln 32) = 20.79 pJ for 64 bits at 45 nm, 2.405 times that at 65 nm.
    bit = 20e-12 * (35630 / 32768) ** (math.log(5) / math.log(32)) * 2.405 / 64
    assert bit == pytest.approx(0.7814e-12, rel=1e-3)
    # 64 inputs and 276 rates of 8 bits, there and back; 9610 weights of 16 bits there and back, 8 read, once in 20.
    seen = reads(found, 276, 6.4945e-12) / 2
    assert 0 < seen < 9610
    bits = 2 * 8 * (64 + 276) + (2 * 9610 * 16 + 9610 * 8 + seen * 8) / 20
    assert training["memory"] == pytest.approx(bits * bit, rel=1e-3)
    # The first layer's products once, the second's in both phases, as the card has them.
    assert training["digital"] == pytest.approx((65 * 128 + 2 * 129 * 10) * 0.23e-12)
    assert training["control"] == pytest.approx(0.22 * (training["digital"] + training["memory"]))
    pulsed = training["programming"] + training["half_select"]
    assert pulsed < training["pump"] < 1.01 * pulsed  # as much again, and what lines take of their pulses
    assert found.inference_watts == pytest.approx(sum(found.inference.values()) / found.latency)
    assert found.merit.macs == 9610


def test_mnist_at_65_nm_by_hand() -> None:
    found = measured("mnist", "learning.center_inputs=null")
    assert found.inference["amplifier"] == pytest.approx(1034 * BIAS * 300e-9)
    assert found.inference["dac"] == pytest.approx(784 * 8 * 50e-15 * 1.21)
    # Half-open cells, 11 uS a pair, of 1024 columns at inputs drawn from 0 to 0.2 V and a bias line at 0.2 V.
    cells = 1024 * 11e-6 * (784 * 0.2**2 / 3 + 0.2**2) * 300e-9
    assert found.inference["array"] == pytest.approx(cells, rel=0.08)  # hidden lines are not in it
    # 814,090 weights of 16 + 10 bits, a batch of 20 x (784 x 8 + 2 x 1034 x 10) bits: 2.71 MB, 100 pJ at 1 MB.
    held = 814090 * 26 + 20 * (784 * 8 + 2 * 1034 * 10)
    assert held == 21705380
    bit = 100e-12 * math.sqrt(held / 8 / 2**20) * 2.405 / 64
    assert bit == pytest.approx(6.045e-12, rel=1e-3)
    seen = reads(found, 2068, found.inference["adc"] / 10) / 2
    bits = 2 * (784 * 8 + 2068 * 10) + (2 * 814090 * 16 + 814090 * 10 + seen * 10) / 20
    assert found.training["memory"] == pytest.approx(bits * bit, rel=2e-3)
    assert found.training["digital"] == pytest.approx((785 * 1024 + 2 * 1025 * 10) * 0.23e-12)
    # The memory takes more than all that was booked without it, pulses of this device apart.
    rest = sum(
        value for name, value in found.training.items() if name not in ("memory", "control", "half_select", "pump")
    )
    assert found.training["memory"] > 5 * rest


def test_joules_without_a_node_are_those_of_before() -> None:
    """What is booked besides has components of its own."""
    device = DeviceCard.load("rram")
    plain, full = (
        page(device, CircuitCard.load("digits", texts)) for texts in ((), ("node=65 nm", "driver.pump=50 %"))
    )
    assert not {"memory", "control", "pump"} & set(plain.training)
    assert {name: full.training[name] for name in plain.training} == plain.training
    assert full.inference == plain.inference


def test_square_arrays_gain_with_size_and_lose_with_bits() -> None:
    points = sweep(DeviceCard.load("rram"), CircuitCard.load("digits"), sizes=(32, 128), bits=(4, 8))
    found = {(point.size, point.bits): point.merit for point in points}
    assert found[128, 8].efficiency > 1.5 * found[32, 8].efficiency
    assert found[32, 4].efficiency > found[32, 8].efficiency
    # 32 DACs of 8 bits in place of 4, and as many ADCs: 6.494 pJ in place of the least of the regression.
    more = (found[32, 8].joules - found[32, 4].joules) / 32
    least = CircuitCard.load("digits", ["adc.bits=4"]).adc.joules
    assert more == pytest.approx(4 * 50e-15 * 1.21 + 6.4945e-12 - least, rel=1e-4)


def test_an_update_of_a_smaller_node_takes_less() -> None:
    device, circuit = DeviceCard.load("rram"), CircuitCard.load("digits", ["layers=[64, 16, 10]"])
    pages = [page(device, circuit.at(size)) for size in (130e-9, 28e-9)]
    for name in ("memory", "digital", "control", "adc"):
        assert pages[0].training[name] > 3 * pages[1].training[name]
    assert pages[0].area > pages[1].area
