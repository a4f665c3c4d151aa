"""`analogep tune`: what it writes, what it says, how it is stopped, and what it refuses."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analogep import CircuitCard, DeviceCard, plots, results
from analogep.area import areas, total
from analogep.tune import Search
from tests.tune import artificial

from .commands import SMALL
from .conftest import Said

KNOBS = ("--knobs", ",".join(artificial.KNOBS))
FILES = {"best.yaml", "front.csv", "knobs.csv", "search.db", "tune.nc", "tune.png"}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Let searches do another work than trainings."""
    return lambda one: monkeypatch.setitem(Search.__init__.__kwdefaults__, "work", one)


def test_a_search_of_real_trainings_ends_in_a_card_that_trains(
    say: Callable[..., Said], few: Path, tmp_path: Path
) -> None:
    given = ("tune", "rram", "--data", str(few), *SMALL, "--set", "solver.method=euler", "--set", "learning.epochs=2")
    asked = ("--knobs", "nudging.beta", "--knob", "adc.bits=5..9", "--seeds", "2", "--trials", "3")
    costs = ("--for", "accuracy,joules,seconds,latency,area", "--set", "node=65 nm")
    first = say(*given, *asked, *costs, "--out", str(tmp_path / "out"))
    assert (first.code, first.err) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert re.search(r"^best settings \(trial [0-2] of 3\): ", first.out, re.MULTILINE)
    assert first.out.rstrip().endswith(
        f"written to {tmp_path / 'out'}: best.yaml, front.csv, knobs.csv, tune.nc, tune.png"
    )
    found = results.read(tmp_path / "out" / "tune.nc")
    assert found["confirmed_accuracy"].sizes == {"which": 2, "seed": 2}
    for name in ("joules", "inference", "seconds", "latency", "area"):
        assert (found[f"confirmed_{name}"] > 0.0).all()
    card = CircuitCard.load(tmp_path / "out" / "best.yaml")
    drawn = plots.tuned_settings(found).axes
    assert [axes.get_xlabel().partition(" [")[0] for axes in drawn] == [
        "joules of a training sample", "time of a training sample", "time of an inference", "area of the chip"
    ]  # fmt: skip
    chip = total(areas(DeviceCard.load("rram"), card))
    assert found["confirmed_area"].sel(which="best").values == pytest.approx(chip, rel=1e-12)
    assert f"area of the chip: {1e6 * chip:.4g} mm^2 against" in first.out
    page = say("report", str(tmp_path / "out"))
    assert (page.code, page.err) == (0, "")
    html = (tmp_path / "out" / "report.html").read_text()
    assert "&#39;node=65 nm&#39;" in html
    assert "--knobs nudging.beta --seeds 2 --seed 0 --knob adc.bits=5..9 --set" in html
    assert f"name: {card.name}" in html
    assert (card.layers, card.name) == ((64, 6, 10), "digits-rram")
    assert 5 <= int(card.adc.bits or 0) <= 9
    again = ("--circuit", str(tmp_path / "out" / "best.yaml"), "--data", str(few), "--epochs", "1", "--quiet")
    done = say("simulate", "rram", *again, "--out", str(tmp_path / "run"))
    assert done == (0, "", "")


