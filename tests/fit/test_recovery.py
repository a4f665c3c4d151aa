"""A fit of ramps from a known law finds its parameters, and its standard errors are how far off it is."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import fit

from .synthetic import known, measure, truth

LAWS = known()
FITTED = sorted(set(LAWS) - {"piecewise"})


def pulls(name: str, sets: int, seed: int = 7, **how: object) -> dict[str, np.ndarray]:
    """(estimate - truth)/standard error of every parameter over synthetic data sets."""
    law = LAWS[name]
    expected = truth(law)
    out: dict[str, list[float]] = {key: [] for key in expected}
    for k in range(sets):
        numbers = fit.fit(measure(law, np.random.default_rng([seed, k]), **how), name).numbers  # type: ignore[arg-type]
        for key, value in expected.items():
            out[key].append((numbers[key].value - value) / numbers[key].se)
    return {key: np.array(values) for key, values in out.items()}


# A third parameter is found from how the curvature changes; first-order errors need that much less noise.
QUIET = {"write": ("range", 0.001), "read": ("absolute", 0.002)}


@pytest.mark.parametrize("name", FITTED)
def test_every_law_recovers_its_parameters_within_their_standard_errors(name: str) -> None:
    slow = name in ("power", "exp_step")
    sets = 24 if slow else 40
    for key, found in pulls(name, sets, **(QUIET if slow else {})).items():
        # Of n normal numbers the standard deviation is known to 1/sqrt(2 n) and the mean to 1/sqrt(n): four of each.
        assert abs(found.std(ddof=1) - 1.0) < 4.0 / np.sqrt(2 * sets), (key, found.std(ddof=1))
        assert abs(found.mean()) < 4.0 / np.sqrt(sets), (key, found.mean())
        assert np.mean(np.abs(found) < 3.0) >= 0.95, (key, found)


@pytest.mark.parametrize("name", FITTED)
def test_without_noise_every_law_is_found_as_it_is(name: str) -> None:
    law = LAWS[name]
    numbers = fit.fit(measure(law, np.random.default_rng(0), 2, ("range", 1e-8), ("absolute", 1e-8)), name).numbers
    for key, value in truth(law).items():
        assert numbers[key].value == pytest.approx(value, rel=2e-4), key


def test_errors_hold_where_noise_goes_with_the_step_and_with_the_conductance() -> None:
    for key, found in pulls("exponential", 40, write=("step", 0.3), read=("relative", 0.004)).items():
        assert 0.55 < found.std(ddof=1) < 1.45, (key, found.std(ddof=1))
        assert abs(found.mean()) < 0.64, (key, found.mean())


def test_errors_from_the_scatter_between_many_ramps_hold_as_well() -> None:
    for key, found in pulls("exponential", 40, ramps=24).items():
        assert 0.55 < found.std(ddof=1) < 1.45, (key, found.std(ddof=1))
        assert abs(found.mean()) < 0.64, (key, found.mean())


def test_the_bias_of_free_starts_is_taken_off() -> None:
    # Without the correction the labels of 12 ramps that wander by 3 % are half a standard error too low.
    found = pulls("exponential", 60, ramps=12)
    for way in ("up", "down"):
        label = found[f"programming.{way}.nonlinearity"]
        assert abs(label.mean()) < 3.0 / np.sqrt(label.size), label.mean()


def test_plain_least_squares_would_claim_errors_many_times_too_small() -> None:
    # What the covariance is for: the same residuals taken as independent.
    measurement = measure(LAWS["exponential"], np.random.default_rng(3), write=("range", 0.006))
    device = fit.fit(measurement, "exponential").devices[0]
    from analogep.fit.levels import jacobians, normal

    system = normal(jacobians(device.minimum.curve, device.minimum.theta, device.minimum.starts, device.data))
    readings = sum(int(part.here.sum()) for part in device.data)
    naive = np.sqrt(np.diag(np.linalg.inv(system.matrix)) * device.minimum.squares / readings)
    honest = np.sqrt(np.diag(device.uncertainty.covariance))[: naive.size]
    assert (honest / naive).min() > 3.0


def test_a_piecewise_table_follows_the_steps_of_its_law() -> None:
    law = LAWS["piecewise"]
    measurement = measure(law, np.random.default_rng(5), ramps=8, write=("range", 0.001), read=("absolute", 0.001))
    found = fit.fit(measurement, "piecewise")
    card = fit.make_card(found, fit.Known("table")).card
    x = np.linspace(0.05, 0.95, 19)
    for way in ("up", "down"):
        scale = np.abs(law.step(way, x)).mean()
        np.testing.assert_allclose(card.programming.step(way, x), law.step(way, x), atol=0.12 * scale)


@pytest.mark.parametrize("name", ["constant", "exponential", "power"])
def test_a_ramp_that_is_shorter_than_the_window_of_its_law_is_predicted(name: str) -> None:
    law = LAWS[name]
    device = fit.fit(measure(law, np.random.default_rng(1)), name).devices[0]
    new = measure(law, np.random.default_rng(2), ramps=1, write=("range", 1e-9), read=("absolute", 1e-9))
    for ramp in new.ramps:
        error = fit.predicted(device, ramp.direction, ramp) - ramp.conductance
        assert np.abs(error).max() < 0.03 * 10e-6
