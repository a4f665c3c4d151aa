"""Trains, steps and energies in the Dataset, against closed forms and against pulses on cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

from analogep.characterise import characterise
from analogep.characterise.schema import VARIABLES
from analogep.characterise.trains import MOST
from analogep.crossbar import Array
from analogep.device import DeviceCard, Direction, shape_of
from analogep.device.nominal import mean_step, nominal, pulse_noise, way
from analogep.results import describe
from analogep.streams import Streams

CELLS = 4000
ANALOG = ("conductance.levels=null", "variation.cycle_to_cycle.sigma=0.05 %")
"""Overrides of `rram`: noise so small that no cell meets a bound between the ends."""


def legs(dataset: xr.Dataset, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pulses since the start of a train, nominal response and standard deviation [window] at its points."""
    points = np.flatnonzero(dataset["leg"].values == number)
    first = int(dataset["pulse"][points[0] - 1]) if number else 0
    span = float(dataset["window_max"] - dataset["window_min"])
    x = (dataset["response"].values[points] - float(dataset["window_min"])) / span
    return dataset["pulse"].values[points] - first, x, dataset["trial_std"].values[points] / span


@pytest.mark.parametrize("name", DeviceCard.names())
def test_every_shipped_card_gives_every_variable_finite_with_unit_and_name(name: str) -> None:
    dataset = characterise(DeviceCard.load(name), cells=40)
    assert set(dataset.variables) == set(VARIABLES) | {"direction", "level"}
    describe(dataset)
    for variable in VARIABLES:
        values = dataset[variable].values
        if variable == "current" and dataset.attrs["iv"] == "saturating":
            # Below 0 V such a cell has no current of its own.
            values = dataset[variable].sel(voltage=slice(0.0, None)).values
        assert np.isfinite(values).all(), variable
    low, high = float(dataset["window_min"]), float(dataset["window_max"])
    assert (dataset["trial"] >= low * (1 - 1e-12)).all()
    assert (dataset["trial"] <= high * (1 + 1e-12)).all()


def test_the_nominal_response_of_an_exponential_law_is_neurosims_curve() -> None:
    card = DeviceCard.load("ecram")
    dataset = characterise(card, cells=4)
    up, down = card.programming.up, card.programming.down
    for number, branch in enumerate((up, down)):
        n, x, _ = legs(dataset, number)
        a = math.copysign(shape_of(abs(branch.nonlinearity)), branch.nonlinearity) * branch.pulses
        own = (1.0 - np.exp(-n / a)) / (1.0 - np.exp(-branch.pulses / a))
        np.testing.assert_allclose(x, own if number == 0 else 1.0 - own, atol=1e-9)
        assert n[-1] == branch.pulses


def test_the_noise_band_of_a_train_is_the_additive_variance_in_closed_form() -> None:
    card = DeviceCard.load("rram", ANALOG)
    dataset = characterise(card, cells=CELLS)
    n, x, std = legs(dataset, 0)
    r = 1.0 + card.programming.affine("up").slope
    inside = (x > 0.05) & (x < 0.9)
    variance = 0.0005**2 * (1.0 - r ** (2 * n[inside])) / (1.0 - r**2)
    error = np.sqrt(variance / (2.0 * CELLS))
    assert (np.abs(std[inside] - np.sqrt(variance)) < 4.0 * error).all()


def test_the_noise_band_of_a_train_is_the_multiplicative_variance_in_closed_form() -> None:
    card = DeviceCard.load("ecram")
    sigma = card.variation.cycle_to_cycle.sigma
    dataset = characterise(card, cells=CELLS)
    n, x, std = legs(dataset, 0)
    one = card.programming.affine("up")
    b, r = -one.slope, 1.0 + one.slope
    inside = (x > 0.05) & (x < 0.9)
    growth = (r**2 + (sigma * b) ** 2) ** n[inside] - r ** (2 * n[inside])
    expected = np.sqrt((one.offset / b) ** 2 * growth)
    assert (np.abs(std[inside] - expected) < 4.0 * expected / math.sqrt(2.0 * CELLS)).all()


