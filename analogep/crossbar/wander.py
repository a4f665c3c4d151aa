"""Cells that carry the slow part of their read noise along, from sample to sample and on to the test.

    G_shown = G (1 + d),      d = sum_c [sd_c(G)/G] sum_i sqrt(a_ci) y_ci
    y(t + dt) = e^(-dt/tau) y(t) + sqrt(1 - e^(-2 dt/tau)) xi

with the weights a_i and times tau_i of `device.wander` for each component c, and processes y of variance 1 in every
cell. Both ends of a cell's window go along by 1 + d, and with them whatever its state shows: pulses, verify reads and
phases meet the same conductance, while its state, which pulses move, stays what it was. Of a cell with two levels this
has the variance and the correlation and is normal. Where sd_c/G goes with G, d follows once in each step of the clock.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.array import Array, Floats
from analogep.device import DeviceCard
from analogep.device.wander import Slow
from analogep.draws import standard_normals
from analogep.streams import Streams

_LEAST: Final = 0.05
"""Share of its conductance that no cell falls below."""


class Wandering(Array):
    """An array whose cells wander; parameters as of `Array`.

    Attributes
    ----------
    courses : ndarray (processes, rows, columns) [1]
        y of every cell.
    swing : ndarray (rows, columns) [1]
        1 + d.
    steps : int64 ndarray (1,)
        Of the clock so far: names the next random numbers.
    """

    def __init__(
        self, device: DeviceCard, shape: tuple[int, int], fabrication: Streams, name: str, **made: Any
    ) -> None:
        super().__init__(device, shape, fabrication, name, **made)
        real, each = self.hidden.dtype, self._cells.each
        self._cells = replace(self._cells, each=np.array(np.broadcast_to(each, (*shape, each.shape[-1]))))
        self._at_rest = self._cells.each[..., 2:].copy()
        self.courses, self.swing = np.zeros((0, *shape), real), np.ones(shape, real)
        self.steps, self._times = np.zeros(1, np.int64), np.zeros(0)
        self._slow: tuple[Slow, ...] = ()
        self._operation = fabrication

    def let_wander(self, slow: tuple[Slow, ...], operation: Streams) -> None:
        """Begin somewhere, as after a long time.

        Parameters
        ----------
        slow : tuple of Slow
            Of each component of the card's read noise.
        operation : Streams
            Seed of the courses.
        """
        self._slow, self._operation = slow, operation
        self.courses = np.zeros((sum(len(one.times) for one in slow), *self.shape), self.hidden.dtype)
        self._times = np.array([time for one in slow for time in one.times])
        self._move(np.zeros(len(self._times)))

    def resize(self) -> None:
        """Let d have the size that goes with the conductances of now; no time passes."""
        self._move(np.ones(len(self._times)))
        self._sum_lines()

    def elapse(self, start: float, end: float) -> None:
        """Let the cells wander, and age, from `start` to `end` [s] on the clock of training."""
        if end > start:
            self._move(np.exp(-(end - start) / self._times))
        super().elapse(start, end)

    def aged(self, seconds: float) -> Array:
        """A copy `seconds` after it was written, wandered on and aged; as `Array.aged`."""
        later = super().aged(seconds)
        assert isinstance(later, Wandering)
        later._cells = replace(self._cells, each=self._cells.each.copy())
        later.courses, later.swing, later.steps = self.courses.copy(), self.swing.copy(), self.steps.copy()
        later.ageing = copy.deepcopy(self.ageing)
        later._move(np.exp(-seconds / self._times))
        later._sum_lines()
        return later

    def state(self) -> dict[str, NDArray[np.generic]]:
        """As `Array.state`, with `courses`, `swing` and `steps`."""
        return super().state() | {"courses": self.courses, "swing": self.swing, "steps": self.steps}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take the arrays `state`, shapes and units as of `Wandering.state`."""
        super().restore(state)
        self._rescale()

    def _move(self, left: Floats) -> None:
        """Forget all but the share `left` (processes,) [1] of each y, and show what comes of it."""
        rng, real = self._operation.rng(f"{self.name}/wander", int(self.steps[0])), self.hidden.dtype.type
        for course, share in zip(self.courses, left.tolist(), strict=True):
            if share < 1.0:
                course *= real(share)
                course += real((1.0 - share * share) ** 0.5) * standard_normals(self.shape, rng).astype(real)
        self.steps += 1
        rest = self.g / self.swing
        swing = self._swung(rest).astype(real)
        ratio = swing / self.swing
        self.swing[...] = swing
        self._rescale()
        if self._kept:
            self._g *= ratio
        else:
            self._stale = True
        if self.ageing.fresh.size:
            self.ageing.fresh *= ratio

    def _swung(self, g: Floats) -> Floats:
        """1 + d (rows, columns) [1] of cells that would show `g` (rows, columns) [S]."""
        total, first, g_max = np.ones(self.shape), 0, self.device.conductance.max
        safe = np.where(g > 0.0, g, 1.0)
        for part, slow in zip(self.device.read.components.parts, self._slow, strict=True):
            after = first + len(slow.weights)
            course = np.tensordot(np.sqrt(slow.weights), self.courses[first:after], axes=1)
            total += np.where(g > 0.0, np.sqrt(part.variance(g, g_max)) / safe, 0.0) * course
            first = after
        return np.asarray(np.maximum(total, _LEAST))

    def _rescale(self) -> None:
        """Both ends of every window, from where they are at rest."""
        self._cells.each[..., 2:] = self._at_rest * self.swing[..., None]
        self._window = None


def array_of(device: DeviceCard) -> type[Array]:
    """Class of the arrays of a device."""
    return Wandering if device.read.between_samples == "wander" else Array
