"""Ctrl-C in a place that cannot pass it on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest

from analogep.cli.interrupt import heard


class Thing:
    """What a weak reference may point to."""


def drop(error: type[BaseException]) -> None:
    """Raise in the callback of a weak reference, from which nothing travels on."""

    def callback(_: object) -> None:
        if error is KeyboardInterrupt:
            signal.raise_signal(signal.SIGINT)
        else:
            raise error

    thing = Thing()
    kept = weakref.ref(thing, callback)
    del thing
    assert kept() is None


def test_an_interrupt_that_python_drops_is_raised_after_all(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        drop(KeyboardInterrupt)
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt), heard():
        work()
    assert capsys.readouterr() == ("", "")


def test_other_dropped_errors_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type[BaseException]] = []
    hook = lambda dropped: told.append(dropped.exc_type)  # noqa: E731
    monkeypatch.setattr(sys, "unraisablehook", hook)
    with heard():
        drop(ValueError)
    assert told == [ValueError]
    assert sys.unraisablehook is hook


def test_an_interrupt_within_text_that_python_runs_ends_with_the_code_of_one(tmp_path: Path) -> None:
    """`python -m` remembers it, and would end itself by the signal although the command has said all it has to say."""
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "from analogep.cli import library, main\n"
        "library.run = lambda parsed: exec('raise KeyboardInterrupt')\n"
        "sys.exit(main.main(['list']))\n"
    )
    done = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "\nanalogep: interrupted\n")
