"""A trained spiking network looked at for several times."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.kinds.spiking.looks import at_rest
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.network import Hardware
from analogep.results import SPIKING
from analogep.run import Run
from analogep.streams import Seeds

from .test_spiking import PREDICTIVE, whole
from .tiny import digits


@pytest.mark.parametrize("settings", [(), PREDICTIVE], ids=["rate", "predictive"])
def test_the_cards_own_time_gives_the_cards_own_numbers(settings: tuple[str, ...]):
    """Ideal devices read alike every time: spikes exactly, joules of one inference to 1e-3 (the samples' noise)."""
    found = whole("ideal", *settings)
    own = int(np.flatnonzero(np.isclose(found["look_time"], found["duration"][-1, 0]))[0])
    assert float(found["look_spikes"][own]) == pytest.approx(float(found["spikes"][-1].sum()), rel=1e-12)
    assert float(found["look_energy"][own]) == pytest.approx(float(found["inference_energy"][-1]), rel=1e-3)
    shares = found["look_time"].values / float(found["look_time"][own])
    assert np.allclose(shares, [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2][-shares.size :])
    # A look of less than four steps is left out.
    assert float(found["look_time"][0]) >= 80e-9 > float(found["look_time"][0]) / 2 or shares.size == 6


@pytest.mark.parametrize("settings", [(), PREDICTIVE], ids=["rate", "predictive"])
def test_rates_come_nearer_to_rest_with_spikes_and_joules(settings: tuple[str, ...]):
    found = whole("ideal", *settings)
    assert (np.diff(found["look_spikes"]) > 0).all()
    assert (np.diff(found["look_energy"]) > 0).all()
    distance = found["look_distance"].values
    assert distance[-1] < 0.5 * distance[0]
    off = found["look_rate"].values - found["look_rest"].values
    own = int(np.flatnonzero(np.isclose(found["look_time"], found["duration"][-1, 0]))[0])
    assert distance[own] == pytest.approx(np.sqrt(np.mean(off**2)) / 0.2, rel=1e-6)
    assert (found["look_accuracy"] <= 1).all()


def test_analog_networks_are_not_looked_at():
    circuit = CircuitCard.load("digits", ("layers=[64,6,10]", "learning.epochs=1"))
    found = Run(DeviceCard.load("ideal"), circuit, 1, digits()).execute()
    assert not set(SPIKING) & set(found)


def test_rest_is_found_though_time_constants_lie_far_apart():
    """A hundred of the longest took more equal steps of the shortest than are allowed, at the end of the training."""
    circuits = [
        CircuitCard.load("spiking-digits", ("layers=[64,4,10]", f"network.output.capacitance={c}"))
        for c in ("2.5 pF", "10 nF")
    ]
    found = []
    for circuit in circuits:
        chip = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(1))
        chip.initialise()
        network = chip.network()
        assert isinstance(network, SpikingNetwork)
        found.append(at_rest(network, 0.2 * np.random.default_rng(1).random((2, 64))))
    np.testing.assert_allclose(*found, atol=1e-4)
