"""`analogep budget`: its tables, its JSON, its figures, its pages, Ctrl-C, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analogep import report, results
from analogep.budget import Budget, Specification, words

from ..budget import planted
from ..report.html import Outline
from .commands import SMALL
from .conftest import Said

NEAR = ("budget", "ideal", *SMALL, "--epochs", "1", "--pairs", "2", "--limits", "settling", "--workers", "1")


def test_a_budget_ends_in_a_table_an_answer_a_figure_and_numbers(
    say: Callable[..., Said], few: Path, tmp_path: Path
) -> None:
    out, figure = tmp_path / "out", tmp_path / "dots.svg"
    given = (*NEAR, "--data", str(few), "--out", str(out))
    first = say(*given, "--figure", str(figure))
    assert (first.code, first.err) == (0, "")
    lines = first.out.splitlines()
    assert lines[0] == "loss budget of ideal with digits"
    assert lines[1].startswith(
        "2 pairs of one chip and one seed each, judged on 16 validation samples of few (data seed 0)"
    )
    assert re.fullmatch(r"all limits on: \d+\.\d\d \+- \d+\.\d\d %", lines[3])
    heads = next(line for line in lines if line.startswith("limit "))
    assert heads.split("  ")[-1].strip() == "s per training sample"
    row = next(line for line in lines if line.startswith("settling "))
    assert re.match(r"settling +[+-]\d+\.\d\d \+- \d+\.\d\d \? +[+-]\d+\.\d\d \+- \d+\.\d\d \? +-[\d.]+ [npf]J +-", row)
    assert any(line.startswith("Not resolved to 1 point (the pairs are done): settling removed") for line in lines)
    assert lines[-1] == f"written to {out / 'budget.nc'} and {figure}"
    assert figure.read_text().lstrip().startswith("<?xml")
    found = json.loads(say(*given, "--json").out)
    stored = results.read(out / "budget.nc")
    assert [one["limit"] for one in found["limits"]] == stored["limit"].values.tolist()
    assert found["gap"] == pytest.approx(float(stored["gap"]))
    assert found["limits"][0]["regained_each"] == pytest.approx(stored["regained_each"].values[0].tolist())
    assert (found["pairs"], found["validation_samples"], found["failed"]) == (2, 16, [])
    assert say(*given, "--quiet") == (0, "", "")


@pytest.fixture
def formula(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Arguments for the planted limits, of which nothing is trained."""
    from concurrent.futures import Executor, Future

    class Here(Executor):
        def submit(self, fn, /, *args, **named):  # type: ignore[no-untyped-def]
            future: Future[object] = Future()
            future.set_result(fn(*args, **named))
            return future

    for kind in (Budget, Specification):
        made, ran = kind.__init__, kind.run

        def begun(self, *args, made=made, **named):  # type: ignore[no-untyped-def]
            made(self, *args, **(named | {"work": planted.work}))

        def run(self, *args, ran=ran, **named):  # type: ignore[no-untyped-def]
            return ran(self, *args, **(named | {"workers": None, "executor": Here()}))

        monkeypatch.setattr(kind, "__init__", begun)
        monkeypatch.setattr(kind, "run", run)
    sets = [f"{key}={json.dumps(value)}" for key, value in planted.SET.items()]
    return (
        "budget",
        "ideal",
        "--limits",
        ",".join(planted.LIMITS),
        *(word for text in sets for word in ("--set", text)),
    )


