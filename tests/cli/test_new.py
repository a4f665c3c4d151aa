"""`analogep new`, and that what `analogep check` prints is a card again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analogep import CircuitCard, DeviceCard, Run
from analogep.cards import schema

from .conftest import Said

Say = Callable[..., Said]


@pytest.mark.parametrize("kind", [DeviceCard, CircuitCard])
def test_what_check_prints_of_every_shipped_card_is_that_card(kind: type[DeviceCard | CircuitCard], say: Say) -> None:
    for name in kind.names():
        card = kind.load(name)
        assert kind.from_text(card.understood(), "again.yaml").digest == card.digest
    said = say("check", "rram", "--quiet"), say("check", name)
    assert kind.from_text(said[1].out, "again.yaml").digest == card.digest
    changed = DeviceCard.load("rram", ["conductance.max=20 uS"]).changed(
        {"read.noise.spacing": 1e-3, "read.noise.exponent": 1}
    )
    again = DeviceCard.from_text(changed.understood())
    assert again.changes == ("conductance.max=20 uS", "read.noise.spacing=1 ms", "read.noise.exponent=1.0")


@pytest.mark.parametrize("kind", ["device", "circuit"])
def test_a_begun_card_is_commented_checked_and_kept(
    kind: str, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = say("new", kind, "mine")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"mine.yaml: a {kind} card; 'analogep check mine.yaml' checks it, 'analogep simulate ")
    text = Path("mine.yaml").read_text()
    lines = text.splitlines()
    assert lines[0] == f"# yaml-language-server: $schema={schema.path(kind)}"  # type: ignore[arg-type]
    assert schema.path(kind).is_file()  # type: ignore[arg-type]
    assert sum("#" in line for line in lines) >= 15
    assert (say("check", "mine.yaml", "--quiet").code, say("check", "mine.yaml", "--quiet").err) == (0, "")
    again = say("new", kind, "mine")
    assert (again.code, again.out) == (2, "")
    assert again.err == "analogep: mine.yaml: exists, and is kept as it is; choose another name, or --out\n"
    assert Path("mine.yaml").read_text() == text
    assert say("new", kind, "mine", "--out", "other.yaml").code == 0
    assert Path("other.yaml").read_text() == text
    wrong = say("new", kind, "Mine")
    assert (wrong.code, wrong.err) == (
        2,
        f"Mine.yaml:{7 if kind == 'device' else 6}: name: 'Mine' does not have the form [a-z][a-z0-9_-]*\n",
    )
    assert not Path("Mine.yaml").exists()


def test_begun_cards_train(say: Say, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times better than a guess after eight epochs on few samples."""
    monkeypatch.chdir(tmp_path)
    assert say("new", "device", "cell").code == say("new", "circuit", "net").code == 0
    small = {"layers": [64, 16, 10], "learning.epochs": 8, "solver.method": "euler"}
    result = Run("cell.yaml", "net.yaml", data=str(few), set=small).execute()
    assert float(result["accuracy"][-1]) > 0.3
    assert DeviceCard.load("cell.yaml").unknown[0] == "pulse noise"
