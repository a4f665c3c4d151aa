"""Study files: the same as the command line, and all problems at once with their lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analogep.errors import CardError
from analogep.study import Study, StudyCard

GOOD = """\
schema: analogep.study/1
name: beta
device: rram
set: {learning.epochs: 2}
vary:
  nudging.beta: log 0.1..1/3
  technology:
    device.read.noise.sigma: [0 %, 5 %]
    nudging.estimator: [positive, centered]
chips: 2
target: {standard_error: 0.5 %, most: 9}
ages: [1 d]
"""


def test_a_file_says_what_the_function_says() -> None:
    card = StudyCard.from_text(GOOD)
    vary = {
        "nudging.beta": "log 0.1..1/3",
        "technology": {"device.read.noise.sigma": ["0 %", "5 %"], "nudging.estimator": ["positive", "centered"]},
    }
    made = Study(
        name="beta", device="rram", set={"learning.epochs": 2}, vary=vary, chips=2,
        target={"standard_error": "0.5 %", "most": 9}, ages=["1 d"],
    ).card  # fmt: skip
    assert made.digest == card.digest
    assert [(axis.name, len(axis)) for axis in card.axes] == [("nudging.beta", 3), ("technology", 2)]
    assert card.settings == {"learning.epochs": "2"}
    assert card.ages == (86400.0,)


def test_all_problems_of_a_file_are_reported_with_their_lines() -> None:
    bad = (
        GOOD.replace("log 0.1", "log 0")
        .replace("nudging.estimator", "nudgin.estimator")
        .replace("learning.", "lerning.")
    )
    with pytest.raises(CardError) as caught:
        StudyCard.from_text(bad + "seeds: 3\n", "my.yaml")
    assert [str(problem).split(";")[0] for problem in caught.value.problems] == [
        "my.yaml:4: set.lerning.epochs: no card has a section 'lerning', did you mean 'learning'?",
        "my.yaml:6: vary.nudging.beta: range 'log 0..1/3' is logarithmic: both ends must be above zero",
        "my.yaml:7: vary.technology: no card has a section 'nudgin', did you mean 'nudging'?",
        "my.yaml:11: target: stands instead of 'seeds'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("chips: 2", "chip: 2", "chip: unknown key, did you mean 'chips'"),
        ("device: rram\n", "", "device: which device"),
        ("chips: 2", "chips: 0", "chips: must be"),
        ("learning.epochs: 2", "nudging.beta: 2", "set.nudging.beta: is an axis as well"),
        ("device.read.noise.sigma: [0 %, 5 %]", "nudging.beta: [1, 2]", "vary.nudging.beta: is on two axes"),
        ("analogep.study/1", "analogep.device/1", "this is a device card"),
        ("analogep.study/1", "analogep.study/2", "unknown schema 'analogep.study/2'"),
        ("ages: [1 d]", "ages: [1 d, 24 h]", "ages: holds a time twice"),
        ("most: 9", "most: 2", "target.most: must be"),
        ("ages: [1 d]", "keep: [everything]", "keep"),
    ],
)
def test_a_file_that_asks_for_what_cannot_be_is_refused(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(CardError, match=message):
        StudyCard.from_text(GOOD.replace(old, new))


def test_options_change_a_card_and_keep_its_lines() -> None:
    card = StudyCard.from_text(GOOD, "my.yaml").changed({"seeds": 4, "vary": {"read.voltage": ["0.1 V"]}})
    assert (card.seeds, card.target, len(card.axes)) == (4, None, 3)
    with pytest.raises(CardError, match=r"my\.yaml:6: vary\.nudging\.beta: is on two axes"):
        card.changed({"vary": {"x": {"nudging.beta": [1, 2], "read.width": ["1 ns", "2 ns"]}}})


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "studies").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_ready_studies_name_points_that_every_card_takes(path: Path, tmp_path: Path) -> None:
    card = StudyCard.load(path)
    if card.settings.get("layers", "").startswith("[784"):  # MNIST, which a new machine does not have
        images, labels = np.full((20, 28, 28), 255, np.uint8), np.arange(20) % 10
        np.savez(tmp_path / "mnist.npz", train_x=images, train_y=labels, test_x=images, test_y=labels)
        card = card.changed({"data": str(tmp_path / "mnist.npz")})
    study = Study(card)
    assert study.card.name == path.stem
    assert study.card.title
    assert len(study.plan.points) > 2
