"""Progress bars: on a terminal for commands, and by themselves in notebooks."""

from __future__ import annotations

import bisect
import math
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

_PATIENCE = 1.0
"""Seconds before a bar appears in a notebook: what is over sooner needs none."""


def in_notebook() -> bool:
    """Whether this is a cell of a notebook that somebody executes by hand.

    A notebook that a program executes (nbconvert, nbclient, nbmake) stores whatever a bar draws. Such a program says
    with each cell that nobody is there to answer `input()`, as the messaging protocol of Jupyter has it.
    """
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None and "ipykernel" in sys.modules else None
    return shell is not None and bool(shell.get_parent().get("content", {}).get("allow_stdin", False))


def opened(total: float, form: str, done: float = 0.0) -> Any:
    """Return a bar of tqdm: a widget in a notebook that can show one, else text on stderr.

    Parameters
    ----------
    total : float
        Where the bar ends.
    form : str
        `bar_format` of tqdm.
    done : float
        Where it begins.
    """
    if not in_notebook():
        from tqdm import tqdm

        return tqdm(total=total, initial=done, file=sys.stderr, bar_format=form)
    if find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm_notebook

        return tqdm_notebook(total=total, initial=done, bar_format=form, delay=_PATIENCE, leave=False)
    from tqdm import tqdm

    return tqdm(total=total, initial=done, bar_format=form, delay=_PATIENCE, leave=False)


class Pace:
    """How long the rest will take: by the mean pace over the later half of what has been done, in whole units.

    With the time t(x) at which x units (epochs, points) were done, and x0 at the end of the first step, which compiles
    and counts for nothing,

        rest = (X - x) [t(x) - t(x - n)]/n,   n = max(1, floor((x - x0)/2))

    A pace by the last step alone jumps wherever steps differ, as batches and tests do, of which whole epochs have the
    same; one over everything never forgets a slow beginning.

    Parameters
    ----------
    clock : callable
        Seconds that go by [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: float | None = None
        self._done: list[float] = []
        self._at: list[float] = []

    def rest(self, done: float, total: float) -> float | None:
        """Seconds that the rest will take [s], None while nothing is known; `done` of `total` is done now."""
        now = self._clock()
        if self._begun is None:
            self._begun = done
        if done > self._begun and (not self._done or done > self._done[-1]):
            self._done.append(done)
            self._at.append(now)
        if len(self._done) < 2:
            return None
        units = max(1.0, math.floor(0.5 * (self._done[-1] - self._done[0])))
        # A unit ends where another one ended, but for rounding.
        place = min(bisect.bisect_left(self._done, self._done[-1] - units - 1e-9), len(self._done) - 2)
        pace = (self._at[-1] - self._at[place]) / (self._done[-1] - self._done[place])
        return max((total - self._done[-1]) * pace - (now - self._at[-1]), 0.0)


class Bar:
    """A progress bar that is called with each progress.

    Parameters
    ----------
    show : bool
        Whether to draw at all.
    place : callable
        What is known of a progress -> (where the bar stands, where it ends, words in front of it).
    form : str
        `bar_format` of tqdm; `{postfix}` is the time to go.
    early : str
        Words that stand there before anything is known; empty for a bar that appears with the first progress.

    Attributes
    ----------
    last : Any
        The last progress; None before the first.
    """

    def __init__(
        self, show: bool, place: Callable[[Any], tuple[float, float, str]], form: str, early: str = ""
    ) -> None:
        self.show = show
        self.last: Any = None
        self._place, self._form, self._early = place, form, early
        self._bar: Any = None
        self._words = early
        self._pace = Pace()

    def __enter__(self) -> Self:
        if self.show and self._early:
            self._bar = opened(1.0, self._form)
            self._bar.set_description_str(self._early, refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    @property
    def drawn(self) -> Any:
        """The bar of tqdm, or None where nothing is drawn."""
        return self._bar

    def __call__(self, progress: Any) -> None:
        """Move the bar to where the work stands."""
        self.last = progress
        if not self.show:
            return
        done, total, words = self._place(progress)
        if self._bar is None:
            self._bar = opened(total, self._form, done)
        self._bar.total = total
        rest = self._pace.rest(done, total)
        if rest is not None and done < total:
            self._bar.set_postfix_str(f"about {self._bar.format_interval(rest)} to go", refresh=False)
        elif done >= total:
            self._bar.set_postfix_str("", refresh=False)
        self._bar.set_description_str(words, refresh=False)
        self._bar.update(max(done - self._bar.n, 0.0))
        if words != self._words:
            # By itself tqdm draws ten times a second at most; a run reports every batch.
            self._words = words
            self._bar.refresh()
