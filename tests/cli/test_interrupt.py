"""Ctrl-C in a place that cannot pass it on."""

from __future__ import annotations

import signal
import sys
import time
import weakref

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
