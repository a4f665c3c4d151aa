"""Reading, fabricated cells and ageing in the Dataset, and several devices on common axes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from analogep.characterise import characterise, together
from analogep.characterise.schema import DAY, YEAR
from analogep.device import DeviceCard
from analogep.errors import UsageError
from analogep.results import describe

CELLS = 4000


def test_cells_have_the_spread_of_the_card() -> None:
    card = DeviceCard.load("rram")
    spread = card.variation.device_to_device
    dataset = characterise(card, cells=CELLS)
    for name, nominal, sigma in (("cell_max", 10e-6, spread.max), ("cell_min", 1e-6, spread.min)):
        logs = np.log(dataset[name] / nominal)
        width = math.sqrt(math.log1p(sigma**2))
        # Truncation at 3 sigma takes 1.35 % of the standard deviation.
        truncated = width * 0.98658
        assert abs(float(logs.std()) - truncated) < 4.0 * truncated / math.sqrt(2.0 * CELLS)
        assert abs(float(logs.mean()) + 0.5 * width**2) < 4.0 * truncated / math.sqrt(CELLS)


@pytest.mark.parametrize("name", ["rram", "pcm", "mram"])
def test_a_pulsed_cell_stays_within_its_own_window(name: str) -> None:
    dataset = characterise(DeviceCard.load(name), cells=500)
    assert (dataset["cell_half"] >= dataset["cell_min"] * (1 - 1e-12)).all()
    assert (dataset["cell_half"] <= dataset["cell_max"] * (1 + 1e-12)).all()


def test_dead_and_stuck_cells_are_counted_and_do_not_move() -> None:
    card = DeviceCard.load("rram", ["faults={dead: 10 %, stuck_min: 20 %, stuck_max: 30 %}"])
    dataset = characterise(card, cells=CELLS)
    stuck = dataset["cell_responds"].values == 0.0
    half, low, high = (dataset[f"cell_{name}"].values for name in ("half", "min", "max"))
    for share, there in ((0.1, half == 0.0), (0.2, (half == low) & (low > 0.0)), (0.3, half == high)):
        count = np.count_nonzero(there & stuck & ((high > 0.0) | (half == 0.0)) & ((share != 0.3) | (high > 0.0)))
        assert abs(count / CELLS - share) < 4.0 * math.sqrt(share * (1.0 - share) / CELLS)
    assert abs(stuck.mean() - 0.6) < 4.0 * math.sqrt(0.24 / CELLS)


def test_cells_of_one_kind_have_one_window() -> None:
    dataset = characterise(DeviceCard.load("ideal"), cells=7)
    np.testing.assert_array_equal(dataset["cell_max"], np.full(7, 10e-6))
    assert np.ptp(dataset["cell_half"].values) == 0.0


def test_currents_are_conductance_times_the_cards_curve() -> None:
    dataset = characterise(DeviceCard.load("rram"), cells=3)
    v = dataset["voltage"].values
    assert v[-1] == -v[0] == 1.0
    for g, current in zip((1e-6, 5.5e-6, 10e-6), dataset["current"].values, strict=True):
        np.testing.assert_allclose(current, g * 1.06 * np.sinh(v / 1.06), rtol=1e-12)
    assert dataset["read_noise"] == pytest.approx(0.015 * 5.5e-6)


def test_pcm_drifts_by_its_power_law_with_the_spread_of_its_exponents() -> None:
    card = DeviceCard.load("pcm")
    law = card.retention
    assert law.kind == "power_law"
    dataset = characterise(card, cells=CELLS)
    elapsed = np.log1p(dataset["time"].values / law.t0)
    for k in range(3):
        x = math.log(float(dataset["written"][k]) / card.conductance.max)
        nu = np.clip(law.nu_offset + law.nu_log_slope * x, law.nu_min, law.nu_max)
        sigma = np.clip(law.nu_sigma_offset + law.nu_sigma_log_slope * x, law.nu_sigma_min, law.nu_sigma_max)
        # Standard error of a median, and of a quantile at one sigma.
        found = np.log(dataset["aged"][k].values / float(dataset["written"][k]))
        assert (np.abs(found + nu * elapsed) < 4.0 * 1.2533 * sigma * elapsed / math.sqrt(CELLS) + 1e-12).all()
        band = np.log(dataset["aged_high"][k].values / dataset["aged"][k].values)
        assert (np.abs(band - sigma * elapsed) < 4.0 * 2.0 * sigma * elapsed / math.sqrt(CELLS) + 1e-12).all()
    left = (dataset["aged"].sel(level="max") - dataset["aged"].sel(level="min")) / card.conductance.span
    assert dataset["retained_day"] == pytest.approx(float(left.sel(time=DAY)))
    assert dataset["retained_decade"] == pytest.approx(float(left.sel(time=10 * YEAR)))


def test_a_leak_to_the_middle_leaves_nothing_of_the_window() -> None:
    card = DeviceCard.load("ideal", ["retention={kind: leak, tau: 1 d}"])
    dataset = characterise(card, cells=5)
    assert dataset["retained_day"] == pytest.approx(math.exp(-1.0))
    assert dataset["retained_decade"] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(dataset["aged"].sel(level="middle"), 5.5e-6, rtol=1e-12)


def test_a_card_without_retention_keeps_everything() -> None:
    dataset = characterise(DeviceCard.load("rram"), cells=3)
    for name in ("aged_low", "aged", "aged_high"):
        np.testing.assert_array_equal(dataset[name], np.broadcast_to(dataset["written"].values[:, None], (3, 49)))
    assert dataset["retained_decade"] == 1.0


def test_together_is_in_units_of_each_window() -> None:
    names = ["ideal", "pcm", "mram"]
    found = [characterise(DeviceCard.load(name), cells=20) for name in names]
    dataset = together(found)
    describe(dataset)
    assert list(dataset["card"].values) == names
    for one, name in zip(found, names, strict=True):
        own, span = dataset.sel(card=name), float(one["window_max"] - one["window_min"])
        np.testing.assert_allclose(own["step"] * span, one["step"], rtol=1e-12)
        np.testing.assert_allclose(own["noise"] * span, one["noise"], rtol=1e-12)
        assert own["response"].min() >= -1e-12
        assert own["response"].max() <= 1.0 + 1e-12
        assert own["retained"][0] == pytest.approx(1.0, abs=1e-4)
    ideal = dataset["response"].sel(card="ideal")
    np.testing.assert_allclose(ideal, 1.0 - np.abs(dataset["fraction"] - 1.0), atol=1e-9)
    # The second half of a unidirectional device is its way up from the reset.
    pcm = dataset["response"].sel(card="pcm").values
    assert pcm[200] == pytest.approx(0.005)
    assert pcm[199] > 0.99
    assert (np.diff(pcm[200:]) > 0.0).all()


def test_together_refuses_one_too_many_and_two_of_a_name() -> None:
    one = characterise(DeviceCard.load("ideal"), cells=2)
    with pytest.raises(UsageError, match=re.escape("needs 2 to 8 cards, got 1")):
        together([one])
    with pytest.raises(UsageError, match="got 9"):
        together([one] * 9)
    with pytest.raises(UsageError, match="two of the cards are named 'ideal'"):
        together([one, one])
