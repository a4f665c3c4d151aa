"""Write and read noise come apart by the covariance of neighbouring increments."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import fit

from .synthetic import HIGH, LOW, known, measure

LAW = known()["exponential"]
SPAN = HIGH - LOW


def noises(sets: int, **how: object) -> list[fit.Fit]:
    return [fit.fit(measure(LAW, np.random.default_rng([11, k]), **how), "exponential") for k in range(sets)]  # type: ignore[arg-type]


@pytest.mark.parametrize("ramps", [1, 6])
@pytest.mark.parametrize(("write", "read"), [(0.004, 0.001), (0.001, 0.004), (0.003, 0.003)])
def test_both_noises_are_recovered_within_their_errors(ramps: int, write: float, read: float) -> None:
    found = noises(24, ramps=ramps, write=("range", write), read=("absolute", read))
    found = [one for one in found if (one.write, one.read) == ("range", "absolute")]
    assert len(found) >= 12
    spans = [one.numbers["conductance.max"].value - one.numbers["conductance.min"].value for one in found]
    for name, truth, scale in (("write", write * SPAN, spans), ("read", read * SPAN, [1.0] * len(found))):
        values = np.array([size * one.noise[name].value for one, size in zip(found, scale, strict=True)])
        errors = np.array([size * one.noise[name].se for one, size in zip(found, scale, strict=True)])
        seen = values > 0.0
        assert abs(values.mean() - truth) < 4.0 * values.std(ddof=1) / np.sqrt(values.size)
        assert 0.5 < np.std((values[seen] - truth) / errors[seen], ddof=1) < 1.6


@pytest.mark.parametrize("write", [("range", 0.004), ("step", 0.6)])
@pytest.mark.parametrize("read", [("absolute", 0.006), ("relative", 0.006)])
def test_the_kind_of_each_noise_is_told(write: tuple[str, float], read: tuple[str, float]) -> None:
    found = noises(10, ramps=6, write=write, read=read)
    assert sum(one.write == write[0] for one in found) >= 9
    assert sum(one.read == read[0] for one in found) >= 9


def test_read_noise_alone_shows_no_write_noise() -> None:
    (found,) = noises(1, ramps=6, write=("range", 0.0), read=("absolute", 0.005))
    assert found.noise["read"].value == pytest.approx(0.005 * SPAN, rel=0.05)
    assert found.noise["write"].value < 3e-4


def test_write_noise_alone_shows_no_read_noise() -> None:
    (found,) = noises(1, ramps=6, write=("range", 0.005), read=("absolute", 0.0))
    assert found.noise["write"].value == pytest.approx(0.005, rel=0.05)
    unit = SPAN if found.read == "absolute" else 1.0
    assert found.noise["read"].value < 1e-3 * unit


def test_a_law_that_misses_the_curve_does_not_count_as_noise() -> None:
    # A constant step on a strongly curved ramp leaves residuals of 9 % of the range.
    measurement = measure(known()["soft_bounds"], np.random.default_rng(2), ramps=6)
    found = fit.fit(measurement, "constant")
    assert found.devices[0].misfit > 0.05
    window = found.numbers["conductance.max"].value - found.numbers["conductance.min"].value
    assert found.noise["write"].value * window == pytest.approx(0.003 * SPAN, rel=0.15)
    if found.read == "absolute":
        assert found.noise["read"].value == pytest.approx(0.004 * SPAN, rel=0.15)
