"""Bad input: one clear sentence on stderr, nothing on stdout, exit code 2 (usage, card) or 1 (failed), no traceback."""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analogep import keys
from analogep.cli.main import _add_parts
from analogep.cli.simulate import arguments

from .commands import SMALL
from .conftest import Said

Say = Callable[..., Said]

NO_RAILS = [
    *("--set", "neurons.hidden.activation={kind: relu}"),
    *("--set", "neurons.output.activation={kind: relu}"),
]
LONG = "a" * 300
USAGE = [
    ((), "the following arguments are required: COMMAND"),
    (("simulat",), r"invalid choice: 'simulat' .*; did you mean 'simulate'?"),
    (("simulate",), "which device? Give a card, such as 'devices/rram.yaml' or 'rram'; --list shows the shipped ones"),
    (("simulate", "rram", "ideal"), "unrecognized arguments: ideal"),
    (("simulate", "rram", "--sed", "1"), r"unrecognized arguments: --sed 1; did you mean '--seed'?"),
    (("macro", "rram", "--layers=7-5-3"), "--layers=7-5-3; keys of cards are changed by --set layers=VALUE"),
    (("compare", "nope.yaml"), "nope.yaml: no such file"),
    (("simulate", "rram", "--seed"), "argument --seed: expected one argument"),
    (("simulate", "rram", "--seed", "-1"), "argument --seed: needs a whole number from 0, got '-1'"),
    (("simulate", "rram", "--seed", "one"), "argument --seed: needs a whole number from 0, got 'one'"),
    (("simulate", "rram", "--seed", "9" * 5000), f"needs a whole number from 0, got '{'9' * 40}'"),
    (("simulate", "rram", "--data-seed", "1.5"), "argument --data-seed: needs a whole number from 0, got '1.5'"),
    (("simulate", "rram", "--epochs", "-1"), "argument --epochs: needs a whole number from 0, got '-1'"),
    (("simulate", "rram", "--epochs", "1e3"), "argument --epochs: needs a whole number from 0, got '1e3'"),
    (("check",), "the following arguments are required: CARD"),
    (("check", "rram", "--quite"), r"unrecognized arguments: --quite; did you mean '--quiet'?"),
    (("simulate", "rram", "--age", "1 day"), r"'1 day' has an unknown unit; .*; did you mean '1 d'?"),
]
CARDS = [
    (("simulate", "rrma"), "rrma: unknown device card; shipped are .*; did you mean 'rram'?"),
    (("simulate", ""), "unknown device card; shipped are 'capacitor', 'ecram'"),
    (("simulate", LONG), "unknown device card"),
    (("simulate", "nope.yaml"), "nope.yaml: no such file; shipped are"),
    (("simulate", "."), "is a directory, not a card|unknown device card"),
    (("simulate", "digits"), "digits: unknown device card"),
    (("simulate", "rram", "--circuit", "digit"), "digit: unknown circuit card; .*; did you mean 'digits'?"),
    (("check", "nope.yaml"), "nope.yaml: no such file"),
    (
        ("check", "digit"),
        "digit: unknown circuit card; shipped are 'conv-digits', 'conv-digits-chip', 'conv-fashion', 'conv-mnist'",
    ),
    (("check", "iedal"), "iedal: unknown device card; .*; did you mean 'ideal'?"),
    (("check", LONG), "unknown device card"),
    (("check", "/"), "/: is a directory, not a card"),
    (("check", "/dev/null"), "/dev/null:1: is empty"),
]
SET = [
    ("conductance", "needs the form key=value"),
    ("=3", "needs a key before the equals sign"),
    ("conductance.max=", "needs a value after the equals sign"),
    ("condutance.max=3 uS", "no card has a section 'condutance', did you mean 'conductance'?"),
    ("beta=0.3", "no card has a section 'beta', did you mean 'nudging.beta'?"),
    ("rate=3", "did you mean 'learning.rate' or "),
    ("activation.high=3", "did you mean 'neurons.hidden.activation.high' or 'neurons.output.activation.high'?"),
    ("epochs=3", "no card has a section 'epochs'; this is the option --epochs"),
    ("zzz.max=3 uS", r"no card has a section 'zzz'; sections are technology, (?!.*schema).*"),
    ("conductance.mx=3 uS", "conductance.mx: unknown key, did you mean 'max'?"),
    ("conductance.max=3", "conductance.max: needs a unit of conductance, such as '10 uS'; got 3"),
    ("conductance.max=3 V", "'3 V' is not a conductance"),
    ("device.conductance.mx=3 uS", "--set conductance.mx=3 uS: conductance.mx: unknown key"),
    ("circuit.learning.bach=2", "--set learning.bach=2: learning.bach: unknown key, did you mean 'batch'?"),
    ("circuit.conductance.max=3 uS", "conductance: unknown key"),
    ("device=3", "--set device=3: needs a key of the device card, such as device.name=mine"),
    ("circuit=a.b", "--set circuit=a.b: needs a key of the circuit card, such as circuit.name=mine"),
    ("device.=3", "has an empty key"),
    ("name=mine", "--set name=mine: which card? Say device.name or circuit.name"),
    ("schema=x", "--set schema=x: which card? Say device.schema or circuit.schema"),
    ("schema_=x", r"no card has a section 'schema_'"),
    ("layers=[64]", "layers: needs at least 2 entries, got 1"),
    ("learning.epochs=-1", "learning.epochs: must be at least 0"),
]


