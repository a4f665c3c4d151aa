"""How much each knob matters, where that is known: joules that one knob alone decides, and a figure of it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analogep import CircuitCard, DeviceCard, plots
from analogep.tune import Knobs
from analogep.tune.importance import importance, tolerated
from analogep.tune.neighbours import neighbour
from analogep.tune.store import Tried

NAMES = ("nudging.beta", "timing.free.duration", "adc.bits", "nudging.estimator")


def knobs() -> Knobs:
    return Knobs(DeviceCard.load("rram"), CircuitCard.load("digits"), NAMES)


def trials(count: int) -> list[Tried]:
    """Settings drawn evenly; joules go with the free phase, accuracies with beta."""
    rng, out = np.random.default_rng(2), []
    for number in range(count):
        chosen = {
            "nudging.beta": float(rng.uniform(0.1, 0.9)),
            "timing.free.duration": float(rng.uniform(1e-7, 1e-6)),
            "adc.bits": int(rng.integers(4, 13)),
            "nudging.estimator": str(rng.choice(["positive", "centered", "random_sign"])),
        }
        beta, phase = chosen["nudging.beta"], chosen["timing.free.duration"]
        values = {"accuracy": 0.9 - (beta - 0.4) ** 2, "joules": 0.02 * phase, "inference": 0.01 * phase}
        out.append(Tried(number, chosen, (values,), True, False))
    return out


def test_the_knob_that_alone_decides_is_found_and_little_is_left_for_the_others() -> None:
    for objective, name in (("joules", "timing.free.duration"), ("accuracy", "nudging.beta")):
        shares = importance(trials(60), knobs().all, objective)
        assert sum(shares.values()) == pytest.approx(1.0)
        assert shares[name] > 0.6
    assert importance(trials(19), knobs().all, "joules") == {}


def test_values_within_a_point_of_the_best_are_those_within_a_tenth_of_its_beta() -> None:
    """(beta - 0.4)^2 below 0.01 is beta within 0.1 of 0.4, but for how near the best trial is."""
    low, high = tolerated(trials(60), "nudging.beta")
    assert 0.29 < low < 0.4 < high < 0.51
    assert set(tolerated(trials(60), "nudging.estimator")) <= {"positive", "centered", "random_sign"}
    assert tolerated([], "nudging.beta") == []


def test_a_neighbour_differs_in_some_knobs_by_steps_within_the_bounds() -> None:
    """Each of four knobs moves with probability 3/4, and one of them always: 3.25 on average; 300 draws have a standard
    error of 0.05, of which four are allowed."""
    found, rng, of = trials(1), np.random.default_rng(3), knobs().all
    (base,) = (one.chosen for one in found)
    moved = []
    for _ in range(300):
        near = neighbour(found, of, ("accuracy", "joules"), rng)
        assert near is not None
        for knob in of:
            value = near[knob.name]
            assert value in knob.choices if knob.scale == "choice" else knob.low <= value <= knob.high
        moved.append(sum(near[name] != base[name] for name in near))
    assert min(moved) == 1
    assert np.mean(moved) == pytest.approx(3.25, abs=0.2)
    assert neighbour([], of, ("accuracy",), rng) is None


def test_the_figure_has_a_bar_for_each_knob_and_objective() -> None:
    knob = [one.name for one in knobs().all]
    values = {name: ("trial", np.array(values)) for name, values in (
        ("accuracy", [0.95, 0.97]), ("accuracy_ci", [0.01, np.nan]), ("joules", [1e-8, 2e-8]),
        ("front", [True, True]), ("card", [False, True]))}  # fmt: skip
    shares = {f"importance_{name}": ("knob", np.array([0.1, 0.2, 0.3, 0.4])) for name in ("accuracy", "joules")}
    about = {"title": "found", "best": 4, "objectives": '["accuracy", "joules"]'}
    data = xr.Dataset({**values, **shares}, {"trial": [4, 0], "knob": knob}, about)
    upper, lower = plots.tuned_settings(data).axes
    assert upper.get_ylabel() == "validation accuracy [%]"
    widths = sorted(bar.get_width() for bar in lower.patches)
    assert widths == pytest.approx(sorted([10.0, 20.0, 30.0, 40.0] * 2))
    assert [text.get_text() for text in lower.get_yticklabels()] == knob
    assert "[%]" in lower.get_xlabel()
