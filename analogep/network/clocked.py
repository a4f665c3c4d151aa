"""What networks say whose phases are run by a clock of their own; of all others, that they have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.network.drive import Drive
from analogep.network.relaxed import Relaxed

Floats = NDArray[np.float64]


class Clocked:
    """A network that may have a clock of its own, and learn and draw by it."""

    @property
    def clock(self) -> float | None:
        """Step of the network's own clock [s]; None where a solver integrates it."""
        return None

    def fire(self, drive: Drive, v0: Floats, phase: Phase, solver: Solver, *, record: bool = False) -> Relaxed:
        """Run one phase by the network's own clock.

        Parameters
        ----------
        drive : Drive
        v0 : ndarray (samples, states) [V]
            State at its beginning.
        phase : Phase
        solver : Solver
            Precision.
        record : bool
            Whether to keep the state of every step; slow.

        Raises
        ------
        TypeError
            If it has none.
        """
        raise TypeError(f"a network of type {type(self).__name__} has no clock")

    @property
    def gathers(self) -> bool:
        """Whether synapses gather by themselves what they change by, so that no rate is measured."""
        return False

    def sums_of_gathering(self, end: Relaxed) -> float:
        """Additions beside the devices in a phase of a batch, where changes are kept for its end; 0 without."""
        return 0.0

    def figures(self, free: Relaxed, nudged: Relaxed, shown: Sequence[int]) -> dict[str, object]:
        """What a kind draws beside the node voltages of one sample's two phases.

        Parameters
        ----------
        free, nudged : Relaxed
            With their paths.
        shown : sequence of int
            Nodes whose voltages are drawn.

        Returns
        -------
        dict of (dimensions, values, attributes)
            Variables of the result.
        """
        return {}

    def looks(self, hardware: Any, data: Any, seeds: Any) -> dict[str, object]:
        """What a kind measures of a trained chip for its result, and books nowhere; as `figures`.

        Parameters
        ----------
        hardware : Hardware
        data : Dataset
        seeds : Seeds
        """
        return {}