@pytest.mark.parametrize(
    ("name", "direction"),
    [("pcm", "up"), *((name, side) for name in ("rram", "rram_hfo2", "enode", "ecram") for side in ("up", "down"))],
)
def test_step_and_noise_are_those_of_one_pulse_on_many_cells(name: str, direction: Direction) -> None:
    card, many = nominal(DeviceCard.load(name)), 20_000
    cells = Array(card, (100, many // 100), Streams(3), "one")
    counts = np.full(cells.shape, 1 if direction == "up" else -1, dtype=np.int32)
    for call, x in enumerate((0.35, 0.5, 0.65)):
        cells.place(np.full(cells.shape, x))
        cells.program(counts, Streams(4), 0, call)
        change, here = cells.hidden - x, np.array([x])
        sigma = pulse_noise(card, direction, here)[0]
        assert abs(change.mean() - mean_step(card, direction, here)[0]) < 4.0 * sigma / math.sqrt(many) + 1e-9
        # The standard error of a standard deviation; tables are flatter than normal, which lowers it.
        assert abs(change.std() - sigma) < 4.5 * sigma / math.sqrt(2.0 * many) + 1e-9


def test_energy_of_a_pulse_is_v_squared_times_mean_conductance_times_width() -> None:
    card = DeviceCard.load("ideal")
    dataset = characterise(card, cells=4)
    x, span = dataset["state"].values, 9e-6
    for direction, sign in (("up", 1.0), ("down", -1.0)):
        after = np.clip(x + sign * 1e-4, 0.0, 1.0)
        expected = 1.0**2 * 1e-9 * (1e-6 + span * 0.5 * (x + after))
        np.testing.assert_allclose(dataset["pulse_energy"].sel(direction=direction), expected, rtol=1e-12)
    # 10,000 equal steps: the mean conductance of the whole train is the middle of the window.
    np.testing.assert_array_equal(dataset["train_pulses"], [10_000, 10_000])
    np.testing.assert_allclose(dataset["train_energy"], 10_000 * 1e-9 * 5.5e-6, rtol=1e-9)


def test_a_unidirectional_cell_goes_up_is_reset_and_goes_up_again() -> None:
    card = DeviceCard.load("pcm")
    reset = card.programming.reset
    assert reset is not None
    dataset = characterise(card, cells=CELLS)
    assert list(np.unique(dataset["leg"])) == [0, 1, 2]
    (at,) = np.flatnonzero(dataset["leg"].values == 1)
    low, span = float(dataset["window_min"]), float(dataset["window_max"] - dataset["window_min"])
    assert dataset["response"][at] == pytest.approx(low + span * reset.to)
    assert dataset["pulse"][at] - dataset["pulse"][at - 1] == 1
    assert dataset["trial_high"][at] < dataset["trial_low"][at - 1]
    np.testing.assert_allclose(dataset["step"].sel(direction="down"), span * (reset.to - dataset["state"]))
    assert dataset["train_energy"].sel(direction="down") == pytest.approx(50e-12)
    assert list(dataset["train_pulses"].values) == [dataset["pulse"][at - 1], 1]


def test_a_binary_cell_is_shown_with_pulses_that_do_nothing_more() -> None:
    dataset = characterise(DeviceCard.load("mram"), cells=3)
    low, high = float(dataset["window_min"]), float(dataset["window_max"])
    np.testing.assert_allclose(dataset["response"], [low, *[high] * 5, *[low] * 5])
    assert list(dataset["span_pulses"].values) == list(dataset["train_pulses"].values) == [1, 1]


def test_a_law_that_saturates_is_followed_to_95_percent() -> None:
    card = DeviceCard.load("sonos")
    assert card.programming.model == "soft_bounds"
    b = card.programming.up.step
    one = way(card, "up", 0.0)
    assert one.pulses == math.ceil(math.log(0.05) / math.log1p(-b))
    assert one.end == pytest.approx(0.95)


@pytest.mark.parametrize(("label", "pulses"), [(6.76, 50), (-6.76, 50), (0.0, 50), (4.0, 2500), (1.0, 2500)])
def test_a_law_that_arrives_is_followed_to_the_end(label: float, pulses: int) -> None:
    card = DeviceCard.load("rram", [f"programming.up.nonlinearity={label}", f"programming.up.pulses={pulses}"])
    found = way(card, "up", 0.0)
    assert (found.start, found.end) == (0.0, 1.0)
    # Beyond 2000 pulses they are the integral of dx/step.
    assert found.pulses == pytest.approx(pulses, abs=2 if label == 1.0 else 0)


def test_a_law_that_takes_four_times_as_long_for_the_last_5_percent_is_not() -> None:
    card = DeviceCard.load("rram", ["programming.up.nonlinearity=8.5", "programming.up.pulses=50"])
    a = shape_of(8.5)
    near = math.ceil(-50.0 * a * math.log(1.0 - 0.95 * -math.expm1(-1.0 / a)))
    assert 4 * near < 50
    found = way(card, "up", 0.0)
    assert found.pulses == near
    assert found.end == pytest.approx(0.95)


def test_a_fixed_point_at_the_end_of_the_window_is_not_the_start_of_a_train() -> None:
    programming = (
        "{model: kinetic, rate: {kind: sinh, k: 1 kHz, v_s: 0.2 V}, window: {kind: joglekar, p: 2}, "
        "up: {amplitude: 1 V, width: 100 ns}, down: {amplitude: -1 V, width: 100 ns}}"
    )
    card = DeviceCard.load("ideal", [f"programming={programming}"])
    up = way(card, "up", 0.0)
    assert up.start == pytest.approx(0.02)
    x = np.array([up.start])
    assert card.programming.after("up", x, up.pulses)[0] >= up.end > card.programming.after("up", x, up.pulses - 1)[0]


def test_a_train_of_very_many_pulses_is_cut_and_its_length_still_told() -> None:
    card = DeviceCard.load("ideal", ["programming.up.step=0.00001 %"])
    dataset = characterise(card, cells=3)
    assert dataset["span_pulses"].values[0] == pytest.approx(10**7, rel=1e-3)
    assert dataset["train_pulses"].values[0] == MOST
    assert dataset["response"].values[dataset["leg"].values == 0][-1] == pytest.approx(1e-6 + 9e-6 * 0.01)


def test_equal_seeds_give_equal_numbers_and_others_do_not() -> None:
    card = DeviceCard.load("rram")
    one, same, other = (characterise(card, cells=50, seed=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, same)
    assert not np.allclose(one["trial_mean"], other["trial_mean"])
    assert not np.allclose(one["cell_max"], other["cell_max"])
    np.testing.assert_array_equal(one["response"], other["response"])
