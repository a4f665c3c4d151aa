"""The order of devices by seconds and joules of writing: from their published pulses, and as NeuroSim computed it.

The former says that clock and ledger keep the order, and nearly the size, of what goes into both. The latter is a table
of five devices, whose seconds are those of all pulses of a window in each write; its joules are not those of pulses.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr

from analogep import Chip
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES, SPANS

PULSES = {
    "rram_agsi": (38.46e-9, 12.5, 97, 3.2, 300e-6, 2.8, 300e-6),
    "rram_taox_tio2": (200e-9, 2.0, 102, 3.0, 40e-3, 3.0, 10e-3),
    "rram": (10e-6, 10.0, 128, 1.6, 50e-9, 1.6, 50e-9),
    "rram_pcmo": (43.5e-9, 6.84, 50, 2.0, 1e-3, 2.0, 1e-3),
    "rram_alox_hfo2": (59.2e-6, 4.43, 40, 0.9, 100e-6, 1.0, 100e-6),
    "epiram": (12.35e-6, 50.2, 64, 5.0, 5e-6, 3.0, 5e-6),
    "fefet": (1.788e-6, 45.0, 32, 3.65, 75e-9, 2.95, 75e-9),
}
"""G_max [S], on/off, pulses over the window, V and s of pulses up and down: manual of MLP+NeuroSim V3.0."""


COMPUTED = {
    "rram_taox_tio2": (3.57e10, 65.86e-3),
    "rram_pcmo": (7.00e8, 29.4e-3),
    "rram_agsi": (4.20e8, 87.94e-3),
    "rram_alox_hfo2": (5.60e7, 150e-3),
    "fefet": (3.36e4, 98.01e-3),
}
"""Seconds and joules of learning 1M images of MNIST online, as NeuroSim has them with its peripheral circuits: M. Jerry
et al., IEDM 2017, pp. 6.2.1-6.2.4, Fig. 17 (doi 10.1109/IEDM.2017.8268338)."""


def through(name: str) -> tuple[float, float]:
    """Seconds, and joules, of taking a cell through its window and back: P (t + t'), P (V^2 t + V'^2 t') G in the
    middle, or P C (V^2 + V'^2) of a gate."""
    high, ratio, pulses, up, rise, down, fall = PULSES[name]
    middle = 0.5 * high * (1.0 + 1.0 / ratio)
    gate = getattr(DeviceCard.load(name).energy, "gate_capacitance", None)
    each = middle * (up**2 * rise + down**2 * fall) if gate is None else gate * (up**2 + down**2)
    return pulses * (rise + fall), pulses * each


@cache
def trained(name: str) -> tuple[float, float]:
    """Seconds and joules of pulses in three batches of plain stochastic updates."""
    rng = np.random.default_rng(0)
    chip = Chip(name, "digits", 1, set={"layers": [16, 8, 4], "update.rule": "stochastic"})
    ledger, column = chip.emulator.ledger, PHASES.index("update")
    for _ in range(3):
        chip.train(rng.random((20, 16)), np.arange(20) % 4)
    rows = SPANS.index("programming"), COMPONENTS.index("programming")
    return float(ledger.seconds[rows[0], column]), float(ledger.joules[rows[1], column])


def test_updates_rank_devices_as_their_published_pulses_do() -> None:
    """Six decades of seconds, nearly eight of joules: rank correlation 1, ratios within a factor of 3.1 and 4.9."""
    expected, found = (np.array([of(name) for name in PULSES]) for of in (through, trained))
    for kind, (decades, spread) in enumerate(((6, 3.5), (7.5, 5.5))):
        assert np.ptp(np.log10(expected[:, kind])) > decades
        assert spearmanr(expected[:, kind], found[:, kind]).statistic == pytest.approx(1.0)
        ratios = found[:, kind] / expected[:, kind]
        assert ratios.max() / ratios.min() < spread


def test_updates_rank_devices_as_neurosim_ranks_their_online_learning() -> None:
    """Rank correlation 1 of seconds, over six decades; theirs are 7e9 windows of pulses, within 3.1 %.

    Of joules it is 0. Theirs lie within a factor of 5.2, where a pulse takes a cell 2 fJ to 34 nJ, so that 66 mJ would
    be two TaOx/TiO2 pulses an image: they are not those of the pulses, by which ours differ.
    """
    names, published = list(COMPUTED), np.array(list(COMPUTED.values()))
    found = np.array([trained(name) for name in names])
    windows = np.array([through(name)[0] for name in names])
    assert np.ptp(np.log10(published[:, 0])) > 6
    assert spearmanr(published[:, 0], found[:, 0]).statistic == pytest.approx(1.0)
    np.testing.assert_allclose(published[:, 0] / windows, 7e9, rtol=0.031)
    assert published[:, 1].max() / published[:, 1].min() < 5.2
    assert spearmanr(published[:, 1], found[:, 1]).statistic == pytest.approx(0.0, abs=1e-12)
