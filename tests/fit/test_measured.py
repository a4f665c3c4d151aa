"""The measured ramps of a three-terminal device (CrossSim's example data), against what plain curve fits found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analogep import fit

FOLDER = "pulses/crosssim_example_pulses"

# Mean and standard deviation over ramps of a least-squares fit of each ramp: label, start, end [uS], pulses.
REFERENCE = {
    "up": {"nonlinearity": (-1.453, 0.045), "start": (162.15e-6, 1.13e-6), "end": (247.38e-6, 0.80e-6)},
    "down": {"nonlinearity": (0.244, 0.034), "start": (249.03e-6, 0.81e-6), "end": (163.77e-6, 1.21e-6)},
}
PULSES = {"up": 187.8, "down": 150.4}


@pytest.fixture(scope="module")
def measurement(shared_data: Path) -> fit.Measurement:
    folder = shared_data / FOLDER
    return fit.read_pulses([folder / "set.csv", folder / "reset.csv"])


@pytest.fixture(scope="module")
def found(measurement: fit.Measurement) -> fit.Fit:
    return fit.fit(measurement, "exponential")


def test_wide_ragged_files_are_read_and_their_direction_is_the_trend(measurement: fit.Measurement) -> None:
    for way, count, shortest, longest in (("up", 39, 184, 191), ("down", 40, 148, 152)):
        pulses = [ramp.pulses for ramp in measurement.ramps if ramp.direction == way]
        assert (len(pulses), min(pulses), max(pulses)) == (count, shortest, longest)


@pytest.mark.parametrize("way", ["up", "down"])
def test_labels_and_ends_agree_with_fits_of_single_ramps_within_their_scatter(found: fit.Fit, way: str) -> None:
    for key in ("nonlinearity", "start", "end"):
        value, scatter = REFERENCE[way][key]
        assert abs(found.numbers[f"ramp.{way}.{key}"].value - value) < scatter, key
    device = found.devices[0]
    assert device.frame.pulses[("up", "down").index(way)] == pytest.approx(PULSES[way], abs=0.05)


def test_standard_errors_are_those_of_the_mean_ramp(found: fit.Fit) -> None:
    for way, ramps in (("up", 39), ("down", 40)):
        for key in ("nonlinearity", "start", "end"):
            _, scatter = REFERENCE[way][key]
            # A pooled fit weighs the ramps otherwise than a mean of fits does: the same size, not the same number.
            assert 0.3 < found.numbers[f"ramp.{way}.{key}"].se / (scatter / np.sqrt(ramps)) < 2.0, (way, key)


def test_single_pulses_scatter_by_a_tenth_of_a_step_and_a_part_of_it_is_read_noise(found: fit.Fit) -> None:
    up, down = fit.scatter(found, 0), fit.scatter(found, 1)
    assert up == pytest.approx(0.118, abs=0.005)
    assert down == pytest.approx(0.095, abs=0.005)
    window = found.numbers["conductance.max"].value - found.numbers["conductance.min"].value
    write = found.noise["write"].value * window
    read = found.noise["read"].value
    assert (found.write, found.read) == ("range", "absolute")
    # Increments about their mean over ramps: Var = sigma^2 + 2 s^2, Cov(neighbours) = -s^2.
    rows = [np.diff(ramp.conductance[:149]) for ramp in found.measurement.ramps]
    for part in (rows[:39], rows[39:]):
        d = np.array(part) - np.mean(part, axis=0)
        s2, total = -np.mean(d[:, 1:] * d[:, :-1]), np.mean(d**2)
        assert read == pytest.approx(np.sqrt(s2), rel=0.15)
        assert write == pytest.approx(np.sqrt(total - 2.0 * s2), rel=0.25)


def test_ramps_1_to_30_predict_31_to_39_within_one_percent_of_the_range(measurement: fit.Measurement) -> None:
    parts = {way: [ramp for ramp in measurement.ramps if ramp.direction == way] for way in ("up", "down")}
    early = measurement.select(parts["up"][:30] + parts["down"][:30])
    for law in ("exponential", "auto"):
        device = fit.fit(early, law).devices[0]
        for way, late in (("up", parts["up"][30:39]), ("down", parts["down"][30:39])):
            error = np.concatenate([fit.predicted(device, way, ramp) - ramp.conductance for ramp in late])  # type: ignore[arg-type]
            assert np.sqrt(np.mean(error**2)) < 0.01 * device.frame.span, (law, way)


def test_the_card_holds_the_whole_number_of_pulses_and_the_fitted_one_beside_it(found: fit.Fit) -> None:
    made = fit.make_card(found, fit.Known("liion"))
    assert isinstance(made.card.programming.up.pulses, int)  # type: ignore[union-attr]
    exact = found.numbers["programming.up.pulses"].value
    assert made.card.programming.up.pulses == round(exact)  # type: ignore[union-attr]
    assert f"# fitted: {exact:.2f} +- " in made.text
    assert made.card.provenance["programming.up.pulses"][1].startswith(f"fit; {exact:.2f} +- ")


def test_the_checksum_of_every_file_is_in_the_source(found: fit.Fit, shared_data: Path) -> None:
    import hashlib

    cite = fit.make_card(found, fit.Known("liion")).card.sources["measured"].cite
    for name in ("set.csv", "reset.csv"):
        assert f"{name} (SHA-256 {hashlib.sha256((shared_data / FOLDER / name).read_bytes()).hexdigest()})" in cite
