"""`analogep fit`: files in, card, figure and table out, and nothing overwritten unasked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analogep.device import DeviceCard
from tests.fit.mutated import samples

from .conftest import Said

Say = Callable[..., Said]


@pytest.fixture
def pulses(tmp_path: Path) -> Path:
    """Two cycles of a saturating device between 10 and 100 uS, as a long file."""
    rng = np.random.default_rng(3)
    lines = ["direction,cycle,pulse,conductance [uS]"]
    for cycle in range(2):
        for way, level, bound in (("set", 10.0, 100.0), ("reset", 100.0, 10.0)):
            for k in range(46):
                lines.append(f"{way},{cycle},{k},{level + 0.3 * rng.standard_normal():.4f}")
                level += 0.06 * (bound - level) + 0.2 * rng.standard_normal()
    path = tmp_path / "pulses.csv"
    path.write_text("\n".join(lines))
    return path


def test_a_card_and_a_figure_are_written_and_the_card_is_what_was_printed(
    say: Say, pulses: Path, tmp_path: Path
) -> None:
    card, figure = tmp_path / "mine.yaml", tmp_path / "fit.png"
    said = say("fit", str(pulses), "--model", "exponential", "--out", str(card), "--figure", str(figure))
    assert said.code == 0
    assert said.out.startswith(
        "read    2 ramps up of 45 pulses, 2 ramps down of 45 pulses\nlaw     exponential: residual "
    )
    assert f"wrote {card}" in said.out
    assert figure.read_bytes().startswith(b"\x89PNG")
    device = DeviceCard.load(card)
    assert device.name == "mine"
    number = device.provenance["programming.up.nonlinearity"][1].removeprefix("fit; ")
    assert any(line.split() == ["programming.up.nonlinearity", *number.split()] for line in said.out.splitlines())
    assert say("check", "--quiet", str(card)).code == 0


def test_without_out_nothing_is_written(
    say: Say, pulses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert say("fit", str(pulses)).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pulses.csv"]


def test_laws_are_compared_and_defaults_are_listed(say: Say, pulses: Path) -> None:
    said = say("fit", str(pulses))
    assert "law     soft_bounds" in said.out
    for law in ("constant", "exponential", "power", "logistic", "exp_step"):
        assert f"\n          {law} " in said.out
    assert "to do   not measured; the card holds defaults, replace them" in said.out
    assert "programming.up.amplitude: 1 V" in said.out
    read, fitted, watch = said.out.splitlines()[-3:]
    assert re.fullmatch(r"Read:      \d+ ramps? up of \d+ pulses, \d+ ramps? down of \d+ pulses.*, from 1 file\.", read)
    assert re.fullmatch(
        r"Fitted:    the law soft_bounds to the pulses, which leaves [\d.]+ % of the measured range where noise alone "
        r"would leave [\d.]+ %\.",
        fitted,
    )
    defaults = len(said.out.partition("replace them\n")[2].splitlines()) - 3
    assert f"{defaults} entries of the card are defaults that nobody has measured (under 'to do')" in watch
    stated = say(
        "fit",
        str(pulses),
        "--amplitude-up",
        "2 V",
        "--width",
        "1 us",
        "--read-voltage",
        "0.2 V",
        "--read-width",
        "1 us",
    )
    for key in ("amplitude: 1 V", "up.width", "down.width", "read.voltage", "read.width"):
        assert key not in stated.out.partition("to do")[2]


def test_json_holds_numbers_with_errors_and_nothing_else_is_printed(say: Say, pulses: Path) -> None:
    said = say("fit", str(pulses), "--json", "--model", "soft_bounds")
    result = json.loads(said.out)
    assert result["law"] == "soft_bounds"
    step = result["numbers"]["programming.up.step"]
    assert abs(step["value"] - 0.06) < 4.0 * step["se"]
    assert {"cycle_to_cycle", "read"} == set(result["noise"])
    assert result["noise"]["read"]["kind"] in ("absolute", "relative")
    assert result["card"] is None


def test_an_existing_file_is_replaced_only_by_force(say: Say, pulses: Path, tmp_path: Path) -> None:
    for option, name in (("--out", "mine.yaml"), ("--figure", "fit.png")):
        path = tmp_path / name
        path.write_text("precious")
        said = say("fit", str(pulses), option, str(path))
        assert said.code == 2
        assert said.err == f"analogep: {path}: exists; choose another name, or give --force to replace it\n"
        assert path.read_text() == "precious"
        assert say("fit", str(pulses), option, str(path), "--force").code == 0
        assert path.read_bytes() != b"precious"


def test_up_and_down_may_come_from_files_of_their_own(say: Say, tmp_path: Path) -> None:
    k = np.arange(30)
    for name, levels in (("set", 1e-6 * (1 + k)), ("reset", 1e-6 * (30 - k))):
        noisy = levels + 1e-8 * np.random.default_rng(len(name)).standard_normal((2, 30))
        (tmp_path / f"{name}.csv").write_text("r1,r2\n" + "\n".join(f"{a},{b}" for a, b in noisy.T))
    said = say("fit", "--up", str(tmp_path / "set.csv"), "--down", str(tmp_path / "reset.csv"), "--json")
    assert json.loads(said.out)["law"] == "constant"
    swapped = say("fit", "--down", str(tmp_path / "set.csv"), "--up", str(tmp_path / "reset.csv"))
    assert swapped.code == 2
    assert "--up says up, but the conductance falls" in swapped.err


def test_a_unidirectional_device_is_fitted_from_pulses_up(say: Say, pulses: Path, tmp_path: Path) -> None:
    lines = [line for line in pulses.read_text().splitlines() if not line.startswith("reset")]
    pulses.write_text("\n".join(lines))
    card = tmp_path / "pcm.yaml"
    assert say("fit", str(pulses)).code == 2
    assert say("fit", str(pulses), "--unidirectional", "--technology", "pcm", "--out", str(card)).code == 0
    assert DeviceCard.load(card).programming.unidirectional


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "which file? Give files or folders with measurements, or --up FILE --down FILE"),
        (("{}", "--model", "exponentail"), "--model exponentail: no such law; did you mean 'exponential'?"),
        (("{}", "--read-voltage", "0.1"), "--read-voltage: needs a unit of voltage, such as '0.1 V'; got '0.1'"),
        (("{}", "--width", "0 s"), "--width 0 s: must be greater than zero"),
        (("{}", "--amplitude-up", "0 V"), "--amplitude-up 0 V: must not be zero"),
        (("{}", "--figure", "fit.bmp"), "--figure fit.bmp: name it .png, .svg or .pdf"),
        (("{}", "--name", "My Card"), "--name My Card: needs a small letter"),
        (("{}", "--out", "nowhere/mine.yaml"), "there is no directory nowhere; make it first"),
        (("absent.csv",), "absent.csv: no such file"),
    ],
)
def test_what_the_user_wrote_wrong_is_one_sentence_and_code_two(
    say: Say, pulses: Path, arguments: tuple[str, ...], message: str
) -> None:
    said = say("fit", *(part.format(pulses) for part in arguments))
    assert said.code == 2
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_the_name_of_the_card_follows_its_file(say: Say, pulses: Path, tmp_path: Path) -> None:
    for file, name in (("My Cell 3.yaml", "my_cell_3"), ("3d.yaml", "device_3d"), ("\u00b5.yaml", "device")):
        path = tmp_path / file
        assert say("fit", str(pulses), "--model", "exponential", "--out", str(path)).code == 0
        assert DeviceCard.load(path).name == name


def test_a_folder_of_measurements_becomes_one_card_with_every_file_as_a_source(say: Say, tmp_path: Path) -> None:
    folder = tmp_path / "device"
    folder.mkdir()
    chosen = {name: text for name, text in samples().items() if name in ("long", "retention", "sweep", "reads")}
    for name, text in chosen.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    card, figure = tmp_path / "mine.yaml", tmp_path / "fit.png"
    said = say("fit", str(folder), "--out", str(card), "--figure", str(figure))
    assert said.code == 0, said.err
    for line in ("long.csv: pulses, long table, a reading a line", "retention.csv: retention, a reading over time"):
        assert f"file    {line}" in said.out
    assert "found   retention, retention.csv: power_law" in said.out
    read, fitted, watch = said.out.splitlines()[-3:]
    assert " (retention)" in read
    assert read.endswith("from 4 files.")
    assert "power_law to the retention" in fitted
    # What a number of warnings says is there on stderr.
    count = sum(line.startswith("warning: ") for line in said.err.splitlines())
    assert (f"{count} warning" in watch) == bool(count)
    assert figure.is_file()
    assert (tmp_path / "fit-other.png").is_file()
    device = DeviceCard.load(card)
    assert (device.retention.kind, device.read.iv.kind) == ("power_law", "linear")
    assert device.retention.nu_offset == pytest.approx(0.03, abs=0.002)  # type: ignore[union-attr]
    source, status = device.provenance["retention.nu_offset"]
    assert status.startswith("fit; 0.03")
    assert f"SHA-256 {hashlib.sha256(chosen['retention'].encode()).hexdigest()}" in device.sources[source].cite
    assert device.provenance["read.noise.sigma"][0] == "file_reads_csv"
    result = json.loads(say("fit", str(folder), "--json").out)
    assert {one["kind"] for one in result["files"]} == {"pulses", "retention", "I-V", "reads"}
    assert {one["model"] for one in result["measurements"]} >= {"power_law", "linear"}


def test_a_measurement_without_pulses_is_a_card_whose_defaults_are_listed(say: Say, tmp_path: Path) -> None:
    for name, law in (("kinetics", "kinetic"), ("steps", "piecewise"), ("switching", "constant")):
        path, card = tmp_path / f"{name}.csv", tmp_path / f"{name}.yaml"
        path.write_text(samples()[name], encoding="utf-8")
        said = say("fit", str(path), "--out", str(card))
        assert said.code == 0, said.err
        assert DeviceCard.load(card).programming.model == law
        assert "to do   not measured" in said.out
    switching = DeviceCard.load(tmp_path / "switching.yaml")
    assert switching.conductance.min == pytest.approx(1e-6)
    assert switching.conductance.max == pytest.approx(1e-4)
