"""The exact reduction to the ports, tiles, and the estimate between two reductions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analogep.crossbar.wires import Resistances, TiledPorts, ports, read, severity
from analogep.crossbar.wires.join import Sides, beside, join, join_many, stacked
from analogep.errors import UsageError
from tests.crossbar.test_wires_read import LINES
from tests.crossbar.wires_mna import Circuit, cells


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES.keys())
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (17, 2), (16, 16), (20, 35)], ids=str)
def test_y_is_column_by_column_what_sparse_lu_says(shape: tuple[int, int], lines: Resistances) -> None:
    g = cells(np.random.default_rng(shape[1]), shape)
    circuit, y = Circuit(g, lines), ports(g, lines).matrix
    for k, unit in enumerate(np.eye(sum(shape))):
        exact = circuit.solve(unit[: shape[0]], unit[shape[0] :])
        assert np.abs(y[:, k] - np.concatenate((exact.rows, exact.columns))).max() < 1e-9 * np.abs(y[:, k]).max()


@settings(max_examples=40, deadline=None)
# Lines without resistance behind large drivers: the last step leaves nothing that a further one could divide by.
@example(2, 1, (0.0, 0.0, 1e3, 1e3), 0.0, 1)
@example(3, 1, (0.0, 0.0, 1e3, 20.0), 0.0, 1)
@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.tuples(*[st.sampled_from([0.0, 1e-9, 0.1, 20.0, 1e3])] * 4),
    st.floats(0.0, 1.0),
    st.integers(0, 2**31),
)
def test_y_gives_the_currents_of_a_read_for_any_shape_dead_cells_and_shorts(
    rows: int, columns: int, ohms: tuple[float, ...], dead: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    g = cells(rng, (rows, columns), 1e-9, 1e-3)
    g[rng.random(g.shape) < dead] = 0.0
    v, u = rng.normal(size=rows), rng.normal(size=columns)
    one, y = read(g, Resistances(*ohms), v, u, tolerance=1e-12), ports(g, Resistances(*ohms))
    scale = float(np.abs(one.current).sum())
    assert np.abs(y.rr @ v + y.rc @ u - one.row_currents).max() <= 1e-10 * scale
    assert np.abs(y.rc.T @ v + y.cc @ u - one.column_currents).max() <= 1e-10 * scale


@pytest.mark.parametrize("shape", [(200, 200), (300, 40), (30, 350)], ids=str)
def test_y_of_large_arrays_gives_the_currents_of_a_read(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    g, lines = cells(rng, shape), Resistances(1.0, 1.0, 20.0, 10.0)
    v, u = rng.normal(size=(3, shape[0])), rng.normal(size=(3, shape[1]))
    one, y = read(g, lines, v, u, tolerance=1e-12), ports(g, lines)
    assert v @ y.rr + u @ y.rc.T == pytest.approx(one.row_currents, rel=0, abs=1e-11 * np.abs(one.row_currents).max())
    assert v @ y.rc + u @ y.cc == pytest.approx(one.column_currents, rel=0, abs=1e-11 * np.abs(one.row_currents).max())


def test_y_is_symmetric_has_no_positive_coupling_and_draws_nothing_at_one_voltage() -> None:
    for lines in LINES.values():
        y = ports(cells(np.random.default_rng(1), (33, 50)), lines).matrix
        assert np.array_equal(y, y.T) or np.abs(y - y.T).max() < 1e-15 * y.max()
        assert (y - np.diag(np.diag(y))).max() < 1e-15 * y.max()
        assert np.abs(y.sum(0)).max() < 1e-13 * y.max()


def test_v_y_v_is_the_sum_of_what_every_cell_and_every_wire_dissipates() -> None:
    rng = np.random.default_rng(2)
    g, lines = cells(rng, (45, 60)), Resistances(3.0, 5.0, 100.0, 40.0)
    circuit, tiled = Circuit(g, lines), TiledPorts.exact(g, lines)
    v, u = rng.normal(size=(4, 45)), rng.normal(size=(4, 60))
    exact = [circuit.dissipated(circuit.solve(v[k], u[k]), v[k], u[k]) for k in range(4)]
    assert tiled.power(v, u) == pytest.approx(exact, rel=1e-11)
    grounded = circuit.dissipated(circuit.solve(v[0], 0.0 * u[0]), v[0], 0.0 * u[0])
    assert tiled.power(v[0]) == pytest.approx(grounded, rel=1e-11)


def test_without_resistance_y_is_the_conductances() -> None:
    g = cells(np.random.default_rng(3), (20, 30))
    y = ports(g, Resistances(0.0, 0.0))
    assert pytest.approx(g, rel=1e-13) == -y.rc
    assert y.rr == pytest.approx(np.diag(g.sum(1)), rel=1e-13, abs=1e-18)
    assert y.cc == pytest.approx(np.diag(g.sum(0)), rel=1e-13, abs=1e-18)


def symmetric(rng: np.random.Generator, sides: Sides) -> np.ndarray:
    """An H with positive semidefinite Y and Z."""
    k = sides.left + sides.bottom
    x = rng.normal(size=(sides.total, sides.total))
    h = x + x.T
    h[:k, :k], h[k:, k:] = x[:k] @ x[:k].T, -x[k:] @ x[k:].T
    return h


@pytest.mark.parametrize("way", [beside, stacked])
def test_both_ways_to_join_pieces_agree(way: object) -> None:
    rng = np.random.default_rng(4)
    sides = (Sides(3, 4, 3, 4), Sides(3, 4, 3, 4))
    a, b = (np.stack([symmetric(rng, s) for _ in range(5)]) for s in sides)
    seam = way(*sides)  # type: ignore[operator]
    many = join_many(a, b, seam)
    for k in range(5):
        assert many[k] == pytest.approx(join(a[k], b[k], seam), rel=1e-9, abs=1e-9)


def test_tiles_are_arrays_of_their_own_whose_currents_add() -> None:
    rng = np.random.default_rng(5)
    g, lines, tile = cells(rng, (50, 37)), Resistances(5.0, 7.0, 30.0, 60.0), (16, 20)
    v, u = rng.normal(size=(3, 50)), rng.normal(size=(3, 37))
    rows, columns, power = np.zeros(v.shape), np.zeros(u.shape), np.zeros(3)
    for i in range(0, 50, 16):
        for j in range(0, 37, 20):
            circuit = Circuit(g[i : i + 16, j : j + 20], lines)
            for k in range(3):
                ends = v[k, i : i + 16], u[k, j : j + 20]
                exact = circuit.solve(*ends)
                rows[k, i : i + 16] += exact.rows
                columns[k, j : j + 20] += exact.columns
                power[k] += circuit.dissipated(exact, *ends)
    tiled = TiledPorts.exact(g, lines, tile)
    assert tiled.row_currents(v, u) == pytest.approx(rows, rel=1e-9)
    assert tiled.column_currents(v, u) == pytest.approx(columns, rel=1e-9)
    assert tiled.power(v, u) == pytest.approx(power, rel=1e-11)
    assert tiled.row_currents(v[0], u[0]) == pytest.approx(rows[0], rel=1e-9)
    assert tiled.column_currents(v) == pytest.approx(-v @ -tiled.rc, rel=1e-12)
    assert tiled.severity == pytest.approx(severity(g[:16, :20], lines), rel=0.5)


def test_a_tile_larger_than_the_array_is_cut_to_it() -> None:
    g, lines = cells(np.random.default_rng(6), (9, 12)), Resistances(5.0, 7.0, 30.0, 60.0)
    whole, cut = TiledPorts.exact(g, lines), TiledPorts.exact(g, lines, (64, 64))
    assert np.array_equal(whole.t, cut.t)
    assert whole.severity == cut.severity == severity(g, lines)
    with pytest.raises(UsageError, match="tiles of 0 x 3 cells"):
        TiledPorts.exact(g, lines, (0, 3))


@pytest.mark.parametrize(("change", "limit"), [(0.01, 1e-3), (0.05, 5e-3), (0.2, 2e-2)])
def test_small_changes_are_followed_by_scaling(change: float, limit: float) -> None:
    rng = np.random.default_rng(7)
    g, lines = rng.uniform(1e-6, 1e-4, (128, 128)), Resistances(1.0, 1.0)
    before = TiledPorts.exact(g, lines)
    changed = g * (1.0 + change * rng.uniform(-1.0, 1.0, g.shape))
    after, estimate = TiledPorts.exact(changed, lines), before.moved(changed)
    assert after.error(after) == 0.0
    assert estimate.error(after) < limit
    assert estimate.error(after) < 0.1 * before.error(after)
    assert np.abs(estimate.t - after.t).max() / after.t.max() < 2 * limit


def test_an_estimate_conserves_charge_and_never_produces_power() -> None:
    rng = np.random.default_rng(8)
    g, lines = cells(rng, (30, 40)), Resistances(20.0, 20.0)
    g[rng.random(g.shape) < 0.2] = 0.0
    changed = g * rng.uniform(0.3, 3.0, g.shape)
    changed[:5, :5] = 5e-5
    estimate = TiledPorts.exact(g, lines, (16, 16)).moved(changed)
    ones = np.ones(30), np.ones(40)
    assert np.abs(estimate.row_currents(*ones)).max() < 1e-15
    assert np.abs(estimate.column_currents(*ones)).max() < 1e-15
    assert estimate.power(rng.normal(size=(200, 30)), rng.normal(size=(200, 40))).min() > 0.0
    assert estimate.t.min() >= 0.0
    assert estimate.g is not changed
    with pytest.raises(UsageError, match=r"shape \(2, 2\), the reduction is of \(30, 40\)"):
        estimate.moved(np.ones((2, 2)))
