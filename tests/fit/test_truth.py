"""What is fitted to the laboratory's files holds the truth that they were made from, within three standard errors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from analogep import fit
from analogep.fit import Options, Value

OTHERS: dict[str, tuple[Options, dict[str, float]]] = {
    "hash_header_steps.csv": (Options(), {"bound": 40e-6, "share": 0.02, "v0": 0.25, "read": 0.008}),
    "rising_amplitude.csv": (Options(), {"bound": 50e-6, "share": 0.016, "v0": 0.3}),
    "retention.csv": (Options(), {"start": 50e-6, "nu": 0.031, "t0": 1.0, "scatter": 0.01}),
    "endurance.csv": (
        Options(),
        {
            "lrs": 120e-6, "lrs.sigma": 0.12, "lrs.trend": -1e-4, "hrs": 1.1e-6, "hrs.sigma": 0.35, "hrs.trend": 5e-4,
            "v_set": 0.62, "v_set.sigma": 0.05, "v_reset": -0.71, "v_reset.sigma": 0.06,
        },
    ),
    "reads_ohm.csv": (
        Options(),
        {"mean": 1.0 / 12e3, "white": 0.004, "telegraph": 0.012, "dwell": 150.0, "flicker": 0.006},
    ),
    "reads_spaced.csv": (
        Options(read_voltage=0.2),
        {
            f"{name} of cell {k + 1} [A]": value
            for k, values in enumerate(((10e-6, 0.003, 0.01), (40e-6, 0.002, 0.006), (2e-6, 0.008, 0.02)))
            for name, value in zip(("mean", "white", "flicker"), values, strict=True)
        },
    ),
    "iv_sweep.csv": (Options(), {"conductance": 20e-6, "v0": 0.45}),
    "iv_switching.qtj": (Options(), {"v_set": 0.7, "v_reset": -0.6, "conductance.min": 1e-6, "conductance.max": 1e-4}),
    "steps.csv": (
        Options(),
        {"up.at lower end": 0.005, "up.slope": -0.004, "down.at lower end": 0.001, "down.slope": 0.005},
    ),
    "device_table.csv": (Options(), {"median": 25e-6, "spread": 0.3}),
    "volatile.txt": (Options(unit="mS"), {"tau": -0.5 / np.log(1.0 - 0.06 * 0.5), "rest": 10e-6}),
}  # fmt: skip
"""The file of iv_switching.qtj shows the steps of 24 mV that its thresholds lie in. The rate of volatile.txt is the
share that is lost in each of its steps of half a second, 3 %, as its readings have it (16.41 s, not 16.67)."""


def outside(numbers: Mapping[str, Value], truth: Mapping[str, float], where: str) -> list[str]:
    """Numbers that are more than three standard errors off, and than rounding.

    Of one ramp each way the window is that of the ramp down: its step is a share of that, without an error.
    """
    exact = {name for name, value in truth.items() if abs(numbers[name].value - value) < 1e-12 * abs(value)}
    others = {name: value for name, value in truth.items() if name not in exact}
    pulls = {name: (numbers[name].value - value) / numbers[name].se for name, value in others.items()}
    return [f"{where}: {name} {numbers[name]} {pull:.1f}" for name, pull in pulls.items() if not abs(pull) < 3.0]


@pytest.fixture
def folder(shared_data: Path) -> Path:
    found = shared_data / "lab"
    if not found.is_dir():
        pytest.skip("the laboratory's files are not there")
    return found


def test_all_kinds_but_ramps_hold_the_truth(folder: Path) -> None:
    wrong = []
    for name, (options, truth) in OTHERS.items():
        (found,) = fit.fit([fit.read(folder / name, options)]).findings
        wrong += outside(found.numbers, truth, name)
    assert not wrong


RAMPS: dict[str, dict[str, float]] = {
    "constant_amplitude.csv": {
        "conductance.min": 5e-6, "conductance.max": 50e-6, "programming.up.step": 0.03, "programming.down.step": 0.05,
        "write": 0.003, "read": 0.004,
    },
    "german.csv": {
        "conductance.min": 1e-7, "conductance.max": 1e-6, "programming.up.step": 0.04, "programming.down.step": 0.06,
    },
    "workbook.xlsx": {
        "conductance.min": 2e-6, "conductance.max": 20e-6, "programming.up.step": 0.05, "programming.down.step": 0.08,
    },
    "paired_columns.tsv": {
        "ramp.up.start": 3e-9, "ramp.up.end": 38e-9, "ramp.down.start": 38e-9, "ramp.down.end": 3e-9,
        "ramp.up.curvature": 2.4, "ramp.down.curvature": 4.9, "read": 0.01 * 35e-9,
    },
    "levels.csv": {
        "conductance.min": 1e-9, "conductance.max": 1e-5, "programming.up.step": 1.0 / 14.0,
        "programming.down.step": 1.0 / 14.0, "read": 0.02,
    },
    "normalised.csv": {
        "conductance.min": 1e-6, "conductance.max": 1e-5, "programming.up.step": 0.0045,
        "programming.down.step": 0.0075, "slow": 0.05, "length": 12.0, "read": 0.02 * 9e-6, "write": 0.0004,
    },
}  # fmt: skip


def test_ramps_hold_the_truth(folder: Path) -> None:
    wrong = []
    for name, truth in RAMPS.items():
        found = fit.fit(folder / name).pulses
        assert found is not None
        wrong += outside({**found.numbers, **found.noise}, truth, name)
    assert not wrong


@pytest.mark.slow
def test_decades_of_many_devices_are_a_law_of_the_logarithm_with_its_spread(folder: Path) -> None:
    found = fit.fit(folder / "rows_three_decades.txt").pulses
    assert found is not None
    assert found.devices[0].frame.logarithmic
    # The state-dependent step of the truth, at the middle of the window and as the fall of its logarithm over it.
    truth = {
        "conductance.min": 1e-9, "conductance.max": 1e-6, "middle.up": 0.045 * 0.6, "middle.down": 0.045 * 0.675,
        "write": 0.004, "read": 0.005,
    }  # fmt: skip
    spread = {key: Value(*pair) for key, pair in found.spread.values.items()}
    wrong = outside({**found.numbers, **found.noise}, truth, "rows")
    wrong += outside(spread, {"max": 0.08, "min": 0.2, "step": 0.1}, "rows, spread")
    assert not wrong
    card = fit.make_card(found, fit.Known("wide")).card
    assert card.conductance.min > 0.0
    x = np.expm1(np.log(1e3) * 0.5) / np.expm1(np.log(1e3))
    step = float(card.programming.step("up", np.array(x)))
    assert step == pytest.approx(x * np.expm1(np.log(1e3) * 0.027), rel=0.15)


@pytest.mark.slow
def test_half_of_the_cells_predict_the_other_half(folder: Path) -> None:
    record = fit.read(folder / "rows_three_decades.txt")
    assert isinstance(record, fit.Pulses)
    names = record.measurement.devices
    halves = [
        fit.fit(record.measurement.select([one for one in record.measurement.ramps if one.device in part]), "linear")
        for part in (set(names[::2]), set(names[1::2]))
    ]
    for name in ("conductance.min", "conductance.max", "middle.up", "middle.down"):
        one, other = (half.numbers[name] for half in halves)
        # Of four differences none is beyond three of its standard errors.
        assert abs(one.value - other.value) < 3.0 * np.hypot(one.se, other.se), name


def test_steps_that_shrink_from_cycle_to_cycle_are_endurance(folder: Path) -> None:
    found = fit.fit(folder / "cycles_wear.txt")
    (trend,) = found.findings
    assert not outside(trend.numbers, {"up.half": 60.0, "down.wear": 0.0}, "cycles")
    assert found.pulses is not None
    assert len(found.pulses.measurement.ramps) == 12
    assert fit.make_card(found, fit.Known("worn")).card.endurance is not None


def test_half_of_the_cells_predict_the_other_half_within_their_standard_errors(folder: Path) -> None:
    """Means and spreads of twelve cells against those of the twelve others: of n numbers that are normal the largest
    stays below 3 standard errors of the difference, and their mean square, with as many degrees of freedom as there are
    kinds (window, steps and curvature of each direction), below what chance exceeds in 1 of 1000 sets.
    """
    record = fit.read(folder / "rows_three_decades.txt")
    assert isinstance(record, fit.Pulses)
    ramps, names = record.measurement.ramps, record.measurement.devices
    halves = []
    for k in (0, 1):
        own = record.measurement.select([ramp for ramp in ramps if ramp.device in names[k::2]])
        found = fit.fit_ramps(own, "exponential", logarithmic=True)
        halves.append(found.numbers | {key: Value(*pair) for key, pair in found.spread.values.items()})
    one, other = halves
    pulls = {
        key: (one[key].value - other[key].value) / np.hypot(one[key].se, other[key].se)
        for key in ("conductance.min", "conductance.max", "middle.up", "middle.down", "ramp.up.curvature",
                    "ramp.down.curvature", "max", "min", "step")
    }  # fmt: skip
    assert max(map(abs, pulls.values())) < 3.0, pulls
    assert sum(pull**2 for pull in pulls.values()) < chi2.isf(1e-3, len(pulls)), pulls
    # The card of one half is of cells like those of the other: each window within three spreads of the card's.
    for key, spread in (("conductance.min", "min"), ("conductance.max", "max")):
        off = abs(one[key].value - other[key].value) / one[key].value
        assert off < 3.0 * one[spread].value / np.sqrt(6.0)
