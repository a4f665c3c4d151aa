"""ngspice missing, killed, stuck or talking nonsense: one clear error that quotes its last lines."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from analogep.errors import SimulationError
from analogep.spice import batch, program, simulate

POINT = (
    b"Title: t\nPlotname: Operating Point\nFlags: real\nNo. Variables: 1\nNo. Points: 1\nVariables:\n"
    b"\t0\tv(a)\tvoltage\nBinary:\n" + struct.pack("<d", 0.1)
)


def transient(*numbers: float) -> bytes:
    head = (
        f"Title: t\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 2\nNo. Points: {len(numbers) // 2}\n"
        "Variables:\n\t0\ttime\ttime\n\t1\tv(a)\tvoltage\nBinary:\n"
    )
    return head.encode() + struct.pack(f"<{len(numbers)}d", *numbers)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called ngspice, alone on the path, that copies `answer` and prints `said`; returns its folder."""
    script = tmp_path / "ngspice"
    script.write_text(
        f"#!/bin/sh\n/bin/cat {tmp_path}/said\n[ -e {tmp_path}/answer ] && /bin/cp {tmp_path}/answer out.raw\n"
        f"[ -e {tmp_path}/kill ] && kill -9 $$\nexit $(/bin/cat {tmp_path}/code)\n"
    )
    script.chmod(0o755)
    (tmp_path / "said").write_text("".join(f"line {k}\n" for k in range(20)))
    (tmp_path / "code").write_text("0")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_a_missing_ngspice_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SimulationError, match=r"ngspice is not installed: .*apt-get install ngspice"):
        program()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "found no operating point"),
        (POINT, "gave no transient"),
        (POINT + transient(0.0, 0.0, 4e-9, 0.1), r"stopped at 4e-09 s of 1e-08 s"),
        (POINT + transient(0.0, 0.0, 1e-8, float("nan")), r"not finite for v\(a\) \(transient analysis\)"),
        (POINT + transient(0.0, float("inf"), 1e-8, 0.1), r"not finite for v\(a\)"),
        (POINT + transient(0.0, 0.0, 1e-8, 0.1)[:-3], r"left a damaged raw file: cut off"),
        (b"this is no raw file at all\n", "left a damaged raw file"),
    ],
)
def test_an_answer_that_is_not_whole_is_refused(stand_in: Path, answer: bytes, message: str) -> None:
    (stand_in / "answer").write_bytes(answer)
    with pytest.raises(SimulationError, match=message) as caught:
        simulate("* nothing\n", 1e-8)
    assert "  | line 12\n" in str(caught.value)
    assert str(caught.value).endswith("  | line 19")
    assert "line 11" not in str(caught.value)


def test_an_exit_code_is_an_error_even_with_a_whole_answer(stand_in: Path) -> None:
    (stand_in / "answer").write_bytes(POINT + transient(0.0, 0.0, 1e-8, 0.1))
    simulate("* nothing\n", 1e-8)
    (stand_in / "code").write_text("3")
    with pytest.raises(SimulationError, match="ended with exit code 3; its last lines were"):
        simulate("* nothing\n", 1e-8)


def test_a_killed_ngspice_is_an_error(stand_in: Path) -> None:
    (stand_in / "answer").write_bytes(POINT)
    (stand_in / "kill").touch()
    with pytest.raises(SimulationError, match="ended with signal 9"):
        batch("* nothing\n")


@pytest.mark.usefixtures("ngspice")
def test_what_the_real_one_says_about_a_wrong_netlist_is_quoted() -> None:
    with pytest.raises(SimulationError, match=r"ngspice .*its last lines were\n  \| "):
        simulate("* wrong\nr1 a\nthis is no element\n.op\n.tran 1n 10n\n.end\n", 1e-8)


@pytest.mark.usefixtures("ngspice")
def test_a_circuit_without_a_solution_is_an_error() -> None:
    loop = "* two sources in a loop\nv1 a 0 1\nv2 a 0 2\nr1 a 0 1\n.op\n.tran 1n 10n\n.end\n"
    with pytest.raises(SimulationError, match="ngspice "):
        simulate(loop, 1e-8)
