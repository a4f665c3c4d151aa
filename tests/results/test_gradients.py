"""A layer without a gradient is named, with the reason that the result knows: in text, tables, pages and figures."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

from analogep import plots, results
from analogep.report import alternatives, health
from analogep.results import gradients, together

from ..plots.synthetic import result

NAN = float("nan")


def without(layers: list[int], exact: float = 0.0, estimated: float = 0.0, silent: int | None = None) -> xr.Dataset:
    """A result of three layers, some of which have no gradient of these lengths in the last epoch."""
    made = result(epochs=2, layers=3)
    for k in layers:
        for name, value in (("cosine", NAN), ("gain", NAN), ("exact_length", exact), ("estimated_length", estimated)):
            made[name][-1, k] = value
    if silent is not None:
        made["silent"][-1, silent] = 1.0
    return made


def test_layers_are_named_together() -> None:
    assert gradients.layers_of(["layer 2"]) == "layer 2"
    assert gradients.layers_of(["layer 1", "layer 2", "layer 4"]) == "layers 1, 2 and 4"


@pytest.mark.parametrize(
    ("layers", "line"),
    [
        ([], r", in layers 1, 2, 3: cosine 0\.\d{3}, 0\.\d{3}, 0\.\d{3}; gain \d\.\d\d, \d\.\d\d, \d\.\d\d"),
        ([1], r", in layers 1, 3: cosine 0\.\d{3}, 0\.\d{3}; gain \d\.\d\d, \d\.\d\d; no gradient in layer 2"),
        ([0, 2], r", in layer 2: cosine 0\.\d{3}; gain \d\.\d\d; no gradient in layers 1 and 3"),
        ([0, 1, 2], ": no gradient in layers 1, 2 and 3"),
    ],
)
def test_the_line_of_the_summary_holds_the_numbers_that_there_are(layers: list[int], line: str) -> None:
    assert re.fullmatch(line, gradients.against_exact(without(layers)))


@pytest.mark.parametrize(
    ("lengths", "sentence"),
    [
        ({}, "no gradient in layer 2: neurons stand at a rail, or outputs at their targets, on all probe samples"),
        ({"silent": 1}, "no gradient in layer 2: the neurons behind layer 2 rest, or stand at a rail, on all"),
        ({"silent": 2}, "no gradient in layer 2: the neurons behind layer 3 rest, or stand at a rail, on all"),
        ({"silent": 0}, "no gradient in layer 2: neurons stand at a rail, or outputs at their targets"),
        ({"exact": 0.1}, "no gradient in layer 2: nudging moved nothing that was sampled, though the exact gradient"),
        ({"exact": NAN, "estimated": 0.1}, "no exact gradient in layer 2: the adjoint has no solution on the probe"),
        ({"exact": 1e-200, "estimated": 1e-3}, "no gradient in layer 2: it is too short for a number"),
    ],
)
def test_the_reason_is_what_the_lengths_and_the_silent_neurons_say(lengths: dict[str, float], sentence: str) -> None:
    (said,) = gradients.reasons(without([1], **lengths))  # type: ignore[arg-type]
    assert said.startswith(sentence)


def test_layers_of_one_reason_share_a_sentence_and_old_results_say_that_it_is_not_known() -> None:
    assert [said.partition(":")[0] for said in gradients.reasons(without([0, 1]))] == ["no gradient in layers 1 and 2"]
    old = without([0, 1]).drop_vars(["exact_length", "estimated_length", "silent", "stuck"])
    (said,) = gradients.reasons(old)
    assert said.startswith("no gradient in layers 1 and 2: the estimate or the exact gradient is zero, or the exact")
    assert gradients.reasons(without([])) == []


def test_page_and_figures_name_the_layer_too() -> None:
    made = without([1])
    made["cosine"][:, 1] = NAN
    assert "layer 2 no gradient" in alternatives.gradient(made)
    made.attrs |= {"endurance": 0.0, "devices": 100}
    assert any("There is no cosine of layer 2 in 2 of 2 epochs" in said for said in health.sentences(made))
    texts = [text.get_text() for text in plots.gradients(made).axes[0].texts]
    assert texts == ["no gradient in\nlayer 2"]


def test_runs_over_one_another_show_the_lowest_cosine_of_the_layers_that_have_one() -> None:
    made = without([0, 1])
    both = together([made, without([0, 1, 2])], ["a", "b"])
    assert both["cosine"].values[0, 0] == made["cosine"].values[0].min()
    assert both["cosine"].values[0, 1] == made["cosine"].values[1, 2]
    assert np.isnan(both["cosine"].values[1, 1])
    results.describe(both)
