"""`analogep budget`: its table, its JSON, its figure, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analogep import results

from .commands import SMALL
from .conftest import Said


def test_a_budget_ends_in_a_table_a_figure_and_numbers(say: Callable[..., Said], few: Path, tmp_path: Path) -> None:
    out, figure = tmp_path / "out", tmp_path / "waterfall.svg"
    given = ("budget", "ideal", "--data", str(few), *SMALL, "--epochs", "1", "--chips", "1", "--seeds", "2")
    first = say(*given, "--workers", "1", "--out", str(out), "--figure", str(figure))
    assert (first.code, first.err) == (0, "")
    lines = first.out.splitlines()
    assert lines[0] == "loss budget of ideal with digits (chips: 1, seeds: 2; +- is the 95 % interval, paired)"
    assert re.fullmatch(r"all as on the cards: \d+\.\d\d \+- \d+\.\d\d %", lines[2])
    heads = next(line for line in lines if line.startswith("limit "))
    assert heads.split("  ")[-1].strip() == "per inference"
    row = next(line for line in lines if line.startswith("settling "))
    assert re.match(r"settling +[+-]\d+\.\d\d \+- \d+\.\d\d +\d+\.\d\d \+- \d+\.\d\d % +-[\d.]+ [npf]J", row)
    assert any(" ideal together: " in line for line in lines)
    assert lines[-1] == f"written to {out / 'budget.nc'} and {figure}"
    assert figure.read_text().lstrip().startswith("<?xml")
    found = json.loads(say(*given, "--out", str(out), "--json").out)
    stored = results.read(out / "budget.nc")
    assert [one["limit"] for one in found["limits"]] == stored["limit"].values.tolist()
    assert found["gap"] == pytest.approx(float(stored["gap"]))
    assert found["limits"][0]["regained"] == pytest.approx(float(stored["regained"][0]))
    assert (found["chips"], found["samples"], found["failed"]) == (1, 2, [])
    assert say(*given, "--out", str(out), "--quiet") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("rrm",), 2, "unknown device card"),
        (("rram", "--circuit", "digts"), 2, "did you mean 'digits'?"),
        (("rram", "--set", "nudgin.beta=1"), 2, "no card has a section 'nudgin', did you mean 'nudging'?"),
        (("rram", "--set", "nudging.bta=1"), 2, "nudging.bta: unknown key, did you mean 'beta'?"),
        (("rram", "--figure", "waterfall.jpg"), 2, "--figure waterfall.jpg: needs a name that ends in .png"),
        (("rram", "--data", "nowhere.npz"), 1, "nowhere.npz: no such file"),
        (("pcm", "--circuit", "resistive-digits"), 2, "needs gradual pulses both ways"),
        (("rram", "--chips", "0"), 2, "needs a whole number from 1"),
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
