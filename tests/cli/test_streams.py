"""stdout and stderr that are ASCII, full, broken or closed: every command ends as it should, without a traceback."""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from analogep.cautions import AnalogepWarning
from analogep.cli.main import main
from analogep.cli.streams import cautions

DEVICE = (Path(__file__).parents[2] / "devices" / "rram.yaml").read_text(encoding="utf-8")
TITLE = "\u00b5-Zelle \u65e5\u672c"


def unread() -> TextIO:
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return open(writer, "w", encoding="utf-8")


def full() -> TextIO:
    """A file on a full disk."""
    return open("/dev/full", "w", encoding="utf-8")


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    changed, count = re.subn("^title: .*$", f"title: {TITLE}", DEVICE, flags=re.MULTILINE)
    assert count == 1
    Path("mine.yaml").write_text(changed, encoding="utf-8")
    return "mine.yaml"


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
@pytest.mark.parametrize("kind", ["ascii", "latin-1"])
def test_letters_that_a_stream_cannot_write_become_their_numbers(
    card: str, monkeypatch: pytest.MonkeyPatch, kind: str, errors: str
) -> None:
    out, err = io.BytesIO(), io.BytesIO()
    for name, buffer in (("stdout", out), ("stderr", err)):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(buffer, encoding=kind, errors=errors))
    for arguments in (("check", card), ("list",), ("cite", card), ("schema", "device"), ("check", "\udcff\u65e5")):
        main(arguments)
        sys.stderr.flush()
    said = out.getvalue().decode(kind)
    assert TITLE.encode(kind, "backslashreplace").decode(kind) in said
    assert "\\udcff\\u65e5: unknown device card" in err.getvalue().decode(kind)


@pytest.mark.parametrize("broken", [unread, full])
@pytest.mark.parametrize("which", [("stdout",), ("stderr",), ("stdout", "stderr")], ids=" ".join)
@pytest.mark.parametrize("arguments", [("check", "rram"), ("check", "rrma"), ("simulate", "rrma")], ids=" ".join)
def test_broken_streams_end_in_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], which: tuple[str, ...], broken: Callable[[], TextIO]
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, broken() if name in which else io.TextIOWrapper(io.BytesIO()))
    fails = arguments[1] == "rrma" or "stdout" in which
    assert (main(arguments) != 0) == fails
    for name in which:
        # As Python does at exit, which would print a traceback if anything were left.
        getattr(sys, name).close()


def test_closed_streams_take_everything(monkeypatch: pytest.MonkeyPatch, card: str) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert (main(("check", card)), main(("check", "rrma"))) == (0, 2)
    for stream in (sys.stdout, sys.stderr):
        stream.close()


def test_cautions_of_the_library_are_one_line_and_quiet_commands_say_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def warned(quiet: bool) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            with cautions(quiet=quiet):
                warnings.warn("no locks here", AnalogepWarning, stacklevel=1)
        return capsys.readouterr().err

    assert warned(False) == "warning: no locks here\n"
    assert warned(True) == ""


def test_warnings_of_others_are_shown_as_python_does(recwarn: pytest.WarningsRecorder) -> None:
    warnings.simplefilter("always")
    with cautions(quiet=True):
        warnings.warn("theirs", UserWarning, stacklevel=1)
    assert [str(one.message) for one in recwarn] == ["theirs"]
