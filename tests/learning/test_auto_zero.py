"""Auto-zeros: their joules and their time, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES, Ledger
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.streams import Seeds

FREE, NUDGED, SAMPLES, HIDDEN, CLASSES = 500e-9, 400e-9, 4, 5, 3
PERIOD, TIME = 10e-6, 1e-6
NEURONS = HIDDEN + CLASSES
BIAS = 1.1 * 4 * 2 * np.pi * 100e6 * 0.5e-12 / 15
"""Of one neuron of the card `digits` [W]."""


def booked(card: str, mismatch: str, *overrides: str) -> tuple[Ledger, Experimenter]:
    """A batch of centred phases without noise."""
    given = [f"layers=[6,{HIDDEN},{CLASSES}]", "solver.method=euler", mismatch, *overrides]
    hardware = Hardware(DeviceCard.load("ideal"), CircuitCard.load(card, given), Seeds.of(1))
    hardware.initialise()
    ledger = Ledger()
    bench = Experimenter(hardware, ledger, np.random.default_rng(1), noisy=False)
    x = np.random.default_rng(2).random((SAMPLES, 6))
    target = hardware.circuit.target_voltage * np.eye(CLASSES)[[0, 1, 2, 0]]
    bench.gradient(hardware.network(), x, target, hardware.circuit.nudging.stencil())
    return ledger, bench


def amplifiers(ledger: Ledger) -> list[float]:
    return [float(ledger.joules[COMPONENTS.index("amplifier"), PHASES.index(phase)]) for phase in ("free", "nudged")]


def block(energy: str) -> str:
    return f"mismatch={{offset: 2 mV, auto_zero: {{residual: 5 %, period: 10 us, time: 1 us, energy: {energy}}}}}"


def test_each_period_of_operation_takes_the_bias_power_for_the_time_of_an_auto_zero():
    """500 ns a sample free and twice 400 ns nudged, a tenth of that on top in joules and in seconds."""
    ledger, bench = booked("digits", block("null"))
    lasted = np.array([SAMPLES * FREE, 2 * SAMPLES * NUDGED])
    wanted = NEURONS * BIAS * lasted + NEURONS * BIAS * TIME * lasted / PERIOD
    np.testing.assert_allclose(amplifiers(ledger), wanted, rtol=1e-12)
    np.testing.assert_allclose([bench.tally.free_time, bench.tally.nudged_time], 1.1 * lasted, rtol=1e-12)
    np.testing.assert_allclose(bench.tally.duration(), 1.1 * np.array([FREE, NUDGED]), rtol=1e-12)


def test_an_energy_of_the_card_takes_the_place_of_the_bias():
    ledger, _ = booked("digits", block("3 pJ"))
    lasted = np.array([SAMPLES * FREE, 2 * SAMPLES * NUDGED])
    np.testing.assert_allclose(
        amplifiers(ledger), NEURONS * BIAS * lasted + 3e-12 * NEURONS * lasted / PERIOD, rtol=1e-12
    )


def test_in_a_resistive_network_the_amplifiers_behind_hidden_nodes_are_zeroed():
    extra = ("network.nudging_conductance=2 uS", "nudging.beta=0.1")
    ledger, bench = booked("resistive-digits", block("3 pJ"), *extra)
    without, _ = booked("resistive-digits", "mismatch={offset: 2 mV}", *extra)
    lasted = np.array([bench.tally.free_time, bench.tally.nudged_time]) / 1.1
    more = np.array(amplifiers(ledger)) - amplifiers(without)
    np.testing.assert_allclose(more, 3e-12 * HIDDEN * lasted / PERIOD, rtol=1e-9)


def test_other_components_are_booked_as_without_auto_zeros():
    """With the whole offset left, only the amplifiers' joules change."""
    zero = "mismatch={offset: 2 mV, auto_zero: {residual: 100 %, period: 10 us, time: 1 us}}"
    one, _ = booked("digits", zero)
    other, bench = booked("digits", "mismatch={offset: 2 mV}")
    rest = [name != "amplifier" for name in COMPONENTS]
    np.testing.assert_array_equal(one.joules[rest], other.joules[rest])
    assert bench.tally.free_time == pytest.approx(SAMPLES * FREE, rel=1e-12)
