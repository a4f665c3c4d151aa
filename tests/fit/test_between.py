"""What changes from ramp to ramp as a whole, and from direction to direction, is told from the scatter of pulses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analogep import DeviceCard, fit
from analogep.crossbar.array import Array
from analogep.fit.levels import Readings
from analogep.fit.shapes import Shapes
from analogep.fit.whiten import System
from analogep.streams import Streams


def dense(u: np.ndarray, covariance: np.ndarray) -> float:
    """-2 ln L of the R - 1 independent contrasts that u (ramps, increments), about its mean, holds."""
    ramps = u.shape[0]
    quadratic = float(np.sum(u * np.linalg.solve(covariance, u.T).T))
    return (ramps - 1) * float(np.linalg.slogdet(covariance)[1]) + quadratic


def test_the_likelihood_is_that_of_the_matrix_with_the_outer_product_of_the_steps() -> None:
    """With one kind of step everywhere T and d are those of all ramps, and the formula is exact."""
    rng = np.random.default_rng(2)
    ramps, count, step = 5, 12, 0.08
    xi = np.cumsum(step + 0.01 * rng.standard_normal((ramps, count + 1)), axis=1)
    data = (Readings(xi, np.ones(xi.shape, bool), float(count)),)
    carry = np.full((ramps, count), 0.97)
    unit = [Shapes(np.ones((ramps, count)), np.ones(xi.shape), carry)]
    system = System(data, unit, [np.full((ramps, count), step)])
    q, s2, c2 = 2e-4, 5e-5, 4e-3
    u = np.diff(xi, axis=1) - step
    u -= u.mean(axis=0)
    t = np.diag(np.full(count, q + s2 * (1.0 + 0.97**2)))
    t += np.diag(np.full(count - 1, -0.97 * s2), 1) + np.diag(np.full(count - 1, -0.97 * s2), -1)
    whole = t + c2 * step**2 * np.ones((count, count))
    assert system.deviance(q, s2) == pytest.approx(dense(u, t), rel=1e-9)
    assert system.deviance(q, s2, between=(c2,)) == pytest.approx(dense(u, whole), rel=1e-9)


def measured(rng: np.random.Generator, apart: float, write: tuple[float, float], ramps: int = 24) -> fit.Measurement:
    """Straight ramps from 10 to 50 uS and back: 60 pulses up, 80 down, write noise of the range, 0.2 % read noise."""
    found = []
    for way, pulses, sigma in (("up", 60, write[0]), ("down", 80, write[1])):
        for k in range(ramps):
            factor = 1.0 + apart * rng.standard_normal()
            steps = factor / pulses + sigma * rng.standard_normal(pulses)
            x = np.concatenate([[0.0], np.cumsum(steps)])
            x = (x if way == "up" else 1.0 - x) + 0.002 * rng.standard_normal(pulses + 1)
            found.append(fit.Ramp("d", way, 1e-5 + 4e-5 * x, f"ramp {k}"))  # type: ignore[arg-type]
    return fit.Measurement(tuple(found), ())


def test_factors_of_ramps_and_write_noise_down_are_found_within_three_standard_errors() -> None:
    found = fit.fit(measured(np.random.default_rng(5), 0.06, (0.002, 0.004)), "constant")
    truth = {"between_up": 0.06, "between_down": 0.06, "write": 0.002, "write_down": 0.004}
    for name, value in truth.items():
        one = found.noise[name]
        assert abs(one.value - value) < 3.0 * one.se, name
        assert one.se < 0.4 * value
    assert not found.doubts
    card = fit.make_card(found, fit.Known("mine")).card
    assert card.variation.between_ramps.up == pytest.approx(found.noise["between_up"].value, rel=1e-4)
    assert card.variation.cycle_to_cycle.down == pytest.approx(found.noise["write_down"].value, rel=1e-4)
    assert any("ramps differ as a whole, their steps by" in remark for remark in card.remarks())


def test_where_ramps_are_alike_nothing_is_taken_in() -> None:
    """Twelve sets: each of three numbers is taken with P(chi^2_1 > ln 3360) = 0.4 %, so that of 36 one or none is."""
    rng = np.random.default_rng(6)
    taken = [set(fit.fit(measured(rng, 0.0, (0.005, 0.005)), "constant").noise) - {"write", "read"} for _ in range(12)]
    assert sum(map(len, taken)) <= 1


def test_measured_ramps_and_fitted_card_drift_apart_alike(shared_data: Path) -> None:
    """39 + 40 ramps: the structure function of data over card is within 20 % at every lag, up and down."""
    folder = shared_data / "pulses/crosssim_example_pulses"
    found = fit.fit(fit.read_pulses([folder / "set.csv", folder / "reset.csv"]), "exponential")
    assert not found.doubts
    for one in found.devices[0].structure[0]:
        assert np.all(np.abs(one.data / one.card - 1.0) < 0.2)
    assert found.noise["between_up"].value == pytest.approx(0.0229, abs=3.0 * found.noise["between_up"].se)
    assert found.noise["between_down"].value == pytest.approx(0.0119, abs=3.0 * found.noise["between_down"].se)


@pytest.mark.parametrize("kind", ["range", "step"])
def test_pulses_down_have_a_noise_of_their_own(kind: str) -> None:
    """One pulse of 4000 cells from the middle: the standard deviation within five standard errors (5.6 %)."""
    noise = f"variation.cycle_to_cycle={{kind: {kind}, sigma: 0.1 %, down: 0.3 %}}"
    law = "programming={model: constant, up: {step: 1 %, amplitude: 1 V, width: 50 ns}, down: "
    card = DeviceCard.load("ideal", [law + "{step: 2 %, amplitude: -1 V, width: 50 ns}}", noise])
    array = Array(card, (50, 80), Streams(1), "a")
    for count, sigma in ((1, 0.001), (-1, 0.003)):
        array.place(np.full(array.shape, 0.5))
        array.program(np.full(array.shape, count, np.int32), Streams(2), 0, count + 1)
        x = (array.g - card.conductance.min) / card.conductance.span
        expected = sigma * (1.0 if kind == "range" else abs(float(np.mean(x)) - 0.5))
        assert x.std() == pytest.approx(expected, rel=0.056)
