"""The figure of a fit shows the Dataset of the fit, in the units on its axes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analogep import fit, plots
from analogep.fit import Known
from analogep.results import describe
from tests.fit.synthetic import known, measure

LAW = known()["exponential"]


def dataset(ramps: int = 5, ways: int = 2) -> xr.Dataset:
    measurement = measure(LAW, np.random.default_rng(1), ramps)
    if ways == 1:
        measurement = measurement.select([ramp for ramp in measurement.ramps if ramp.direction == "up"])
    found = fit.fit(measurement, "exponential", unidirectional=ways == 1)
    return fit.dataset(found, fit.make_card(found, Known("mine", "A fitted device")).card)


@pytest.fixture(scope="module")
def fitted() -> xr.Dataset:
    return dataset()


def test_every_variable_has_a_unit_and_a_name(fitted: xr.Dataset) -> None:
    describe(fitted)


def test_residuals_are_measured_less_fitted_over_the_range(fitted: xr.Dataset) -> None:
    for way in ("up", "down"):
        difference = fitted[f"level_{way}"] - fitted[f"fitted_{way}"]
        ratio = (difference / fitted[f"residual_{way}"]).values
        assert np.nanstd(ratio) < 1e-9 * np.nanmean(ratio)
        assert np.nanmean(ratio) == pytest.approx(10e-6, rel=0.05)


def test_mean_steps_lie_on_the_law_within_their_errors(fitted: xr.Dataset) -> None:
    for way in ("up", "down"):
        pull = (fitted[f"step_{way}"] - fitted[f"law_step_{way}"]) / fitted[f"step_se_{way}"]
        assert np.sqrt(float((pull**2).mean())) < 1.6


def test_the_law_and_the_residuals_are_drawn_as_the_dataset_has_them(fitted: xr.Dataset) -> None:
    figure = plots.fitted_pulses(fitted)
    up, up_residual, down, _, steps, structure = figure.axes
    assert figure.get_suptitle() == "A fitted device"
    assert (up.get_title(), down.get_title()) == ("pulses up", "pulses down")
    assert up.get_ylabel() == "conductance [\u00b5S]"
    assert up_residual.get_ylabel() == "residual\n[% of range]"
    assert structure.get_xlabel() == "pulses apart"
    np.testing.assert_allclose(structure.get_lines()[0].get_ydata(), 100.0 * fitted["structure_up"])
    assert steps.get_xlabel() == "conductance before the pulse [\u00b5S]"
    (law,) = [line for line in up.get_lines() if line.get_label() == "law, up"]
    np.testing.assert_allclose(law.get_ydata(), 1e6 * fitted["fitted_up"].mean("ramp_up"))
    mean = up_residual.get_lines()[-1]
    np.testing.assert_allclose(mean.get_ydata(), 100.0 * fitted["residual_up"].mean("ramp_up"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "measured ramps", "law, up", "law, down", "mean step up", "mean step down",
    ]  # fmt: skip
    assert "exponential law, RMSE" in up.texts[0].get_text()


def test_one_direction_and_single_ramps_are_drawn_too() -> None:
    assert len(plots.fitted_pulses(dataset(ways=1)).axes) == 4
    figure = plots.fitted_pulses(dataset(ramps=1))
    assert len(figure.axes) == 6
    assert not figure.axes[1].collections
