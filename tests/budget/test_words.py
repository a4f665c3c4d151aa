"""What a budget says when a few pairs have decided nothing."""

from __future__ import annotations

import numpy as np
import xarray as xr

from analogep.budget import words


def few_pairs(limits: int) -> xr.Dataset:
    """Limit k gives back k points and costs k/2, each with an interval that holds zero."""
    mean = 0.01 * np.arange(float(limits))
    shares = {"regained": mean, "lost": 0.5 * mean}
    shares |= {f"{name}_ci": np.full(limits, 0.5) for name in ("regained", "lost")}
    shares |= {f"{name}_more": np.full(limits, 4.0) for name in ("regained", "lost")}
    variables = {name: ("limit", values) for name, values in shares.items()}
    gap = {"gap": ((), 0.02), "gap_ci": ((), 0.3)}
    names = [f"limit_{k}" for k in range(limits)]
    return xr.Dataset(variables | gap, {"limit": names}, {"resolution": 0.01, "ended": "the time is up", "pairs": 2})


def test_an_undecided_budget_names_the_largest_effect_as_a_guess() -> None:
    assert words.answer(few_pairs(4)) == (
        "No limit costs accuracy that can be told from zero; all of them together cost +2.00 +- 30.00 points. The "
        "largest so far is limit 3 removed alone, +3.00 +- 50.00 points: a guess."
    )
    assert words.answer(few_pairs(1)).endswith("points.")


def test_many_open_effects_are_counted_and_few_are_named() -> None:
    assert "(the time is up): limit 0 removed, limit 0 left, limit 1 removed, limit 1 left. It takes" in words.missing(
        few_pairs(2)
    )
    assert "(the time is up): 8 of 8 effects, those with a question mark. It takes" in words.missing(few_pairs(4))
