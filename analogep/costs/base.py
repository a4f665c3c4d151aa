"""What every cost can say of itself.

A cost C(s, d) is a number without unit, of the scores s [V] of one sample and their targets d [V]; V is the score of
the right class. Nudging is a current g beta p into the outputs, g the conductance that the circuit nudges with at
beta = 1 and p the pull, a voltage:

    p = -V^2 dC/ds,      -dp/ds = V^2 d^2C/ds^2, the curvature

so that the nudged circuit descends E/V^2 + beta C wherever the free one descends E/V^2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from analogep.cards import Block, Family

Floats = NDArray[np.float64]


COSTS: Final = Family(
    "cost",
    tag="kind",
    home="analogep.costs",
    members={"squared_error": "squared.SquaredError", "softmax_cross_entropy": "softmax.SoftmaxCrossEntropy"},
)
"""Every cost, by the `kind` of a circuit card's `cost`."""


class Cost(Block, ABC):
    """One cost: the card's block, its equations in NumPy, and the same for the compiled steps.

    What `numbers` gives is a NamedTuple of a class of its own, which brings two plain Python functions along as static
    methods; they are compiled into the steps (`jit.brought`). All arrays are of one sample, (classes,) [V]:

        row(numbers, s, d, p)               fills the pull p
        circle(numbers, s, z, d, p, q)      fills real and imaginary part p and q of the pull at the scores s + i z

    Attributes
    ----------
    analytic : bool
        Whether there is `circle`: whether the pull goes on to complex scores, as `holomorphic` needs it.
    """

    family: ClassVar[Family] = COSTS
    analytic: ClassVar[bool] = True
    kind: str

    @abstractmethod
    def value(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """C of each sample (...,) [1].

        Parameters
        ----------
        scores, target : ndarray (..., classes) [V]
        volts : float [V]
            Score of the right class.
        """

    @abstractmethod
    def pull(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """-V^2 dC/ds (..., classes) [V]; parameters as in `value`."""

    @abstractmethod
    def curvature(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """V^2 d^2C/ds^2 (..., classes, classes) [1]; parameters as in `value`."""

    @property
    @abstractmethod
    def steepest(self) -> float:
        """Largest eigenvalue that the curvature can have at targets of one class [1]."""

    @abstractmethod
    def numbers(self, volts: float, kind: Any) -> Any:
        """A NamedTuple with fields of the type `kind` (float32 or float64)."""

    @abstractmethod
    def expression(self, k: int, target: Sequence[float], scores: Sequence[str], volts: float) -> str:
        """Pull of class k as an expression of a netlist.

        Parameters
        ----------
        k : int
        target : sequence of float (classes,) [V]
        scores : sequence of str (classes,)
            Expression of the score of each class [V].
        volts : float [V]
        """

    def slope(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """dC/ds (..., classes) [1/V]; parameters as in `value`."""
        return np.asarray(self.pull(scores, target, volts) / -(volts**2))

    @staticmethod
    def power(current: Floats, target: Floats, v: Floats) -> Floats:
        """Power of the nudging (...,) [W]: what carries each current drops what lies between the target and the node.

        The magnitude, because a negative conductance is an active circuit that gives nothing back.

        Parameters
        ----------
        current : ndarray (..., classes) [A]
        target, v : ndarray (..., classes) [V]
        """
        return np.asarray(np.abs(current * (target - v)).sum(axis=-1))
