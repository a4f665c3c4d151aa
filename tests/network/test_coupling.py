"""An array with perfect wires as a multiport: every product of matrices against loops over its cells."""

import math

import numpy as np
import pytest

from analogep.device.iv import IV
from analogep.network.coupling import Perfect
from tests.physics.circuits import IVS, Floats

CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)
ROWS, COLUMNS, SAMPLES = 5, 4, 3


def current(iv: IV, drop: float) -> float:
    """q(d) by its textbook formula [V]."""
    if iv.kind == "linear":
        return drop
    if iv.kind == "sinh":
        return iv.v0 * math.sinh(drop / iv.v0)
    return drop + drop**3 / iv.v0**2


def content(iv: IV, drop: float) -> float:
    """int_0^d q [V^2]."""
    if iv.kind == "linear":
        return 0.5 * drop**2
    if iv.kind == "sinh":
        return iv.v0**2 * (math.cosh(drop / iv.v0) - 1.0)
    return 0.5 * drop**2 + 0.25 * drop**4 / iv.v0**2


def slope(iv: IV, drop: float) -> float:
    """q'(d) [1]."""
    if iv.kind == "linear":
        return 1.0
    return math.cosh(drop / iv.v0) if iv.kind == "sinh" else 1.0 + 3.0 * drop**2 / iv.v0**2


def example(iv: IV, seed: int = 1) -> tuple[Perfect, Floats, Floats]:
    """An array, one of whose cells is dead, and voltages of its rows and columns."""
    rng = np.random.default_rng(seed)
    g = rng.uniform(1e-6, 1e-5, (ROWS, COLUMNS))
    g[1, 2] = 0.0
    return Perfect.of(g, iv), rng.uniform(-0.4, 0.4, (SAMPLES, ROWS)), rng.uniform(-0.2, 0.2, (SAMPLES, COLUMNS))


@CURVED
def test_currents_powers_and_co_contents_are_sums_over_cells(iv):
    """into, drawn, power and content of every sample, to rounding."""
    array, rows, columns = example(iv)
    into, drawn = np.zeros((SAMPLES, COLUMNS)), np.zeros((SAMPLES, ROWS))
    power, stored = np.zeros(SAMPLES), np.zeros(SAMPLES)
    for (j, i), g in np.ndenumerate(array.g):
        for b in range(SAMPLES):
            drop = rows[b, j] - columns[b, i]
            into[b, i] += g * current(iv, drop)
            drawn[b, j] += g * current(iv, drop)
            power[b] += g * current(iv, drop) * drop
            stored[b] += g * content(iv, drop)
    np.testing.assert_allclose(array.into(rows, columns), into, rtol=1e-12, atol=1e-19)
    np.testing.assert_allclose(array.drawn(rows, columns), drawn, rtol=1e-12, atol=1e-19)
    np.testing.assert_allclose(array.power(rows, columns), power, rtol=1e-12)
    np.testing.assert_allclose(array.content(rows, columns), stored, rtol=1e-12)


@CURVED
def test_an_array_with_held_rows_is_the_same_array(iv):
    """into, power and stiffness of one batch and of a path of batches, to rounding."""
    array, rows, columns = example(iv)
    path = np.stack([columns, -0.5 * columns])
    held = array.held(rows)
    np.testing.assert_allclose(held.into(columns), array.into(rows, columns), rtol=1e-12)
    np.testing.assert_allclose(held.power(columns), array.power(rows, columns), rtol=1e-12)
    np.testing.assert_allclose(held.stiffness(columns), array.derivatives(rows, columns).columns, rtol=1e-12)
    for k in range(2):
        np.testing.assert_allclose(held.into(path)[k], array.into(rows, path[k]), rtol=1e-12)
        np.testing.assert_allclose(held.power(path)[k], array.power(rows, path[k]), rtol=1e-12)
        np.testing.assert_allclose(array.drawn(np.stack([rows, rows]), path)[k], array.drawn(rows, path[k]), rtol=1e-12)


@CURVED
def test_derivatives_are_sums_of_slopes_over_cells(iv):
    """d drawn/d r and -d into/d v: sums of g q'; between them g q' of the one cell."""
    array, rows, columns = example(iv)
    found = array.derivatives(rows, columns)
    ahead, behind = np.zeros((SAMPLES, ROWS)), np.zeros((SAMPLES, COLUMNS))
    cross = np.zeros((SAMPLES, ROWS, COLUMNS))
    for (j, i), g in np.ndenumerate(array.g):
        for b in range(SAMPLES):
            cross[b, j, i] = g * slope(iv, rows[b, j] - columns[b, i])
            ahead[b, j] += cross[b, j, i]
            behind[b, i] += cross[b, j, i]
    np.testing.assert_allclose(found.rows, ahead, rtol=1e-12)
    np.testing.assert_allclose(found.columns, behind, rtol=1e-12)
    np.testing.assert_allclose(np.broadcast_to(found.cross, cross.shape), cross, rtol=1e-12)


