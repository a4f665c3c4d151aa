"""Arrays with wires as multiports: their limit, their heat, their sensitivity."""

import itertools

import numpy as np
import pytest

from analogep.crossbar.wires import Resistances, TiledPorts, read_tiles
from analogep.crossbar.wires.tiles import cuts
from analogep.device.iv import IV
from analogep.network.coupling import Coupling, Perfect
from analogep.network.wired import Wired, WiredCurved
from tests.crossbar.wires_mna import Circuit

from .circuits import IVS, LINEAR, SINH, Floats

SHAPE, SAMPLES = (5, 4), 3
LINES = Resistances(300.0, 200.0, 1e3, 500.0)
TILES = pytest.mark.parametrize("tile", [(5, 4), (3, 2), (2, 4)], ids=str)
CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)


def ohms(factor: float) -> Resistances:
    return Resistances(*(factor * r for r in (LINES.word, LINES.bit, LINES.driver, LINES.sense)))


def wired(g: Floats, iv: IV, lines: Resistances, tile: tuple[int, int]) -> Coupling:
    if iv is LINEAR:
        return Wired(TiledPorts.exact(g, lines, tile), g, lines, tile)
    return WiredCurved(g, iv, lines, tile)


def example(seed: int = 1) -> tuple[Floats, Floats, Floats]:
    """Conductances with one dead cell, and voltages of rows and columns."""
    rng = np.random.default_rng(seed)
    g = rng.uniform(1e-6, 1e-5, SHAPE)
    g[1, 2] = 0.0
    return g, rng.uniform(-0.4, 0.4, (SAMPLES, SHAPE[0])), rng.uniform(-0.2, 0.2, (SAMPLES, SHAPE[1]))


def dense(part: Floats, size: int) -> Floats:
    """Derivatives of one side as a matrix for each sample."""
    if part.shape == (SAMPLES, size):
        return part[:, :, None] * np.eye(size)
    return np.broadcast_to(part, (SAMPLES, size, size))


def everything(array: Coupling, rows: Floats, columns: Floats) -> dict[str, Floats]:
    """All that an array says of itself at one operating point."""
    rng = np.random.default_rng(2)
    ahead, behind = rng.standard_normal(rows.shape), rng.standard_normal(columns.shape)
    slopes, held = array.derivatives(rows, columns), array.held(rows)
    return {
        "into": array.into(rows, columns),
        "drawn": array.drawn(rows, columns),
        "power": array.power(rows, columns),
        "content": array.content(rows, columns),
        "rows": dense(slopes.rows, SHAPE[0]),
        "columns": dense(slopes.columns, SHAPE[1]),
        "cross": np.broadcast_to(slopes.cross, (SAMPLES, *SHAPE)),
        "sensitivity": array.sensitivity(rows, columns, ahead, behind),
        "row load": array.row_load(),
        "column load": array.column_load(),
        "into, held": held.into(columns),
        "power, held": held.power(columns),
        "stiffness, held": dense(held.stiffness(columns), SHAPE[1]),
    }


@CURVED
@TILES
def test_without_resistance_an_array_is_one_of_perfect_wires(iv, tile):
    """Currents, power, co-content, derivatives, sensitivity, loads: off in proportion to the resistance."""
    g, rows, columns = example()
    perfect = everything(Perfect.of(g, iv), rows, columns)
    errors = []
    for factor in (1e-2, 1e-3):
        found = everything(wired(g, iv, ohms(factor), tile), rows, columns)
        errors.append({k: np.abs(found[k] - perfect[k]).max() / np.abs(perfect[k]).max() for k in perfect})
    for name in perfect:
        assert 1e-8 < errors[1][name] < 1e-3, name
        assert errors[0][name] / errors[1][name] == pytest.approx(10.0, rel=0.05), name
    shorted = everything(wired(g, iv, Resistances(0.0, 0.0), tile), rows, columns)
    for name in perfect:
        np.testing.assert_allclose(shorted[name], perfect[name], rtol=0, atol=1e-9 * np.abs(perfect[name]).max())


