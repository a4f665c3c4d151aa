"""The models against what two published designs report, and what is beyond everything that was built."""

from __future__ import annotations

import pytest

from analogep.area import CHIPS, Merit
from analogep.circuit.conversion import adc_area, adc_joules
from analogep.circuit.node import node
from analogep.device import DeviceCard
from analogep.scaling import energy_factor, sram_joules

NAMED = {chip.name: chip for chip in CHIPS}


def test_isaac_takes_what_its_converters_and_buffers_take_within_a_factor_of_two() -> None:
    """Weights of 16 bits in 8 columns, inputs in 16 cycles: 128 x 16 products take 128 x 16 conversions, one each.

    Its converter takes 16 mW/(8 x 1.2 GS/s) = 1.67 pJ (the published component library has that number), and half of
    the chip's power. A bit of input and one of output go through a buffer of 64 KB for each product. What is left are
    routers, links to other chips, shifts and adds.
    """
    conversion = adc_joules(8, 1.28e9, 32e-9)
    assert conversion == pytest.approx(1.67e-12, rel=0.2)
    buffer = 2 * energy_factor(32e-9, 0.9) * sram_joules(65536, 1)
    reported = NAMED["ISAAC"].mac
    assert reported == pytest.approx(3.2e-12, rel=0.02)
    assert 0.5 < (conversion + buffer) / reported < 1.0
    # The regression's area is another matter: 5.4 times the 1200 um^2 of one that was built to be small.
    assert adc_area(8, 1.28e9, 32e-9) / 1200e-12 == pytest.approx(5.4, rel=0.02)


def test_hermes_takes_what_its_cells_take_from_their_drivers_within_a_factor_of_two() -> None:
    """A pair of cells in the middle of the card's window, read at its voltage for half of 130 ns in the mean.

    Drivers take V_dd/2 times the magnitude of their lines' currents. What is left are oscillators with counters in
    place of the regression's converters, digital units behind them, and the clock of 1 GHz.
    """
    pcm = DeviceCard.load("pcm")
    current = 2 * 0.5 * (pcm.conductance.min + pcm.conductance.max) * 0.2
    cells = 256 * 256 * current * 0.8 / 2 * 65e-9
    conversions = 256 * adc_joules(8, 1 / 130e-9, 14e-9)
    reported = 256 * 256 * NAMED["HERMES core"].mac
    assert reported == pytest.approx(12.5e-9, rel=0.01)
    assert 0.5 < (cells + conversions) / reported < 1.0
    assert conversions < 0.02 * cells


def test_odin_is_as_large_as_its_memory_within_a_fifth() -> None:
    """64k synapses of 4 bits and 256 neurons of 128 bits, by its published RTL, at 28 nm on 0.086 mm^2."""
    technology = node(28e-9)
    bits = 65536 * 4 + 256 * 128
    area = 1e-12 * bits * technology.sram_cell / technology.sram_share
    assert area / NAMED["ODIN"].area == pytest.approx(1.15, rel=0.02)


def test_eight_chips_and_more_say_where_their_numbers_are_from() -> None:
    assert sum(chip.efficiency is not None for chip in CHIPS) >= 8
    assert all("doi 10." in chip.source or "arXiv" in chip.source for chip in CHIPS)
    kinds = " ".join(chip.kind for chip in CHIPS)
    assert all(word in kinds for word in ("PCM", "RRAM", "in memory", "int8", "trains", "spikes", "board"))
    assert NAMED["NeuRRAM"].mac is None
    # 63.1 TOPS of 64 cores that do 2 x 256^2 operations at a time.
    assert NAMED["HERMES chip"].latency == pytest.approx(64 * 2 * 256**2 / 63.1e12, rel=0.01)


def test_figures_of_merit_and_what_is_beyond_what_was_built() -> None:
    # 1e6 products in 1 us on 1 mm^2 for 1 uJ: 1 pJ each, 2 TOPS/W, 2 TOPS/mm^2.
    one = Merit(1e6, 1e-6, 1e-6, 1e-6)
    assert (one.mac, one.efficiency, one.density) == pytest.approx((1e-12, 2e12, 2e18))
    assert one.beyond == [
        "2 TOPS/W are below every analog chip in the table that was built; the lowest has 9.76 (HERMES chip)",
        "2 TOPS/mm^2 are above every analog chip in the table that was built; the highest has 1.59 (HERMES core)",
    ]
    assert Merit(1e6, 1e-7, 1e-6, None).beyond == []
    assert Merit(1e6, 1e-7, 1e-6, None).density is None
