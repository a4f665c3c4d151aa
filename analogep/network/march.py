"""What a network is once it is laid out for the compiled march in equal steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class March(Protocol):
    """A network laid out for the compiled steps."""

    @property
    def warms(self) -> bool:
        """Whether the ends of phases have their thermal noise."""

    def run(
        self,
        drives: Sequence[Any],
        start: Floats,
        grids: Sequence[tuple[int, float]],
        betas: Sequence[complex],
        *,
        chained: bool = False,
        constant: bool = False,
        parts: int = 1,
    ) -> tuple[Floats, Floats, Floats]:
        """Take the steps of several phases.

        Parameters
        ----------
        drives : sequence of Drive
            Of each phase, or one for all.
        start : ndarray (samples, nodes) [V]
        grids : sequence of (int, float [s])
            Steps of each phase, and their length.
        betas : sequence of complex [1]
        chained : bool
            Whether each phase but the first begins at the end of the first.
        constant : bool
            Whether the pulls of the outputs are frozen.
        parts : int
            2 for real and imaginary parts.

        Returns
        -------
        tuple of ndarray
            Node voltages (phases, samples, parts, nodes) [V], residuals (phases, samples) [1] and joules (phases,
            samples, components) [J].
        """
