"""Names that the system gives as bytes become text that a file, a page and a figure can hold."""

from __future__ import annotations

import os

import pytest

from analogep.names import legible


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("few", "few"),
        ("\u65e5\u672c $x$", "\u65e5\u672c $x$"),
        # What Python makes of UTF-8 where the environment says ASCII.
        ("\u00b5S".encode().decode("ascii", "surrogateescape"), "\u00b5S"),
        (os.fsdecode(b"a\xff"), "a\ufffd"),
        ("a\ud800", "a?"),
        ("", ""),
    ],
)
def test_a_name_is_read_as_utf_8_and_holds_no_lone_surrogate(name: str, text: str) -> None:
    assert legible(name) == text
    assert legible(name).encode().decode() == text
