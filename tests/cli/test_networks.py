"""Passive and resistive circuits and wires at the command line: runs, what a typo is answered, what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analogep import plots, results

from .conftest import Said

Say = Callable[..., Said]
ROOT = Path(__file__).parents[2]

FEW = ("layers=[64,6,10]", "learning.batch=20", "learning.probe=4")
# Six hidden nodes hold an output less than 64 do: a tenth of the capacitance lets it settle as fast.
SETTLES = "network.output.capacitance=100 fF"
RESISTIVE = (*FEW, SETTLES, "network.nudging_conductance=5 uS", "network.target=40 mV", "learning.rate=[0.1,0.1]")
PASSIVE = (*FEW, "network.gain=[24,4]", "neurons.hidden.capacitance=2 pF", "neurons.output.capacitance=2 pF")
WIRES = "wires={kind: exact, word: 1 ohm, bit: 1 ohm, tile: [32, 6]}"
CIRCUITS = {
    "resistive-digits": RESISTIVE,
    "passive-digits": PASSIVE,
    # MNIST's circuits on 64 inputs: the same blocks, another size.
    "resistive-xs": RESISTIVE,
    "resistive-1h": RESISTIVE,
}


def settings(overrides: tuple[str, ...]) -> list[str]:
    return [part for text in overrides for part in ("--set", text)]


@pytest.fixture
def simulate(say: Say, few: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Said]:
    """`simulate ideal --circuit CARD` on the few samples, without drawing, in a folder of its own."""
    monkeypatch.setattr(plots, "save", lambda _dataset, folder: [folder / f"{name}.png" for name in plots.FIGURES])
    monkeypatch.chdir(tmp_path)

    def run(circuit: str, *overrides: str, device: str = "ideal", more: tuple[str, ...] = ()) -> Said:
        return say(
            *("simulate", device, "--circuit", circuit, "--data", str(few), "--epochs", "1", "--out", "out"),
            *settings((*CIRCUITS.get(circuit, FEW), *overrides)),
            *more,
        )

    return run


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_each_circuit_trains_and_reports_its_accuracy_and_joules(simulate: Say, tmp_path: Path, circuit: str) -> None:
    said = simulate(circuit)
    assert (said.code, said.err) == (0, "")
    assert "ideal, 64-6-10 on few" in results.read(tmp_path / "out" / "result.nc").attrs["title"]
    assert re.search(r"total +[\d.]+ [numpf]?J +[\d.]+ [numpf]?J", said.out)
    assert "nan" not in said.out
    found = json.loads(simulate(circuit, more=("--json",)).out)
    assert 0.0 <= found["accuracy"] <= 1.0
    assert found["joules_per_training_sample"] > found["joules_per_inference"] > 0.0
    assert len(found["cosine"]) == 2


@pytest.mark.parametrize("circuit", ["digits", "passive-digits", "resistive-digits"])
def test_a_circuit_with_wires_trains(simulate: Say, tmp_path: Path, circuit: str) -> None:
    said = simulate(circuit, f"{WIRES[:-1]}, refresh: 2}}", *(() if circuit == "digits" else ("solver.method=newton",)))
    assert (said.code, said.err) == (0, "")
    assert 0.0 < float(results.read(tmp_path / "out" / "result.nc")["wire_error"].max()) < 1e-2


def test_an_old_resistive_chip_is_tested_again(simulate: Say) -> None:
    drift = "retention={kind: power_law, t0: 1 s, nu_offset: 0.1, nu_sigma_offset: 0.05}"
    said = simulate("resistive-digits", drift, more=("--age", "1 d", "--json"))
    (aged,) = json.loads(said.out)["aged"]
    assert aged["seconds"] == 86400.0
    assert 0.0 <= aged["accuracy"] <= 1.0


def is_refused(said: Said, pattern: str, code: int = 2) -> None:
    assert said.code == code, said.err
    assert re.search(pattern, said.err, re.MULTILINE), said.err
    assert "Traceback" not in said.err
    assert said.out == ""


TYPOS = [
    ("resistive-digits", "network.tagret=1 mV", r"network\.tagret: unknown key, did you mean 'target'\?"),
    ("resistive-digits", "network.hidden.diode={kind: none}", r"hidden\.diode: unknown key, did you mean 'diodes'\?"),
    ("resistive-digits", "network.hidden.diodes.kind=shokley", r"unknown kind 'shokley', .*did you mean 'shockley'\?"),
    ("resistive-digits", "network.amplifiers.gian=4", r"network\.amplifiers\.gian: unknown key, did you mean 'gain'\?"),
    (
        "resistive-digits",
        "network.kind=resistiv",
        r"network\.kind: unknown kind 'resistiv', .*did you mean 'resistive'\?",
    ),
    ("resistive-digits", "network.outputs=dubled", r"network\.outputs: 'dubled' is not one of .*did you mean 'doub"),
    ("passive-digits", "network.gains=[1]", r"network\.gains: unknown key, did you mean 'gain'\?"),
    (
        "passive-digits",
        "mapping.scheme=seperate",
        r"mapping\.scheme: 'seperate' is not one of .*did you mean 'separate'",
    ),
    ("digits", f"{WIRES[:-1]}, sens: 1 ohm}}", r"wires\.sens: unknown key, did you mean 'sense'\?"),
    ("digits", "wires.kind=exakt", r"wires\.kind: unknown kind 'exakt', .*did you mean 'exact'\?"),
    ("digits", "wire.kind=none", r"no card has a section 'wire', did you mean 'wires'\?"),
    ("resistive-digits", "solver.method=newtn", r"solver\.method: 'newtn' is not one of .*did you mean 'newton'\?"),
]


@pytest.mark.parametrize(("circuit", "text", "pattern"), TYPOS)
def test_a_typo_in_a_new_block_is_answered_with_what_was_meant(
    simulate: Say, tmp_path: Path, circuit: str, text: str, pattern: str
) -> None:
    is_refused(simulate(circuit, text), pattern)
    assert list(tmp_path.iterdir()) == []


REFUSED = [
    ("digits", "wires={kind: exact, word: 0 ohm, bit: 0 ohm, tile: [9, 9]}", r"wires\.kind: 'exact' with 0 ohm every"),
    ("digits", "wires={kind: exact, word: 1 ohm, bit: -1 ohm, tile: [9, 9]}", r"wires\.bit: must be at least 0 "),
    (
        "resistive-digits",
        "network.hidden.capacitance=-1 pF",
        r"hidden\.capacitance: must be greater than 0 F, got -1 pF",
    ),
    ("resistive-digits", "feedback={kind: shared}", r"feedback: a resistive network has none; remove it"),
    (
        "digits",
        "wires={kind: exact, word: 10 kohm, bit: 10 kohm, tile: [65, 6]}",
        r"wires: eat nearly all of the signal of layer 1: severity kappa is \d+(\.\d)?, above 10, with device 'id",
    ),
]


@pytest.mark.parametrize(("circuit", "text", "pattern"), REFUSED)
def test_wires_and_networks_beyond_reason_are_refused_before_anything_is_written(
    simulate: Say, tmp_path: Path, circuit: str, text: str, pattern: str
) -> None:
    is_refused(simulate(circuit, text), pattern)
    assert list(tmp_path.iterdir()) == []


def test_a_unidirectional_device_is_refused_for_single_conductances(simulate: Say, tmp_path: Path) -> None:
    is_refused(
        simulate("resistive-digits", device="pcm"),
        "mapping.scheme: 'single' needs gradual pulses both ways, and device 'pcm' has none down; take a network of pa",
    )
    assert list(tmp_path.iterdir()) == []


def test_wires_that_eat_much_are_warned_of_and_the_run_goes_on(simulate: Say, tmp_path: Path) -> None:
    said = simulate("digits", "wires={kind: exact, word: 20 ohm, bit: 20 ohm, tile: [65, 6]}")
    assert said.code == 0
    assert re.fullmatch(
        r"warning: .*: wires: eat much of the signal of layer 1: severity kappa is 0\.\d+ \(0\.1 is a tenth of the "
        r"worst line's current\) with device 'ideal' at mapping\.common_mode; use a smaller tile or less resistance\n",
        said.err,
    )
    assert (tmp_path / "out" / "result.nc").exists()


def test_a_resistive_network_with_a_dead_node_is_said_to_be_disconnected(simulate: Say, tmp_path: Path) -> None:
    is_refused(
        simulate("resistive-digits", "faults={dead: 100 %}"),
        r"^analogep: node 1 of layer 1 is disconnected: every cell on its lines has 0 S and it has no leak; give the "
        r"layer a leak, or fewer dead cells \(faults\.dead\)$",
        code=1,
    )
    assert not (tmp_path / "out" / "result.nc").exists()


def test_all_shipped_circuits_are_valid(say: Say) -> None:
    paths = sorted(str(path) for path in (ROOT / "circuits").glob("*.yaml"))
    assert len(paths) >= 6
    said = say("check", *paths)
    assert (said.code, said.err) == (0, "")
    assert all(f"name: {Path(path).stem}\n" in said.out for path in paths)
    assert say("check", *paths, "--quiet") == (0, "", "")
