"""The programming engine against a plain twin, pulse by pulse in Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from analogep.crossbar.program import SUMS, Shown, Sums, update_rows
from analogep.crossbar.row import Half, buffers, pulsing
from analogep.crossbar.write import exact, wanted_counts
from analogep.device import DIRECTIONS, Law
from analogep.device.laws import LAWS
from analogep.device.laws.affine import AffineStep, ConstantStep
from analogep.device.variation import AdditiveNoise, NominalNoise, PolynomialNoise, ProportionalNoise
from analogep.draws import key_of
from tests.device.examples import by_name
from tests.test_draws import bits, twin

AFFINE = {
    "constant": (0.02, 0.0, -0.03, 0.0),
    "saturating": (0.05, -0.05, 0.0, -0.04),
    "accelerating": (0.01, 0.03, -0.05, 0.04),
    "longer than the window": (1.5, -1.5, 0.0, -1.3),
}
NOISES = {
    "none": (0.0, 0.0, 0.0, 0.0, 0.0),
    "additive": (0.03, 0.0, 0.0, 0.0, 0.0),
    "nominal": (0.0, 0.02, 0.0, 0.0, 0.0),
    "multiplicative": (0.0, 0.0, 0.4, 0.0, 0.0),
    "state": (0.01, 0.0, 0.2, 0.05, 0.0),
    "write": (0.0, 0.0, 0.0, 0.0, 0.05),
    "all": (0.02, 0.0, 0.3, 0.02, 0.05),
}
"""Additive, times the cell's factor, relative to the step, share of the state, write noise."""
PAIRS = [(law, noise) for law in AFFINE for noise in NOISES if law != "constant" or noise in ("none", "additive")]
"""The engine is compiled for each type of law with each type of noise: laws are crossed with noises where both are of
one type."""
KEYS = tuple(int(key_of(k)) for k in (0xFEDCBA9876543210, 17))


