"""The cards with columns, turns, noise and mismatch train, and say what they spend it on."""

from __future__ import annotations

import resource

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Run, Seeds
from analogep.datasets import Dataset
from analogep.network import Hardware, check_fit, fit_warnings

CHIPS = (
    *("digits-chip", "conv-digits-chip", "mnist-chip", "conv-mnist-chip"),
    *("resistive-chip", "resistive-xs-chip", "spiking-digits-chip", "spiking-mnist-chip"),
)


@pytest.mark.parametrize("name", CHIPS)
@pytest.mark.parametrize("device", ["ideal", "rram"])
def test_lines_columns_and_turns_are_made_for_each_other(name: str, device: str) -> None:
    """Nothing is refused or slow; what is warned of are lines for MNIST without resistance, and coarse pulses."""
    card, kind = CircuitCard.load(name), DeviceCard.load(device)
    check_fit(kind, card)
    assert "a limit" not in card.understood()
    keys = {problem.key for problem in fit_warnings(kind, card)}
    assert keys <= {"wires", "mapping.weight_range"}
    assert ("wires" in keys) == ("mnist-chip" in name)
    assert device == "rram" or "mapping.weight_range" not in keys


@pytest.mark.parametrize("name", CircuitCard.names())
def test_a_run_of_a_shipped_card_can_begin(name: str) -> None:
    """Its initial weights are not refused as unstable, for a chip of any of three seeds."""
    for seed in range(3):
        hardware = Hardware(DeviceCard.load("ideal"), CircuitCard.load(name), Seeds.of(seed))
        hardware.initialise()
        assert hardware.circuit.network.may_run_away() or hardware.network().loop_gain_bound() < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", CircuitCard.names())
def test_a_shipped_card_runs_from_its_first_sentence_to_its_last(name: str) -> None:
    """An epoch of 40 random images, looked at and probed as every run is, in 4 GB."""
    card = CircuitCard.load(name, ["learning.epochs=1"])
    features = card.sizes[0]
    side = round(features**0.5)
    x = np.random.default_rng(0).random((50, features))
    labels = np.arange(50) % card.sizes[-1]
    shape = (side, side) if side**2 == features else (features,)
    data = Dataset("random", x[:40], labels[:40], x[40:], labels[40:], int(labels.max()) + 1, shape)
    result = Run(DeviceCard.load("ideal"), card, data=data).execute()
    assert np.isfinite(result["cosine"]).all()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 << 20


def test_the_digits_chip_learns_with_all_that_disturbs_it() -> None:
    """Better than four in five after two epochs; the columns' bias is most of the joules, drivers lose about what cells
    dissipate, and a run says what held its lines."""
    result = Run("ideal", "digits-chip", seed=1, set={"learning.epochs": 2}).execute()
    assert float(result["accuracy"][-1]) > 0.8
    joules = result["energy"].isel(epoch=-1).sel(phase="inference")
    by = dict(zip(joules["component"].values.tolist(), joules.values.tolist(), strict=True))
    assert by["amplifier"] > 0.5 * sum(by.values())
    assert 0.5 < by["driver"] / by["array"] < 2.0
    assert min(by["column"], by["sample_hold"], by["lines"]) > 0.0
    assert result.attrs["columns"].startswith("tia, ")
    assert result.attrs["thermal"] == "noise of all conductances at 300 K"
    again = Run("ideal", "digits-chip", seed=1, set={"learning.epochs": 2}).execute()
    np.testing.assert_array_equal(again["energy"].values, result["energy"].values)
