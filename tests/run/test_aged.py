"""A trained chip some time later: tested from its result, without training again."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.cli import summary
from analogep.run import Run

from .tiny import VARIANTS, tiny

DRIFT = "retention={kind: power_law, t0: 20 s, nu_offset: 0.2, nu_sigma_offset: 0.1}"


@pytest.fixture(scope="module")
def run() -> Run:
    return tiny(seed=5, device=(DRIFT, "read.noise={kind: none}"))


def test_at_once_the_chip_is_as_accurate_as_after_training(run: Run) -> None:
    result = run.execute()
    assert run.aged(result, 0.0) == pytest.approx(float(result["accuracy"][-1]), abs=0.051), "one of 20 samples"


def test_an_old_chip_is_tested_without_touching_the_result(run: Run) -> None:
    result = run.execute()
    before = result.copy(deep=True)
    late = [run.aged(result, seconds) for seconds in (1e3, 1e30)]
    assert result.identical(before)
    assert all(0.0 <= accuracy <= 1.0 for accuracy in late)
    assert late[1] <= 0.4, "with nothing left of its conductances it guesses"
    assert run.aged(result, 1e3) == late[0], "the same chip ages the same way"


@pytest.mark.parametrize("name", [name for name in VARIANTS if "mirrored" in name])
def test_mirrored_arrays_come_back_from_the_result(name: str) -> None:
    again = tiny(*VARIANTS[name], seed=5)
    result = again.execute()
    assert "mirror_g_plus_2" in result
    assert "mirror_g_plus_1" not in result
    assert again.aged(result, 0.0) == pytest.approx(float(result["accuracy"][-1]), abs=0.101)


def test_worn_cells_are_counted_and_reported() -> None:
    result = tiny(seed=5, device=("endurance={pulses: 1}",)).execute()
    assert (np.diff(result["worn"].sum("layer").values) >= 0).all()
    assert result["worn"].values[-1].sum() > 0
    assert result.attrs["endurance"] == 1.0
    assert any("more pulses than the card's endurance of 1" in line for line in summary.cautions(result))


def test_pairs_are_renewed_every_so_many_updates_also_where_epochs_are_shorter() -> None:
    """Three epochs of three updates: every 4 updates is after the fourth and the eighth, in epochs 2 and 3."""
    looks = []
    for every in (4, 10):
        result = tiny(seed=5, card="pcm", device=(f"programming.reset.every={every}",)).execute()
        looks.append(result["energy"].sel(phase="verify", component="adc").values > 0.0)
    assert looks[0].tolist() == [False, True, True]
    assert not looks[1].any()
