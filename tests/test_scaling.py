"""Published energies of digital circuits, and how they go from node to node."""

from __future__ import annotations

import itertools

import pytest

from analogep.scaling import area_factor, energy_factor, mac_joules, sram_joules


def test_the_published_numbers_come_out() -> None:
    # 10, 20 and 100 pJ at 8 KB, 32 KB and 1 MB; twice the root beyond 1 MB; half of the bits cost half.
    assert [sram_joules(2.0**k) for k in (13, 15, 20)] == pytest.approx([10e-12, 20e-12, 100e-12])
    assert sram_joules(2.0**22, 32) == pytest.approx(100e-12)
    assert sram_joules(2.0**11) == pytest.approx(5e-12)
    # 3.1 + 0.1 pJ at 32 bits, 0.2 + 0.03 pJ at 8.
    assert mac_joules(32, 32, 32) == pytest.approx(3.2e-12, rel=0.04)
    assert mac_joules(8, 8, 8) == pytest.approx(0.23e-12, rel=0.03)


def test_the_example_of_the_scaling_paper_comes_out() -> None:
    """Its erratum: 1 pJ at 65 nm and 1.3 V is 0.4571/2.604 pJ at 32 nm and 0.9 V."""
    ratio = energy_factor(32e-9, 0.9) / energy_factor(65e-9, 1.3)
    assert ratio == pytest.approx(0.1755, rel=1e-3)


def test_low_power_transistors_take_up_to_a_third_less_than_what_is_booked() -> None:
    """From 45 nm at 0.9 V to 65 nm at 1.1 V: 1.681 over 0.6989 or 0.8443."""
    for low_power, step in ((False, 2.405), (True, 1.991)):
        assert energy_factor(65e-9, 1.1, low_power=low_power) == pytest.approx(step, rel=1e-3)
    assert energy_factor(45e-9, 0.9, low_power=True) == 1.0
    shares = [energy_factor(node, 0.8, low_power=True) / energy_factor(node, 0.8) for node in (65e-9, 22e-9, 14e-9)]
    assert shares == pytest.approx([0.828, 0.739, 0.675], abs=1e-3)


def test_both_fall_with_the_node_and_meet_at_45_nm() -> None:
    nodes = [180, 130, 100, 65, 45, 40, 28, 22, 14, 7]
    for factor in (area_factor, lambda node: energy_factor(node, 1.0)):
        found = [factor(1e-9 * node) for node in nodes]
        assert all(first > second for first, second in itertools.pairwise(found))
    assert area_factor(45e-9) == energy_factor(45e-9, 0.9) == 1.0
    # Halfway between 32 and 20 nm, as ratios go, at the root of 0.46 x 0.21.
    assert area_factor(25.2982e-9) == pytest.approx(0.31081, rel=1e-4)


def test_a_node_beyond_the_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="known from 7 nm to 180 nm, and not at 250 nm"):
        energy_factor(250e-9, 2.5)
