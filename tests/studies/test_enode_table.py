"""The tables of the ENODe card against the full ones that they were made from."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from analogep.device import DeviceCard
from analogep.device.laws import InverseCdf

from .conftest import load_study


@pytest.fixture(scope="module")
def study() -> ModuleType:
    return load_study("enode_table")


def test_the_tables_of_the_enode_card_have_the_moments_of_the_full_ones(shared_data: Path, study: ModuleType) -> None:
    """Where the card has nodes mean and standard deviation are those of the full tables to rounding; between them the
    mean is within 0.02 % of the window, the standard deviation within 16 %, half of them within 2 %."""
    card = DeviceCard.load("enode")
    law, span = card.programming, card.conductance.span
    assert isinstance(law, InverseCdf)
    for direction, name in (("up", "increasing"), ("down", "decreasing")):
        full = study.read(shared_data / "pulses" / "crosssim_enode" / f"dG_{name}.txt")
        assert (full.g[0], full.g[-1]) == pytest.approx((card.conductance.min, card.conductance.max), rel=1e-6)
        mean, sd = full.moments()
        x = (full.g - full.g[0]) / (full.g[-1] - full.g[0])
        off = np.abs(law.step(direction, x) - mean / span)  # type: ignore[arg-type]
        share = np.abs(np.sqrt(law.variance(direction, x)) * span / sd - 1.0)  # type: ignore[arg-type]
        assert off[list(study.NODES)].max() < 1e-6
        assert share[list(study.NODES)].max() < 1e-3
        assert off.max() < 2e-4
        assert share.max() < 0.16
        assert np.median(share) < 0.02


def test_the_enode_card_holds_what_its_script_prints(shared_data: Path, study: ModuleType) -> None:
    text = DeviceCard.load("enode").text
    for direction, name, volts in (("up", "increasing", "1 V"), ("down", "decreasing", "-1 V")):
        table = study.resampled(study.read(shared_data / "pulses" / "crosssim_enode" / f"dG_{name}.txt"))
        assert study.branch(table, direction, volts, "20 ns") in text
