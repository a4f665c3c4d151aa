"""Runs of networks with convolutions: what they keep, resume, and what copies of an array cost and save."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.run import Run

from .test_resume import interrupting
from .tiny import digits

SETTINGS = (
    "layers=[{kind: image, height: 8, width: 8}, {kind: conv, channels: 3, kernel: 3, padding: 1, pool: {kind: "
    "average, size: 2}}, {kind: conv, channels: 4, kernel: 3, pool: {kind: max, size: 2}}, 10]",
    "learning={rate: [0.5, 0.2, 0.1], batch: 20, epochs: 3, probe: 4, initial_gain: [3, 0.6, 0.5]}",
    "timing.free.duration=200 ns",
    "timing.nudged.duration=100 ns",
)


def run(card: str = "rram", *settings: str) -> Run:
    return Run(DeviceCard.load(card), CircuitCard.load("conv-digits", (*SETTINGS, *settings)), 1, digits())


@functools.cache
def whole(card: str, *settings: str) -> xr.Dataset:
    return run(card, *settings).execute()


def test_the_result_holds_one_array_for_each_kernel():
    found = whole("rram")
    assert found["g_plus_1"].shape == (10, 3)
    assert found["g_minus_2"].shape == (28, 4)
    assert found["g_plus_3"].shape == (5, 10)
    assert found.attrs["devices"] == 2 * (10 * 3 + 28 * 4 + 5 * 10)
    assert found.attrs["title"] == "rram, 8x8-3c3+1a2-4c3m2-10 on few"
    assert np.isfinite(found["cosine"]).all()
    assert np.isfinite(found["hopfield"]).all()


@pytest.mark.parametrize("card", ["ideal", "rram", "pcm"])
@pytest.mark.parametrize("mirrored", [False, True], ids=["shared", "mirrored"])
def test_an_interrupted_run_ends_with_the_same_arrays(tmp_path: Path, card: str, mirrored: bool):
    settings = ("feedback={kind: mirrored, gain: 0.5}",) if mirrored else ()
    for after in (3, 8, 2):
        with pytest.raises(KeyboardInterrupt):
            run(card, *settings).execute(tmp_path, report=interrupting(after))
    xr.testing.assert_identical(run(card, *settings).execute(tmp_path), whole(card, *settings))


def test_a_phase_takes_as_long_as_its_patches_are_read_in_turn():
    """16 patches of the first array (pooled by the average), 4 of the second, whose maximum needs all at once."""
    assert np.allclose(whole("rram")["duration"].values, [16 * 200e-9, 16 * 100e-9])
    assert np.allclose(whole("rram", "layers.1.copies=4")["duration"].values, [4 * 200e-9, 4 * 100e-9])
    assert np.allclose(whole("rram", "layers.1.copies=16", "layers.2.copies=4")["duration"].values, [200e-9, 100e-9])


def test_copies_learn_the_same_for_more_pulses_and_less_time():
    one, four = whole("rram"), whole("rram", "layers.1.copies=4")
    assert np.array_equal(one["accuracy"], four["accuracy"])
    assert np.array_equal(one["g_plus_1"], four["g_plus_1"])
    assert np.allclose(four["pulses"] / one["pulses"], [4, 1, 1])
    assert four.attrs["devices"] - one.attrs["devices"] == 3 * 2 * 10 * 3
    amplifier = [float(each["energy"].sel(component="amplifier").sum()) for each in (one, four)]
    assert amplifier[0] == pytest.approx(4 * amplifier[1])
    # What devices take in reads does not depend on who reads.
    reads = [float(each["energy"].sel(component="array", phase="free").sum()) for each in (one, four)]
    assert reads[0] == reads[1]
