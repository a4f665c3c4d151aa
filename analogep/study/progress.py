"""Where a study stands, and a bar that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from analogep.bars import Bar


@dataclass(frozen=True)
class StudyProgress:
    """Where a study stands.

    Attributes
    ----------
    done, failed, total : int
        Points that are done, have failed, and are planned so far; with a target standard error more may follow.
    found : int
        Points of these that were there before.
    """

    done: int
    failed: int
    total: int
    found: int


def bar(show: bool) -> Bar:
    """Return one bar over all points, with the time that remains."""
    return Bar(show, _place, "{desc} {percentage:3.0f}%|{bar}| {n}/{total} [{elapsed}{postfix}]")


def _place(progress: StudyProgress) -> tuple[float, float, str]:
    failed = f", {progress.failed} failed" if progress.failed else ""
    return progress.done + progress.failed, progress.total, f"points{failed}"
