"""Update rules: from a wanted change in steps to whole pulses."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.rules import ClosedLoop, FixedPulse, MixedPrecision, Stochastic, rule_named

RNG = np.random.default_rng


@pytest.mark.parametrize("z", [-2.7, -1.0, -0.3, 0.0, 0.01, 0.5, 3.25])
def test_stochastic_rounding_has_the_mean_of_the_wanted_change(z: float) -> None:
    """Mean within 4 standard errors, sqrt(f (1 - f)/N) with f the fraction of z; neighbouring whole numbers only."""
    size, f = 200_000, z - np.floor(z)
    counts = Stochastic(rule="stochastic").counts(np.full(size, z), 1)
    assert counts.dtype == np.int32
    assert set(np.unique(counts)) <= {int(np.floor(z)), int(np.ceil(z))}
    assert abs(counts.mean() - z) <= 4.0 * np.sqrt(f * (1.0 - f) / size) + 1e-12


def test_stochastic_rounding_depends_on_its_key_alone() -> None:
    z = RNG(0).normal(size=(5, 6))
    rule = Stochastic(rule="stochastic")
    np.testing.assert_array_equal(rule.counts(z, 3), rule.counts(z, 3))
    assert np.any(rule.counts(z, 3) != rule.counts(z, 4))


def test_a_fixed_pulse_is_the_sign_of_what_reaches_the_dead_zone() -> None:
    z = np.array([-9.0, -0.5, -0.49, 0.0, 0.49, 0.5, 9.0])
    np.testing.assert_array_equal(FixedPulse(rule="fixed_pulse").counts(z, 0), [-1, -1, 0, 0, 0, 1, 1])
    everything = FixedPulse(rule="fixed_pulse", dead_zone=0.0)
    np.testing.assert_array_equal(everything.counts(z, 0), [-1, -1, -1, 0, 1, 1, 1])


@pytest.mark.parametrize("rule", [MixedPrecision, ClosedLoop])
def test_whole_steps_are_written_where_the_threshold_is_reached(rule: type[MixedPrecision]) -> None:
    name = "mixed_precision" if rule is MixedPrecision else "closed_loop"
    z = np.array([-6.9, -6.0, -5.99, -0.5, 0.0, 1.0, 5.99, 6.0, 7.5])
    counts = rule(rule=name, threshold=6.0).counts(z, 0)  # type: ignore[arg-type]
    np.testing.assert_array_equal(counts, [-6, -6, 0, 0, 0, 0, 0, 6, 7])


@pytest.mark.parametrize("threshold", [1.0, 2.5, 6.0])
def test_mixed_precision_neither_makes_nor_loses_any_wanted_change(threshold: float) -> None:
    """chi + sum of n = sum of z; what stays behind is below the threshold."""
    rule, rng = MixedPrecision(rule="mixed_precision", threshold=threshold), RNG(2)
    chi, written, wanted = np.zeros(1000), np.zeros(1000), np.zeros(1000)
    for _ in range(200):
        z = rng.normal(0.1, 1.0, 1000)
        chi, wanted = chi + z, wanted + z
        counts = rule.counts(chi, 0)
        chi, written = chi - counts, written + counts
        assert np.abs(chi).max() < threshold
    np.testing.assert_allclose(chi + written, wanted, atol=1e-11)
    assert np.abs(written).max() > 0


@pytest.mark.parametrize("rule", ["stochastic", "mixed_precision", "closed_loop"])
def test_no_cell_gets_more_than_a_million_pulses_at_once(rule: str) -> None:
    counts = rule_named(rule, 1.0, None).counts(np.array([-1e300, 1e300, 1e6, -1e6]), 0)
    np.testing.assert_array_equal(counts, [-(10**6), 10**6, 10**6, -(10**6)])


def test_a_rule_is_made_from_its_name_with_its_threshold_where_it_has_one() -> None:
    assert rule_named("stochastic", 6.0, None) == Stochastic(rule="stochastic")
    assert rule_named("fixed_pulse", 6.0, None) == FixedPulse(rule="fixed_pulse")
    assert rule_named("mixed_precision", 6.0, None) == MixedPrecision(rule="mixed_precision", threshold=6.0)
    assert rule_named("closed_loop", 6.0, 1) == ClosedLoop(rule="closed_loop", threshold=6.0, max_pulses=1)


def test_a_write_is_cut_to_its_most_pulses_and_the_rest_stays_in_the_accumulator() -> None:
    rule = MixedPrecision(rule="mixed_precision", threshold=6.0, max_pulses=2)
    z = np.array([-60.0, -5.9, 0.0, 6.5, 60.0])
    counts = rule.counts(z, 0)
    np.testing.assert_array_equal(counts, [-2, 0, 0, 2, 2])
    np.testing.assert_array_equal(z - counts, [-58.0, -5.9, 0.0, 4.5, 58.0])


def test_what_a_rule_remembers_and_reads_back_is_said_by_its_class() -> None:
    said = {rule: (rule.accumulates, rule.verifies) for rule in (Stochastic, FixedPulse, MixedPrecision, ClosedLoop)}
    assert said == {
        Stochastic: (False, False),
        FixedPulse: (False, False),
        MixedPrecision: (True, False),
        ClosedLoop: (True, True),
    }


def test_a_threshold_below_one_step_writes_one_pulse_and_below_half_a_step_is_refused() -> None:
    """Half a step is the nearest state; below it a pulse would lead further away."""
    counts = ClosedLoop(rule="closed_loop", threshold=0.5).counts(np.array([-0.7, -0.49, 0.0, 0.5, 1.9]), 0)
    np.testing.assert_array_equal(counts, [-1, 0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"threshold\n.*greater than or equal to 0.5"):
        MixedPrecision(rule="mixed_precision", threshold=0.49)