def test_planted_limits_are_named_on_page_and_command_line(
    say: Callable[..., Said], formula: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = say(*formula, "--out", str(out))
    assert "What limits most is cycle to cycle: " in said.out
    assert "Also told from zero: read noise." in said.out
    page = Outline(report.report(out))
    assert page.text.count("loss budget of ideal with digits") >= 1
    assert "What limits most is cycle to cycle: " in page.text
    assert "joules and seconds of a training sample" in page.text
    assert "analogep budget ideal --circuit digits" in page.text
    assert "all is resolved" in page.text


def test_a_specification_is_a_table_a_figure_and_a_page(
    say: Callable[..., Said], formula: tuple[str, ...], tmp_path: Path
) -> None:
    out, figure = tmp_path / "out", tmp_path / "curves.svg"
    said = say(*formula, "--specify", "1 point", "--pairs", "4", "--out", str(out), "--figure", str(figure))
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    heads = next(line for line in lines if line.startswith("limit "))
    assert re.split(r" {2,}", heads)[3] == "1 point lost at"
    row = re.split(r" {2,}", next(line for line in lines if line.startswith("read noise ")))
    assert row[1:3] == ["read.noise.sigma", "2 %"]
    assert float(row[3].removesuffix(" %")) == pytest.approx(1.0, abs=0.4)
    assert re.fullmatch(r"[\d.]+ % to [\d.]+ %", row[4])
    assert any(line.startswith("Larger than 1 point allows: cycle to cycle") for line in lines)
    assert lines[-1] == f"written to {out / 'specification.nc'} and {figure}"
    found = json.loads(say(*formula, "--specify", "1", "--pairs", "4", "--out", str(out), "--json").out)
    assert [one["limit"] for one in found["limits"]] == planted.LIMITS
    assert found["limits"][2]["value_lost"] is None
    page = Outline(report.report(out))
    assert "variation.cycle_to_cycle.sigma" in page.text
    assert "not lost up to 4 times" in page.text
    assert "--specify 1" in page.text


@pytest.mark.parametrize("more", [(), ("--specify", "1 point")])
def test_ctrl_c_keeps_what_is_known(
    say: Callable[..., Said],
    formula: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: tuple[str, ...],
) -> None:
    count = [0]
    train = planted.work

    def stopped(job):  # type: ignore[no-untyped-def]
        count[0] += 1
        if count[0] == 40:
            raise KeyboardInterrupt
        return train(job)

    monkeypatch.setattr(planted, "work", stopped)
    said = say(*formula, *more, "--out", str(tmp_path))
    assert said.code == 130
    assert re.search(
        r"interrupted after [35] pairs, what is known of them is in .*; the same command goes on", said.err
    )
    kept = results.read(tmp_path / ("specification.nc" if more else "budget.nc"))
    assert kept.attrs["ended"] == "it was stopped"


def test_an_interrupt_within_an_import_ends_in_a_sentence(tmp_path: Path) -> None:
    """A module that is half imported fails when it is asked for again, in one of two ways."""
    from analogep.cli import budget

    def broken() -> None:
        raise AttributeError("partially initialized module 'pandas' has no attribute '_pandas_datetime_CAPI'")

    assert budget.kept(broken, tmp_path) == f"; the same command goes on from what is in {tmp_path}"
    with pytest.raises(AttributeError, match="sise"):
        budget.kept(lambda: tmp_path.sise, tmp_path)  # type: ignore[attr-defined]
    began = Budget("ideal", set={"layers": [64, 4, 10]}, best=0.4)
    assert not began.begun(tmp_path)
    assert began.kept(tmp_path) is None
    assert budget.kept(lambda: None, tmp_path).startswith(" before the first pair")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("rrm",), 2, "unknown device card"),
        (("rram", "--circuit", "digts"), 2, "did you mean 'digits'?"),
        (("rram", "--set", "nudgin.beta=1"), 2, "no card has a section 'nudgin', did you mean 'nudging'?"),
        (("rram", "--set", "nudging.bta=1"), 2, "nudging.bta: unknown key, did you mean 'beta'?"),
        (("rram", "--figure", "dots.jpg"), 2, "--figure dots.jpg: needs a name that ends in .png"),
        (("rram", "--data", "nowhere.npz"), 1, "nowhere.npz: no such file"),
        (("pcm", "--circuit", "resistive-digits"), 2, "needs gradual pulses both ways"),
        (("rram", "--pairs", "1"), 2, "needs a whole number from 2 to 63, as one pair has no interval; got '1'"),
        (
            ("rram", "--specify", "a bit"),
            2,
            "needs points of accuracy above 0 and up to 100, such as '1 point'; got 'a bit'",
        ),
        (("rram", "--resolution", "0"), 2, "needs points of accuracy above 0"),
        (("rram", "--minutes", "-1"), 2, "needs minutes above 0, such as 60; got '-1'"),
        (("rram", "--beta", "0"), 2, "needs a nudging strength above 0, such as 0.3; got '0'"),
        (("rram", "--limits", "read_nois"), 2, "did you mean 'read_noise'?"),
        (
            ("rram", "--specify", "1", "--beta", "0.2"),
            2,
            "--beta is for a budget, and --specify asks for a specification",
        ),
        (("rram", "--specify", "1", "--limits", "wires"), 2, "'wires' is no limit of rram with digits"),
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
    said = say("budget", *arguments)
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert "Traceback" not in said.err
    assert not list(tmp_path.rglob("*.nc"))


def test_one_thing_is_one_and_several_are_several() -> None:
    assert (words.counted(1, "pair"), words.counted(1200, "pair")) == ("1 pair", "1,200 pairs")