def test_tables_and_numbers_say_the_same_and_the_same_command_is_answered_from_its_store(
    say: Callable[..., Said], few: Path, tmp_path: Path, work: Callable[[Any], None]
) -> None:
    work(artificial.known)
    given = ("tune", "rram", "--data", str(few), *KNOBS, "--for", "accuracy,joules", "--out", str(tmp_path))
    found = json.loads(say(*given, "--trials", "6", "--json").out)
    with (tmp_path / "front.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found["finalists"]
    kept = [row for row in rows if row["on_front"] == "1"]
    assert [int(row["trial"]) for row in kept] == sorted(
        (point["trial"] for point in found["front"]), key=[int(row["trial"]) for row in rows].index
    )
    joules = [float(row["joules"]) for row in kept]
    accuracy = [float(row["accuracy"]) for row in kept]
    assert joules == sorted(joules)
    assert accuracy == sorted(accuracy)
    with (tmp_path / "knobs.csv").open() as file:
        knobs = {row["knob"]: row for row in csv.DictReader(file)}
    assert set(knobs) == set(artificial.KNOBS)
    assert knobs["timing.free.duration"]["card"] == "500 ns"
    assert {row["importance_joules"] for row in knobs.values()} == {""}  # of six trials nothing is said
    (upper,) = plots.tuned_settings(results.read(tmp_path / "tune.nc")).axes
    assert (upper.get_ylabel(), upper.get_xlabel()) == ("validation accuracy [%]", "joules of a training sample [nJ]")
    assert "95 % interval" in upper.get_title()
    front = next(
        line for line in upper.get_lines() if line.get_linestyle() == "-" and len(line.get_xdata()) == len(kept)
    )
    assert list(front.get_xdata()) == pytest.approx([1e9 * one for one in joules], rel=1e-5)
    wanted = say(*given, "--trials", "6", "--accuracy", "99.9 %")
    assert wanted.code == 1
    assert "matters to joules" in wanted.out
    assert f"{found['trials']} trials, {found['finalists']} trained to the end; " in wanted.out
    assert re.search(
        r"^analogep: no trial reaches 99.9 %: the best of \d+ that were trained to the end is trial", wanted.err
    )


def test_ctrl_c_leaves_a_card_and_says_where(
    say: Callable[..., Said], few: Path, tmp_path: Path, work: Callable[[Any], None]
) -> None:
    work(artificial.interrupted)
    said = say("tune", "rram", "--data", str(few), *KNOBS, "--out", str(tmp_path))
    assert said.code == 130
    assert said.err == (
        f"\nanalogep: interrupted after 1 trials, 1 trained to the end, the best of them in {tmp_path / 'best.yaml'}; "
        "the same command goes on from there\n"
    )
    assert "not yet trained again" in (tmp_path / "best.yaml").read_text().replace("\n# ", " ")
    assert say("report", str(tmp_path)).code == 0
    html = (tmp_path / "report.html").read_text()
    assert "not yet trained again" in html
    assert "nan %" not in html
    assert "Best settings" not in html


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("rrm",), 2, "unknown device card"),
        (("rram", "--knobs", "nudging.bete"), 2, "no card has the knob 'nudging.bete'"),
        (("rram", "--knob", "nudging.beta=0.9..0.1"), 2, "the bounds are the wrong way round or equal"),
        (("rram", "--knob", "nudging.beta"), 2, "needs the form key=low..high, such as nudging.beta=0.1..0.9"),
        (("rram", "--for", "joules"), 2, "needs accuracy, and each objective once"),
        (("rram", "--for", "accuracy,aera"), 2, "'area'; did you mean 'area'?"),
        (
            (
                "ideal",
                "--for",
                "accuracy,area",
                "--set",
                "adc={bits: 7, low: 0 V, high: 1 V, energy: 1 pJ, source: x}",
            ),
            2,
            "circuit 'digits' names no technology, so that nothing of it has an area; give a node",
        ),
        (("rram", "--accuracy", "0.97"), 2, "needs a share up to 100 %, such as '97.5 %'; got '0.97'"),
        (("rram", "--minutes", "0"), 2, "needs minutes above 0, such as 30; got '0'"),
        (("rram", "--set", "learning.epochs=0"), 2, "learning.epochs is 0: there is nothing to train"),
        (("rram", "--held-out", "5000"), 2, "5000 of the 1438 training samples of 'digits' cannot be held out"),
        (("rram", "--data", "nowhere.npz"), 1, "nowhere.npz: no such file"),
    ],
)
def test_what_cannot_be_is_one_sentence_before_anything_runs(
    say: Callable[..., Said],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = say("tune", *arguments)
    assert said.code == code
    assert message in said.err
    assert not list(tmp_path.iterdir())
