"""Where a point is lost: the curve and its interval against truth, scaled cards, and the values that are named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from analogep import plots, results
from analogep.budget import SPECIFICATION, Deck, Specification, specified
from analogep.budget.curve import crossing, falling, reached
from analogep.budget.scales import scaling
from analogep.budget.specification import FACTORS
from analogep.errors import UsageError

from . import planted

GRID = np.array(FACTORS)


def test_the_falling_curve_is_the_nearest_one() -> None:
    rng = np.random.default_rng(1)
    means = rng.normal(size=(3, 6))
    for row, found in zip(means, falling(means), strict=True):
        # A falling curve is its last value and steps that are not negative.
        best = minimize(
            lambda p, row=row: np.square(np.append(np.cumsum(p[:0:-1])[::-1], 0.0) + p[0] - row).sum(),
            np.ones(6), bounds=[(None, None)] + [(0.0, None)] * 5, tol=1e-14,
        )  # fmt: skip
        assert np.all(np.diff(found) <= 1e-15)
        assert np.square(found - row).sum() == pytest.approx(best.fun, rel=1e-5)


def test_a_loss_is_found_between_two_sizes_or_nowhere() -> None:
    line = 0.9 - 0.02 * GRID
    curves = np.stack([line, 0.9 - np.array([0.0, 0.0, 0.0, 0.005, 0.015, 0.015]), np.full(6, 0.9)])
    np.testing.assert_allclose(reached(GRID, curves, 0.01), [0.5, 1.5, np.inf])


def test_the_interval_holds_the_truth_in_most_of_all_cases() -> None:
    """One point is lost at 0.8 of a curve that bends; eight pairs with half a point of their own. Three standard errors
    of 120 repetitions at 95 % are 6 %."""
    rng, held = np.random.default_rng(6), 0
    truth = 0.9 - 0.0125 * GRID
    for _ in range(120):
        found = crossing(GRID, truth[:, None] + 0.02 * rng.normal(size=8) + 0.005 * rng.normal(size=(6, 8)), 0.01)
        held += found.low <= 0.8 <= found.high
    assert held / 120 > 0.89


def test_the_specification_names_values_at_which_planted_limits_lose_the_points(tmp_path: Path) -> None:
    """Confirmed by the formula itself at the cards that those values make."""
    question = Specification("ideal", set=planted.SET, limits=planted.LIMITS, work=planted.work)
    with ThreadPoolExecutor(1) as pool:
        found = question.run(tmp_path, points=0.01, pairs=8, executor=pool)
    assert found["limit"].values.tolist() == planted.LIMITS
    for name, card in (("cycle_to_cycle", 0.1), ("read_noise", 0.02)):
        one = found.sel(limit=name)
        expected = 0.01 / planted.COSTS[name]
        assert float(one["factor_low"]) <= expected <= float(one["factor_high"])
        assert float(one["value_lost"]) == pytest.approx(card * float(one["factor_lost"]))
        device, circuit = question.deck.cards({name: float(one["factor_lost"])})
        at = {
            "cycle_to_cycle": device.variation.cycle_to_cycle.sigma / 0.1,
            "read_noise": planted.read_noise(device) / 0.02,
        }
        assert planted.COSTS[name] * at[name] == pytest.approx(0.01, rel=0.35)  # three of its standard errors
        assert circuit.sample_noise == pytest.approx(1e-3)
    assert np.isinf(float(found.sel(limit="sampling")["factor_lost"]))
    rows = {row[0]: row for row in specified.rows(found)}
    assert rows["read noise"][1:3] == ["read.noise.sigma", "2 %"]
    assert rows["sampling"][3] == "not lost up to 4 times"
    assert specified.answer(found).startswith(
        "Larger than 1 point allows: cycle to cycle (variation.cycle_to_cycle.sigma"
    )
    assert (
        results.read(tmp_path / SPECIFICATION)
        .attrs["command"]
        .startswith("analogep budget ideal --circuit digits --specify 1")
    )
    figure = plots.specified_limits(found)
    assert [axes.get_title() for axes in figure.axes] == [name.replace("_", " ") for name in planted.LIMITS]


def test_a_scaled_limit_has_so_many_times_its_error() -> None:
    wires = "{kind: exact, word: 1 ohm, bit: 2 ohm, tile: [65, 128]}"
    deck = Deck("rram", "digits", {"wires": wires, "faults.stuck_min": "1 %"})
    real = deck.cards(())
    x, g, v = np.linspace(0.1, 0.9, 5), np.array([1e-6, 5e-6]), np.array([0.01])
    law = real[0].programming
    for factor in (0.5, 2.0):
        device = {name: deck.cards({name: factor})[0] for name in ("read_noise", "iv", "states", "asymmetry", "faults")}
        noise = device["read_noise"].read.components.variance(g, 1e-5)
        np.testing.assert_allclose(noise, factor**2 * real[0].read.components.variance(g, 1e-5), rtol=1e-12)
        bent = [card.read.iv.drive(v) - v for card in (device["iv"], real[0])]
        np.testing.assert_allclose(bent[0], factor * bent[1], rtol=1e-4)  # to the leading order in V/V0
        step = device["states"].programming.step("up", x) / law.step("up", x)
        np.testing.assert_allclose(step, factor, rtol=0.02)
        down = [card.programming.down.nonlinearity - law.up.nonlinearity for card in (device["asymmetry"], real[0])]
        assert down[0] == pytest.approx(factor * down[1])
        assert device["faults"].faults.stuck_min == pytest.approx(factor * 0.01)
        assert deck.cards({"wires": factor})[1].wires.bit == pytest.approx(factor * 2.0)
        assert deck.cards({"settling": factor})[1].timing.free.duration == pytest.approx(500e-9 / factor)
        bits = deck.cards({"converters": factor})[1].adc.bits
        assert 2.0**-bits == pytest.approx(factor * 2.0 ** -real[1].adc.bits)
    assert deck.cards({"iv": 1.0}) == real


@pytest.mark.parametrize("name", ["rram", "pcm", "enode", "ecram_mo", "rram_hfo2", "rram_cmo"])
def test_every_limit_of_a_card_is_scaled_or_says_why_not(name: str) -> None:
    deck = Deck(name, "digits", {}, aged=True)
    real = deck.cards(())
    for limit in deck.limits:
        found = scaling(limit.name, *real)
        if isinstance(found, str):
            assert len(found) > 20, limit.name
            with pytest.raises(UsageError, match=f"{limit.name} cannot be made 0.5 times as large: "):
                deck.cards({limit.name: 0.5})
            continue
        smaller = deck.cards({limit.name: 0.5})
        assert [card.digest for card in smaller] != [card.digest for card in real], limit.name
        assert found.quantity.at(1.0) == found.quantity.value


def test_what_cannot_be_scaled_is_said_and_alone_is_refused() -> None:
    question = Specification("rram_sky130")
    assert "asymmetry" in question.unscaled
    sizes = {one.factor for one in Specification("rram", limits=["device_to_device"]).refused["device_to_device"]}
    assert sizes == {2.0, 4.0}
    with pytest.raises(
        UsageError, match=r"none of these limits can be made larger and smaller \(asymmetry: its pulses"
    ):
        Specification("rram_sky130", limits=["asymmetry"])
