"""`analogep list`, `cite` and `schema`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import analogep
from analogep import results
from analogep.circuit import CircuitCard
from analogep.cli import cite
from analogep.device import DeviceCard
from analogep.study import StudyCard

from .conftest import Said

Say = Callable[..., Said]


def keys(text: str) -> list[str]:
    """Keys of the entries, in their order."""
    return re.findall(r"^@[a-z]+\{([^,]+),$", text, re.MULTILINE)


def test_the_list_has_every_shipped_card_on_a_line_of_at_most_100_columns(say: Say) -> None:
    said = say("list")
    assert (said.code, said.err) == (0, "")
    *lines, space, devices, circuits, studies = said.out.splitlines()
    assert [space, devices.partition(" lie in ")[0], circuits.partition(" lie in ")[0]] == ["", "devices", "circuits"]
    assert (Path(devices.partition(" lie in ")[2]) / "rram.yaml").is_file()
    assert (Path(studies.partition(" lie in ")[2]) / "beta.yaml").is_file()
    names = [line.split()[0] for line in lines if line and not line.startswith("? of 10 ")]
    ready = StudyCard.names()
    assert "beta" in ready
    assert names == ["devices", *DeviceCard.names(), "circuits", *CircuitCard.names(), "studies", *ready]
    assert max(map(len, lines)) <= 100
    columns = [re.split(r" {2,}", line) for line in lines[: lines.index("") - 1]]
    assert all(len(row) == 9 for row in columns)
    by_name = {row[0]: row for row in columns}
    assert by_name["rram"] == ["rram", "rram", "1 uS - 10 uS", "10", "128", "3.7 %", "exponential", "704 fJ", "3"]
    assert by_name["mram"][4:] == ["2", "-", "constant", "2.05 pJ", "6"]
    assert by_name["pcm"][4] == "analog"
    assert any(line.endswith(CircuitCard.load("digits").title) for line in lines)


def test_simulate_lists_the_same(say: Say) -> None:
    assert say("simulate", "--list") == say("list")


def test_the_list_as_json_is_complete_and_in_si_units(say: Say) -> None:
    found = json.loads(say("list", "--json").out)
    assert [entry["name"] for entry in found["devices"]] == DeviceCard.names()
    assert [entry["name"] for entry in found["circuits"]] == CircuitCard.names()
    devices = {entry["name"]: entry for entry in found["devices"]}
    rram = DeviceCard.load("rram")
    assert (devices["rram"]["min"], devices["rram"]["max"]) == (rram.conductance.min, rram.conductance.max)
    assert devices["rram"]["noise"] == {"up": pytest.approx(0.037), "down": pytest.approx(0.037)}
    assert devices["rram"]["energy"]["up"] == pytest.approx(0.704e-12)
    assert devices["rram"]["title"] == rram.title
    assert devices["pcm"]["unidirectional"] is True
    assert set(devices["pcm"]["step"]) == {"up"}
    assert devices["pcm"]["energy"]["down"] == pytest.approx(50e-12)
    assert devices["ecram"]["step"]["down"] < 0.0 < devices["ecram"]["step"]["up"]
    beta = next(entry for entry in found["studies"] if entry["name"] == "beta")
    assert beta["axes"] == {"nudging.beta": 7, "read.noise.sigma": 3, "nudging.estimator": 2}
    assert (beta["device"], beta["chips"], beta["seeds"], beta["points"]) == ("rram", 1, 3, 126)
    circuits = {entry["name"]: entry for entry in found["circuits"]}
    assert circuits["conv-digits"]["layers"] == ["8x8", "16c3+1a2", "32c3+1a2", 10]
    assert circuits["digits"] == {
        "name": "digits", "title": CircuitCard.load("digits").title, "network": "rc", "layers": [64, 128, 10]
    }  # fmt: skip


def test_a_card_is_cited_with_the_sources_of_its_numbers_and_its_estimates_in_a_comment(say: Say) -> None:
    said = say("cite", "rram")
    assert (said.code, said.err) == (0, "")
    card = DeviceCard.load("rram")
    assert sorted(keys(said.out)) == sorted([*(set(card.sources) - {"assumed"}), "analogep"])
    assert "doi = {10.1109/VLSIT.2018.8510690}," in said.out
    (comment,) = [line for line in said.out.splitlines() if line.startswith("%")]
    assert "endurance.pulses" in comment
    assert "read.noise.sigma" not in comment


def test_several_cards_share_entries_and_a_circuit_names_none(say: Say) -> None:
    said = say("cite", "rram_agsi", "rram_pcmo", "digits")
    assert keys(said.out) == ["neurosim3", "jo2010", "park2013", "analogep"]
    assert "% digits: a circuit card; its numbers are choices of a design" in said.out


def test_the_citation_of_analogep_is_that_of_its_file() -> None:
    facts = yaml.safe_load((Path(analogep.__file__).parents[1] / "CITATION.cff").read_text())
    assert facts["title"] == cite.TITLE
    assert [author["name"] for author in facts["authors"]] == [cite.AUTHOR]
    assert facts["version"] == analogep.__version__


def test_a_run_is_cited_without_what_was_replaced_and_with_its_data(simulate: Say, say: Say, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert simulate("--out", str(folder), "--quiet", "--set", "read.noise={kind: none}").code == 0
    said = say("cite", str(folder))
    assert (said.code, said.err) == (0, "")
    assert "skywater" not in keys(said.out)
    assert {"wu2018", "neurosim3", "taoxarray", "milo2021", "analogep"} <= set(keys(said.out))
    assert "made with analogep" in said.out
    assert say("cite", str(folder / "result.nc")).out == said.out


def test_a_run_on_known_data_cites_them_and_one_of_an_unreadable_card_keeps_its_citations(
    simulate: Say, say: Say, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    simulate("--out", str(folder), "--quiet")
    stored = results.read(folder / "result.nc")
    stored.attrs["citations"] = json.dumps(["W. Wu et al.", "Digits, doi 10.24432/C50P49 (CC BY 4.0)"])
    stored.attrs["data"] = "digits"
    results.write(stored, folder / "result.nc")
    said = say("cite", str(folder))
    assert keys(said.out)[-2:] == ["digits", "analogep"]
    assert "doi = {10.24432/C50P49}," in said.out
    assert "wu2018" in keys(said.out)
    stored.attrs |= {"device_card": "schema: analogep.device/9\n", "device_values": '{"schema": "analogep.device/9"}'}
    results.write(stored, folder / "result.nc")
    assert keys(say("cite", str(folder)).out) == ["source", "digits", "analogep"]
    del stored.attrs["citations"]
    results.write(stored, folder / "result.nc")
    said = say("cite", str(folder))
    assert said.code == 1
    assert "result.nc: holds no card and no citations; give the result of a simulation" in said.err


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ("rrram", 2, "unknown device card; shipped are"),
        (".", 1, "result.nc: no such result"),
        ("nope.nc", 1, "nope.nc: no such result"),
    ],
)
def test_what_cannot_be_cited_is_answered_with_a_sentence(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = say("cite", "rram", given)
    assert (said.code, said.out) == (code, "")
    assert message in said.err


@pytest.mark.parametrize("kind", ["device", "circuit", "study"])
def test_the_schema_is_printed_as_json(say: Say, kind: str) -> None:
    said = say("schema", kind)
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["properties"]["schema"]["const"] == f"analogep.{kind}/1"


def test_a_schema_of_nothing_is_refused(say: Say) -> None:
    assert say("schema", "neuron").code == 2
    assert say("schema").code == 2
