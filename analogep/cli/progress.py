"""Progress on stderr, when it is a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analogep.run import Progress


class Bar:
    """One bar over all batches of all epochs, with the test accuracy of the last one.

    Parameters
    ----------
    show : bool
        Whether to draw at all.

    Attributes
    ----------
    epochs : int or None
        Epochs to train; None before the first report.
    """

    def __init__(self, show: bool) -> None:
        self.show = show
        self.epochs: int | None = None
        self._bar: Any = None

    def __enter__(self) -> Bar:
        if self.show:
            from tqdm import tqdm

            self._bar = tqdm(
                total=1.0, file=sys.stderr, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            )
            self._bar.set_description_str("preparing", refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def say(self, line: str) -> None:
        """Write a line to stderr, above the bar if there is one."""
        if self._bar is None:
            print(line, file=sys.stderr)
        else:
            self._bar.write(line, file=sys.stderr)

    def __call__(self, progress: Progress) -> None:
        """Draw where the run stands."""
        self.epochs = progress.epochs
        if self._bar is None:
            return
        within = progress.batch / progress.batches if progress.batches else float(progress.stage in ("test", "done"))
        done = (progress.epoch - 1 + within) / progress.epochs if progress.epochs else within
        accuracy = "" if progress.accuracy is None else f", {100 * progress.accuracy:.2f} %"
        self._bar.set_description_str(f"epoch {progress.epoch}/{progress.epochs}{accuracy}", refresh=False)
        self._bar.update(max(done - self._bar.n, 0.0))
