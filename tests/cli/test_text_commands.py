"""Commands that only print need no compiled kernel and no matplotlib: all of them, with these made unimportable."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from analogep import plots
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard

from .commands import SMALL, surroundings
from .conftest import Said

ABSENT = ("numba", "llvmlite", "matplotlib", "xarray", "pandas", "scipy")
PROGRAM = f"""
import contextlib, io, json, sys
for name in {ABSENT}:
    sys.modules[name] = None
from analogep.cli.main import main
answers = []
for arguments in json.loads(sys.stdin.read()):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code
        except Exception as error:
            code = repr(error)
    kernels = [name for name in sys.modules if name in ("analogep.jit", "analogep.draws", "analogep.crossbar.program")]
    answers.append([code, out.getvalue(), err.getvalue() + "".join(kernels)])
print(json.dumps(answers))
"""


class Command(NamedTuple):
    """What is typed, the exit code, and what stdout or stderr says."""

    arguments: tuple[str, ...]
    code: int
    says: str


ARGUMENTS = ("simulate", "rram", "--data", "few.npz", "--epochs", "2", *SMALL, "--out", "done")
COMMANDS = {
    "help": Command(("--help",), 0, "simulate"),
    "help of a command": Command(("study", "--help"), 0, "--vary"),
    "version": Command(("--version",), 0, "analogep"),
    "a typo in the command": Command(("chekc", "rram"), 2, "invalid choice: 'chekc'"),
    "check every device": Command(("check", *DeviceCard.names()), 0, f"name: {DeviceCard.names()[-1]}"),
    "check every circuit": Command(("check", *CircuitCard.names()), 0, f"name: {CircuitCard.names()[-1]}"),
    "check a typo": Command(("check", "rramm"), 2, "did you mean 'rram'?"),
    "list": Command(("list",), 0, "energy/pulse"),
    "list as JSON": Command(("list", "--json"), 0, '"write_noise"'),
    "list by simulate": Command(("simulate", "--list"), 0, "energy/pulse"),
    "cite cards": Command(("cite", *DeviceCard.names(), "digits"), 0, "@article"),
    "cite a run": Command(("cite", "done"), 0, "made with analogep"),
    "schema of devices": Command(("schema", "device"), 0, '"description": "Temperature of the chip.'),
    "schema of circuits": Command(("schema", "circuit"), 0, "description"),
    "schema of studies": Command(("schema", "study"), 0, "description"),
    "a finished run": Command(ARGUMENTS, 0, "answered from done: result.nc, chip.nc and 6 figures"),
    "a finished run as JSON": Command((*ARGUMENTS, "--json"), 0, '"joules_per_inference"'),
    "another run's folder": Command((*ARGUMENTS, "--seed", "7"), 1, "belongs to another run (seeds: "),
    "a typo in the device": Command(("simulate", "rramm"), 2, "did you mean 'rram'?"),
    "a typo in a key": Command(("simulate", "rram", "--set", "conductance.mxa=1 uS"), 2, "did you mean 'max'?"),
    "no such data": Command(("simulate", "rram", "--data", "nowhere"), 1, "no such file or folder"),
    "cards that do not go together": Command(
        ("simulate", "pcm", "--circuit", "resistive-digits"), 2, "needs gradual pulses both ways"
    ),
    "wires that eat the signal": Command(
        ("simulate", "rram", "--set", "wires={kind: exact, word: 9 kohm, bit: 9 kohm, tile: [64, 64]}"), 2, "kappa is"
    ),
    "a typo in a study": Command(("study", "betaa"), 2, "did you mean the study 'beta'?"),
    "a typo in a study's key": Command(("study", "beta", "--set", "conductance.mxa=1"), 2, "did you mean 'max'?"),
    "a device to show": Command(("show", "rramm"), 2, "did you mean 'rram'?"),
    "devices to compare": Command(("compare", "rram", "digits"), 2, "'digits' is a circuit card"),
    "a device of a budget": Command(("budget", "rramm"), 2, "did you mean 'rram'?"),
    "a device of beta": Command(("beta", "rramm"), 2, "did you mean 'rram'?"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, few: Path) -> Iterator[Path]:
    """Folder with the data and a place for a finished run."""
    made = tmp_path_factory.mktemp("text")
    (made / "few.npz").write_bytes(few.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        yield made


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, Said]:
    """All commands in turn, in one process; a run was trained before, and its figures are there."""
    from analogep.cli.main import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "save", lambda _dataset, place: [])
        assert main(ARGUMENTS) == 0
    for name in plots.FIGURES:
        (folder / "done" / f"{name}.png").touch()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps([command.arguments for command in COMMANDS.values()]),
        cwd=folder, env=surroundings(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name: Said(*answer) for name, answer in zip(COMMANDS, json.loads(done.stdout), strict=True)}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_prints_needs_no_kernel_and_no_matplotlib(name: str, answers: dict[str, Said]) -> None:
    said, command = answers[name], COMMANDS[name]
    assert (said.code, command.says in said.out + said.err) == (command.code, True), said
    assert "analogep.jit" not in said.err
    assert "analogep.draws" not in said.err


def test_a_finished_run_says_the_same_with_and_without_xarray(
    answers: dict[str, Said], folder: Path, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    from analogep.run import Run

    monkeypatch.setattr(Run, "glance", lambda *_given, **_named: None)
    assert say(*ARGUMENTS).out == answers["a finished run"].out
    assert say(*ARGUMENTS, "--json").out == answers["a finished run as JSON"].out


def test_a_damaged_result_is_a_sentence(answers: dict[str, Said], folder: Path, say: Callable[..., Said]) -> None:
    path = folder / "done" / "result.nc"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    try:
        said = say(*ARGUMENTS)
    finally:
        path.write_bytes(content)
    assert (said.code, said.out) == (1, "")
    assert "result.nc: is damaged or not a result of analogep" in said.err


def test_a_result_of_another_run_in_the_folder_is_a_sentence(
    answers: dict[str, Said], folder: Path, say: Callable[..., Said]
) -> None:
    import h5py

    path = folder / "done" / "result.nc"
    content = path.read_bytes()
    with h5py.File(path, "r+") as file:
        file.attrs["digest"] = "0" * 64
    try:
        said = say(*ARGUMENTS)
    finally:
        path.write_bytes(content)
    assert (said.code, said.out) == (1, "")
    assert "result.nc: is not the result of the run that run.json names; remove it to run again" in said.err


def test_a_figure_that_is_gone_is_drawn_again(
    answers: dict[str, Said], folder: Path, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(plots, "save", lambda dataset, place: drawn.append((type(dataset).__name__, place)))
    figure = folder / "done" / "energy.png"
    figure.unlink()
    try:
        said = say(*ARGUMENTS)
    finally:
        figure.touch()
    assert said.out == answers["a finished run"].out
    assert drawn == [("Dataset", Path("done"))]