@TILES
def test_currents_are_those_of_the_circuit_resistor_by_resistor(tile):
    """Every tile by sparse LU on all of its nodes, 1e-9; and its power is what all resistors dissipate."""
    g, rows, columns = example()
    array = wired(g, LINEAR, LINES, tile)
    drawn, into, heat = np.zeros(rows.shape), np.zeros(columns.shape), np.zeros(SAMPLES)
    for i, j in itertools.product(*cuts(SHAPE, tile)):
        circuit = Circuit(g[i, j], LINES)
        for k in range(SAMPLES):
            answer = circuit.solve(rows[k, i], columns[k, j])
            drawn[k, i] += answer.rows
            into[k, j] -= answer.columns
            heat[k] += circuit.dissipated(answer, rows[k, i], columns[k, j])
    scale = np.abs(drawn).max()
    np.testing.assert_allclose(array.drawn(rows, columns), drawn, rtol=0, atol=1e-9 * scale)
    np.testing.assert_allclose(array.into(rows, columns), into, rtol=0, atol=1e-9 * scale)
    np.testing.assert_allclose(array.power(rows, columns), heat, rtol=1e-9)
    np.testing.assert_allclose(array.held(rows).power(columns), heat, rtol=1e-9)
    np.testing.assert_allclose(array.content(rows, columns), 0.5 * heat, rtol=1e-9)


def heats(g: Floats, iv: IV, tile: tuple[int, int], rows: Floats, columns: Floats) -> tuple[Floats, Floats, Floats]:
    """Heat of cells, heat of wires, and what cells' currents lack of what their wires carry [W], [W], [A]."""
    cells, wires, lacking = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows))
    tiles = iter(read_tiles(g, iv, LINES, tile, rows, columns).tiles)
    for i, j in itertools.product(*cuts(g.shape, tile)):
        one, part = next(tiles), g[i, j]
        word = np.concatenate([rows[:, i, None], one.a], axis=2)
        bit = np.concatenate([one.b, columns[:, None, j]], axis=1)
        r = np.full(part.shape[1], LINES.word)
        s = np.full(part.shape[0], LINES.bit)
        r[0] += LINES.driver
        s[-1] += LINES.sense
        along, down = -np.diff(word, axis=2) / r, -np.diff(bit, axis=1) / s[:, None]
        wires += (np.square(along) * r).sum(axis=(1, 2)) + (np.square(down) * s[:, None]).sum(axis=(1, 2))
        drop = one.a - one.b
        current = part * iv.drive(drop)
        cells += (current * drop).sum(axis=(1, 2))
        # Kirchhoff's law at the word lines' nodes: what comes along the line is what the cells from there on take.
        taken = np.cumsum(current[:, :, ::-1], axis=2)[:, :, ::-1]
        lacking = np.maximum(lacking, np.abs(along - taken).max(axis=(1, 2)))
    return cells, wires, lacking


@CURVED
@TILES
def test_the_power_at_the_ports_is_the_heat_of_cells_and_wires(iv, tile):
    """Every cell and every segment by itself, to 1e-8; wires take more than a percent of it here."""
    g, rows, columns = example()
    cells, wires, lacking = heats(g, iv, tile, rows, columns)
    array = wired(g, iv, LINES, tile)
    assert lacking.max() < 1e-8 * np.abs(array.drawn(rows, columns)).max()
    assert (wires / cells).min() > 0.01
    np.testing.assert_allclose(array.power(rows, columns), cells + wires, rtol=1e-8)
    np.testing.assert_allclose(array.held(rows).power(columns), cells + wires, rtol=1e-8)


