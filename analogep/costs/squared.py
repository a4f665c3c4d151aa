"""Squared error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.costs.base import Cost

Floats = NDArray[np.float64]


class SquaredNumbers(NamedTuple):
    """V [V]."""

    volts: Any

    @staticmethod
    def row(numbers, scores, target, pull):  # type: ignore[no-untyped-def]
        """p = d - s."""
        for k in range(scores.size):
            pull[k] = target[k] - scores[k]

    @staticmethod
    def circle(numbers, scores, imaginary, target, pull, turned):  # type: ignore[no-untyped-def]
        """p + i q = d - s - i z."""
        for k in range(scores.size):
            pull[k] = target[k] - scores[k]
            turned[k] = -imaginary[k]


class SquaredError(Cost):
    """C = 1/2 |s - d|^2/V^2, nudged by a conductance to a source at the target: p = d - s.

    Source: Scellier and Bengio 2017, doi 10.3389/fncom.2017.00024.
    """

    kind: Literal["squared_error"] = "squared_error"
    example: ClassVar[str] = "{kind: squared_error}"

    def value(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """C of each sample (...,) [1]."""
        return np.asarray(0.5 * np.square((scores - target) / volts).sum(axis=-1))

    def pull(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """d - s (..., classes) [V]."""
        return target - scores

    def curvature(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """1 (..., classes, classes) [1]."""
        return np.broadcast_to(np.eye(scores.shape[-1]), (*scores.shape, scores.shape[-1]))

    @property
    def steepest(self) -> float:
        """1."""
        return 1.0

    def numbers(self, volts: float, kind: Any) -> SquaredNumbers:
        """V."""
        return SquaredNumbers(kind(volts))

    def expression(self, k: int, target: Sequence[float], scores: Sequence[str], volts: float) -> str:
        """(d - s) of class k."""
        return f"({target[k]:.17g}-{scores[k]})"


SQUARED_ERROR = SquaredError()
"""What is learned where nothing else is asked for."""
