"""Seconds that are counted while cells are written and a chip is trained, against counts by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analogep import Chip, clock, load_data
from analogep.circuit import CircuitCard
from analogep.crossbar import Pair
from analogep.crossbar.written import Written
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES, SPANS
from analogep.network import Hardware
from analogep.streams import Seeds, Streams

SMALL: dict[str, Any] = {
    "layers": [64, 8, 10],
    "solver.method": "euler",
    "timing.free.duration": "500 ns",
    "timing.nudged.duration": "400 ns",
    "adc.rate": "2 MHz",
}
WIDTHS = ("programming.up.width=100 ns", "programming.down.width=200 ns", "read.width=50 ns")
COUNTS = np.array([[2, -1], [0, 0], [-3, 0]], dtype=np.int32)
DATA = load_data("digits")


def chip(device: str = "ideal", **more: Any) -> Chip:
    return Chip(device, "digits", 1, set={**SMALL, **{key.replace("__", "."): value for key, value in more.items()}})


def seconds(one: Chip, phase: str) -> dict[str, float]:
    found = one.emulator.ledger.seconds[:, PHASES.index(phase)]
    return dict(zip(SPANS, found.tolist(), strict=True))


def batch(one: Chip, samples: int = 4, start: int = 0) -> None:
    one.train(DATA.train_x[start : start + samples], DATA.train_y[start : start + samples])


@pytest.mark.parametrize(
    ("push_pull", "by_row", "by_cell"),
    # Rows 1 and 3: slots of 2 up and 2 down, of 3 up and 3 down; of plus alone 2 up and 1 down, and 3 down.
    [(True, 5 * 100e-9 + 5 * 200e-9, 6 * 100e-9 + 6 * 200e-9), (False, 2 * 100e-9 + 4 * 200e-9, 1000e-9)],
)
def test_a_write_takes_the_most_pulses_of_each_row(push_pull: bool, by_row: float, by_cell: float) -> None:
    device = DeviceCard.load("rram", WIDTHS)
    pair = Pair(device, COUNTS.shape, 1.0, push_pull, Streams(1), "layer1")
    written = pair.program(COUNTS, Streams(2), 0, 0)
    assert written.row_seconds == pytest.approx(by_row)
    assert written.cell_seconds == pytest.approx(by_cell)


def test_arrays_side_by_side_take_as_long_as_the_longer_one() -> None:
    one, other = Written(pulses=2.0, row_seconds=3.0, cell_seconds=1.0, rows=4), Written(pulses=1.0, row_seconds=2.0)
    assert one + other == Written(pulses=3.0, row_seconds=5.0, cell_seconds=1.0, rows=4)
    assert one.beside(other) == Written(pulses=3.0, row_seconds=3.0, cell_seconds=1.0, rows=4)
    assert one * 3 == Written(pulses=6.0, row_seconds=3.0, cell_seconds=1.0, rows=4)


def _slots(before: list[np.ndarray], after: list[np.ndarray], step: float) -> tuple[float, float]:
    """Sum over rows of the most steps up or down of any cell of a pair's halves, and of all steps."""
    moves = [np.rint((b - a) / step) for a, b in zip(before, after, strict=True)]
    up, down = (np.max([np.maximum(sign * move, 0.0).max(axis=1) for move in moves], axis=0) for sign in (1.0, -1.0))
    return float(up.sum() + down.sum()), float(sum(np.abs(move).sum() for move in moves))


@pytest.mark.parametrize("schedule", ["row", "cell"])
def test_a_batch_books_phases_conversions_and_the_pulses_that_cells_got(schedule: str) -> None:
    one = chip(update__schedule=schedule)
    states = [[array.hidden.copy() for array in store.halves.values()] for store in one.emulator.hardware.stores]
    batch(one)
    assert seconds(one, "free")["relaxation"] == pytest.approx(4 * 500e-9)
    nudged = seconds(one, "nudged")
    assert nudged["relaxation"] == pytest.approx(4 * 800e-9)
    # 100 ns of each first conversion outlast the next phase, and the last one of the batch is waited for.
    assert nudged["conversion"] == pytest.approx(4 * 100e-9 + 500e-9)
    by_row = by_cell = 0.0
    for before, store in zip(states, one.emulator.hardware.stores, strict=True):
        slots, pulses = _slots(before, [array.hidden for array in store.halves.values()], one.device.step)
        by_row, by_cell = by_row + slots, by_cell + pulses
    # Pulses of 1 ns.
    assert seconds(one, "update")["programming"] == pytest.approx(1e-9 * (by_row if schedule == "row" else by_cell))
    assert by_cell > 2.0 * by_row > 0.0


def test_a_closed_loop_reads_the_rows_that_got_pulses() -> None:
    one = chip("rram")
    before = seconds(one, "verify")["reading"]
    batch(one, 20)
    taken = seconds(one, "verify")["reading"] - before
    rows = taken / (one.device.read.width + 500e-9)
    assert rows == pytest.approx(round(rows), abs=1e-6)
    assert 1 <= round(rows) <= 73


def test_coincident_pulses_take_a_train_for_each_outer_product() -> None:
    """4 samples with an input that is the same in both phases, and hidden rates in two: at least 12 slots of 1 ns."""
    one = chip(update={"rule": "stochastic", "schedule": "rank_one"}, learning__rate=[1e-6, 1e-6])
    batch(one)
    # Changes of a thousandth of a step: a pulse up and one down for each product that is not zero.
    taken = seconds(one, "update")["programming"] / 2e-9
    assert taken == pytest.approx(round(taken), abs=1e-6)
    assert 0 < round(taken) <= 12


def test_idle_circuits_take_their_bias_while_they_wait() -> None:
    gated, on = chip(), chip(idle="on")
    for one in (gated, on):
        batch(one)
    for mine, other in zip(gated.weights, on.weights, strict=True):
        np.testing.assert_array_equal(mine, other)
    row, power = COMPONENTS.index("idle"), on.emulator.hardware.amplifier_power
    assert not gated.emulator.ledger.joules[row].any()
    found = dict(zip(PHASES, on.emulator.ledger.joules[row].tolist(), strict=True))
    assert found["nudged"] == pytest.approx(power * 900e-9)
    assert found["update"] == pytest.approx(power * seconds(on, "update")["programming"])
    assert found["free"] == 0.0


@pytest.mark.parametrize("name", ["digits", "conv-digits", "conv-mnist", "spiking-conv-digits"])
def test_slots_are_those_of_the_network(name: str) -> None:
    card = CircuitCard.load(name)
    network = Hardware(DeviceCard.load("ideal"), card, Seeds.of(1)).network()
    assert clock.slots(card) == network.slots
