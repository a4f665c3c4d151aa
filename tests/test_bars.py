"""Bars are for people: a notebook that a program executes stores none."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

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
