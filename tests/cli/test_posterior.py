"""`analogep study CARD --posterior N`: what it prints, writes and refuses, its figure and its page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import plots, report, results
from analogep.cli import posterior as command
from analogep.study import posterior_parts, told

from ..study.linear import card
from .commands import SMALL
from .conftest import Said

ALONE = """
  pulses_file:
    measurement: "pulses: ramps.csv"
    errors: {conductance.min: 20 nS, conductance.max: 100 nS}
"""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("card") / "fitted.yaml"
    path.write_text(card(ALONE).to_yaml())
    return path


@pytest.mark.usefixtures("threads")
def test_a_command_says_intervals_parts_and_the_next_experiment(
    say: Callable[..., Said], few: Path, fitted: Path, tmp_path: Path
) -> None:
    folder, figure = tmp_path / "sure", tmp_path / "sure.png"
    asked = ("study", str(fitted), "--posterior", "2", "--seeds", "2", "--data", str(few), "--epochs", "1", *SMALL)
    said = say(*asked, "--out", str(folder), "--figure", str(figure), "--quiet")
    assert (said.code, said.out) == (0, "")
    assert figure.stat().st_size > 10_000
    said = say(*asked, "--out", str(folder))
    found = results.read(folder / "posterior.nc")
    assert said.code == 0
    assert "because of what was not measured, 95 % (of 2 drawn cards):" in said.out
    for name in ("accuracy", "training_energy", "inference_energy"):
        assert told.interval(found, name) in said.out
    assert "pulses: ramps.csv" in said.out
    assert found.attrs["next"] in said.out
    numbers = json.loads(say(*asked, "--out", str(folder), "--json").out)
    assert numbers["accuracy_mean"] == float(found["accuracy_mean"])
    assert numbers["measurements"] == {"pulses_file": "pulses: ramps.csv"}
    page = report.html(report.lay_out(folder / "study.nc"))
    assert "What was not measured" in page
    assert "posterior:" in page  # the study file that makes it again
    again = say("study", str(fitted), "--posterior", "3", "--dry-run", "--json", *SMALL, "--data", str(few))
    assert json.loads(again.out)["points"] == 4 * 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rram", "--posterior", "5"), "rram: this card says no standard errors"),
        (("beta", "--posterior", "5"), "--posterior: beta is a study; give a device card that 'analogep fit' wrote"),
        (("--posterior", "5"), "--posterior: which card? Give one that 'analogep fit' wrote"),
        (("CARD", "--posterior", "1"), "--posterior 1: cards must differ to show anything; draw 2 or more"),
        (("CARD", "--posterior", "5", "--seeds", "1"), "give --seeds 2 or more, better 4"),
        (("CARD", "--posterior", "5", "--vary", "nudging.beta=0.1,0.2"), "goes without --vary: its axis are the drawn"),
        (("CARD", "--posterior", "5", "--target", "1 %"), "goes without --target"),
        (("CARD", "--posterior", "0"), "--posterior"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    say: Callable[..., Said], fitted: Path, arguments: tuple[str, ...], message: str
) -> None:
    said = say("study", *(str(fitted) if one == "CARD" else one for one in arguments))
    assert said.code == 2
    assert message in said.err


def test_rows_say_below_where_seeds_hide_a_part() -> None:
    """A made-up result: the second measurement's cards differ by no more than seeds explain."""
    of = ["estimate", *["all"] * 8, *["a"] * 8, *["b"] * 8]
    rng = np.random.default_rng(4)
    cards = 0.9 + np.concatenate([[0.0], 0.02 * rng.standard_normal(16), np.zeros(8)])
    values = cards[:, None, None] + 0.002 * rng.standard_normal((25, 1, 3))
    said = {"of": of, "measurements": {"a": "pulses: one.csv", "b": "reads: two.csv"}, "keys": {}, "refused": {"a": 3}}
    dims = ("draw", "chip", "seed", "epoch")
    names = ("accuracy", "training_energy", "inference_energy")
    dataset = xr.Dataset(
        {name: (dims, values[..., None], {"units": "1"}) for name in names}
        | {"state": (dims[:3], np.ones((25, 1, 3), dtype=np.int8))},
        attrs={"posterior": json.dumps(said), "title": "made up"},
    )
    found = posterior_parts(dataset)
    first, second, both = told.rows(found)
    assert first[0] == "pulses: one.csv"
    assert first[1].endswith(" points")
    assert first[2].endswith(" %")
    assert second[1].startswith("below 0.")
    assert second[2] == "-"
    assert both[0] == "all together"
    assert found.attrs["next"].startswith("Measure next: pulses: one.csv")
    assert told.remarks(found)[0].startswith("3 draws made no card and were drawn again (3 of a), for 8 cards")
    (left, right, *_) = plots.posterior_parts(dataset).axes
    assert (left.get_ylabel(), right.get_xlabel()) == ("test accuracy [%]", "standard deviation [percentage points]")
    (line,) = (one for one in left.lines if len(one.get_xdata()) == 8)
    np.testing.assert_allclose(line.get_ydata(), 100.0 * np.sort(values[1:9].mean(axis=(1, 2))))
    widths = [bar.get_width() for bar in right.patches]
    np.testing.assert_allclose(widths[0], 100.0 * float(found["accuracy_part"][0]) ** 0.5)


def test_a_part_of_a_study_has_no_answer_yet(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from argparse import Namespace

    command.answer(Namespace(quiet=False), xr.Dataset(attrs={"not_run": 4}), tmp_path)
    assert "4 points are missing" in capsys.readouterr().out
