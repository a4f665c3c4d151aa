"""Words that the messages about cards share: paths of keys, nearest names, and how many problems to print."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from itertools import islice

from analogep.errors import CardError, Problem

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of a card down to one value."""

MOST_PROBLEMS = 100
"""Problems of a card that are looked for and told."""
_LONGEST = 60


def printable(text: str, length: int = _LONGEST) -> str:
    """Return `text` on one line, without control characters, cut after `length` characters."""
    head = text if len(text) <= length else text[: length - 3] + "..."
    return head if head.isprintable() else repr(head)[1:-1]


def dotted(path: Iterable[str | int]) -> str:
    """Write a path as `conductance.min`."""
    return printable(".".join(printable(str(key)) for key in path), 4 * _LONGEST)


def listed(names: Iterable[str]) -> str:
    """Write names as `'a', 'b'`."""
    return ", ".join(f"'{printable(name)}'" for name in names)


def counted(count: int, thing: str) -> str:
    """A number of things: `1 pair`, `1,200 pairs`."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def near(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Return the known name that looks most like `word`, or an empty string if none is as like as `likeness` [1]."""
    # difflib compares every letter with every letter, so a word of a megabyte must not get in.
    if len(word) > _LONGEST:
        return ""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=likeness)
    return by_lower[found[0]] if found else ""


def suggestion(word: str, known: Sequence[str]) -> str:
    """Write `did you mean 'min'?`, or all known names if none is near."""
    if best := near(word, known):
        return f"did you mean '{printable(best)}'?"
    return f"known are {listed(known)}" if known else "no keys are known here"


def refusal(problems: Iterable[Problem]) -> CardError:
    """Return the error for all problems of a card; beyond the first hundred it only says that there are more."""
    found = list(islice(problems, MOST_PROBLEMS + 1))
    if len(found) > MOST_PROBLEMS:
        found[MOST_PROBLEMS] = Problem("", "", f"and more; these are the first {MOST_PROBLEMS} problems")
    return CardError(found)
