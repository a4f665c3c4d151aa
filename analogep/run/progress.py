"""Where a run stands, and a bar that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from analogep.bars import Bar


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes
    ----------
    epoch, epochs : int
        Epoch being trained, from 1, and their number.
    batch, batches : int
        Batches done in it, and their number.
    accuracy : float or None
        Accuracy after the last finished epoch [1], of the validation samples, or the test samples where there are none.
    stage : str
        What is being done: `start`, `train`, `test`, or `done` at the end of an epoch.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    accuracy: float | None
    stage: str


def bar(show: bool) -> Bar:
    """Return one bar over all batches of all epochs, with the accuracy of the last one."""
    return Bar(show, _place, "{desc} {percentage:3.0f}%|{bar}| {elapsed}{postfix}", "preparing")


def _place(progress: Progress) -> tuple[float, float, str]:
    within = progress.batch / progress.batches if progress.batches else float(progress.stage in ("test", "done"))
    done = progress.epoch - 1 + within
    accuracy = "" if progress.accuracy is None else f", {100 * progress.accuracy:.2f} %"
    return done, float(max(progress.epochs, 1)), f"epoch {progress.epoch}/{progress.epochs}{accuracy}"
