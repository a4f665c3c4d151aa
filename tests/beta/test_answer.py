"""The answer about beta: a sentence and a page, of measurements whose minimum is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from analogep import report
from analogep.beta import best, sentence
from analogep.report import beta as page
from analogep.report import pages

from ..report.html import Outline

GRID = np.geomspace(0.01, 4.0, 40)


def measured(card: float, estimator: str = "centered", residual: float = 0.01) -> xr.Dataset:
    """Error b^2 + v/b with its minimum at 0.4 predicted, and measured where it is."""
    names = ["positive", "negative", "centered", "richardson"]
    error = np.broadcast_to(GRID**2 + 0.128 / GRID, (1, 1, 4, 40))
    level = ("network", "noise", "estimator")
    values: dict[str, object] = {
        name: (level, np.full((1, 1, 4), 0.4)) for name in ("predicted", "best_cosine", "unsettled")
    }
    values |= {"measured": (level, np.full((1, 1, 4), 0.3)), "order": (level[:1] + level[2:], [[1.0, 1.0, 2.0, 4.0]])}
    values |= dict.fromkeys(("error", "cosine", "expected_error", "expected_cosine"), ((*level, "beta"), error))
    values |= {
        "pole": ("network", [0.8]),
        "fit_residual": ("network", [residual]),
        "predicted_leading": (level, np.full((1, 1, 4), 0.4)),
    }
    coordinates = {"network": ["trained"], "noise": [2e-3], "estimator": names, "beta": GRID}
    attributes = {
        "full_scale": 0.2,
        "card_beta": card,
        "card_estimator": estimator,
        "device": "rram",
        "circuit": "digits",
        "data": "digits",
        "seeds": "0",
        "overrides": json.dumps(["learning.epochs=2"]),
        "analogep_version": "0",
        "epochs": 2,
        "batch": 20,
        "title": "about beta",
        "device_card": "name: rram",
    }
    return xr.Dataset(values, coordinates, attributes)


@pytest.mark.parametrize(
    ("card", "estimator", "said"),
    [
        (
            0.1,
            "centered",
            "at beta 0.4 (relative error 48 %), the card has 0.1 (129 %): set nudging.beta=0.4.",
        ),
        (0.41, "centered", "the card's beta of 0.41 is the best one of its centered estimator within 10 %: keep it."),
        (
            0.5,
            "centered",
            "at beta 0.4 (relative error 48 %), but the card's 0.5 (51 %) is hardly worse: either will do.",
        ),
        (
            0.1,
            "holomorphic",
            "nothing was measured of the card's estimator 'holomorphic', so that no beta can be advised.",
        ),
    ],
)
def test_the_answer_says_what_to_set_and_what_it_is_worth(card: float, estimator: str, said: str) -> None:
    found = measured(card, estimator)
    assert sentence(found).startswith("On the trained network, at a noise of 1 % of full scale in a sample, ")
    assert sentence(found).endswith(said)


def test_where_the_expansion_describes_the_bias_poorly_the_measured_minimum_counts() -> None:
    assert (best(measured(0.1)), best(measured(0.1, residual=0.5))) == (0.4, 0.3)


def test_the_page_of_beta_has_the_answer_the_estimators_and_the_card() -> None:
    found = measured(0.1)
    outline = Outline(report.html(page.page(found)))
    assert sentence(found) in outline.text
    assert "trained network: negative nudging has no stable state at beta 0.8" in outline.text
    assert "Device card: rram" in outline.text
    assert "learning.epochs=2" in outline.text
    markers = {name: marker for name, (marker, _, _) in pages.KINDS.items()}
    assert markers["beta.nc"] in found
    assert not set(markers.values()) - {markers["beta.nc"]} & set(map(str, found.variables))
