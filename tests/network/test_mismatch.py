"""Neurons as drawn: their statistics, their streams, and the curves that gains and rails make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analogep import Chip
from analogep.circuit import HardClip, ReLU, Sigmoid, Tanh
from analogep.circuit.mismatch import Mismatch
from analogep.errors import SimulationError
from analogep.network.curve import Curve
from analogep.network.mismatch import Mismatched, OwnCurve, curve_of, drawn
from analogep.streams import Streams

MANY = 40_000
ALL = {"offset": 2e-6, "gain": 1e-5, "reverse_gain": 2e-5, "rails": 1e-6, "bandwidth": 4e-5, "threshold": 3e-5}
HELD = {
    "offset": {"offset"},
    "gain": {"gain"},
    "reverse_gain": {"back"},
    "rails": {"low", "high"},
    "bandwidth": {"pace"},
    "threshold": {"threshold"},
}
"""Key of the card -> what it is to the neurons."""
CURVES: dict[str, Any] = {
    "hard_clip": HardClip(kind="hard_clip", low=-0.12, high=0.15),
    "relu": ReLU(kind="relu"),
    "bounded_relu": ReLU(kind="relu", high=0.3),
    "tanh": Tanh(kind="tanh", amplitude=0.2),
    "sigmoid": Sigmoid(kind="sigmoid", amplitude=0.2),
}


def card(**keys: Any) -> Mismatch:
    return Mismatch(**keys)


def layer(size: int = MANY, seed: int = 1, **keys: Any) -> Mismatched:
    return drawn(card(**keys), [size], Streams(seed))[0]


def unlike(one: Mismatched, other: Mismatched) -> set[str]:
    """What differs between two chips."""
    return {name for name in vars(one) if not np.array_equal(getattr(one, name), getattr(other, name))}


@pytest.mark.parametrize(("key", "held"), [(key, name) for key, names in HELD.items() for name in sorted(names)])
def test_what_is_drawn_has_the_standard_deviation_of_the_card(key: str, held: str) -> None:
    """Shifts are normal and factors log-normal; mean and deviation to four standard errors, kurtosis as well."""
    sigma = 0.05
    found = getattr(layer(**{key: sigma}), held)
    xi = found / sigma if key in ("offset", "rails") else np.log(found) / sigma
    assert abs(xi.mean()) < 4 / np.sqrt(MANY)
    assert abs(xi.std() - 1) < 4 / np.sqrt(2 * MANY)
    assert abs((xi**4).mean() - 3) < 4 * np.sqrt(96 / MANY)


@pytest.mark.parametrize("key", ALL)
def test_a_key_a_thousand_times_as_large_moves_its_own_numbers_by_that_and_no_others(key: str) -> None:
    small, large = (layer(100, **(ALL | {key: factor * ALL[key]})) for factor in (1, 1000))
    assert unlike(small, large) == HELD[key]
    for name in HELD[key]:
        one, other = getattr(small, name), getattr(large, name)
        if key not in ("offset", "rails"):
            one, other = np.log(one), np.log(other)
        np.testing.assert_allclose(other, 1000 * one, rtol=1e-9)


def test_the_same_seed_is_the_same_chip_whatever_else_is_drawn_and_another_seed_another_one() -> None:
    alone, among = layer(50, offset=1e-3), layer(50, **(ALL | {"offset": 1e-3}))
    np.testing.assert_array_equal(alone.offset, among.offset)
    assert not np.isclose(alone.offset, layer(50, seed=2, offset=1e-3).offset).any()
    both = drawn(card(offset=1e-3), [50, 50], Streams(1))
    assert not np.isclose(both[0].offset, both[1].offset).any()
    other_sample = drawn(card(offset=1e-3), [50], Streams(1, sample=3))[0]
    assert not np.isclose(alone.offset, other_sample.offset).any()


def test_cells_and_initial_weights_of_a_chip_are_those_of_the_chip_without_mismatch() -> None:
    keys = {"offset": 1e-3, "gain": 0.01, "reverse_gain": 0.01, "rails": 1e-3, "bandwidth": 0.1}
    one, other = (Chip("rram", "digits", 3, set={"layers": [64, 8, 10], "mismatch": block}) for block in (None, keys))
    for here, there in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(here, there)


def test_auto_zeroing_leaves_its_share_of_each_offset_and_pelgrom_gives_the_whole() -> None:
    whole = layer(50, pelgrom={"a_vt": 3.5e-3, "area": 4.0})
    np.testing.assert_allclose(whole.offset, layer(50, offset=1.75e-3).offset, rtol=1e-12)
    zero = {"residual": 0.05, "period": 1e-3, "time": 1e-6}
    left = layer(50, offset=1.75e-3, auto_zero=zero)
    np.testing.assert_allclose(left.offset, 0.05 * whole.offset, rtol=1e-12)


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_keeps_its_steepest_slope_and_takes_its_own_rails_and_gain(name: str) -> None:
    """Rails moved by up to 20 mV, against the curves written out; slope by differences, primitive by quadrature."""
    base: Curve = CURVES[name]
    gain, low, high = np.array([1.0, 1.1]), np.array([0.01, -0.02]), np.array([-0.01, 0.02])
    made = curve_of(base, Mismatched(gain=gain, low=low, high=high), 2)
    v = np.repeat(np.linspace(-0.6, 0.6, 4001)[:, None], 2, axis=1)
    ends = [base.rails[0] + low, base.rails[1] + high]
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    if name == "tanh":
        wanted = middle + half * np.tanh((v - middle) / half)
    elif name == "sigmoid":
        wanted = ends[0] + 2 * half / (1 + np.exp(-4 * ((v - ends[0]) / (2 * half) - 0.5)))
    else:
        wanted = np.clip(v, *ends)
    np.testing.assert_allclose(made.rate(v), gain * wanted, rtol=0, atol=1e-15)
    numerical = np.gradient(made.rate(v), v[:, 0], axis=0)
    inside = np.abs(numerical - made.slope(v)) < 1e-5
    assert inside.mean() > 0.998  # corners have no slope
    assert made.slope(v).max(axis=0) == pytest.approx(gain, rel=1e-5)  # between two points of the grid
    assert made.rails == pytest.approx((float((gain * ends[0]).min()), float((gain * ends[1]).max())), rel=1e-12)
    between = slice(2000, 2600)
    r = made.rate(v)[between, 1]
    area = np.concatenate([[0.0], np.cumsum(0.5 * (v[between, 1][1:] + v[between, 1][:-1]) * np.diff(r))])
    found = made.primitive(np.stack([r, r], axis=1))[:, 1]
    still = np.abs(np.diff(r)) > 0
    np.testing.assert_allclose(np.diff(found)[still], np.diff(area)[still], rtol=1e-3, atol=1e-12)


def test_neurons_alike_have_the_nominal_curve_itself() -> None:
    base = CURVES["tanh"]
    assert curve_of(base, Mismatched(offset=np.ones(3)), 3) is base
    assert isinstance(curve_of(base, Mismatched(gain=np.ones(3)), 3), OwnCurve)


def test_rails_that_cross_are_refused() -> None:
    own = Mismatched(low=np.array([0.0, 0.4]), high=np.zeros(2))
    with pytest.raises(SimulationError) as refused:
        curve_of(CURVES["hard_clip"], own, 2)
    assert str(refused.value) == (
        "neuron 2 of a layer has its lower rail at 280 mV and its upper one at 150 mV: mismatch.rails is as large as "
        "what lies between the rails; lower it"
    )
