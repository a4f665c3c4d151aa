"""`analogep spice`: files, tables, refusals, exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analogep import plots
from analogep.spice import limits

from ..cli.conftest import Said

Say = Callable[..., Said]

SET = (
    *("--set", "layers=[64,3,10]", "--set", "read.noise={kind: none}"),
    *("--set", "timing.free.duration=200 ns", "--set", "timing.nudged.duration=100 ns"),
)


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_command_writes_a_netlist_and_nothing_else(say: Say, few: Path, tmp_path: Path) -> None:
    said = say("spice", "rram", "--data", str(few), *SET, "--sample", "4", "--out", str(tmp_path / "net.cir"))
    assert (said.code, said.err) == (0, "")
    assert f"written to {tmp_path}/net.cir: 64-3-10 network of 'rram' in 'digits', sample 4" in said.out
    assert "ngspice -b -r out.raw" in said.out
    assert entries(tmp_path) == ["net.cir"]
    assert "training sample 4 of 'few'" in (tmp_path / "net.cir").read_text()


@pytest.mark.usefixtures("ngspice")
def test_run_prints_the_differences(say: Say, few: Path, tmp_path: Path) -> None:
    said = say("spice", "rram", "--data", str(few), *SET, "--out", str(tmp_path / "net.cir"), "--run")
    assert (said.code, said.err) == (0, "")
    assert "largest difference of ngspice and analogep, 13 nodes at " in said.out
    for row in ("operating point", "transient", "end of the phase", "array joules", "leak joules", "nudging joules"):
        assert row in said.out
    assert "0.1 %" in said.out
    assert entries(tmp_path) == ["net.cir"]


@pytest.mark.usefixtures("ngspice")
def test_a_disagreement_is_exit_code_1(say: Say, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRANSIENT", 1e-15)
    said = say("spice", "rram", "--data", str(few), *SET, "--out", str(tmp_path / "net.cir"), "--run")
    assert said.code == 1
    assert "analogep: ngspice disagrees: transient: " in said.err


@pytest.mark.usefixtures("ngspice")
def test_a_known_approximation_is_exit_code_3_and_no_disagreement(say: Say, few: Path, tmp_path: Path) -> None:
    """rram's cells are curved; behind wires an rc network takes them at the voltages of their lines' ends."""
    wires = ("--set", "wires={kind: exact, word: 300 ohm, bit: 200 ohm, tile: [65, 10]}")
    base = ("spice", "rram", "--data", str(few), *SET, *wires, "--run", "--out")
    said = say(*base, str(tmp_path / "net.cir"))
    assert said.code == 3
    # Such wires are warned of, as by `simulate`.
    warning, told = said.err.split("\n", 1)
    assert warning.startswith("warning: digits: wires: eat much of the signal of layer 1: severity kappa is ")
    assert told.startswith(
        "analogep: approximated: curved cells behind wires are taken at the voltages of their lines' ends, ngspice "
        "takes each at its own (with --set 'read.iv={kind: linear}' both solve the same equations); operating point: "
    )
    assert "disagrees" not in told
    said = say(*base, str(tmp_path / "linear.cir"), "--set", "read.iv={kind: linear}")
    assert (said.code, said.err) == (0, f"{warning}\n")


def test_a_trained_chip_keeps_the_overrides_of_its_run(
    say: Say, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "save", lambda _dataset, _folder: [])
    run, net = tmp_path / "run", tmp_path / "net.cir"
    options = ("--set", "conductance.max=15 uS", "--set", "device.title=mine", "--set", "circuit.title=mine")
    said = say(
        "simulate", "rram", "--data", str(few), *SET, *options, "--epochs", "1", "--seed", "3", "--out", str(run)
    )
    assert said.code == 0
    base = ("spice", "rram", "--data", str(few), "--trained", str(run), "--out", str(net))
    said = say(*base)
    assert (said.code, said.err) == (0, "")
    assert "chip as trained, seeds: fabrication 3, operation 3, data 3" in net.read_text()
    assert "64-3-10 network" in net.read_text()
    said = say(*base, "--force", "--seed", "1")
    assert said.code == 2
    assert "--seed 1: the run in" in said.err
    said = say(*base, "--force", "--set", "layers=[64,4,10]")
    assert said.code == 1
    assert "do not fit this circuit" in said.err


def test_what_cannot_be_written_is_refused_before_any_work(say: Say, few: Path, tmp_path: Path) -> None:
    base = ("spice", "rram", "--data", str(few), *SET, "--out")
    said = say(*base, str(tmp_path / "none" / "net.cir"))
    assert said.code == 2
    assert "the folder" in said.err
    said = say(*base, str(tmp_path))
    assert said.code == 2
    assert "is a folder; name a file in it" in said.err
    there = tmp_path / "net.cir"
    there.write_text("mine")
    said = say(*base, str(there))
    assert said.code == 2
    assert "exists; --force replaces it" in said.err
    assert there.read_text() == "mine"
    assert say(*base, str(there), "--force").code == 0
    assert there.read_text() != "mine"


def test_a_missing_ngspice_is_found_before_anything_is_written(
    say: Say, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = say("spice", "rram", "--data", str(few), *SET, "--out", str(tmp_path / "net.cir"), "--run")
    assert said.code == 1
    assert said.err.startswith("analogep: ngspice is not installed: ")
    assert entries(tmp_path) == []


def test_a_failing_ngspice_leaves_a_whole_netlist_and_says_why(
    say: Say, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    script = programs / "ngspice"
    script.write_text("#!/bin/sh\necho doAnalyses: TRAN: Timestep too small\nprintf half > out.raw\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    said = say("spice", "rram", "--data", str(few), *SET, "--out", str(tmp_path / "net.cir"), "--run")
    assert said.code == 1
    assert "ngspice ended with exit code 1; its last lines were\n  | doAnalyses: TRAN: Timestep too small" in said.err
    assert entries(tmp_path) == ["net.cir", "programs"]
    assert (tmp_path / "net.cir").read_text().endswith(".end\n")


@pytest.mark.parametrize("sample", ["-1", "1_0", "x", "60"])
def test_a_sample_that_does_not_exist_is_refused(say: Say, few: Path, tmp_path: Path, sample: str) -> None:
    said = say("spice", "rram", "--data", str(few), *SET, "--out", str(tmp_path / "n.cir"), f"--sample={sample}")
    assert said.code == 2
    assert sample in said.err
    assert entries(tmp_path) == []


@pytest.mark.parametrize(
    ("circuit", "reason"),
    [
        ("conv-digits", "has convolutions, which read one array patch after patch; a netlist has no such turns"),
        ("spiking-digits", "talks in spikes, which are events of this emulator's clock"),
    ],
)
def test_what_a_netlist_cannot_say_is_refused_in_one_sentence(
    say: Say, tmp_path: Path, circuit: str, reason: str
) -> None:
    answer = say("spice", "ideal", "--circuit", circuit, "--out", str(tmp_path / "net.cir"))
    assert answer.code == 2
    assert reason in answer.err
    assert not (tmp_path / "net.cir").exists()
