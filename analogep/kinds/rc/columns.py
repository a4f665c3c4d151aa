"""What holds the lines of a network of one instant, in the order of its nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.columns import Response
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.layer import Layer

Floats = NDArray[np.float64]

_FASTEST: Final = 1.0 / 50.0
"""Time constant of a column over that of its node below which it is taken as this."""


@dataclass(frozen=True)
class Supplied:
    """What the supply gives for the currents of lines.

    Attributes
    ----------
    driver : float [W/A]
        For the current of a driven line.
    ahead, behind : tuple of float [W/V]
        For the output voltage of a column, of each layer of nodes, and in reverse of all but the last.
    """

    driver: float
    ahead: tuple[float, ...]
    behind: tuple[float, ...]


@dataclass(frozen=True)
class Columns:
    """Columns of bit lines, one to each node, and of word lines that are read in reverse, to all nodes but outputs.

    Attributes
    ----------
    between : RCEquations
        The network whose columns follow at once; its layers have `columns`.
    supplied : Supplied
    """

    between: RCEquations
    supplied: Supplied

    def _both(
        self, ahead: Callable[[Layer, Response], Floats], behind: Callable[[Layer, Response, int], Floats]
    ) -> tuple[Floats, Floats]:
        """What `ahead` says of each layer and its bit lines, and `behind` of each array but the first, its word lines
        and how many nodes are before it: (nodes,) and (nodes but outputs,), in their unit."""
        found: tuple[list[Floats], list[Floats]] = [], [np.empty(0)]
        for k, layer in enumerate(self.between.layers):
            assert layer.columns is not None
            bits, words = layer.columns
            found[0].append(ahead(layer, bits))
            if k > 0:
                found[1].append(behind(layer, words, self.between.layers[k - 1].size))
        return np.concatenate(found[0]), np.concatenate(found[1])

    @cached_property
    def _true_lags(self) -> tuple[Floats, Floats]:
        # Word lines of a convolution meet at a node in other reads; the slowest stands for all of them.
        return self._both(
            lambda layer, bits: layer.connection.spread(bits.tau),
            lambda layer, words, size: words.tau if layer.dense else np.full(size, words.tau.max()),
        )

    @cached_property
    def lags(self) -> tuple[Floats, Floats]:
        """tau_a (nodes,) and tau_b (nodes but outputs,) [s], not below a fiftieth of their nodes'."""
        ahead, behind = self._true_lags
        least = _FASTEST * self.between.tau
        return np.maximum(ahead, least), np.maximum(behind, least[: behind.size])

    @cached_property
    def noise(self) -> tuple[Floats, Floats]:
        """R_n of a (nodes,) and b (nodes but outputs,) [ohm]."""
        return self._both(
            lambda layer, bits: layer.connection.spread(bits.noise),
            lambda layer, words, _: layer.connection.row_load(words.noise),
        )

    @cached_property
    def density(self) -> tuple[Floats, Floats]:
        """R_n of a (nodes,) and b (nodes but outputs,) [ohm]; of lags that were raised so that nodes have as much."""
        found = []
        for noise, lag, true in zip(self.noise, self.lags, self._true_lags, strict=True):
            node = self.between.tau[: lag.size]
            found.append(noise * (node + lag) / (node + true))
        return found[0], found[1]

    @cached_property
    def limits(self) -> tuple[Floats, Floats]:
        """Largest |a| (nodes,) and |b| (nodes but outputs,) [V]."""
        return self._both(
            lambda layer, bits: np.full(layer.size, bits.limit), lambda _, words, size: np.full(size, words.limit)
        )

    @property
    def watts(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """What output voltages of columns take from the supply, of each layer [W/V]."""
        return self.supplied.ahead, self.supplied.behind

    @property
    def driver(self) -> float:
        """What the current of a line takes from the supply [W/A]."""
        return self.supplied.driver
