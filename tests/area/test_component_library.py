"""Converters, adders, multipliers and memory beside an open library of published models, where it is installed.

    pip install hwcomponents-adc hwcomponents-library hwcomponents-cacti        (MIT; Python 3.12 or later)

It is by T. Andrulis and others (CiMLoop, doi 10.1109/ISPASS61541.2024.00012): an independent reading of the same survey
of converters, and other sources for logic (Aladdin) and memory (CACTI).
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from analogep.circuit.conversion import adc_area, adc_joules
from analogep.circuit.node import node
from analogep.scaling import AREA, ENERGY, LOW_POWER, energy_factor, mac_joules, sram_joules

REASON = "the open component library is not installed (Python 3.12 or later)"


def module(name: str) -> Any:
    """A package of the library; skips the test where it is not installed, or its programs do not run."""
    return pytest.importorskip(name, reason=REASON, exc_type=ImportError)


@pytest.mark.parametrize(
    ("bits", "size", "rate"),
    [(8, 65e-9, 100e6), (8, 65e-9, 2.5e6), (10, 65e-9, 2.9e6), (12, 65e-9, 2.5e6), (6, 22e-9, 100e6)],
)
def test_converters_are_those_of_the_library(bits: int, size: float, rate: float) -> None:
    """The same regression of the same survey: joules and area to rounding, 0.5 to 27 pJ, 2,000 to 12,000 um^2."""
    other = module("hwcomponents_adc").ADC(n_bits=bits, tech_node=size, throughput=rate)
    assert adc_joules(bits, rate, size) == pytest.approx(other.get_energy(), rel=1e-9)
    assert adc_area(bits, rate, size) == pytest.approx(other.area, rel=1e-9)


def test_logic_of_another_source_is_within_a_factor_that_is_stated() -> None:
    """At 45 nm and 8 bits Aladdin's units, laid out for 1 GHz, take more than Horowitz's: multiplications 4.6 times as
    much, additions 2.4 times. The area of both is 1.12 times ours, from the same source, scaled in another way."""
    library = module("hwcomponents_library")
    multiplier, adder = (
        one(tech_node=45e-9, width=8) for one in (library.AladdinMultiplier, library.AladdinAdder)
    )  # fmt: skip
    assert multiplier.read().energy / mac_joules(8, 8, 0) == pytest.approx(4.56, rel=0.02)
    assert adder.read().energy / mac_joules(0, 0, 8) == pytest.approx(2.42, rel=0.02)
    unit = multiplier.area + adder.area
    assert 1e12 * unit / (node(65e-9).mac_area / AREA[65e-9]) == pytest.approx(1.12, rel=0.02)


def test_scaling_is_that_of_the_library_which_mixes_two_kinds_of_transistors() -> None:
    """Its rows of 45 and 32 nm are those of low-power transistors, all others those of high-performance ones, so that
    its step from 45 nm at 0.9 V to 65 nm at 1.1 V is 1.99 in place of 2.40."""
    found = module("hwcomponents.scaling.techscaling")
    theirs = {size: tuple(row) for size, row in zip(found.TECH_NODES, found.ENERGY_SCALING, strict=True)}
    mixed = {**ENERGY, 45e-9: LOW_POWER[45e-9], 32e-9: LOW_POWER[32e-9]}
    assert all(row == pytest.approx(mixed[size]) for size, row in theirs.items())
    high = theirs[65e-9][0] * 1.1**2 + theirs[65e-9][1] * 1.1 + theirs[65e-9][2]
    low = theirs[45e-9][0] * 0.9**2 + theirs[45e-9][1] * 0.9 + theirs[45e-9][2]
    assert high / low == pytest.approx(1.99, rel=0.005)
    areas = dict(zip(found.TECH_NODES, found.AREA_SCALING[found.TECH_NODES.index(45e-9)], strict=True))
    assert all(AREA[size] == pytest.approx(share) for size, share in areas.items())
    assert all(one > other for one, other in itertools.pairwise(areas.values()))


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # theirs
@pytest.mark.parametrize(
    ("size", "kilobytes", "joules", "area"),
    [(45e-9, 8, 1.63, None), (45e-9, 32, 1.17, None), (45e-9, 1024, 1.07, None), (65e-9, 32, 1.60, 1.99)],
)
def test_memory_takes_what_cacti_says_times_a_factor_that_is_stated(
    size: float, kilobytes: int, joules: float, area: float | None
) -> None:
    """Reads of 64 bits: ours are 1.07 to 1.63 times those of CACTI, most for small memories and at 65 nm, where the
    scaling adds its own (1.32 by the library's coefficients); the area of 32 KB at 65 nm is twice that of CACTI."""
    bits = 8 * 1024 * kilobytes
    try:
        other = module("hwcomponents_cacti").SRAM(tech_node=size, width=64, size=bits)
    except Exception as error:
        pytest.skip(f"CACTI does not run here: {error}")
    technology = node(size) if area is not None else None
    scale = 1.0 if technology is None else energy_factor(size, technology.supply)
    assert scale * sram_joules(bits / 8, 64) / other.read().energy == pytest.approx(joules, rel=0.01)
    if technology is not None:
        ours = 1e-12 * bits * technology.sram_cell / technology.sram_share
        assert ours / other.area == pytest.approx(area, rel=0.01)
