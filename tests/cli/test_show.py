"""`analogep show` and `analogep compare`: what they print and write, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from analogep.device import DeviceCard

from .conftest import Said

Say = Callable[..., Said]
FEW = ("--cells", "20")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_show_writes_a_figure_named_after_the_card_and_prints_its_numbers(say: Say) -> None:
    said = say("show", "rram", *FEW)
    assert (said.code, said.err) == (0, "")
    assert imread("rram.png").shape[1] > 1200
    for words in (
        "1 uS to 10 uS, on/off 10; read at 500 mV, sinh I-V",
        "exponential: n pulses in closed form",
        "128 up and 128 down, end to end",
        "128 levels",
        "3.7 % of the window, 474 % of a step, up",
        "82.5 nS mid-window, 1.5 % of the conductance (relative)",
        "G_min 57 %, G_max 16 %, steps 20 %",
        "1e+06 pulses",
        "retention    unknown",
        "unknown      3 of 10: retention, disturb, yield",
        "708.5 fJ a pulse up",
        "figure       rram.png",
    ):
        assert words in said.out


def test_show_tells_of_reset_drift_faults_and_warnings(say: Say) -> None:
    said = say("show", "pcm", *FEW)
    for words in ("then a reset", "is left after 1 d", "stuck at G_min", "50 pJ a reset"):
        assert words in said.out
    alike = "{distribution: normal, truncate: 3, max: 0 %, min: 0 %, step: 0 %, asymmetry: 0 %}"
    changes = ("--set", "conductance.min=6 uS", "--set", f"variation.device_to_device={alike}")
    said = say("show", "rram", "--save", "low.png", *FEW, *changes)
    assert "on/off 1.667" in said.out
    assert "warning: " in said.out
    assert "on/off ratio is 1.67, below 2" in said.out
    assert "all alike" in said.out


def test_a_figure_is_never_overwritten_without_force(say: Say) -> None:
    Path("rram.png").write_bytes(b"mine")
    said = say("show", "rram", *FEW)
    assert said.code == 2
    assert said.err == "analogep: rram.png: exists; --force replaces it, --save writes to another file\n"
    assert Path("rram.png").read_bytes() == b"mine"
    assert say("show", "rram", "--force", *FEW).code == 0
    assert Path("rram.png").read_bytes() != b"mine"


@pytest.mark.parametrize("name", ["a.svg", "a.pdf", "a.PNG"])
def test_the_suffix_says_which_kind_of_file(name: str, say: Say) -> None:
    assert say("show", "ideal", "--save", name, *FEW).code == 0
    assert Path(name).stat().st_size > 1000


def test_json_holds_si_numbers_and_the_file(say: Say) -> None:
    said = json.loads(say("show", "ecram", "--json", *FEW).out)
    card = DeviceCard.load("ecram")
    assert (said["window_min"], said["window_max"]) == (card.conductance.min, card.conductance.max)
    assert said["up"]["pulses"] == 188
    assert said["up"]["step"] > 0.0 > said["down"]["step"]
    assert (said["up"]["train_joules"], said["unknown"][-1]) == (0.0, "energy of a pulse")
    assert said["levels"] is None
    assert said["figure"] == "ecram.png"


def test_set_changes_the_card_that_is_shown(say: Say) -> None:
    said = say("show", "ideal", "--json", *FEW, "--set", "conductance.max=20 uS")
    assert json.loads(said.out)["on_off_ratio"] == pytest.approx(20.0)


def test_the_seed_decides_the_cells(say: Say) -> None:
    files = [f"{k}.svg" for k in range(3)]
    for file, seed in zip(files, "112", strict=True):
        assert say("show", "rram", "--seed", seed, "--save", file, *FEW).code == 0
    first, same, other = (Path(file).read_bytes() for file in files)
    assert first == same != other


def test_compare_draws_the_cards_and_prints_a_table(say: Say) -> None:
    said = say("compare", "rram", "pcm", "mram", *FEW)
    assert (said.code, said.err) == (0, "")
    rows = said.out.splitlines()
    assert [row.split()[0] for row in rows] == ["card", "rram", "pcm", "mram", "figure:"]
    assert "128 / 128" in rows[1]
    assert "/ reset" in rows[2]
    assert np.ptp(imread("compare.png")) > 0.0


def test_compare_as_json_is_one_entry_a_card(say: Say) -> None:
    said = json.loads(say("compare", "rram", "ideal", "--json", *FEW).out)
    assert [card["name"] for card in said["cards"]] == ["rram", "ideal"]
    assert said["figure"] == "compare.png"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "digits"), "'digits' is a circuit card; give a device card, such as 'rram'"),
        (("compare", "rram", "digits"), "'digits' is a circuit card; give a device card, such as 'rram'"),
        (("show", "rran"), "did you mean 'rram'?"),
        (("show", "rram", "--set", "learning.rate=1"), "is a key of circuit cards; here only a device card is read"),
        (("show", "rram", "--save", "a.jpg"), "must end with one of .png, .svg, .pdf, such as rram.png"),
        (("show", "rram", "--save", "a"), "must end with one of .png, .svg, .pdf"),
        (("show", "rram", "--save", "no/a.png"), "the folder no does not exist; make it first"),
        (("show", "rram", "--save", "."), "must end with one of"),
        (("show", "rram", "--cells", "0"), "needs a whole number from 1 to 1000000, got '0'"),
        (("show", "rram", "--seed", "-1"), "needs a whole number from 0"),
        (("compare", "rram"), "compare needs two cards or more; 'analogep show rram' draws one"),
        (("compare", "rram", "rram"), "two of the cards are named 'rram'"),
        (("compare", "rram", "."), ".: is a folder; compare takes device cards, such as 'rram' and 'ecram', not runs"),
        (("compare", *["rram"] * 9), "needs 2 to 8 cards, got 9"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(arguments: tuple[str, ...], sentence: str, say: Say) -> None:
    said = say(*arguments)
    assert said.code == 2
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert list(Path.cwd().iterdir()) == []


def test_a_circuit_file_is_refused_as_one(say: Say) -> None:
    from analogep.cards.base import shipped_dir

    said = say("show", str(shipped_dir("circuit") / "digits.yaml"))
    assert said.code == 2
    assert "a device card is needed" in said.err


def test_a_folder_named_like_a_figure_is_not_written_to(say: Say) -> None:
    Path("a.png").mkdir()
    said = say("show", "rram", "--save", "a.png")
    assert said.code == 2
    assert "is a folder; name a file in it" in said.err


def test_a_file_that_the_system_refuses_is_a_failure(say: Say) -> None:
    said = say("show", "ideal", "--save", f"{'a' * 300}.png", *FEW)
    assert said.code == 1
    assert "cannot be written: File name too long; choose another --save" in said.err
