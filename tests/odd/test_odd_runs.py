"""Odd results of runs: each is drawn and summed up, or refused with one sentence; no traceback, no warning."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import plots, report, results
from analogep.cli import compare_runs, summary
from analogep.errors import AnalogepError
from analogep.report import run as page
from analogep.report.blocks import Drawing

from ..cli.conftest import say
from ..run.test_spiking import run as spiking
from ..run.tiny import network, tiny
from .corrupt import corrupted

__all__ = ["say"]

PATH = Path("some/result.nc")


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """A small true result."""
    return tiny("learning.epochs=2", device=("faults.dead=2 %",)).execute()


def _words(dataset: xr.Dataset, name: str) -> Drawing:
    return Drawing("<svg></svg>", name, page.ALTERNATIVES[name](dataset))


def answered(dataset: xr.Dataset, other: xr.Dataset, rng: np.random.Generator, figures: int) -> bool:
    """Ask an odd result for all that is said about results, and for some of its figures; whether it was taken."""
    try:
        results.check_run(dataset, PATH)
    except AnalogepError as error:
        sentence = str(error)
        assert sentence.startswith(f"{PATH}: ")
        assert "\n" not in sentence
        assert len(sentence) < 600
        sentence.encode()
        return False
    text = summary.text(dataset)
    assert not re.search(r"\b(nan|inf)\b", text), text
    json.loads(summary.as_json(summary.numbers(dataset)), parse_constant=pytest.fail)
    compare_runs.differences([other, dataset])
    assert not re.search(r"\bnan\b", compare_runs._numbers(["a", "b"], [other, dataset]))
    html = report.html(page.page(dataset))
    html.encode()
    assert not re.search(r">nan\b|\bnan[ %]", html)
    names = sorted(plots.drawable(dataset))
    for name in rng.permutation(names)[:figures]:
        plots.render(plots.drawable(dataset)[name](dataset), ".svg").decode().encode()
    if figures:
        plots.runs_compared(results.together([other, dataset], ["a", "b"]))
    return True


@pytest.mark.parametrize("block", range(4))
def test_an_odd_result_is_answered_or_refused_with_a_sentence(
    whole: xr.Dataset, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "drawing", _words)
    taken = 0
    for seed in range(15 * block, 15 * block + 15):
        rng = np.random.default_rng(seed)
        taken += answered(corrupted(whole, rng), whole, rng, figures=int(seed % 5 == 0))
    assert taken < 15


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
@pytest.mark.parametrize("kind", ["rc", "passive", "spiking"])
def test_five_hundred_odd_results_of_every_kind(kind: str, block: int) -> None:
    made = _results(kind)
    for seed in range(1000 + 25 * block, 1025 + 25 * block):
        rng = np.random.default_rng(seed)
        answered(corrupted(made, rng), made, rng, figures=7)


_MADE: dict[str, xr.Dataset] = {}


def _results(kind: str) -> xr.Dataset:
    """A true result of a kind of network, trained once."""
    if kind not in _MADE:
        jobs = {"rc": tiny, "passive": lambda: network("passive, separate", card="rram"), "spiking": spiking}
        made = jobs[kind]("ecram") if kind == "spiking" else jobs[kind]()
        _MADE[kind] = made.execute()
    return _MADE[kind]