@CURVED
def test_derivatives_are_differences_of_the_currents(iv):
    """[i(r + h) - i(r - h)]/2h and the same in v, 1e-8 of the largest."""
    array, rows, columns = example(iv)
    found, h = array.derivatives(rows, columns), 1e-5
    cross = np.broadcast_to(found.cross, (SAMPLES, ROWS, COLUMNS))
    for j in range(ROWS):
        step = h * np.eye(ROWS)[j]
        into = (array.into(rows + step, columns) - array.into(rows - step, columns)) / (2 * h)
        drawn = (array.drawn(rows + step, columns) - array.drawn(rows - step, columns)) / (2 * h)
        np.testing.assert_allclose(into, cross[:, j], rtol=0, atol=1e-8 * cross.max())
        np.testing.assert_allclose(drawn[:, j], found.rows[:, j], rtol=1e-8)
        assert np.abs(np.delete(drawn, j, axis=1)).max() < 1e-8 * cross.max()
    for i in range(COLUMNS):
        step = h * np.eye(COLUMNS)[i]
        into = (array.into(rows, columns + step) - array.into(rows, columns - step)) / (2 * h)
        drawn = (array.drawn(rows, columns + step) - array.drawn(rows, columns - step)) / (2 * h)
        np.testing.assert_allclose(-into[:, i], found.columns[:, i], rtol=1e-8)
        np.testing.assert_allclose(-drawn, cross[:, :, i], rtol=0, atol=1e-8 * cross.max())


@CURVED
def test_the_sensitivity_is_the_slope_of_weighted_currents_by_each_conductance(iv):
    """sum over samples of q(d) (row adjoint - column adjoint), cell by cell, and as a difference of port currents."""
    array, rows, columns = example(iv)
    rng = np.random.default_rng(2)
    ahead, behind = rng.standard_normal((SAMPLES, ROWS)), rng.standard_normal((SAMPLES, COLUMNS))
    found = array.sensitivity(rows, columns, ahead, behind)

    def weighted(g: Floats) -> float:
        other = Perfect.of(g, iv)
        return float((ahead * other.drawn(rows, columns)).sum() - (behind * other.into(rows, columns)).sum())

    for j, i in np.ndindex(array.g.shape):
        direct = sum(
            current(iv, rows[b, j] - columns[b, i]) * (ahead[b, j] - behind[b, i]) for b in range(SAMPLES)
        )  # fmt: skip
        assert found[j, i] == pytest.approx(direct, rel=1e-11, abs=1e-14)
        up, down = array.g.copy(), array.g.copy()
        up[j, i] += 1e-6
        down[j, i] -= 1e-6
        assert found[j, i] == pytest.approx((weighted(up) - weighted(down)) / 2e-6, rel=1e-7, abs=1e-8)


@CURVED
def test_loads_are_the_conductances_on_each_line(iv):
    """The slope of a line's current at 0 V, all others at ground."""
    array, _, _ = example(iv)
    rest = np.zeros((1, ROWS)), np.zeros((1, COLUMNS))
    np.testing.assert_allclose(array.row_load(), array.derivatives(*rest).rows[0], rtol=1e-12)
    np.testing.assert_allclose(array.column_load(), array.derivatives(*rest).columns[0], rtol=1e-12)
    np.testing.assert_allclose(array.row_load(), [math.fsum(row) for row in array.g], rtol=1e-12)
    np.testing.assert_allclose(array.column_load(), [math.fsum(column) for column in array.g.T], rtol=1e-12)


@CURVED
def test_power_is_never_negative_and_zero_where_nothing_drops(iv):
    """All lines at one voltage: no current, no power, no co-content, up to rounding of what cancels."""
    array, rows, columns = example(iv)
    assert (array.power(rows, columns) > 0.0).all()
    one = np.full((1, ROWS), 0.3), np.full((1, COLUMNS), 0.3)
    scale = float(array.g.sum()) * 0.3
    assert np.abs(array.into(*one)).max() < 1e-13 * scale
    assert np.abs(array.power(*one)).max() < 1e-13 * scale
    assert np.abs(array.content(*one)).max() < 1e-13 * scale
