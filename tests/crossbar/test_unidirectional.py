"""Devices with gradual pulses up alone: weights by both halves of a pair, resets, and pairs that are written anew."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.crossbar import Array, Pair
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.network import check_fit
from analogep.streams import Streams

PCM = DeviceCard.load("pcm")
QUIET = DeviceCard.load(
    "pcm",
    [
        "variation.cycle_to_cycle={kind: none}",
        "variation.device_to_device={distribution: normal, truncate: 3, max: 0 %, min: 0 %, step: 0 %, asymmetry: 0 %}",
        "read.noise={kind: none}",
        "faults.stuck_min=0 %",
        "programming.reset.sigma=0 %",
    ],
)


def pair(device: DeviceCard = QUIET, shape: tuple[int, int] = (20, 30)) -> Pair:
    return Pair(device, shape, 0.5, True, Streams(0), "layer1")


def test_a_weight_rises_by_pulses_on_plus_and_falls_by_pulses_on_minus() -> None:
    p, counts = pair(shape=(1, 3)), np.array([[4, -4, 0]], np.int32)
    start = p.plus.hidden[0, 0]
    p.program(counts, Streams(1), 0, 0)
    top = float(QUIET.programming.after("up", start, 4))
    np.testing.assert_allclose(p.plus.hidden, [[top, start, start]], rtol=1e-12)
    np.testing.assert_allclose(p.minus.hidden, [[start, top, start]], rtol=1e-12)
    assert p.weights[0, 0] == pytest.approx(-p.weights[0, 1])
    assert p.weights[0, 0] > 0.0


def test_an_array_alone_refuses_pulses_down() -> None:
    with pytest.raises(ValueError, match="device 'pcm' has no pulses down: counts must not be negative; use reset"):
        Array(PCM, (2, 2), Streams(0), "a").program(np.array([[1, -1], [0, 0]], np.int32), Streams(0), 0, 0)


def test_a_reset_brings_chosen_cells_down_for_the_price_of_one_pulse_each() -> None:
    cells = Array(QUIET, (3, 4), Streams(0), "a")
    cells.program(np.full((3, 4), 20, np.int32), Streams(0), 0, 0)
    high, where = cells.hidden.copy(), np.zeros((3, 4), bool)
    where[1, 1:3] = True
    written = cells.reset(where, Streams(0), 0, 1)
    reset = QUIET.programming.reset
    assert reset is not None
    np.testing.assert_allclose(cells.hidden[where], reset.to)
    np.testing.assert_array_equal(cells.hidden[~where], high[~where])
    assert written.pulses == 2
    assert written.joules == pytest.approx(2 * QUIET.energy.reset)  # type: ignore[union-attr]
    np.testing.assert_allclose(cells.row_g, cells.g.sum(axis=1), rtol=1e-12)


def test_reset_states_have_the_spread_of_the_card() -> None:
    """Mean and spread within 4 standard errors of 1e4 cells, far enough from 0 not to be clipped."""
    card = DeviceCard.load("pcm", ["programming.reset.to=20 %", "programming.reset.sigma=3 %", "faults.stuck_min=0 %"])
    cells = Array(card, (100, 100), Streams(0), "a")
    cells.reset(np.ones((100, 100), bool), Streams(5), 0, 0)
    assert abs(cells.hidden.mean() - 0.2) < 4.0 * 0.03 / 100.0
    assert abs(cells.hidden.std() - 0.03) < 4.0 * 0.03 / np.sqrt(2e4)


def test_initial_weights_are_written_by_pulses_up_alone() -> None:
    """Without noise nine in ten weights end within a step of their state of the target."""
    p, rng = pair(), np.random.default_rng(0)
    target = rng.uniform(-0.2, 0.2, p.shape)
    p.write(target, Streams(1), rng, 0.0)
    assert np.quantile(np.abs(p.weights - target), 0.9) < 0.05
    assert np.abs(p.weights - target).mean() < 0.25 * np.abs(target).mean()


def test_pairs_that_have_run_high_are_reset_and_keep_their_weights() -> None:
    p, rng = pair(), np.random.default_rng(0)
    p.program(rng.integers(10, 60, p.shape).astype(np.int32), Streams(1), 0, 0)
    p.program(-rng.integers(10, 60, p.shape).astype(np.int32), Streams(1), 0, 1)
    reset = QUIET.programming.reset
    assert reset is not None
    high = (p.plus.hidden > reset.refresh_above) | (p.minus.hidden > reset.refresh_above)
    assert 0.1 < high.mean() < 1.0
    before, low = p.weights.copy(), p.plus.hidden[~high].copy()
    written, where = p.renew(Streams(1), rng, 0.0, 0, -100)
    np.testing.assert_array_equal(where, high)
    assert written.pulses >= 2 * high.sum()
    np.testing.assert_array_equal(p.plus.hidden[~high], low)
    assert np.all(np.minimum(p.plus.hidden, p.minus.hidden)[high] < 0.5 * reset.refresh_above)
    assert np.abs(p.weights - before)[high].mean() < 0.05
    np.testing.assert_array_equal(p.weights[~high], before[~high])


def test_renewing_when_nothing_is_high_only_reads() -> None:
    p = pair()
    before = p.weights.copy()
    written, where = p.renew(Streams(1), np.random.default_rng(0), 0.0, 0, -100)
    assert not where.any()
    assert written.pulses == 0
    assert written.reads == 2 * where.size
    np.testing.assert_array_equal(p.weights, before)


def test_a_circuit_with_a_fixed_reference_is_refused() -> None:
    circuit = CircuitCard.load("digits", ["mapping.scheme=reference"])
    with pytest.raises(CardError, match=r"mapping.scheme: must be 'push_pull' for device 'pcm', which has no gradual"):
        check_fit(PCM, circuit)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("programming.unidirectional=false", "down: is missing; a device without gradual pulses down needs"),
        ("programming.reset.refresh_above=0.2 %", "must be greater than 'to'"),
        ("programming.reset=null", "needs a 'reset' with refresh_above: nothing else brings a cell down"),
    ],
)
def test_a_unidirectional_card_needs_its_reset(setting: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        DeviceCard.load("pcm", [setting])
