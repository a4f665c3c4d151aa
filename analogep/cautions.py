"""Warnings about something that is not as it should be but spoils no number: one of a kind in each process."""

from __future__ import annotations

import warnings
from typing import Final


class AnalogepWarning(UserWarning):
    """Something around the program is not as it should be; no number depends on it."""


_said: Final[set[str]] = set()


def caution(kind: str, sentence: str) -> None:
    """Warn (`AnalogepWarning`), unless this process has warned of the same kind of thing before.

    Parameters
    ----------
    kind : str
        What it is about; a process warns once of each kind.
    sentence : str
        What is the matter, where, and what to do.
    """
    if kind in _said:
        return
    _said.add(kind)
    # A place in the code would say nothing to the reader, and would put its source line under the sentence.
    warnings.warn_explicit(sentence, AnalogepWarning, "analogep", 1)
