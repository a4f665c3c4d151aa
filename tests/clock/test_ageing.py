"""What time does to cells while a chip is trained, against closed forms; the clock of a chip that goes on elsewhere."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep import Chip, load_data
from analogep.crossbar import Array
from analogep.device import DeviceCard
from analogep.run import Run
from analogep.streams import Streams
from tests.run.test_resume import interrupting
from tests.run.tiny import tiny

SMALL: dict[str, Any] = {"layers": [64, 8, 10], "solver.method": "euler", "learning.batch": 20}
DRIFT = {"retention": {"kind": "power_law", "t0": "1 us", "nu_offset": 0.1, "nu_sigma_offset": 0.02}}
DATA = load_data("digits")


def train(chip: Chip, batches: int, rates: float | None = None, first: int = 0) -> None:
    for k in range(first, first + batches):
        chosen = slice(20 * k, 20 * (k + 1))
        chip.train(DATA.train_x[chosen], DATA.train_y[chosen], rates=rates)


def test_a_charge_that_nobody_refreshes_leaks_away_and_training_holds_it() -> None:
    """w(t) = w(0) e^{-t/tau} of pairs whose halves rest in the middle; t is what the phases of the batches took.

    With a rate of 1e-12 no pulse is drawn. The batches of 20 samples take 26 us each, so that 60 of them are eight tau.
    """
    alike = {f"variation.device_to_device.{end}": "0 %" for end in ("min", "max")}
    settings = {**SMALL, **alike, "retention": {"kind": "leak", "tau": "200 us", "rest": "50 %"}}
    idle, busy = (Chip("capacitor", "digits", 1, set=settings) for _ in range(2))
    before = idle.weights
    train(idle, 60, rates=1e-12)
    assert idle.emulator.ledger.seconds[4, 3] == 0.0, "no pulses"
    age, until = idle.emulator.clock
    assert age == pytest.approx(idle.emulator.ledger.elapsed("free", "nudged"))
    assert 0.9 * age < until <= age
    for start, now in zip(before, idle.weights, strict=True):
        np.testing.assert_allclose(now, start * np.exp(-until / 200e-6), rtol=1e-9, atol=1e-15)
    train(busy, 60)
    left, held = (np.abs(chip.weights[1]).mean() for chip in (idle, busy))
    assert left < 1e-3 * np.abs(before[1]).mean()
    assert held > 0.05 * np.abs(before[1]).mean()


def test_a_leak_of_each_cell_composes() -> None:
    """x = rest + (x_0 - rest) e^{-t/tau_cell}, in one step and in many of any length."""
    device = DeviceCard.load("capacitor", ["retention={kind: leak, tau: 1 ms, sigma: 50 %, rest: 20 %}"])
    once, often = (Array(device, (40, 30), Streams(1), "a") for _ in range(2))
    start, moments = once.hidden.copy(), np.concatenate([[0.0], np.cumsum(np.geomspace(1e-6, 1e-3, 12))])
    once.elapse(0.0, moments[-1])
    for one, other in pairwise(moments):
        often.elapse(one, other)
    np.testing.assert_allclose(often.hidden, once.hidden, rtol=1e-12)
    # Of log-normal tau the logarithm of what is left has the median -t/1 ms and the spread of ln tau, within 5 errors.
    rate = -np.log((once.hidden - 0.2) / (start - 0.2)) / moments[-1]
    sigma = np.sqrt(np.log1p(0.25))
    assert np.log(rate * 1e-3).mean() == pytest.approx(0.0, abs=5.0 * sigma / np.sqrt(1200))
    assert np.log(rate).std() == pytest.approx(sigma, rel=5.0 / np.sqrt(2400))
    np.testing.assert_allclose(once.row_g, once.g.sum(axis=1), rtol=1e-12)


def test_a_drift_begins_anew_with_a_pulse() -> None:
    """G = G_w (1 + (t - t_w)/t0)^-nu: the first row is pulsed at 2 us, and counts from there on."""
    device = DeviceCard.load("ideal", ["retention={kind: power_law, t0: 1 us, nu_offset: 0.1, nu_sigma_offset: 0.02}"])
    array = Array(device, (2, 400), Streams(1), "a")
    start, xi = array.g.copy(), array._deviates()
    nu = 0.1 + 0.02 * xi
    array.elapse(0.0, 1e-6)
    np.testing.assert_allclose(array.g, start * 2.0**-nu, rtol=1e-12)
    counts = np.zeros((2, 400), dtype=np.int32)
    counts[0] = 5
    array.program(counts, Streams(2), 0, 0)
    pulsed = array.g[0].copy()
    np.testing.assert_allclose(pulsed, start[0] + 5 * device.step * device.conductance.span, rtol=1e-9)
    array.elapse(1e-6, 2e-6)
    np.testing.assert_array_equal(array.g[0], pulsed)
    array.elapse(2e-6, 6e-6)
    np.testing.assert_allclose(array.g[0], pulsed * 5.0 ** -nu[0], rtol=1e-12)
    np.testing.assert_allclose(array.g[1], start[1] * 7.0 ** -nu[1], rtol=1e-12)
    np.testing.assert_allclose(array.column_g, array.g.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(array.aged(3e-6).g[1], start[1] * 10.0 ** -nu[1], rtol=1e-12)


@pytest.mark.parametrize(
    "retention", ["{kind: leak, tau: 100 us, sigma: 20 %}", "{kind: logarithmic, t0: 1 us, rate: 2 %}"]
)
def test_a_run_that_is_interrupted_goes_on_with_its_clock(retention: str, tmp_path: Path) -> None:
    def run(*device: str) -> Run:
        return tiny("update.rule=stochastic", "solver.method=euler", device=device)

    """What its cells were exposed to goes on as well."""
    ages = [f"retention={retention}", "disturb={kind: stated, read: 1 kHz}"]
    whole = run(*ages).execute()
    assert not whole["g_plus_1"].equals(run().execute()["g_plus_1"]), "time acts"
    with pytest.raises(KeyboardInterrupt):
        run(*ages).execute(tmp_path, report=interrupting(8))
    xr.testing.assert_identical(run(*ages).execute(tmp_path), whole)


@pytest.mark.parametrize(
    ("device", "more"),
    [("capacitor", {"retention.tau": "1 ms"}), ("rram", DRIFT)],
)  # fmt: skip
def test_a_chip_that_goes_on_elsewhere_has_the_same_clock(device: str, more: dict[str, Any], tmp_path: Path) -> None:
    whole = Chip(device, "digits", 1, set={**SMALL, **more})
    train(whole, 3)
    other = Chip.load(whole.save(tmp_path / "chip.nc"))
    for one in (whole, other):
        train(one, 3, first=3)
    assert whole.emulator.clock[1] > 0.0
    np.testing.assert_array_equal(other.emulator.clock, whole.emulator.clock)
    xr.testing.assert_identical(other.seconds, whole.seconds)
    for mine, its in zip(whole.weights, other.weights, strict=True):
        np.testing.assert_array_equal(its, mine)
    again = Chip(device, "digits", 1, set={**SMALL, **more})
    train(again, 6)
    for mine, its in zip(whole.weights, again.weights, strict=True):
        np.testing.assert_array_equal(its, mine)
