"""What the commands do when all is well: help, lists, checks, results as text, JSON, files and figures."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.image import imread
from scipy.stats import binomtest

import analogep
from analogep import plots, results
from analogep.circuit import CircuitCard
from analogep.cli import summary

from .commands import SMALL, command, surroundings
from .conftest import Said

Say = Callable[..., Said]
HEAVY = ["numpy", "scipy", "xarray", "matplotlib", "numba", "pydantic", "yaml", "h5py", "tqdm"]


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    program = f"import sys, analogep.cli.main\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], env=surroundings(), capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_help_names_every_command_and_option(say: Say) -> None:
    said = say("--help")
    assert (said.code, said.err) == (0, "")
    assert "simulate" in said.out
    assert "check" in said.out
    said = say("simulate", "--help")
    for option in (
        "circuit",
        "data",
        "out",
        "seed",
        "fabrication-seed",
        "epochs",
        "set",
        "json",
        "quiet",
        "force",
        "list",
    ):
        assert f"--{option}" in said.out
    assert say("check", "--help").code == 0


def test_the_version_is_the_packages(say: Say) -> None:
    assert say("--version") == (0, f"analogep {analogep.__version__}\n", "")


@pytest.mark.parametrize("name", ["rram", "ideal", "ecram", "digits", "mnist"])
def test_a_card_is_checked_by_name_and_by_path_with_the_same_answer(say: Say, name: str) -> None:
    folder = "circuits" if name in CircuitCard.names() else "devices"
    by_name, by_path = say("check", name), say("check", str(Path(__file__).parents[2] / folder / f"{name}.yaml"))
    assert by_name.code == by_path.code == 0
    assert by_name.out == by_path.out
    assert f"name: {name}" in by_name.out
    assert say("check", name, "--quiet") == (0, "", by_name.err)


def test_several_cards_of_both_kinds_are_checked_at_once(say: Say) -> None:
    said = say("check", "rram", "digits")
    assert said.code == 0
    alone = say("check", "rram").out + say("check", "digits").out
    assert said.out.startswith(alone)
    assert said.out[len(alone) :].startswith("# note: rram in digits: an inference takes ")


def test_a_device_that_does_not_go_with_a_circuit_is_told_before_a_run(say: Say, tmp_path: Path) -> None:
    """As `simulate` would tell it, with its exit code."""
    card = tmp_path / "mine.yaml"
    card.write_text(
        (Path(__file__).parents[2] / "devices" / "rram.yaml").read_text().replace("max: 10 uS", "max: 200 uS")
    )
    warned = say("check", str(card), "digits-chip", "--quiet")
    assert warned.code == 0
    assert "warning: digits-chip: wires: eat much of the signal of layer 1: severity kappa is " in warned.err
    card.write_text(card.read_text().replace("max: 200 uS", "max: 10 S"))
    refused = say("check", str(card), "digits-chip", "digits-chip", "--quiet")
    assert refused.code == 2
    assert refused.err.count("eat nearly all of the signal") == 2
    assert "digits-chip: wires: eat nearly all of the signal of layer 1" in refused.err
    assert "conductance.max: is 10 S, a cell of 100 mohm, below 100 ohm" in refused.err


def test_json_is_the_dataset(simulate: Say, tmp_path: Path) -> None:
    said = simulate("--out", str(tmp_path / "out"), "--json")
    assert (said.code, said.err) == (0, "")
    found, dataset = json.loads(said.out), results.read(tmp_path / "out" / "result.nc")
    last = dataset.isel(epoch=-1)
    assert found["accuracy"] == float(last["accuracy"])
    right = round(found["accuracy"] * found["test_samples"])
    wilson = binomtest(right, found["test_samples"]).proportion_ci(method="wilson")
    assert found["accuracy_interval"] == pytest.approx(list(wilson), abs=1e-12)
    assert not [name for name in found if "best" in name]  # no epoch is chosen by test samples
    assert found["epochs"] == 2
    assert found["joules_per_training_sample"] == float(dataset["training_energy"].mean())
    assert found["joules_per_inference"] == float(last["inference_energy"])
    assert found["joules_of_training"] == pytest.approx(float(dataset["training_energy"].sum()) * 60, rel=1e-12)
    assert found["joules_initial"] == float(dataset["energy"].sel(phase="initial").sum())
    assert found["pulses_per_training_sample"] == pytest.approx(float(dataset["pulses"].sum()) / 120, rel=1e-12)
    assert found["cosine"] == [float(value) for value in last["cosine"].values]
    assert found["digest"] == dataset.attrs["digest"]
    assert found["folder"] == str(tmp_path / "out")


def test_quiet_prints_nothing_and_writes_the_result(simulate: Say, tmp_path: Path) -> None:
    assert simulate("--out", str(tmp_path / "out"), "--quiet", "--set", "nudging.beta=1.5") == (0, "", "")
    assert (tmp_path / "out" / "result.nc").exists()


def test_without_a_terminal_only_warnings_go_to_stderr(simulate: Say, tmp_path: Path) -> None:
    assert simulate("--out", str(tmp_path / "a")).err == ""
    said = simulate("--out", str(tmp_path / "b"), "--set", "nudging.beta=1.5")
    assert said.err.startswith("warning: --set nudging.beta=1.5: nudging.beta: negative nudging of 1 or more")
    assert len(said.err.splitlines()) == 1


def test_the_same_command_again_is_answered_from_the_folder_with_the_same_numbers(
    simulate: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = simulate()
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"rram-digits-[0-9a-f]{10}", folder.name)
    before = (folder / "result.nc").stat().st_mtime_ns
    second = simulate("--force")
    assert (folder / "result.nc").stat().st_mtime_ns == before
    assert first.out.splitlines()[:-1] == second.out.splitlines()[:-1]
    assert first.out.endswith(f"written to runs/{folder.name}: result.nc, chip.nc and 6 figures\n")
    assert second.out.endswith(f"answered from runs/{folder.name}: result.nc, chip.nc and 6 figures\n")


DRIFT = ("--set", "retention={kind: power_law, t0: 1 s, nu_offset: 0.1, nu_sigma_offset: 0.05}")


def test_an_old_chip_is_tested_from_its_folder_in_text_and_in_json(simulate: Say, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "run"), *DRIFT)
    simulate(*out, "--quiet")
    said = simulate(*out, "--age", "1 d", "--age", "10 y")
    aged = [line for line in said.out.splitlines() if line.startswith("  aged")]
    assert "1 d later" in aged[0]
    assert "10 y later" in aged[1]
    assert "answered from" in said.out
    found = json.loads(simulate(*out, "--age", "1 d", "--json").out)["aged"]
    assert found[0]["seconds"] == 86400.0
    assert f"{100 * found[0]['accuracy']:.2f} %" in aged[0]


def test_an_age_without_a_retention_law_is_warned_of(simulate: Say, tmp_path: Path) -> None:
    said = simulate("--out", str(tmp_path / "run"), "--age", "1 y")
    assert "warning: device card 'rram' has no retention law: an old chip stands as it was written" in said.err
    assert "1 y later" in said.out


@pytest.mark.parametrize(
    ("age", "message"),
    [
        ("1", "needs a unit of time, such as '50 ns'; got '1'"),
        ("3 uS", "'3 uS' is not a time; write it in seconds"),
        ("-1 s", "needs a time from 0 s, got '-1 s'"),
    ],
)
def test_an_age_that_is_no_time_is_refused(simulate: Say, age: str, message: str) -> None:
    said = simulate(f"--age={age}")
    assert said.code == 2
    assert message in said.err


def test_each_seed_can_be_given_by_itself(simulate: Say, tmp_path: Path) -> None:
    said = simulate("--out", str(tmp_path / "a"), "--seed", "3", "--data-seed", "5", "--json")
    assert json.loads(said.out)["seeds"] == "fabrication 3, operation 3, data 5"


def test_a_key_without_a_card_and_one_with_it_mean_the_same(simulate: Say, tmp_path: Path) -> None:
    first = simulate(
        "--out", str(tmp_path / "a"), "--json", "--set", "conductance.max=12 uS", "--set", "nudging.beta=0.4"
    )
    second = simulate(
        "--out", str(tmp_path / "a"), "--json",
        "--set", "device.conductance.max=12 uS", "--set", "circuit.nudging.beta=0.4",
    )  # fmt: skip
    assert first == second
    assert first.code == 0


def test_the_command_and_the_module_say_and_draw_the_same_from_any_folder(
    say: Say, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("rram", "--data", str(few), "--epochs", "1", *SMALL)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    one = say("simulate", *given)
    other = command(*given, cwd=tmp_path / "b", module="analogep.simulate")
    assert one == (other.returncode, other.stdout, other.stderr)
    assert (one.code, one.err) == (0, "")
    folders = [next((tmp_path / name / "runs").iterdir()) for name in "ab"]
    assert folders[0].name == folders[1].name
    found = [results.read(folder / "result.nc") for folder in folders]
    for one in found:  # another process has the clock of the day
        del one.attrs["date"], one.attrs["wall_seconds"]
    xr.testing.assert_identical(*found)
    figures = {path.name for path in folders[0].glob("*.png")}
    assert figures == {f"{name}.png" for name in plots.FIGURES}
    assert len(figures) == 6
    assert all(imread(folders[0] / name).ndim == 3 for name in figures)
    assert {path.name for path in folders[0].iterdir()} == figures | {"result.nc", "chip.nc", "run.json", ".lock"}


def test_a_mistake_to_the_module_names_the_module(tmp_path: Path) -> None:
    done = command("--epochs", "x", cwd=tmp_path, module="analogep.simulate")
    assert done.returncode == 2
    assert "python -m analogep.simulate: error: argument --epochs: needs a whole number from 0, got 'x'" in done.stderr


CLOSED = {
    "check rram | true": (1, ""),
    "check rram >&-": (0, ""),
    "check rram >/dev/full": (1, "analogep: output: No space left on device\n"),
    "simulate rrma 2>&-": (2, ""),
}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("line", CLOSED)
def test_an_output_that_is_closed_or_full_is_no_traceback(tmp_path: Path, line: str) -> None:
    code, err = CLOSED[line]
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m analogep {line}; exit ${{PIPESTATUS[0]}}"],
        cwd=tmp_path, env=surroundings(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, err)


def summarised(**changed: object) -> xr.Dataset:
    from tests.run.tiny import tiny

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = tiny("learning.epochs=2", seed=1).execute()
    for name, values in changed.items():
        dataset[name].values[...] = values
    return dataset


def test_the_columns_of_the_summary_stand_below_one_another() -> None:
    lines = summary.text(summarised()).splitlines()
    start = next(k for k, line in enumerate(lines) if "joules per sample" in line)
    assert lines[start].split()[-2:] == ["training", "inference"]
    rows = [line for line in lines[start:] if re.search(r"J +[\d.]+ .?J$", line)]
    assert len(rows) >= 10
    assert {len(line) for line in (lines[start], *rows)} == {len(lines[start])}
    assert {line.index("J") for line in rows if line.count("J") == 2} == {rows[-1].index("J", 20)}


def test_the_total_of_the_summary_is_the_energy_per_sample_of_the_last_epoch() -> None:
    dataset = summarised()
    (total,) = (line for line in summary.text(dataset).splitlines() if line.split()[0] == "total")
    assert total.split()[1] == f"{float(dataset['training_energy'][-1]) * 1e9:.4g}"


def test_one_epoch_is_not_called_epochs() -> None:
    assert "after 1 epoch; " in summary.text(summarised().isel(epoch=[0]))
    assert "after 2 epochs; " in summary.text(summarised())


def test_a_number_that_is_none_is_null_in_json() -> None:
    dataset = summarised(cosine=np.nan)
    text = summary.as_json(summary.numbers(dataset))
    assert json.loads(text, parse_constant=pytest.fail)["cosine"] == [None, None]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"loop_gain": [0.5, 1.25]}, r"the loop gain reached 1\.25 \(epoch 2 first\)"),
        (
            {"unsettled": 0.25, "quiet_cosine": 0.94},
            r"25 % of the nudged relaxations had not settled to timing\.tolerance",
        ),
        ({"confusion": np.eye(10, 10, 1, dtype=int)}, "no test sample was classified as 0: "),
        (
            {"cosine": [[0.9, 0.6]], "quiet_cosine": [1.0, 0.9]},
            r"in layer 2 noise .* \(cosine 0\.6, without noise 0\.9",
        ),
    ],
)
def test_what_a_reader_of_the_numbers_must_know_is_said(changed: dict[str, object], sentence: str) -> None:
    assert re.search(f"  caution: .*{sentence}", summary.text(summarised(**changed)))
    fine = {"loop_gain": 0.5, "unsettled": 0.0, "confusion": np.eye(10, dtype=int), "cosine": 0.9, "quiet_cosine": 1.0}
    # The card of this run, rram, leaves open how far apart the reads of its source were.
    dataset = summarised(**fine)
    assert summary.cautions(dataset) == []
    (open_point,) = summary.numbers(dataset)["open_points"]
    assert "does not state the spacing of its reads" in open_point
    assert f"  open      {open_point}\n" in summary.text(dataset)
    # Phases that end early are said; where the gradient is true all the same, that is no caution.
    early = summarised(**fine | {"unsettled": 0.25})
    assert summary.cautions(early) == []
    assert "  settled   75 % of the free and 75 % of the nudged phases, to timing.tolerance\n" in summary.text(early)


def test_a_result_from_before_the_cosine_without_noise_was_measured_is_summed_up() -> None:
    old = summarised().drop_vars("quiet_cosine")
    assert np.isnan(summary.numbers(old)["quiet_cosine"]).all()
    assert "larger than the gradient" not in summary.text(old)
