"""A simulated measurement follows the card: its law, its spread, its reads; and can be fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analogep import DeviceCard
from analogep.characterise import measure
from analogep.errors import UsageError

QUIET: dict[str, Any] = {
    "conductance.levels": None,
    "variation.cycle_to_cycle": {"kind": "none"},
    "variation.write_noise.sigma": 0.0,
    "read.noise": {"kind": "none"},
}
ALIKE: dict[str, Any] = {f"variation.device_to_device.{key}": 0.0 for key in ("max", "min", "step", "asymmetry")}


def test_cells_without_noise_follow_the_law_of_the_card() -> None:
    card = DeviceCard.load("rram").changed(QUIET | ALIKE)
    found = measure(card, cells=2, pulses=30, ramps=2)["conductance"]
    low, span = card.conductance.min, card.conductance.span
    for way in ("up", "down"):
        x = (found.sel(direction=way).values - low) / span
        expected = np.clip(x[:, :-1] + card.programming.step(way, x[:, :-1]), 0.0, 1.0)
        np.testing.assert_allclose(x[:, 1:], expected, atol=1e-12)
    assert found.attrs["units"] == "S"
    # A ramp begins where the one before it has ended.
    np.testing.assert_array_equal(found.sel(direction="down", reading=0), found.sel(direction="up", reading=30))


def test_cells_differ_by_the_cards_spread_and_reads_by_its_noise() -> None:
    noisy = {"read.noise": {"kind": "relative", "sigma": 0.01}, "variation.device_to_device.max": 0.16}
    card = DeviceCard.load("rram").changed(QUIET | ALIKE | noisy)
    found = measure(card, cells=300, pulses=200, ramps=1)["conductance"]
    ends = found.sel(direction="up").isel(reading=-1)
    assert float(ends.std() / ends.mean()) == pytest.approx(0.16, rel=0.2)
    still = found.sel(direction="up").isel(reading=slice(-20, None))
    assert float((still.std("reading", ddof=1) / still.mean("reading")).mean()) == pytest.approx(0.01, rel=0.1)
    again, other = (measure(card, cells=3, pulses=10, ramps=1, seed=seed)["conductance"] for seed in (0, 1))
    np.testing.assert_array_equal(again, measure(card, cells=3, pulses=10, ramps=1)["conductance"])
    assert not np.array_equal(again, other)


def test_each_ramp_of_a_unidirectional_device_begins_with_a_reset() -> None:
    card = DeviceCard.load("pcm")
    assert card.programming.unidirectional
    found = measure(card, cells=50, pulses=15, ramps=2)["conductance"]
    assert list(found["direction"].values) == ["up"]
    first, last = found.isel(direction=0, reading=0), found.isel(direction=0, reading=-1)
    np.testing.assert_allclose(first.mean("cell")[0], first.mean("cell")[1], rtol=0.2)
    assert bool((last.mean("cell") > 2.0 * first.mean("cell")).all())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"cells": 0}, "cells is 0; a measurement needs at least 1"),
        ({"pulses": -3}, "pulses is -3; a measurement needs at least 1"),
        ({"ramps": 0}, "ramps is 0; a measurement needs at least 1"),
        ({"cells": 10_000, "pulses": 10_000}, "more than 10000000 readings of 10000 cells, 10000 pulses and 3 ramps"),
    ],
)
def test_a_measurement_of_nothing_or_of_too_much_is_refused(asked: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        measure(DeviceCard.load("rram"), **asked)
