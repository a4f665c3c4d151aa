"""Bars are for people: a notebook that a program executes stores none."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analogep import bars


def shell(parent: dict[str, Any] | None) -> SimpleNamespace:
    """IPython with a kernel whose cell was asked for like this, or without one."""
    inner = None if parent is None else SimpleNamespace(get_parent=lambda: parent)
    return SimpleNamespace(get_ipython=lambda: inner)


@pytest.mark.parametrize(
    ("parent", "shown"),
    [
        ({"content": {"code": "1", "allow_stdin": True}}, True),
        ({"content": {"code": "1", "allow_stdin": False}}, False),
        ({"content": {}}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_bar_shows_where_somebody_could_answer(
    parent: dict[str, Any] | None, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython", shell(parent))
    assert bars.in_notebook() is shown
    monkeypatch.delitem(sys.modules, "ipykernel")
    assert not bars.in_notebook()


def test_the_time_to_go_is_steady_though_the_first_step_compiles_and_tests_are_long() -> None:
    """Ten epochs of fifty batches of 0.1 s and a test of 2 s; 20 s of compilation before the first batch, 5 s in the
    first test. From the third epoch on it is right to a test, and no step moves it by more than two batches take; by
    the last step alone it would be 20 times too long after each test."""
    now, total, said = 0.0, 10.0, []
    pace = bars.Pace(lambda: now)
    assert pace.rest(0.0, total) is None
    for epoch in range(10):
        for batch in range(51):
            test = batch == 50
            now += (
                (20.0 if epoch == batch == 0 else 0.0) + (5.0 if test and epoch == 0 else 0.0) + (2.0 if test else 0.1)
            )
            rest = pace.rest(epoch + (batch + 1) / 51, total)
            left = (9 - epoch) * 7.0 + 0.1 * (50 - batch) + (0.0 if test else 1.9)
            if epoch >= 2:
                assert rest is not None
                assert abs(rest - left) < 2.1
                said.append(rest)
    assert max(abs(np.diff(said))) < 0.2
    assert said[-1] == 0.0


def test_the_time_to_go_counts_from_where_the_work_begins() -> None:
    now = 100.0
    pace = bars.Pace(lambda: now)
    assert pace.rest(5.0, 8.0) is None
    for done, rest in ((6.0, None), (7.0, 10.0), (7.0, 5.0)):
        now += 10.0 if done > 6.0 and rest != 5.0 else 5.0
        assert pace.rest(done, 8.0) == rest
