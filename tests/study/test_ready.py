"""Ready studies: found by name, known to the wheel, and described by a JSON Schema that editors read."""

from __future__ import annotations

import json
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from analogep.cards import schema
from analogep.errors import CardError
from analogep.study import StudyCard
from analogep.study.card import ready_dir

VALIDATOR = Draft202012Validator(schema.json_schema(StudyCard))
ROOT = Path(__file__).parents[2]


def test_the_schema_is_one_and_its_file_is_what_the_command_prints() -> None:
    Draft202012Validator.check_schema(json.loads(schema.text(StudyCard)))
    found = (ready_dir() / "study.schema.json").read_text(encoding="utf-8")
    assert found == schema.text(StudyCard), "run: analogep schema study > studies/study.schema.json"


@pytest.mark.parametrize("name", StudyCard.names())
def test_a_ready_study_is_valid_and_its_first_line_names_the_schema(name: str) -> None:
    card = StudyCard.load(name)
    assert (card.name, card.origin) == (name, name)
    assert [error.message for error in VALIDATOR.iter_errors(card.raw)] == []
    assert card.text.splitlines()[0] == "# yaml-language-server: $schema=study.schema.json"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chip", 3),
        ("chips", 0),
        ("chips", "3"),
        ("seeds", 1.5),
        ("vary", ["nudging.beta"]),
        ("vary", {"nudging.beta": 0.3}),
        ("target", {"standard_error": 0.005}),
        ("target", {"standard_error": "0.5 %", "most": 2}),
        ("ages", ["1"]),
        ("keep", ["everything"]),
        ("schema", "analogep.device/1"),
    ],
)
def test_a_typical_mistake_is_not_valid(key: str, value: Any) -> None:
    data = deepcopy(dict(StudyCard.load("beta").raw)) | {key: value}
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(CardError):
        StudyCard.of(data)


def test_axes_may_be_absent() -> None:
    assert VALIDATOR.is_valid({"schema": "analogep.study/1", "name": "chips", "device": "rram", "chips": 100})


def test_ready_studies_are_found_by_name_from_any_folder_and_a_file_of_that_name_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert StudyCard.load("beta").axes[0].name == "nudging.beta"
    (tmp_path / "beta").write_text("schema: analogep.study/1\nname: mine\ndevice: rram\nchips: 2\n")
    assert StudyCard.load("beta").name == "mine"


def test_problems_of_a_ready_study_name_its_file() -> None:
    with pytest.raises(CardError, match=r"studies/beta.yaml:\d+: vary.nudging.beta: is on two axes"):
        StudyCard.load("beta").changed({"vary": {"x": {"nudging.beta": [1, 2], "read.width": ["1 ns", "2 ns"]}}})
    with pytest.raises(CardError, match=r"unknown study card; shipped are 'beta', .*; did you mean 'drift'\?"):
        StudyCard.load("drif")


def test_the_wheel_holds_every_ready_study_and_their_schema() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        included = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    names = [path.name for path in (ROOT / "studies").iterdir() if path.suffix in (".yaml", ".json")]
    assert {key: value for key, value in included.items() if key.startswith("studies")} == {
        f"studies/{name}": f"analogep/studies/{name}" for name in names
    }


def test_package_data_are_preferred_to_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "analogep"
    (package / "study").mkdir(parents=True)
    monkeypatch.setattr("analogep.study.card.__file__", str(package / "study" / "card.py"))
    assert ready_dir() == tmp_path / "site-packages" / "studies"
    (package / "studies").mkdir()
    assert ready_dir() == package / "studies"
