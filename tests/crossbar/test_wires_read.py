"""One linear read of an array with wires, against sparse LU of all its nodes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analogep.crossbar.wires import Resistances, linear, losses, read, severity
from analogep.errors import SimulationError, UsageError
from tests.crossbar.wires_mna import Circuit, cells

SIZES = [(1, 1), (1, 9), (9, 1), (5, 3), (40, 64), (128, 32), (500, 7), (3, 500)]
LINES = {
    "0.1 ohm": Resistances(0.1, 0.1),
    "20 ohm": Resistances(20.0, 13.0),
    "drivers of 1 kohm": Resistances(1.0, 2.0, 1e3, 700.0),
    "one short line": Resistances(5.0, 0.0, 10.0, 20.0),
    "the other": Resistances(0.0, 5.0, 10.0, 20.0),
    "ends only": Resistances(0.0, 0.0, 100.0, 50.0),
    "bit lines held": Resistances(3.0, 0.0),
    "word lines held": Resistances(0.0, 3.0),
    "word lines held, ends": Resistances(0.0, 0.0, 0.0, 50.0),
}


def relative(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.abs(x - y).max() / np.abs(y).max())


def agrees(g: np.ndarray, lines: Resistances, rng: np.random.Generator, limit: float = 1e-9) -> None:
    v, u = rng.normal(0.0, 0.2, g.shape[0]), rng.normal(0.0, 0.1, g.shape[1])
    mine, exact = read(g, lines, v, u), Circuit(g, lines).solve(v, u)
    assert np.abs(mine.a - exact.a).max() < limit
    assert np.abs(mine.b - exact.b).max() < limit
    assert relative(mine.row_currents, exact.rows) < limit
    assert relative(mine.column_currents, exact.columns) < limit
    assert mine.iterations < 60


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES.keys())
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_a_read_is_what_sparse_lu_says(shape: tuple[int, int], lines: Resistances) -> None:
    rng = np.random.default_rng(shape[0])
    agrees(cells(rng, shape), lines, rng)


@pytest.mark.parametrize(("low", "high"), [(1e-9, 1e-9), (1e-9, 1e-3), (1e-3, 1e-3)])
@pytest.mark.parametrize("lines", [LINES["0.1 ohm"], LINES["20 ohm"], LINES["drivers of 1 kohm"]], ids=str)
def test_a_read_is_what_sparse_lu_says_from_nanosiemens_to_millisiemens(
    lines: Resistances, low: float, high: float
) -> None:
    rng = np.random.default_rng(1)
    agrees(cells(rng, (60, 90), low, high), lines, rng)


def test_a_read_of_500_by_500_cells_is_what_sparse_lu_says() -> None:
    rng = np.random.default_rng(2)
    agrees(cells(rng, (500, 500), 1e-9, 1e-3), Resistances(20.0, 20.0), rng)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.tuples(*[st.sampled_from([0.0, 1e-9, 0.1, 1.0, 20.0, 1e3])] * 4),
    st.floats(0.0, 1.0),
    st.integers(0, 2**31),
)
def test_dead_cells_and_shorts_anywhere_are_no_special_case(
    rows: int, columns: int, ohms: tuple[float, ...], dead: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    g = cells(rng, (rows, columns), 1e-7, 1e-3)
    g[rng.random(g.shape) < dead] = 0.0
    # The reference itself has no digits left where a line of 1e9 S meets a cell of 1e-7 S.
    lines = Resistances(*(ohm if ohm != 1e-9 else 0.0 for ohm in ohms))
    v, u = rng.normal(size=rows), rng.normal(size=columns)
    exact = Circuit(g, lines).solve(v, u)
    mine = read(g, Resistances(*ohms), v, u)
    scale = max(float(np.abs(exact.current).sum()), 1e-300)
    assert np.abs(mine.row_currents - exact.rows).max() <= 1e-9 * scale
    assert np.abs(mine.column_currents - exact.columns).max() <= 1e-9 * scale


def test_without_resistance_every_cell_sees_the_ports_voltages() -> None:
    rng = np.random.default_rng(3)
    g, v, u = cells(rng, (30, 20)), rng.normal(size=30), rng.normal(size=20)
    mine = read(g, Resistances(0.0, 0.0), v, u)
    assert mine.iterations == 0
    assert np.array_equal(mine.a, np.broadcast_to(v[:, None], g.shape))
    assert mine.row_currents == pytest.approx((g * (v[:, None] - u)).sum(1), rel=1e-13, abs=1e-18)


def test_ports_at_one_voltage_draw_nothing_and_take_no_time() -> None:
    g = cells(np.random.default_rng(8), (60, 50))
    for lines in (Resistances(1.0, 1.0), Resistances(20.0, 20.0, 1e3, 1e3)):
        for volts in (0.0, 1.0):
            mine = read(g, lines, np.full(60, volts), np.full(50, volts))
            assert mine.iterations < 5
            assert np.abs(mine.current).max() < 1e-18


def test_drivers_that_are_all_but_open_leave_the_lines_floating() -> None:
    rng = np.random.default_rng(9)
    g, lines, u = cells(rng, (20, 10)), Resistances(1.0, 1.0, 1e12), rng.normal(size=10)
    mine, exact = read(g, lines, np.zeros(20), u), Circuit(g, lines).solve(np.zeros(20), u)
    assert relative(mine.column_currents, exact.columns) < 1e-9


def test_samples_are_read_as_if_each_were_alone() -> None:
    rng = np.random.default_rng(4)
    g, lines = cells(rng, (20, 33)), Resistances(2.0, 1.0, 50.0, 20.0)
    v, u = rng.normal(size=(7, 20)), rng.normal(size=(7, 33))
    together = read(g, lines, v, u)
    assert together.a.shape == (7, 20, 33)
    for k in range(7):
        alone = read(g, lines, v[k], u[k])
        assert np.array_equal(together.current[k], alone.current)
        assert together.iterations[k] == alone.iterations
    held = read(g, lines, v, u[0])
    assert np.array_equal(held.current[3], read(g, lines, v[3], u[0]).current)


def test_currents_of_all_ports_add_to_zero_and_their_power_is_what_all_resistors_dissipate() -> None:
    rng = np.random.default_rng(5)
    g, lines = cells(rng, (50, 40)), Resistances(4.0, 3.0, 100.0, 30.0)
    v, u = rng.normal(size=50), rng.normal(size=40)
    mine, circuit = read(g, lines, v, u, tolerance=1e-13), Circuit(g, lines)
    assert abs(mine.row_currents.sum() + mine.column_currents.sum()) < 1e-12 * np.abs(mine.current).sum()
    power = v @ mine.row_currents + u @ mine.column_currents
    assert power == pytest.approx(circuit.dissipated(circuit.solve(v, u), v, u), rel=1e-10)


def test_the_residual_bounds_the_error_of_the_ports_currents_at_any_tolerance() -> None:
    rng = np.random.default_rng(6)
    g, lines, v = cells(rng, (100, 100)), Resistances(10.0, 10.0), rng.random(100)
    exact = Circuit(g, lines).solve(v, np.zeros(100))
    for tolerance in (1e-2, 1e-4, 1e-7):
        mine = read(g, lines, v, tolerance=tolerance)
        assert mine.residual <= tolerance * np.abs(mine.current).sum(0).max()
        # All that 100 bit lines lack could leave through one port.
        assert np.abs(mine.column_currents - exact.columns).max() <= 100 * mine.residual
        assert relative(mine.column_currents, exact.columns) < tolerance


def test_severity_is_the_worst_columns_loss_while_it_is_small() -> None:
    rng = np.random.default_rng(7)
    for shape, lines in [
        ((40, 40), Resistances(0.02, 0.02)),
        ((90, 20), Resistances(0.01, 0.03, 0.5, 0.2)),
        ((10, 150), Resistances(0.01, 0.0, 1.0)),
        ((30, 30), Resistances(0.0, 0.0, 0.0, 2.0)),
    ]:
        g = cells(rng, shape)
        mine = read(g, lines, np.ones(shape[0]))
        lost_rows, lost_columns = 1.0 - mine.row_currents / g.sum(1), 1.0 + mine.column_currents / g.sum(0)
        kappa = severity(g, lines)
        assert 0.0 < kappa < 0.1
        assert lost_columns.max() == pytest.approx(kappa, rel=3 * kappa)
        rows, columns = losses(g, lines)
        assert rows == pytest.approx(lost_rows, rel=3 * kappa + 1e-6)
        assert columns == pytest.approx(lost_columns, rel=3 * kappa + 1e-6)


def test_severity_of_equal_cells_is_five_sixths_of_n_squared_r_g() -> None:
    n = 400
    assert severity(np.full((n, n), 5e-5), Resistances(1.0, 1.0)) == pytest.approx(5 / 6 * n**2 * 5e-5, rel=5e-3)
    assert severity(np.zeros((3, 3)), Resistances(1.0, 1.0)) == 0.0


def test_a_read_that_does_not_converge_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "LIMIT", 3)
    g = cells(np.random.default_rng(10), (50, 50))
    with pytest.raises(SimulationError, match=r"converge in 3 steps; sample 1 still lacks .* A .* use smaller tiles"):
        read(g, Resistances(50.0, 50.0), np.stack((np.zeros(50), np.ones(50))))


def test_impossible_arrays_are_refused_with_the_number_and_its_place() -> None:
    lines = Resistances(1.0, 1.0)
    with pytest.raises(UsageError, match=r"bit = -2 ohm; a resistance is finite and not negative"):
        Resistances(1.0, -2.0)
    with pytest.raises(UsageError, match=r"word = nan ohm"):
        Resistances(float("nan"), 1.0)
    g = np.ones((3, 4))
    g[1, 2] = -1e-6
    with pytest.raises(UsageError, match=r"row 1, column 2 has -1e-06 S, one of 1 that are negative or not finite"):
        read(g, lines, np.ones(3))
    with pytest.raises(UsageError, match=r"shape \(3,\); expected \(rows, columns\)"):
        read(np.ones(3), lines, np.ones(3))
    with pytest.raises(UsageError, match=r"voltages of the rows have the shape \(4,\); expected \(3,\)"):
        read(np.ones((3, 4)), lines, np.ones(4))
    with pytest.raises(UsageError, match="columns have 2 samples, the other side has 5"):
        read(np.ones((3, 4)), lines, np.ones((5, 3)), np.ones((2, 4)))