def is_refused(said: Said, code: int, pattern: str) -> None:
    """The one shape of every refusal."""
    assert said.code == code, said.err
    # A question mark is one, except behind a bracket.
    assert re.search(re.sub(r"(?<!\()\?", r"\?", pattern), said.err, re.MULTILINE), said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No refused command may leave anything in the folder where it was given."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("arguments", "pattern"), USAGE + CARDS)
def test_what_the_command_line_gets_wrong_is_said_and_nothing_is_written(
    say: Say, tmp_path: Path, arguments: tuple[str, ...], pattern: str
) -> None:
    is_refused(say(*arguments), 2, pattern)
    assert list(tmp_path.iterdir()) == []


def test_wrong_overrides_are_all_said_at_once(say: Say) -> None:
    wrong = ["beta=0.3", "conductance", "zzz.max=3"]
    texts = ["layers=[64,10]", *wrong]
    said = say("simulate", "rram", *(word for text in texts for word in ("--set", text)))
    is_refused(said, 2, "--set beta=0.3: .*nudging.beta")
    lines = [line.removeprefix("analogep: ") for line in said.err.splitlines() if "--set" in line]
    assert [line.split(":")[0] for line in lines] == [f"--set {text}" for text in wrong]
    # Together with what a card says of values.
    texts = [*wrong, "conductance.max=3 V", "nudging.beta=x"]
    said = say("simulate", "rram", *(word for text in texts for word in ("--set", text)))
    is_refused(said, 2, "--set nudging.beta=x: nudging.beta: needs a number, got 'x'")
    assert [line.split(":")[0] for line in said.err.splitlines()] == [f"--set {text}" for text in texts]


def test_options_that_are_tried_as_keys_are_those_of_the_parser(say: Say) -> None:
    parser = argparse.ArgumentParser()
    arguments(parser)
    _add_parts(parser)
    valued = {action.option_strings[0][2:] for action in parser._actions if action.option_strings and action.nargs != 0}
    # --circuit is a card, and told as one; --set is what is being said.
    assert valued - {"circuit", "set"} == set(keys._OPTIONS)
    for option in keys._OPTIONS:
        with pytest.raises(
            ValueError, match=f"no card has a section '{option}'; this is the option --{option} of simulate"
        ):
            keys.card_of(option)
    is_refused(say("simulate", "rram", "--set", "epochs=3"), 2, "of simulate, elsewhere 'learning.epochs'$")


