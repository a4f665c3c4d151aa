"""Closed forms of the column circuits, and what each knob of theirs costs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from analogep.columns import SummingLines
from analogep.columns.conveyor import Conveyor
from analogep.columns.passive import Passive
from analogep.columns.tia import Transimpedance
from tests.parts.blocks import block

LINES = SummingLines(design=1e-3, cells=100, tile=100, feedback=5e4, tau=5e-8, leak=1e-5, capacitance=2e-14)
G = np.array([0.5e-3, 1e-3, 1.5e-3])


def changed(column: Any, **values: Any) -> Any:
    """The same column with other values."""
    return type(column)(**(dict(column) | values))


def tia(**changes: Any) -> Transimpedance:
    return changed(block(Transimpedance), **({"tile": None} | changes))  # type: ignore[no-any-return]


def test_a_bandwidth_that_is_not_given_follows_from_the_node() -> None:
    """GBW = 5 N/(2 pi tau): at the design the column closes in a fifth of the node's time constant over 1 + N/A_0."""
    column = tia()
    n = 1.0 + 5e4 * 1e-3
    assert column.slowness(LINES) == pytest.approx(0.2 / (1.0 + n / column.dc_gain))
    given = tia(bandwidth=5.0 * n / (2.0 * math.pi * 5e-8))
    for name in ("gain", "tau", "noise", "offset"):
        np.testing.assert_allclose(getattr(given.response(LINES, G), name), getattr(column.response(LINES, G), name))
    assert given.bias(LINES) == pytest.approx(column.bias(LINES))


def test_a_transimpedance_loses_lags_and_shouts_by_its_noise_gain() -> None:
    column, n = tia(dc_gain=200.0), 1.0 + 5e4 * G
    found = column.response(LINES, G)
    product = 5.0 * 51.0 / (2.0 * math.pi * 5e-8)
    gm = 2.0 * math.pi * product * column.load
    np.testing.assert_allclose(found.gain, 1.0 / (1.0 + n / 200.0))
    np.testing.assert_allclose(found.tau, n / (2.0 * math.pi * product) * found.gain)
    np.testing.assert_allclose(found.noise, found.gain**2 * (5e4 * n + n**2 * (4.0 / 3.0) / gm))
    np.testing.assert_allclose(found.offset, n * found.gain)
    assert found.limit == pytest.approx(0.55 - 0.1)
    assert column.bias(LINES) == pytest.approx(1.1 * 4 * gm / 15)


def test_half_the_bandwidth_is_twice_as_slow_half_as_hungry_and_as_noisy_at_the_node() -> None:
    """An amplifier that limits the bandwidth has gamma N kT/C_load, whatever its bandwidth: its density doubles."""
    whole, half = tia(bandwidth=1e9, dc_gain=1e9), tia(bandwidth=5e8, dc_gain=1e9)
    one, other = whole.response(LINES, G), half.response(LINES, G)
    np.testing.assert_allclose(other.tau, 2.0 * one.tau, rtol=1e-6)
    assert half.bias(LINES) == pytest.approx(0.5 * whole.bias(LINES))
    cells = 5e4 * (1.0 + 5e4 * G)
    np.testing.assert_allclose(other.noise - cells, 2.0 * (one.noise - cells), rtol=1e-6)


def test_tiles_share_a_line() -> None:
    """Four tiles: a quarter of R_f G each, four amplifiers of less bandwidth, noise and offsets that add up."""
    column, one = tia(tile=25, dc_gain=1e9), tia(dc_gain=1e9)
    n = 1.0 + 5e4 * G / 4.0
    found = column.response(LINES, G)
    product = 5.0 * (1.0 + 12.5) / (2.0 * math.pi * 5e-8)
    gm = 2.0 * math.pi * product * column.load
    np.testing.assert_allclose(found.noise, 4.0 * (5e4 * n + n**2 * (4.0 / 3.0) / gm), rtol=1e-6)
    np.testing.assert_allclose(found.offset, 2.0 * n, rtol=1e-6)
    assert column.slowness(LINES) == pytest.approx(one.slowness(LINES))
    assert column.bias(LINES) == pytest.approx(one.bias(LINES) * 4.0 * 13.5 / 51.0)
    # Lines that wires cut into tiles have an amplifier on each.
    cut = replace(LINES, tile=25)
    np.testing.assert_allclose(one.response(cut, G).noise, found.noise)
    assert tia(tile=50).tiles(cut) == 4


def test_class_a_pays_for_its_largest_current_all_the_time() -> None:
    ab, a = tia(), tia(output="a")
    assert a.bias(LINES) - ab.bias(LINES) == pytest.approx(1.1 * 0.45 / 5e4)
    assert (ab.drawn(LINES), a.drawn(LINES)) == (pytest.approx(2e-5), 0.0)


def test_a_conveyor_holds_its_line_by_its_transconductance() -> None:
    column: Conveyor = block(Conveyor)
    r, gm = 1.0 / (15 * 2e-5 * 101), 15 * 2e-5
    found = column.response(LINES, G)
    np.testing.assert_allclose(found.gain, 1.0 / (1.0 + r * G))
    np.testing.assert_allclose(found.tau, r * 2e-14 * found.gain + 1.0 / (2.0 * math.pi * 200e6))
    gamma = 2.0 / 3.0
    density = found.gain**2 * (G + G**2 * gamma / gm) + 2 * gamma * gm
    np.testing.assert_allclose(found.noise, 25e8 * density)
    np.testing.assert_allclose(found.offset, 5e4 * G * found.gain)
    assert found.limit == pytest.approx(0.45)
    assert column.response(replace(LINES, feedback=100.0), G).limit == pytest.approx(100.0 * 10 * 2e-5)
    assert column.bias(LINES) == pytest.approx(1.1 * 4 * 2e-5)
    # More bias holds it better, is quieter per gain, and costs in proportion.
    more = changed(column, bias_current=4e-5)
    assert (more.response(LINES, G).gain > found.gain).all()
    assert more.bias(LINES) == pytest.approx(2.0 * column.bias(LINES))


def test_a_passive_line_divides_and_its_amplifier_makes_up_for_it() -> None:
    """R_f I at the design; kT/C of the line times A^2 where the amplifier is fast and quiet."""
    column: Passive = changed(block(Passive), excess=0.0, ratio=1000.0)
    found, gain = column.response(LINES, G), 5e4 * (2e-3 + 1e-3)
    np.testing.assert_allclose(found.gain, 3e-3 / (2e-3 + G))
    assert found.gain[1] == 1.0
    np.testing.assert_allclose(found.tau, 2e-14 / (2e-3 + G) + 5e-11)
    # White noise of 4kT R_n through one pole: kT R_n/tau.
    np.testing.assert_allclose(found.noise / (2e-14 / (2e-3 + G)), gain**2 / 2e-14)
    np.testing.assert_allclose(found.offset, gain)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"headroom": 0.6}, "headroom: leaves no swing: must be below half of the supply, 550 mV, got 600 mV"),
    ],
)
def test_what_cannot_be_built_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        tia(**changes)
