"""Errors that people read: what happened, where, with which value, and what to try.

Every error that analogep raises on purpose derives from `AnalogepError` and carries the exit code that the
commands end with: 2 for what the user wrote (arguments, cards), 1 for what failed on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AnalogepError(Exception):
    """Something failed in a way that one sentence explains."""

    exit_code = 1


class UsageError(AnalogepError):
    """A call or a command line asks for something that does not exist or does not fit together."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a card: where it stands and what the rule is."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        return f"{head}{self.key}: {self.message}" if self.key else f"{head}{self.message}"


class CardError(AnalogepError):
    """A card cannot be used; `problems` holds every reason, one line each in the message."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(AnalogepError):
    """A data file is missing, damaged, or not what its name says."""


class ResultError(AnalogepError):
    """A result folder cannot be read, written, or belongs to another run."""


class SimulationError(AnalogepError):
    """The circuit could not be simulated: it diverged, did not finish, or is unstable."""
