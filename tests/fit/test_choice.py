"""The criterion finds the law that made the ramps, and says what it left out."""

from __future__ import annotations

import time

import numpy as np
import pytest

from analogep import fit
from analogep.errors import UsageError
from analogep.fit import FitError, Measurement, Ramp

from .synthetic import HIGH, LOW, known, measure, table

LAWS = known()


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("constant", {"constant"}),
        ("soft_bounds", {"soft_bounds"}),
        ("exponential", {"exponential"}),
        ("linear", {"exponential"}),  # the same curve under another name
        ("power", {"power"}),
        ("logistic", {"logistic"}),
        ("exp_step", {"exp_step"}),
    ],
)
def test_the_law_that_made_the_ramps_is_chosen(name: str, chosen: set[str]) -> None:
    how = {"ramps": 6, "write": ("range", 5e-4), "read": ("absolute", 1e-3)}
    found = [fit.fit(measure(LAWS[name], np.random.default_rng([3, k]), **how)).law for k in range(5)]  # type: ignore[arg-type]
    assert sum(law in chosen for law in found) >= 4, found


def test_a_superfluous_slope_is_not_taken_although_wandering_looks_like_one() -> None:
    how = {"write": ("range", 0.01), "ramps": 3}
    found = [fit.fit(measure(LAWS["constant"], np.random.default_rng([4, k]), **how)).law for k in range(15)]  # type: ignore[arg-type]
    # Two slopes, each taken by chance with P(chi^2 > ln 546) = 1.2 %; white residuals would take one nearly always.
    assert found.count("constant") >= 13, found


def test_a_curve_that_no_law_has_becomes_a_table_and_this_is_said() -> None:
    law = table((0.3, 2.0, 0.4, 2.0, 0.5), (0.4, 1.8, 0.3, 2.0, 0.6))
    found = fit.fit(measure(law, np.random.default_rng(1), write=("range", 5e-4), read=("absolute", 5e-4)))
    assert found.law == "piecewise"
    assert "a table of steps (piecewise) was taken" in found.remarks[0]
    assert "beyond noise" in found.remarks[0]
    assert found.devices[0].misfit < 0.01


def test_a_law_that_was_asked_for_and_misfits_is_used_with_a_warning() -> None:
    found = fit.fit(measure(LAWS["soft_bounds"], np.random.default_rng(1)), "constant")
    assert found.law == "constant"
    assert "misses the levels by" in found.remarks[0]


def test_a_law_that_cannot_say_the_curve_is_refused() -> None:
    accelerating = measure(LAWS["exponential"], np.random.default_rng(1))
    with pytest.raises(
        FitError, match="'soft_bounds' cannot say this measurement: its steps down do not fall; try --model auto"
    ):
        fit.fit(accelerating, "soft_bounds")


def test_bounds_far_beyond_the_data_are_not_chosen_unasked() -> None:
    law = LAWS["soft_bounds"]
    short = measure(law, np.random.default_rng(1), ramps=6, write=("range", 5e-4), pulses=20)
    found = fit.fit(short)
    assert found.law == "exponential"
    (remark,) = [one.remark for one in found.candidates if one.law == "soft_bounds"]
    assert "measured ranges apart" in remark
    asked = fit.fit(short, "soft_bounds")
    assert "extrapolates" in asked.remarks[0]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("exponentail", "did you mean 'exponential'"),
        ("kinetic", "is not fitted to ramps: it needs pulses of several heights and widths"),
        ("inverse_cdf", "use 'piecewise'"),
        ("xyz", "laws are 'auto', 'constant'"),
    ],
)
def test_a_law_that_cannot_be_fitted_is_named_with_those_that_can(model: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fit.fit(measure(LAWS["constant"], np.random.default_rng(1)), model)


def test_directions_over_different_ranges_are_remarked() -> None:
    measurement = measure(LAWS["constant"], np.random.default_rng(1))
    shifted = [
        Ramp("", ramp.direction, ramp.conductance * (1.5 if ramp.direction == "down" else 1.0), "r")
        for ramp in measurement.ramps
    ]
    remarks = fit.fit(Measurement(tuple(shifted), ()), "constant").remarks
    assert any("ramps up end at 1" in text and "ramps down begin at 2" in text for text in remarks)


def test_a_unidirectional_device_is_fitted_by_its_pulses_up() -> None:
    measurement = measure(LAWS["soft_bounds"], np.random.default_rng(1))
    ups = measurement.select([ramp for ramp in measurement.ramps if ramp.direction == "up"])
    found = fit.fit(ups, "soft_bounds", unidirectional=True)
    assert found.directions == ("up",)
    assert found.numbers["programming.up.step"].value == pytest.approx(0.04, rel=0.1)
    assert found.numbers["conductance.min"].value == pytest.approx(LOW, rel=0.05)
    assert found.numbers["conductance.max"].value == pytest.approx(HIGH, rel=0.05)


def test_eight_hundred_ramps_choose_their_law_in_seconds() -> None:
    how = {"ramps": 400, "write": ("range", 5e-4), "read": ("absolute", 1e-3)}
    measurement = measure(LAWS["exponential"], np.random.default_rng(1), **how)  # type: ignore[arg-type]
    began = time.process_time()
    found = fit.fit(measurement)
    assert time.process_time() - began < 10.0
    assert found.law == "exponential"
    assert len(found.measurement.ramps) == 800
