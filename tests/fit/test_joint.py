"""Errors of numbers that are fitted together are correlated as they should be, on the card as well."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from analogep import fit
from analogep.fit import Known, Measurement, Ramp
from analogep.fit.correlate import correlations

from .synthetic import HIGH, LOW, known, measure, truth


def _matrix(made: fit.Written, *keys: str) -> np.ndarray:
    one = made.card.uncertainty["measured"]
    places = [list(one.errors).index(key) for key in keys]
    return one.matrix()[np.ix_(places, places)]


def test_the_ends_of_a_straight_line_are_correlated_as_in_textbooks() -> None:
    """M readings with white noise alone: values of the line at both ends have -(M - 2)/(2 M - 1).

    sigma^2 2(2 M - 1)/(M(M + 1)) each, -sigma^2 2(M - 2)/(M(M + 1)) together. The fitted write noise is nearly zero.
    """
    rng, pulses, ramps = np.random.default_rng(3), 40, 6
    levels = LOW + (HIGH - LOW) * np.arange(pulses + 1) / pulses
    noise = 2e-7 * rng.standard_normal((ramps, pulses + 1))
    measurement = Measurement(tuple(Ramp("", "up", levels + row, "line") for row in noise), ())
    made = fit.make_card(fit.fit(measurement, "constant", unidirectional=True), Known("mine"))
    matrix = _matrix(made, "conductance.min", "conductance.max")
    count = pulses + 1
    assert matrix[0, 1] == pytest.approx(-(count - 2.0) / (2.0 * count - 1.0), abs=0.05)
    known_error = 2e-7 * math.sqrt(2.0 * (2.0 * count - 1.0) / (count * (count + 1.0)) / ramps)
    error = made.card.uncertainty["measured"].standard_error("conductance.min", made.card)
    # The noise is estimated from 246 readings: 4.5 %, three of them.
    assert error == pytest.approx(known_error, rel=0.14)


def test_noise_is_independent_of_the_law_and_its_parts_of_each_other_are_not() -> None:
    found = fit.fit(measure(known()["soft_bounds"], np.random.default_rng(1)), "soft_bounds")
    made = fit.make_card(found, Known("mine"))
    law = ("conductance.min", "programming.up.step")
    noise = ("variation.cycle_to_cycle.sigma", "read.noise.sigma")
    matrix = _matrix(made, *law, *noise)
    assert np.all(matrix[:2, 2:] == 0.0)
    # More of one explains the same increments with less of the other.
    assert -0.9 < matrix[2, 3] < -0.2
    assert made.card.uncertainty["measured"].logarithmic == noise


def test_readings_over_time_correlate_the_numbers_of_retention() -> None:
    """Faster at first and steeper look alike: nu and ln t_0 of readings from 1 s on are strongly correlated."""
    rng = np.random.default_rng(2)
    lines = [f"{t:.5g},{15.0 * (1.0 + t) ** -0.02 * (1.0 + 0.002 * rng.normal()):.6g}" for t in np.logspace(-1, 4, 50)]
    text = "\n".join(["time after write [s],conductance [uS]", *lines])
    laboratory = fit.fit([fit.read_text(text, "retention.csv")])
    made = fit.make_card(laboratory, Known("mine"))
    (one,) = (known for source, known in made.card.uncertainty.items() if "retention" in source)
    assert one.measurement == "retention: retention.csv"
    assert one.logarithmic == ("retention.t0",)
    assert one.matrix()[0, 1] > 0.5


def test_what_is_known_exactly_has_no_correlation() -> None:
    assert correlations(np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), "abc") == {("b", "a"): 0.5}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("exponential", 6), ("soft_bounds", 4)])
def test_numbers_lie_about_the_truth_as_their_joint_covariance_says(name: str, size: int) -> None:
    """80 sets: (x - truth)' C^-1 (x - truth) is chi^2, with mean `size`; 4 standard errors and 10 % for curvature."""
    law: Any = known()[name]
    true = truth(law)
    distances = []
    for seed in range(80):
        found = fit.fit(measure(law, np.random.default_rng(seed), 6), name)
        made = fit.make_card(found, Known("mine"))
        one = made.card.uncertainty["measured"]
        keys = [key for key in one.errors if key in true]
        assert len(keys) == size
        errors = np.array([found.numbers[key].se for key in keys])
        z = (np.array([found.numbers[key].value for key in keys]) - [true[key] for key in keys]) / errors
        distances.append(float(z @ np.linalg.pinv(_matrix(made, *keys), rcond=1e-6, hermitian=True) @ z))
    rank = np.linalg.matrix_rank(_matrix(made, *keys), tol=1e-3)
    assert np.mean(distances) == pytest.approx(rank, abs=4.0 * (2.0 * rank / 80) ** 0.5 + 0.1 * rank)