def clip(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def plain_step(law: Law | tuple[float, ...], side: int, x: float, scale: float, h: int) -> float:
    """One pulse of a cell whose steps are scaled: by the card's law, or by offset and slope."""
    if isinstance(law, tuple):
        return scale * (law[2 * side] + law[2 * side + 1] * x)
    direction = DIRECTIONS[side]
    if law.model == "logistic":
        rate, a = law._own(direction)  # type: ignore[attr-defined]
        from analogep.device.laws.curved import logistic_after

        return float(logistic_after(np.array(x), scale * rate * (1 if side == 0 else -1), a)) - x
    mean = float(law.step(direction, np.array(x)))
    if law.model != "inverse_cdf":
        return scale * mean
    branch = getattr(law, direction)
    row = [float(np.interp(x, branch.nodes, steps)) for steps in branch.steps]
    drawn = float(np.interp(((h >> 12) + 0.5) * 2.0**-20, branch.quantiles, row))
    return scale * mean + math.sqrt(scale) * (drawn - mean)


def plain(cells: dict[str, Any], law: Any, noise: tuple[float, ...], levels: int, sign: int = 1) -> dict[str, Any]:
    """What the engine should do."""
    hidden, g, counts = cells["hidden"].copy(), cells["g"].copy(), sign * cells["counts"]
    rows, columns = counts.shape
    sums, slots = np.zeros((rows, 7)), np.zeros((2, rows), np.int64)
    per_column, change = np.zeros((2, columns), np.int64), np.zeros(columns)
    additive, nominal, multiplicative, share, write = noise
    for i, j in np.ndindex(rows, columns):
        n, side = abs(int(counts[i, j])), 0 if counts[i, j] > 0 else 1
        if n == 0:
            continue
        before, cell = g[i, j], i * columns + j
        scale, low, high = cells["each"][i, j, side], cells["each"][i, j, 2], cells["each"][i, j, 3]
        if cells["responds"][i, j]:
            x = hidden[i, j]
            for pulse in range(n):
                xi = twin(bits(KEYS[0], cell, pulse // 2))[pulse % 2]
                own = pulse // 2 + ((1 + pulse % 2) << 30)
                d = plain_step(law, side, x, scale, bits(KEYS[0], cell, own))
                sd = additive + nominal * scale + multiplicative * abs(d) + share * (x + low / (high - low))
                x = clip(x + d + sd * xi)
            hidden[i, j] = x
            if write:
                x = clip(x + write * twin(bits(KEYS[1], cell, 0))[0])
            if levels:
                x = round(x * (levels - 1)) / (levels - 1)
            g[i, j] = low + (high - low) * x
        sums[i] += np.array(
            [n * (side == 0), n * (side == 1), n * (side == 0) * 0.5 * (before + g[i, j]),
             n * (side == 1) * 0.5 * (before + g[i, j]), n * (side == 0) * before, n * (side == 1) * before,
             g[i, j] - before]
        )  # fmt: skip
        slots[side, i] = max(slots[side, i], n)
        per_column[side, j] += n
        change[j] += g[i, j] - before
    return {"hidden": hidden, "g": g, "sums": sums, "slots": slots, "columns": per_column, "change": change}


def some_cells(shape: tuple[int, int] = (7, 41), most: int = 7) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    low, high = rng.uniform(0.5e-6, 2e-6, shape), rng.uniform(5e-6, 2e-5, shape)
    hidden = rng.random(shape)
    scales = rng.uniform(0.5, 1.6, (2, *shape))
    return {
        "hidden": hidden,
        "g": low + (high - low) * hidden,
        "counts": rng.integers(-most, most + 1, shape).astype(np.int32) * (rng.random(shape) < 0.8).astype(np.int32),
        "each": np.stack([*scales, low, high], axis=-1),
        "responds": rng.random(shape) > 0.2,
    }


def numbers(law: Any) -> Any:
    """Of a law, or of offset and slope up and down."""
    if isinstance(law, Law):
        return law.numbers()
    return ConstantStep(law[0], law[2]) if law[1] == law[3] == 0.0 else AffineStep(*law)


def pulse_noise(noise: tuple[float, ...]) -> Any:
    additive, nominal, multiplicative, share, _ = noise
    if nominal:
        return NominalNoise(nominal, nominal)
    if share or (additive and multiplicative):
        return PolynomialNoise(additive, multiplicative, share)
    if multiplicative:
        return ProportionalNoise(multiplicative)
    return AdditiveNoise(additive) if additive else None


def compiled(
    cells: dict[str, Any], law: Any, noise: tuple[float, ...], levels: int, sign: int = 1, parts: int = 1,
    shapes: np.ndarray | None = None, real: type = np.float64,
) -> dict[str, Any]:  # fmt: skip
    """The engine on `parts` blocks of rows of one array."""
    shape = rows, columns = cells["counts"].shape
    hidden, g = cells["hidden"].astype(real), cells["g"].astype(real)
    cycles = np.zeros(shape, np.int32)
    # An array without stuck cells passes none.
    responds = np.zeros((0, 0), bool) if cells["responds"].all() else cells["responds"]
    half = Half(
        hidden, np.zeros((0, 0), real), g, cells["each"].astype(real).reshape(-1),
        np.zeros((0, 0, 0), real) if shapes is None else shapes.astype(real), responds, cycles,
        *pulsing(numbers(law), pulse_noise(noise), real), real(noise[4]),
        real(max(levels - 1, 0)), real(sign), real(-np.inf),
        (np.uint64(KEYS[0]), np.uint64(KEYS[1])), np.zeros((0, 0), real), np.zeros(0, real),
    )  # fmt: skip
    sums = Sums(
        np.zeros((2, rows)), np.zeros((2, rows)), np.zeros((1, rows, SUMS)), np.zeros((parts, 2, columns)),
        np.zeros((parts, 1, columns)), np.zeros((2, rows)),
    )  # fmt: skip
    edges, nothing = np.linspace(0, rows, parts + 1).astype(np.int64), np.zeros((0, 0), real)
    shown = Shown(nothing, nothing, nothing, real(1.0), real(0.0))
    update_rows(
        edges, np.zeros(1, np.int64), wanted_counts(cells["counts"], real), (half,), shown, exact(real), sums,
        buffers(columns, 0, real),
    )  # fmt: skip
    np.testing.assert_array_equal(cycles, np.abs(cells["counts"]))
    order = [0, 1] if sign > 0 else [1, 0]
    return {
        "hidden": hidden, "g": g, "sums": np.column_stack([sums.pulses[order].T, sums.rows[0]]),
        "slots": sums.slots[order], "columns": sums.columns.sum(axis=0)[order], "change": sums.moved.sum(axis=0)[0],
    }  # fmt: skip


def agree(ours: dict[str, Any], theirs: dict[str, Any], atol: float) -> None:
    for name in ("slots", "columns"):
        np.testing.assert_array_equal(ours[name], theirs[name])
    np.testing.assert_allclose(ours["hidden"], theirs["hidden"], rtol=0, atol=atol)
    np.testing.assert_allclose(ours["g"], theirs["g"], rtol=0, atol=atol * 2e-5)
    np.testing.assert_allclose(ours["sums"], theirs["sums"], rtol=1e-9, atol=atol * 1e-3)
    np.testing.assert_allclose(ours["change"], theirs["change"], rtol=0, atol=atol * 1e-3)


@pytest.mark.parametrize("levels", [0, 128])
@pytest.mark.parametrize(("law", "noise"), PAIRS)
def test_affine_pulses_agree_with_the_plain_twin(law: str, noise: str, levels: int) -> None:
    """States to 1e-12 without noise (a closed form), to 1e-5 with deviates in single precision."""
    cells = some_cells()
    agree(
        compiled(cells, AFFINE[law], NOISES[noise], levels),
        plain(cells, AFFINE[law], NOISES[noise], levels),
        1e-12 if noise == "none" else 1e-5,
    )


@pytest.mark.parametrize("share", [0.05, 0.24, 0.26, 1.0])
@pytest.mark.parametrize(("law", "noise"), PAIRS)
def test_rows_with_few_and_with_many_pulses_agree_with_the_plain_twin(law: str, noise: str, share: float) -> None:
    """Without stuck cells: gathered below a quarter of the cells, taken as they lie above."""
    cells = some_cells((5, 64))
    cells["responds"][:] = True
    busy = np.random.default_rng(9).permuted(np.tile(np.arange(64) < share * 64, (5, 1)), axis=1)
    cells["counts"] = (np.where(cells["counts"] == 0, 1, cells["counts"]) * busy).astype(np.int32)
    cells["g"] = cells["g"] * 1.003
    agree(
        compiled(cells, AFFINE[law], NOISES[noise], 16),
        plain(cells, AFFINE[law], NOISES[noise], 16),
        1e-12 if noise == "none" else 1e-5,
    )


@pytest.mark.parametrize("levels", [0, 16])
@pytest.mark.parametrize(("law", "noise"), PAIRS)
@pytest.mark.parametrize("most", [1, 2])
def test_one_or_two_pulses_agree_with_the_plain_twin(law: str, noise: str, levels: int, most: int) -> None:
    cells = some_cells((6, 50), most)
    cells["responds"][:] = True
    cells["counts"][3] = 0
    cells["g"] = cells["g"] * 1.003
    agree(
        compiled(cells, AFFINE[law], NOISES[noise], levels),
        plain(cells, AFFINE[law], NOISES[noise], levels),
        1e-12 if noise == "none" else 1e-5,
    )


@pytest.mark.parametrize("noise", ["additive", "nominal", "multiplicative", "state"])
@pytest.mark.parametrize("law", ["saturating", "accelerating"])
def test_one_or_two_pulses_end_where_they_do_beside_longer_trains(law: str, noise: str) -> None:
    """To the last bit: how long others' trains are is no matter of a cell."""
    cells = some_cells((6, 50), 2)
    cells["responds"][:] = True
    alone = compiled(cells, AFFINE[law], NOISES[noise], 16)
    cells["counts"][:, 0] = 3
    beside = compiled(cells, AFFINE[law], NOISES[noise], 16)
    for name in ("hidden", "g"):
        np.testing.assert_array_equal(alone[name][:, 1:], beside[name][:, 1:])
    np.testing.assert_array_equal(alone["columns"][:, 1:], beside["columns"][:, 1:])
    np.testing.assert_array_equal(alone["change"][1:], beside["change"][1:])


@pytest.mark.parametrize("noise", ["nominal", "state"])
def test_cells_that_are_all_alike_may_be_given_once(noise: str) -> None:
    cells = some_cells((6, 50), 2)
    cells["responds"][:] = True
    once = cells | {"each": cells["each"][:1, :1]}
    every = cells | {"each": np.broadcast_to(once["each"], cells["each"].shape).copy()}
    ours, theirs = (compiled(some, AFFINE["saturating"], NOISES[noise], 16) for some in (once, every))
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name])


@pytest.mark.parametrize(
    ("name", "noise"),
    [
        (name, noise)
        for name, law in by_name().items()
        for noise in {"inverse_cdf": ("none", "write"), "power": ("none", "all")}.get(law.model, ("none",))
        if not law.saturates
    ],
)
def test_every_other_law_agrees_with_the_plain_twin(name: str, noise: str) -> None:
    """Compiled power, exponential and interpolation against NumPy's; 2e-5 where deviates are in single precision.

    An inverse-CDF law takes no pulse noise: its table holds it.
    """
    cells, law = some_cells((5, 19)), by_name()[name]
    ours, theirs = compiled(cells, law, NOISES[noise], 0), plain(cells, law, NOISES[noise], 0)
    agree(ours, theirs, 1e-9 if noise == "none" else 2e-5)


def test_every_law_has_an_example_here() -> None:
    assert {type(law) for law in by_name().values()} == set(LAWS.classes())


def test_a_negative_sign_swaps_the_directions() -> None:
    cells = some_cells()
    agree(
        compiled(cells, AFFINE["saturating"], NOISES["all"], 0, sign=-1),
        plain(cells, AFFINE["saturating"], NOISES["all"], 0, sign=-1),
        1e-5,
    )


@pytest.mark.parametrize("noise", ["none", "all"])
def test_a_split_of_the_rows_changes_nothing(noise: str) -> None:
    cells = some_cells((64, 50), most=40)
    whole, split = (compiled(cells, AFFINE["saturating"], NOISES[noise], 0, parts=parts) for parts in (1, 5))
    for name in ("hidden", "g", "sums", "slots", "columns"):
        np.testing.assert_array_equal(whole[name], split[name])


def test_long_and_short_trains_in_one_row_each_get_their_own_pulses() -> None:
    """Finished cells make room for the others: every train must end where it would alone."""
    cells = some_cells((3, 60))
    cells["counts"] = np.random.default_rng(1).integers(-70, 71, (3, 60)).astype(np.int32)
    noise = (0.01, 0.0, 0.3, 0.0, 0.0)
    agree(compiled(cells, AFFINE["saturating"], noise, 0), plain(cells, AFFINE["saturating"], noise, 0), 1e-4)


def test_shapes_of_single_cells_replace_the_law_of_the_card() -> None:
    cells = some_cells((4, 9))
    shapes = np.random.default_rng(3).uniform(0.001, 0.05, (4, 9, 4)) * np.array([1.0, -1.0, -0.1, -1.0])
    cells["responds"][:] = True
    hidden = compiled(cells, (9.0, 0.0, -9.0, 0.1), NOISES["none"], 0, shapes=shapes)["hidden"]
    for i, j in np.ndindex(4, 9):
        x, n = cells["hidden"][i, j], int(cells["counts"][i, j])
        p0, p1 = shapes[i, j, :2] if n > 0 else shapes[i, j, 2:]
        for _ in range(abs(n)):
            x = clip(x + p0 + p1 * x)
        assert hidden[i, j] == pytest.approx(x, abs=1e-12)


@pytest.mark.parametrize("n", [1, 12, 40])
@pytest.mark.parametrize(("offset", "slope"), [(0.003, 0.0), (0.008, -0.01)])
def test_a_train_has_the_moments_of_its_pulses_and_is_normal(n: int, offset: float, slope: float) -> None:
    """2e5 cells off the bounds: moments of the closed form within 4 standard errors, p of normality above 1e-3."""
    from scipy import stats

    from analogep.device import Affine

    sigma, shape = 0.005, (400, 500)
    cells = {
        "hidden": np.full(shape, 0.4), "g": np.full(shape, 0.4), "counts": np.full(shape, n, np.int32),
        "each": np.ones((*shape, 4)) * [1.0, 1.0, 0.0, 1.0], "responds": np.ones(shape, bool),
    }  # fmt: skip
    law = Affine(offset, slope)
    x = compiled(cells, (offset, slope, -offset, slope), (sigma, 0.0, 0.0, 0.0, 0.0), 0)["hidden"].ravel()
    variance = law.additive_variance(sigma, n)
    assert abs(x.mean() - law.after(0.4, n)) < 4.0 * math.sqrt(variance / x.size)
    assert abs(x.var() - variance) < 4.0 * variance * math.sqrt(2.0 / x.size)
    assert stats.kstest((x - law.after(0.4, n)) / math.sqrt(variance), "norm").pvalue > 1e-3


def test_rows_count_their_longest_train_and_columns_all_their_pulses() -> None:
    cells = some_cells((2, 3))
    cells["counts"] = np.array([[3, -1, 2], [0, -4, -2]], np.int32)
    found = compiled(cells, AFFINE["constant"], NOISES["none"], 0)
    np.testing.assert_array_equal(found["slots"], [[3, 0], [1, 4]])
    np.testing.assert_array_equal(found["columns"], [[3, 0, 2], [0, 5, 2]])
    np.testing.assert_array_equal(found["sums"][:, :2].sum(axis=0), [5, 7])


def test_stuck_cells_are_counted_and_do_not_move() -> None:
    cells = some_cells()
    cells["responds"][:] = False
    found = compiled(cells, AFFINE["saturating"], NOISES["all"], 16)
    np.testing.assert_array_equal(found["hidden"], cells["hidden"])
    np.testing.assert_array_equal(found["g"], cells["g"])
    assert found["sums"][:, :2].sum() == np.abs(cells["counts"]).sum()
    up = np.maximum(cells["counts"], 0)
    assert found["sums"][:, 2].sum() == pytest.approx(float((up * cells["g"]).sum()))


def test_cells_without_pulses_keep_their_state_and_their_write_noise() -> None:
    cells = some_cells()
    cells["g"] = cells["g"] * 1.01
    found = compiled(cells, AFFINE["constant"], NOISES["all"], 128)
    idle = cells["counts"] == 0
    np.testing.assert_array_equal(found["hidden"][idle], cells["hidden"][idle])
    np.testing.assert_array_equal(found["g"][idle], cells["g"][idle])


@pytest.mark.parametrize("columns", [1, 15, 16, 17, 64, 100])
def test_rows_of_any_length_and_share_of_pulses_agree_with_the_plain_twin(columns: int) -> None:
    rng = np.random.default_rng(columns)
    for share in (0.0, 0.05, 0.5, 1.0):
        cells = some_cells((3, columns))
        cells["counts"] = (rng.integers(-3, 4, (3, columns)) * (rng.random((3, columns)) < share)).astype(np.int32)
        cells["responds"][:] = True
        law, noise = AFFINE["saturating"], NOISES["additive"]
        agree(compiled(cells, law, noise, 0), plain(cells, law, noise, 0), 1e-5)


@pytest.mark.parametrize(("law", "noise"), [("constant", "none"), ("saturating", "none"), ("saturating", "additive")])
def test_single_precision_is_close(law: str, noise: str) -> None:
    """States to 2e-6 after seven pulses or fewer."""
    cells = some_cells()
    ours, theirs = (compiled(cells, AFFINE[law], NOISES[noise], 0, real=real) for real in (np.float32, np.float64))
    assert ours["hidden"].dtype == np.float32
    np.testing.assert_allclose(ours["hidden"], theirs["hidden"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(ours["sums"], theirs["sums"], rtol=1e-5, atol=1e-10)
