"""The four errands of `docs/start/hurry.md`: as few commands as promised, and each of them executed, smaller."""

from __future__ import annotations

import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard
from analogep.cli.main import main
from analogep.errors import UsageError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "start" / "hurry.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
INSTALL = "pip install ."


def commands(head: str) -> list[str]:
    """Commands of the section whose heading begins so, that of the installation first."""
    assert INSTALL in PAGE
    (text,) = (text for title, text in SECTIONS.items() if title.startswith(head))
    return [INSTALL, *re.findall(r"^\$ (.*)$", re.sub(r" \\\n +", " ", text), re.MULTILINE)]


def executed(head: str, *smaller: str) -> int:
    """Run the section's commands, more given to the last; exit code of the first that fails."""
    _, *given = commands(head)
    for k, line in enumerate(given):
        program, *words = shlex.split(line)
        assert program == "analogep"
        if code := main([*words, *(smaller if k == len(given) - 1 else ())]):
            return code
    return 0


def ramps() -> str:
    """Two devices, two ramps up and down of 30 pulses each, bent and noisy."""
    generator, lines = np.random.default_rng(0), ["device,ramp,direction,pulse,conductance [uS]"]
    for device in range(2):
        for ramp in range(2):
            bent = (1.0 - np.exp(-np.arange(31) / 15.0)) / (1.0 - np.exp(-2.0))
            for way, level in (("up", bent), ("down", 1.0 - bent)):
                g = 1.0 + 9.0 * level + 0.05 * generator.normal(size=31)
                lines += [f"{device},{ramp},{way},{pulse},{one:.4f}" for pulse, one in enumerate(g)]
    return "\n".join(lines) + "\n"


def test_measured_pulses_say_what_limits_them_in_six_commands(
    tmp_path: Path, few: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("analogep.study.study.LocalWorkers", ThreadPoolExecutor)
    (tmp_path / "pulses.csv").write_text(ramps())
    assert len(commands("My pulses")) <= 6
    small = ["--data", str(few), "--set", "layers=[64,4,10]", "--epochs", "1", "--pairs", "2", "--beta", "0.4"]
    assert executed("My pulses", *small, "--workers", "1") == 0
    said = capsys.readouterr().out
    assert re.search(r"^loss budget of .*with digits", said, re.MULTILINE), said
    assert (tmp_path / "budget.png").is_file()


def test_a_macro_is_asked_for_in_five_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The circuit at its node is what the command is about to measure; measuring it takes half a minute of compiler."""
    asked: list[CircuitCard] = []

    def page(device: DeviceCard, circuit: CircuitCard) -> None:
        asked.append(circuit)
        raise UsageError("enough")

    monkeypatch.setattr("analogep.macro.page", page)
    assert len(commands("A macro")) <= 5
    assert executed("A macro") == 2
    (circuit,) = asked
    assert circuit.sizes == (784, 256, 10)
    assert circuit.node == pytest.approx(28e-9)
    assert circuit.column.supply == pytest.approx(1.1)


@pytest.mark.slow
def test_a_macro_is_sized_in_five_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert executed("A macro", "--set", "layers=[784,4,10]") == 0
    said = capsys.readouterr().out
    assert said.startswith("rram, mnist-chip at 28 nm\n")
    for line in ("area", "joules", "seconds"):
        assert re.search(rf"^ +{line} ", said, re.MULTILINE)


def test_arrays_lead_to_predictions_in_twelve_lines() -> None:
    """tests/test_examples.py runs them."""
    (text,) = (text for title, text in SECTIONS.items() if title.startswith("My arrays"))
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    assert ".predict(" in code


def test_the_reference_sweep_is_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its points are listed here; tests/studies/test_reference.py trains them on few samples."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("analogep.study.Study.seconds", lambda *_: 1.0)
    _, sweep, *_ = commands("The reference")
    words = shlex.split(sweep)
    assert words[:2] == ["analogep", "study"]
    data = words.index("--data") + 1
    np.savez(tmp_path / "mine.npz", **{f"{part}_{k}": v for part in ("train", "test") for k, v in _images().items()})
    words[data] = str(tmp_path / "mine.npz")
    assert main([*words[1:], "--dry-run", "--out", str(tmp_path / "out")]) == 0
    assert "12 points, 0 of them done" in capsys.readouterr().out


def _images() -> dict[str, np.ndarray]:
    """Twenty grey images."""
    return {"x": np.full((20, 784), 0.5), "y": np.arange(20) % 10}