def test_a_misspelt_file_has_its_neighbours(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").write_text("name: mine")
    is_refused(say("check", "my.yml"), 2, "my.yml: no such file; .*; did you mean 'my.yaml'?$")


@pytest.mark.parametrize("given", [("--data", "mnist"), ("--circuit", "mnist")])
def test_where_images_are_found_is_said(say: Say, given: tuple[str, ...]) -> None:
    said = say("simulate", "ideal", *given)
    is_refused(
        said,
        2 if given[0] == "--circuit" else 1,
        "MNIST is four files, train-images-idx3-ubyte.gz, .* and give --data FOLDER",
    )


@pytest.mark.parametrize(("text", "pattern"), SET)
def test_a_wrong_override_is_said(say: Say, tmp_path: Path, text: str, pattern: str) -> None:
    is_refused(say("simulate", "rram", "--set", text), 2, pattern)
    assert list(tmp_path.iterdir()) == []


def test_the_problems_of_both_cards_and_all_overrides_are_reported_together(say: Say) -> None:
    said = say(
        *("simulate", "rram", "--set", "conductance.mx=3 uS", "--set", "learning.bach=2"),
        *("--set", "neurons.hidden.leak=1 V"),
    )  # fmt: skip
    is_refused(said, 2, "conductance.mx: unknown key")
    assert len(said.err.splitlines()) == 3
    assert all(line.startswith("--set ") for line in said.err.splitlines())


def test_each_problem_of_a_card_opens_with_its_file_and_line(say: Say, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "devices" / "rram.yaml").read_text()
    lines = text.replace("min: 1 uS ", "gmin: 1 uS ").replace("max: 10 uS", "max: 10 V").splitlines()
    (tmp_path / "my.yaml").write_text("\n".join(lines))
    number = next(k for k, line in enumerate(lines, 1) if "gmin" in line)
    for command in ("check", "simulate"):
        said = say(command, "my.yaml")
        is_refused(said, 2, f"^my.yaml:{number}: conductance.gmin: unknown key, did you mean 'min'?")
        assert f"my.yaml:{number + 1}: conductance.max: '10 V' is not a conductance" in said.err


def test_check_reads_all_cards_before_it_fails(say: Say, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("schema: analogep.circuit/1\nname: a\nlayer: [64, 10]\n")
    (tmp_path / "b.yaml").write_text("schema: analogep.device/1\nname: b\nname: c\n")
    said = say("check", "a.yaml", "ideal", "b.yaml", "digits", "none.yaml", "--quiet")
    assert said.code == 2
    assert re.search(r"^a\.yaml:3: layer: unknown key, did you mean 'layers'\?$", said.err, re.MULTILINE)
    assert re.search(r"^b\.yaml:3: name: ", said.err, re.MULTILINE)
    assert "none.yaml: no such file" in said.err
    assert said.out == ""


def test_data_that_are_missing_or_something_else_are_said(say: Say, tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "folder").mkdir()
    for source, pattern in {
        "none": "none: no such file or folder; expected 'digits', a folder of IDX files",
        "none.npz": "none.npz: no such file",
        "text.npz": "text.npz: not an NPZ archive, or damaged",
        "folder": "folder: no train-images file; looked for",
        LONG: "File name too long",
    }.items():
        is_refused(say("simulate", "rram", "--data", source), 1, pattern)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "text.npz"]


def test_data_of_another_size_are_refused_with_the_layers_that_would_fit(say: Say, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", x=rng.random((40, 7)), y=np.arange(40) % 3)
    said = say("simulate", "rram", "--data", "mine.npz")
    is_refused(said, 2, "data set 'mine' has 7 inputs and 3 classes, circuit 'digits' is 64-128-10: choose another")
    assert "set layers=[7,128,3]" in said.err


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


@pytest.mark.parametrize("zipped", [False, True])
def test_a_truncated_idx_file_is_said(say: Say, tmp_path: Path, zipped: bool) -> None:
    rng = np.random.default_rng(0)
    for part in ("train", "t10k"):
        images, labels = rng.integers(0, 256, (20, 8, 8), dtype=np.uint8), np.arange(20, dtype=np.uint8) % 10
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    broken = tmp_path / "train-images-idx3-ubyte"
    content = broken.read_bytes()
    broken.unlink()
    if zipped:
        broken = broken.with_name(broken.name + ".gz")
        content = gzip.compress(content)
    broken.write_bytes(content[: len(content) // 2])
    is_refused(say("simulate", "rram", "--data", str(tmp_path), "--out", "out"), 1, broken.name)
    shutil.rmtree(tmp_path / "out", ignore_errors=True)


def test_an_unstable_circuit_is_said(simulate: Say) -> None:
    is_refused(
        simulate("--out", "out", "--set", "learning.initial_gain=[1,20]", "--set", "mapping.weight_range=[5,5]"),
        1,
        r"^analogep: the circuit is unstable as written: its loop gain is \d[\d.]*, it must be below 1 before training",
    )


def test_a_circuit_that_diverges_while_it_learns_is_said(say: Say, few: Path) -> None:
    # Linear devices, no rails, and a learning rate that drives the loop gain over 1.
    said = say(
        *("simulate", "ideal", "--data", str(few), "--out", "out", *SMALL, *NO_RAILS),
        *(
            "--set",
            "mapping.weight_range=[20,20]",
            "--set",
            "learning.rate=[500,500]",
            "--set",
            "timing.free.duration=5 us",
        ),
    )
    is_refused(
        said, 1, "^analogep: a node voltage diverged at .* s|^analogep: RK45 gave up|^analogep: the relaxation took"
    )


def test_neurons_without_rails_on_curved_devices_are_said(simulate: Say) -> None:
    is_refused(
        simulate("--out", "out", *NO_RAILS),
        1,
        "^analogep: the circuit is unstable as written: neurons without a rail on devices with a curved I-V have no bo",
    )


def test_a_folder_that_cannot_be_made_is_said(simulate: Say, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out, reason in (("file", "File exists"), ("file/x", "Not a directory"), (LONG, "File name too long")):
        is_refused(simulate("--out", out), 1, rf"^analogep: {out}: cannot be made: {reason}; choose another --out$")
    assert (tmp_path / "file").read_text() == "mine"


def test_another_runs_folder_and_a_strangers_are_refused_and_untouched(simulate: Say, tmp_path: Path) -> None:
    assert simulate("--out", "out").code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    is_refused(
        simulate("--out", "out", "--seed", "7"),
        1,
        r"^analogep: out: belongs to another run \(seeds: fabrication 0, operation 0, data 0 there, fabrication 7,",
    )
    for force in ([], ["--force"]):
        is_refused(simulate("--out", "mine", *force), 1, "mine: the folder holds 'thesis.tex' and no run of analogep;")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    replaced = simulate("--out", "out", "--seed", "7", "--force")
    assert replaced.code == 0
    assert "written to out" in replaced.out
