"""Nonlinear cells on lines with resistance, against SciPy on all nodes and against Kirchhoff's laws themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from analogep.crossbar.wires import Resistances, TiledPorts, ports, read, read_nonlinear, read_tiles
from analogep.crossbar.wires.nonlinear import Curve
from analogep.device.iv import CubicIV, LinearIV, SinhIV
from analogep.errors import SimulationError, UsageError
from tests.crossbar.wires_mna import cells

SINH = SinhIV(kind="sinh", v0=0.25)
CUBIC = CubicIV(kind="cubic", v0=0.3)
CURVES = [LinearIV(kind="linear"), SINH, CUBIC]
BY_KIND = {"ids": lambda curve: curve.kind}


def violated(
    g: np.ndarray, iv: Curve, lines: Resistances, v: np.ndarray, u: np.ndarray, a: np.ndarray, b: np.ndarray
) -> float:
    """Largest |current missing| at a node, every node and every segment one by one [A]."""
    rows, columns = g.shape
    missing = 0.0
    through = np.zeros((rows, columns))
    cell = g * iv.drive(a - b)
    for i in range(rows):
        for j in range(columns):
            ohm = lines.word + (lines.driver if j == 0 else 0.0)
            through[i, j] = ((v[i] if j == 0 else a[i, j - 1]) - a[i, j]) / ohm
    for i in range(rows):
        for j in range(columns):
            onward = through[i, j + 1] if j + 1 < columns else 0.0
            missing = max(missing, abs(through[i, j] - onward - cell[i, j]))
    down = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            ohm = lines.bit + (lines.sense if i == rows - 1 else 0.0)
            down[i, j] = (b[i, j] - (u[j] if i == rows - 1 else b[i + 1, j])) / ohm
            missing = max(missing, abs((down[i - 1, j] if i else 0.0) + cell[i, j] - down[i, j]))
    return missing


@pytest.mark.parametrize("iv", CURVES, **BY_KIND)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4, 3)], ids=str)
def test_newton_finds_what_a_general_root_finder_finds(shape: tuple[int, int], iv: Curve) -> None:
    rng = np.random.default_rng(0)
    g, lines = cells(rng, shape, 1e-5, 1e-3), Resistances(20.0, 30.0, 100.0, 50.0)
    v, u = rng.normal(0.0, 0.4, shape[0]), rng.normal(0.0, 0.2, shape[1])

    def kcl(x: np.ndarray) -> np.ndarray:
        a, b = x.reshape(2, *shape)
        cell = g * iv.drive(a - b)
        word, bit = lines.segments(shape)
        into = -np.diff(np.concatenate((v[:, None], a), axis=1), axis=1) / word
        down = -np.diff(np.concatenate((b, u[None])), axis=0) / bit[:, None]
        lack_a = into - np.concatenate((into[:, 1:], np.zeros((shape[0], 1))), axis=1) - cell
        lack_b = np.concatenate((np.zeros((1, shape[1])), down[:-1])) + cell - down
        return 1e3 * np.concatenate((lack_a.ravel(), lack_b.ravel()))

    start = np.stack((np.broadcast_to(v[:, None], shape), np.broadcast_to(u, shape))).ravel()
    other = root(kcl, start, method="hybr", options={"xtol": 1e-14})
    mine = read_nonlinear(g, iv, lines, v, u, tolerance=1e-12)
    a, b = other.x.reshape(2, *shape)
    assert mine.a == pytest.approx(a, abs=1e-11)
    assert mine.b == pytest.approx(b, abs=1e-11)
    assert mine.row_currents == pytest.approx((g * iv.drive(a - b)).sum(1), abs=1e-13)


@pytest.mark.parametrize("iv", [SINH, CUBIC], **BY_KIND)
def test_kirchhoffs_current_law_holds_at_every_node(iv: Curve) -> None:
    rng = np.random.default_rng(1)
    g, lines = cells(rng, (40, 30)), Resistances(2.0, 3.0, 100.0, 10.0)
    v, u = rng.normal(0.0, 0.2, (3, 40)), rng.normal(0.0, 0.1, (3, 30))
    mine = read_nonlinear(g, iv, lines, v, u)
    for k in range(3):
        assert violated(g, iv, lines, v[k], u[k], mine.a[k], mine.b[k]) < 1e-13
    assert mine.residual.max() < 1e-13
    assert np.abs(mine.current - g * iv.drive(mine.a - mine.b)).max() < 1e-13


@pytest.mark.parametrize("volts", [1e-3, 0.1, 0.5, 2.0])
def test_newton_converges_from_the_ideal_array_at_any_voltage(volts: float) -> None:
    rng = np.random.default_rng(2)
    g, v = cells(rng, (32, 32)), volts * rng.uniform(-1.0, 1.0, (4, 32))
    mine = read_nonlinear(g, SINH, Resistances(20.0, 20.0), v)
    # Severely driven lines: what counts is the currents' own scale.
    scale = np.abs(mine.current).sum(axis=1).max(axis=1)
    assert (np.abs(mine.current - g * SINH.drive(mine.a - mine.b)).sum(axis=1).max(axis=1) <= 1e-10 * scale).all()
    assert (mine.residual <= 1e-10 * scale).all()


def test_samples_that_take_different_numbers_of_steps_keep_their_order() -> None:
    rng = np.random.default_rng(9)
    g, lines = cells(rng, (25, 40)), Resistances(10.0, 10.0, 50.0, 50.0)
    v = np.array([[0.1], [1.5], [1e-4], [0.8], [0.0]]) * rng.uniform(-1.0, 1.0, (5, 25))
    together = read_nonlinear(g, SINH, lines, v)
    assert len(set(together.iterations)) > 2
    for k in range(5):
        alone = read_nonlinear(g, SINH, lines, v[k])
        assert np.array_equal(together.current[k], alone.current)
        assert together.residual[k] == alone.residual


def test_cells_that_are_linear_after_all_give_the_linear_read() -> None:
    rng = np.random.default_rng(3)
    g, lines, v = cells(rng, (25, 50)), Resistances(3.0, 0.0, 10.0), rng.normal(size=(2, 25))
    assert read_nonlinear(g, CURVES[0], lines, v).current == pytest.approx(read(g, lines, v).current, abs=1e-13)


def test_without_resistance_the_cells_see_the_ports_voltages() -> None:
    rng = np.random.default_rng(4)
    g, v, u = cells(rng, (8, 6)), rng.normal(0.0, 0.2, 8), rng.normal(0.0, 0.2, 6)
    mine = read_nonlinear(g, SINH, Resistances(0.0, 0.0), v, u)
    assert mine.current == pytest.approx(g * SINH.drive(v[:, None] - u), rel=1e-13)


def test_a_neighbouring_read_saves_steps_and_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    g, lines = cells(rng, (60, 60)), Resistances(5.0, 5.0, 20.0, 20.0)
    v, u = rng.normal(0.0, 0.3, (3, 60)), rng.normal(0.0, 0.1, (3, 60))
    first = read_nonlinear(g, SINH, lines, v, u)
    cold = read_nonlinear(g, SINH, lines, 1.001 * v, u + 1e-4)
    warm = read_nonlinear(g, SINH, lines, 1.001 * v, u + 1e-4, warm=first)
    assert (warm.iterations < cold.iterations).all()
    assert warm.row_currents == pytest.approx(cold.row_currents, rel=0, abs=1e-9 * np.abs(cold.row_currents).max())
    again = read_nonlinear(g, SINH, lines, v, u, warm=first)
    assert (again.iterations <= 1).all()
    with pytest.raises(UsageError, match=r"is of an array \(60, 60\), this one is \(2, 2\)"):
        read_nonlinear(np.ones((2, 2)), SINH, lines, np.ones(2), warm=first)


def test_from_a_driven_array_to_one_at_rest() -> None:
    rng = np.random.default_rng(8)
    g, lines, v = cells(rng, (30, 20)), Resistances(20.0, 20.0, 100.0, 100.0), rng.normal(0.0, 0.5, 30)
    driven = read_nonlinear(g, SINH, lines, v)
    for volts in (0.0, 0.7):
        rest = read_nonlinear(g, SINH, lines, np.full(30, volts), np.full(20, volts), warm=driven)
        assert np.abs(rest.current).max() < 1e-16


def test_the_tangents_ports_are_the_derivative_of_the_currents() -> None:
    rng = np.random.default_rng(6)
    g, lines = cells(rng, (12, 15)), Resistances(20.0, 20.0, 200.0, 100.0)
    v, u, h = rng.normal(0.0, 0.3, 12), rng.normal(0.0, 0.3, 15), 1e-4
    here = read_nonlinear(g, SINH, lines, v, u)
    y = ports(g * SINH.slope(here.a - here.b), lines)
    dv, du = rng.normal(size=12), rng.normal(size=15)
    ahead = read_nonlinear(g, SINH, lines, v + h * dv, u + h * du, tolerance=1e-13)
    behind = read_nonlinear(g, SINH, lines, v - h * dv, u - h * du, tolerance=1e-13)
    measured = (ahead.row_currents - behind.row_currents) / (2 * h)
    assert y.rr @ dv + y.rc @ du == pytest.approx(measured, rel=1e-5, abs=1e-6 * np.abs(measured).max())


def test_tiles_of_nonlinear_cells_are_arrays_of_their_own_whose_currents_add() -> None:
    rng = np.random.default_rng(7)
    g, lines = cells(rng, (20, 13)), Resistances(10.0, 10.0, 50.0, 50.0)
    v, u = rng.normal(0.0, 0.3, (2, 20)), rng.normal(0.0, 0.3, (2, 13))
    tiled = read_tiles(g, SINH, lines, (12, 8), v, u)
    rows, columns = np.zeros((2, 20)), np.zeros((2, 13))
    for i, j in [(0, 0), (0, 8), (12, 0), (12, 8)]:
        one = read_nonlinear(g[i : i + 12, j : j + 8], SINH, lines, v[:, i : i + 12], u[:, j : j + 8])
        rows[:, i : i + 12] += one.row_currents
        columns[:, j : j + 8] += one.column_currents
    assert np.array_equal(tiled.row_currents, rows)
    assert np.array_equal(tiled.column_currents, columns)
    again = read_tiles(g, SINH, lines, (12, 8), v[1], u[1])
    assert again.row_currents == pytest.approx(rows[1], rel=1e-9)
    warm = read_tiles(g, SINH, lines, (12, 8), v, u, warm=tiled)
    assert sum(int(tile.iterations.sum()) for tile in warm.tiles) <= 8
    linear = read_tiles(g, CURVES[0], lines, (12, 8), v, u)
    assert linear.column_currents == pytest.approx(TiledPorts.exact(g, lines, (12, 8)).column_currents(v, u), rel=1e-8)


def test_voltages_beyond_the_curve_are_refused() -> None:
    with (
        np.errstate(over="ignore"),
        pytest.raises(SimulationError, match="inputs up to 1000 V, where the cells' currents are not finite"),
    ):
        read_nonlinear(np.full((3, 3), 1e-5), SINH, Resistances(1.0, 1.0), np.full(3, 1000.0))


def test_a_curve_that_falls_is_refused_after_its_steps() -> None:
    class Falling:
        def drive(self, v: np.ndarray) -> np.ndarray:
            return np.sin(40.0 * v)

        def slope(self, v: np.ndarray) -> np.ndarray:
            return 40.0 * np.ones_like(v)

    g = np.full((4, 4), 1e-3)
    with pytest.raises(SimulationError, match=r"of 1 reads .* did not converge in 50 Newton steps"):
        read_nonlinear(g, Falling(), Resistances(2000.0, 2000.0), np.linspace(1.0, 2.0, 4))
