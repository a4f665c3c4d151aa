"""An integrator on a summing line (`columns.charge`) in ngspice: an amplifier of one pole, C_int back to its input.

From a discharged start, as after a reset, a volt at the first cell makes the charge T g_1 in a window T. Noise in a
window is the integral of the square of an impulse response, and that is the slope of the answer to a step.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analogep.columns import SummingLines
from analogep.columns.charge import Charge

from .test_column_noise import KT, ask

Floats = NDArray[np.float64]

CELLS = (11e-6, *np.linspace(3e-6, 9e-6, 39).tolist())
"""Of one line [S]; the first one is driven."""
LINES = SummingLines(480e-6, 40, 40, 55e3, 50e-9, 10e-6, 20e-15, window=60e-9)
SLOW: dict[str, Any] = {"dc_gain": 100, "bandwidth": "200 MHz"}


def charge(**more: Any) -> Charge:
    keys = {"supply": "1.1 V", "dc_gain": 10000, "load": "0.2 pF", "gm_over_id": 15, "branches": 4} | more
    return Charge(kind="charge", **keys)


def answers(ngspice: str, folder: Path, column: Charge) -> tuple[Floats, Floats, Floats]:
    """Times (points,) [s] within the window, y (points,) [V] after a step of the first cell's line and of the
    amplifier's input, each of 1 V."""
    gm, found = column.transconductance(column._product(LINES)), []
    for line, noise in ((1, 0), (0, 1)):
        elements = [
            "* an integrator",
            ".options reltol=1e-6",
            *(f"r{k} {'0' if k else 'in'} s {1.0 / g!r}" for k, g in enumerate(CELLS)),
            f"vs in 0 pwl(0 0 1f {line})",
            f"cl s 0 {LINES.capacitance!r}",
            f"ve q s pwl(0 0 1f {noise})",
            f"gm 0 x q 0 {gm!r}",
            f"cx x 0 {column.load!r}",
            f"gx x 0 x 0 {gm / column.dc_gain!r}",
            "eo o 0 0 x 1",
            f"ci o s {column.capacitor(LINES)!r}",
            "ey y 0 0 o 1",
        ]
        window = LINES.window
        asked = f"tran {window / 2e4!r} {window!r} 0 {window / 2e4!r} uic\nset wr_singlescale\nwrdata o.txt v(y)"
        ask(ngspice, folder, "\n".join(elements), asked)
        found.append(np.loadtxt(folder / "o.txt").T)
    times = found[0][0]
    return times, found[0][1], np.interp(times, *found[1])


def squared(times: Floats, y: Floats) -> float:
    """Integral of the square of the slope of y [V^2/s]."""
    return float(np.sum(np.square(np.diff(y)) / np.diff(times)))


@pytest.mark.parametrize("more", [{}, SLOW, {"doubled": True, "capacitance": "0.5 pF", "reason": "x"}])
def test_an_integrator_has_the_gain_the_offset_and_the_noise_of_its_response(
    ngspice: str, tmp_path: Path, more: dict[str, Any]
) -> None:
    """8 %, 27 % and 4 % of the charge are lost; gain, offset, and what cells and amplifier make within 0.5 %."""
    column, g = charge(**more), np.array([sum(CELLS)])
    found, known = column.response(LINES, g), column.integrator(LINES, g)
    times, y, e = answers(ngspice, tmp_path, column)
    assert y[-1] == pytest.approx(float(found.gain[0]) * LINES.feedback * CELLS[0], rel=5e-3)
    # The same as if the output began at the offset: what the amplifier passes on by itself is there at once.
    assert e[-1] == pytest.approx(float((known.gain * known.passed)[0]), rel=0.02)
    gm = column.transconductance(column._product(LINES))
    cells = 2.0 * KT * g[0] * squared(times, y) / CELLS[0] ** 2
    amplifier = 2.0 * KT * column.excess / gm * squared(times, e)
    again = column.excess * known.ratio / column.load if column.doubled else 1.0 / column.capacitor(LINES)
    variance = cells + amplifier + KT * again
    assert 2.0 * KT * float(found.noise[0]) / LINES.window == pytest.approx(variance, rel=5e-3)


def test_an_exact_integrator_has_the_charge_of_its_cells_and_a_reset() -> None:
    """4 kT G T/(2 C_int^2) of the cells, kT/C_int of the switch: 1e-3 of an amplifier of 1 THz without noise."""
    column, g = charge(bandwidth="1 THz", dc_gain=1e9, excess=0), np.array([1e-4, 480e-6])
    found, store = column.response(LINES, g), LINES.window / LINES.feedback
    np.testing.assert_allclose(found.gain, 1.0, rtol=1e-3)
    expected = 4.0 * KT * g * LINES.window / (2.0 * store**2) + KT / store
    np.testing.assert_allclose(2.0 * KT * found.noise / LINES.window, expected, rtol=1e-3)


def test_double_sampling_pays_the_wide_band_noise_of_the_amplifier_instead_of_a_reset() -> None:
    plain, doubled, g = charge(), charge(doubled=True), np.array([480e-6])
    ratio = 1.0 + LINES.capacitance / plain.capacitor(LINES)
    wide = plain.excess * ratio / plain.load
    other = (doubled.response(LINES, g).noise - plain.response(LINES, g).noise) * 2.0 / LINES.window
    assert other[0] == pytest.approx(wide - 1.0 / plain.capacitor(LINES), rel=1e-9)
    n = float(plain.integrator(LINES, g).gain[0])
    offsets = [float(one.response(LINES, g).offset[0]) for one in (plain, doubled)]
    assert offsets[1] / offsets[0] == pytest.approx((n - 1.0) / n)


def test_twice_the_bandwidth_holds_the_line_in_half_the_time_at_twice_the_power() -> None:
    """What is lost of the charge and the bias; the signal's charge C_int |y| V_dd/2 in a window stays."""
    one, other, g = charge(ratio=20), charge(ratio=40), np.array([480e-6])
    lost = [1.0 - float(column.response(LINES, g).gain[0]) for column in (one, other)]
    leak = 0.5 * float(one.integrator(LINES, g).slow[0]) * LINES.window
    assert (lost[0] - leak) / (lost[1] - leak) == pytest.approx(2.0, rel=0.06)
    assert other.bias(LINES) == pytest.approx(2.0 * one.bias(LINES))
    assert other.drawn(LINES) * LINES.window == pytest.approx(one.capacitor(LINES))
    assert math.isclose(one.capacitor(LINES), LINES.window / LINES.feedback)