@CURVED
@TILES
def test_derivatives_are_differences_of_the_currents(iv, tile):
    """[i(v + h) - i(v - h)]/2h of both sides by both sides, 1e-6 of the largest; with curved cells sample by sample."""
    g, rows, columns = example()
    array, h = wired(g, iv, LINES, tile), 1e-4
    found = everything(array, rows, columns)
    scale = np.abs(found["cross"]).max()
    for j in range(SHAPE[0]):
        step = h * np.eye(SHAPE[0])[j]
        into = (array.into(rows + step, columns) - array.into(rows - step, columns)) / (2 * h)
        drawn = (array.drawn(rows + step, columns) - array.drawn(rows - step, columns)) / (2 * h)
        np.testing.assert_allclose(into, found["cross"][:, j], rtol=0, atol=1e-6 * scale)
        np.testing.assert_allclose(drawn, found["rows"][:, :, j], rtol=0, atol=1e-6 * scale)
    for i in range(SHAPE[1]):
        step = h * np.eye(SHAPE[1])[i]
        into = (array.into(rows, columns + step) - array.into(rows, columns - step)) / (2 * h)
        drawn = (array.drawn(rows, columns + step) - array.drawn(rows, columns - step)) / (2 * h)
        np.testing.assert_allclose(-into, found["columns"][:, :, i], rtol=0, atol=1e-6 * scale)
        np.testing.assert_allclose(-drawn, found["cross"][:, :, i], rtol=0, atol=1e-6 * scale)


@CURVED
@TILES
def test_currents_are_the_gradient_of_the_co_content(iv, tile):
    """dP/dr = drawn, dP/dv = -into, by central differences, 1e-6 of the largest: one function for cells and wires."""
    g, rows, columns = example()
    array, h = wired(g, iv, LINES, tile), 1e-4
    drawn, into = array.drawn(rows, columns), array.into(rows, columns)
    scale = np.abs(drawn).max()
    for j in range(SHAPE[0]):
        step = h * np.eye(SHAPE[0])[j]
        slope = (array.content(rows + step, columns) - array.content(rows - step, columns)) / (2 * h)
        np.testing.assert_allclose(slope, drawn[:, j], rtol=0, atol=1e-6 * scale)
    for i in range(SHAPE[1]):
        step = h * np.eye(SHAPE[1])[i]
        slope = (array.content(rows, columns + step) - array.content(rows, columns - step)) / (2 * h)
        np.testing.assert_allclose(-slope, into[:, i], rtol=0, atol=1e-6 * scale)


@CURVED
@TILES
def test_the_sensitivity_is_the_slope_of_weighted_port_currents_by_each_conductance(iv, tile):
    """d/dg [sum row adjoint drawn - sum column adjoint into] by central differences, 1e-6 of the largest."""
    g, rows, columns = example()
    g[1, 2] = 1e-6
    rng = np.random.default_rng(2)
    ahead, behind = rng.standard_normal(rows.shape), rng.standard_normal(columns.shape)
    found = wired(g, iv, LINES, tile).sensitivity(rows, columns, ahead, behind)

    def weighted(changed: Floats) -> float:
        array = wired(changed, iv, LINES, tile)
        return float((ahead * array.drawn(rows, columns)).sum() - (behind * array.into(rows, columns)).sum())

    h = 1e-8
    for k in np.ndindex(SHAPE):
        ends = [g.copy(), g.copy()]
        ends[0][k] += h
        ends[1][k] -= h
        slope = (weighted(ends[0]) - weighted(ends[1])) / (2 * h)
        assert found[k] == pytest.approx(slope, abs=1e-6 * np.abs(found).max())


@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
def test_a_path_of_states_is_its_states_one_by_one(iv):
    """Leading axes: power and currents for (points, samples, lines)."""
    g, rows, columns = example()
    array = wired(g, iv, LINES, (3, 2))
    held = array.held(rows)
    path = np.stack([columns, 0.3 * columns, -columns])
    for name in ("into", "power"):
        together = getattr(held, name)(path)
        for k, one in enumerate(path):
            np.testing.assert_allclose(together[k], getattr(array, name)(rows, one), rtol=1e-8, atol=1e-14)
