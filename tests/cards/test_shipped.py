from pathlib import Path

import pytest

from analogep.cards import base
from analogep.cards.base import Block, Card, shipped_dir
from analogep.errors import CardError
from analogep.units import Siemens

CARD = """\
schema: analogep.device/1
name: rram
conductance:
  min: 1 uS
"""


class Window(Block):
    min: Siemens


class Device(Card):
    kind = "device"

    conductance: Window


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "rram.yaml").write_text(CARD)
    (folder / "pcm.yaml").write_text(CARD)
    monkeypatch.setattr(base, "shipped_dir", lambda kind: folder)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


def test_a_name_is_a_shipped_card_and_a_file_that_exists_wins(shipped: Path) -> None:
    assert Device.names() == ["pcm", "rram"]
    assert Device.load("rram").origin == "rram"
    with pytest.raises(CardError, match=r"^--set conductance.x=1: conductance.x: unknown key"):
        Device.load("rram", ["conductance.x=1"])
    Path("rram").write_text(CARD.replace("name: rram", "name: mine"))
    assert Device.load("rram").name == "mine"
    Path("my.yaml").write_text(CARD)
    assert Device.load(Path("my.yaml")).origin == "my.yaml"
    Path("pcm").mkdir()
    assert Device.load("pcm").name == "rram"


def test_problems_of_a_shipped_card_name_it_without_its_folder(shipped: Path) -> None:
    (shipped / "pcm.yaml").write_text("schema: 3\n")
    with pytest.raises(CardError, match=r"^devices/pcm.yaml:1: schema: needs text, got 3"):
        Device.load("pcm")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("rrram", r"^rrram: unknown device card; shipped are 'pcm', 'rram'; did you mean 'rram'\?$"),
        ("zzz", r"^zzz: unknown device card; shipped are 'pcm', 'rram'$"),
        ("", r"^unknown device card"),
        ("a\0b", r"unknown device card"),
        ("x" * 5000, r"unknown device card"),
        (
            "devices/rran.yaml",
            r"^devices/rran.yaml: no such file; shipped are 'pcm', 'rram'; did you mean 'rram'\?$",
        ),
        ("devices/none", r"^devices/none: no such file$"),
        ("x" * 5000 + ".yaml", r"no such file"),
        ("a\0.yaml", r"no such file"),
        (".", r"unknown device card"),
        ("./", r"is a directory"),
    ],
)
def test_a_card_that_is_not_there_is_answered_with_those_that_are(shipped: Path, given: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        Device.load(given)


def test_shipped_cards_stand_beside_the_package_in_a_checkout() -> None:
    assert shipped_dir("device").name == "devices"
    assert shipped_dir("circuit") == shipped_dir("device").parent / "circuits"
