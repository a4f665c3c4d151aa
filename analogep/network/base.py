"""What every kind of network can say of itself: Kirchhoff's current law, its Jacobian, its powers, its outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.costs import Cost
from analogep.jit import kernel

Floats = NDArray[np.float64]
Deviates = tuple[tuple[Floats | None, Floats | None], ...]
"""For each array the normal deviates of its read noise, forward and reverse: (samples, lines) or None."""


@dataclass(frozen=True)
class Drive:
    """What holds still during one phase, for a batch of samples; each kind of network adds its inputs.

    Attributes
    ----------
    beta : float
        Nudging strength of this phase.
    target : ndarray (samples, outputs) or None [V]
    frozen : ndarray (samples, outputs) or None [V]
        Constant nudging: the pull of the outputs at the end of the free phase.
    noise : Deviates
        Normal deviates of this phase's read noise, an entry for each array; empty without.
    """

    beta: float = 0.0
    target: Floats | None = None
    frozen: Floats | None = None
    noise: Deviates = ()


class Network(ABC):
    """The circuit of one instant: the conductances that the arrays hold now, and what stands between them.

    Attributes
    ----------
    powers_of : tuple of str
        Components of the ledger, in the order of the last axis of `powers`.
    slices : tuple of slice
        Columns of `v` that hold each layer of nodes.
    tau : ndarray (nodes,) [s]
        Time constant of each node.
    read_voltage : float [V]
        Full scale of the input lines.
    cost : Cost
        What nudging lowers.
    """

    cost: Cost
    powers_of: ClassVar[tuple[str, ...]] = ("array", "leak", "nudging")
    slices: tuple[slice, ...]
    tau: Floats
    read_voltage: float

    @property
    def nodes(self) -> int:
        """Number of nodes that move."""
        return int(self.tau.size)

    @abstractmethod
    def rates(self, v: Floats) -> list[Floats]:
        """What is sampled of each layer [V] at node voltages `v` (..., samples, nodes) [V]."""

    def scores(self, outputs: Floats) -> Floats:
        """Score of each class [V] from what is sampled of the last layer (..., outputs) [V]."""
        return outputs

    @property
    def full_score(self) -> float:
        """Score of the right class [V]: the scale of the cost."""
        return self.read_voltage

    def loss(self, v: Floats, target: Floats) -> Floats:
        """Cost of each sample (samples,) [1] at node voltages `v` (samples, nodes) [V]."""
        return self.cost.value(self.scores(self.rates(v)[-1]), target, self.full_score)

    def pull(self, scores: Floats, drive: Drive) -> Floats:
        """What nudges the outputs at beta = 1 (..., classes) [V], as it is at `scores` [V] or as it was frozen."""
        if drive.frozen is not None:
            return drive.frozen
        assert drive.target is not None
        return self.cost.pull(scores, drive.target, self.full_score)

    def stiffness(self, scores: Floats, drive: Drive) -> Floats | None:
        """beta times the curvature of the cost (samples, classes, classes) [1]; None where nudging has none."""
        if drive.beta == 0.0 or drive.frozen is not None:
            return None
        assert drive.target is not None
        return drive.beta * self.cost.curvature(scores, drive.target, self.full_score)

    def drive(self, x: Floats, noise: Deviates = ()) -> Drive:
        """Drive of a free phase.

        Parameters
        ----------
        x : ndarray (samples, inputs) [V]
            Voltages of the input lines.
        noise : Deviates
            Normal deviates of the phase's read noise; empty without.
        """
        quiet = self.quiet(x)
        return self.disturbed(quiet, noise) if noise else quiet

    @abstractmethod
    def quiet(self, x: Floats) -> Drive:
        """Drive of a free phase without read noise, for the input lines `x` (samples, inputs) [V]."""

    @abstractmethod
    def disturbed(self, quiet: Drive, noise: Deviates) -> Drive:
        """The same inputs with the read noise of one phase, its normal deviates given."""

    @abstractmethod
    def deviates(self, samples: int, rng: np.random.Generator) -> Deviates:
        """Fresh normal deviates of every array's read noise; empty where reads have none."""

    def nudged(self, drive: Drive, beta: float, target: Floats, free: Floats | None = None) -> Drive:
        """The drive of a nudged phase; constant nudging from the node voltages `free` if they are given.

        Parameters
        ----------
        drive : Drive
        beta : float
        target : ndarray (samples, classes) [V]
        free : ndarray (samples, nodes) or None [V]
        """
        frozen = None
        if free is not None:
            frozen = self.cost.pull(self.scores(self.rates(free)[-1]), target, self.full_score)
        return replace(drive, beta=beta, target=target, frozen=frozen)

    @abstractmethod
    def derivative(self, v: Floats, drive: Drive) -> Floats:
        """dv/dt (samples, nodes) [V/s]."""

    @abstractmethod
    def residual(self, v: Floats, drive: Drive) -> Floats:
        """Largest |C dv/dt| of each sample as a share of conductance times full scale (samples,) [1]."""

    @abstractmethod
    def powers(self, v: Floats, drive: Drive) -> Floats:
        """Power of each component of `powers_of` (..., samples, components) [W] at `v` (..., samples, nodes) [V]."""

    @abstractmethod
    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt, read noise left out (samples, nodes, nodes) [1/s]."""

    def step(self, v: Floats, drive: Drive, derivative: Floats) -> Floats:
        """Newton's step -J^-1 dv/dt (samples, nodes) [V]."""
        return -np.asarray(np.linalg.solve(self.jacobian(v, drive), derivative[:, :, None])[:, :, 0], dtype=np.float64)

    def stable(self, v: Floats, drive: Drive) -> NDArray[np.bool_]:
        """Whether a transient would come to rest at this equilibrium (samples,), where the network can tell cheaply."""
        return np.ones(v.shape[0], dtype=bool)

    def within_rails(self, v: Floats) -> Floats:
        """Node voltages (..., samples, nodes) [V] as diodes at the rails of their neurons would hold them."""
        raise TypeError(f"a network of type {type(self).__name__} has no neurons with rails")

    @abstractmethod
    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of voltage)^2 of all nodes' capacitors between two states (samples,) [J]."""

    def stored(self, v: Floats) -> Floats:
        """Energy in the nodes' capacitors (samples,) [J]."""
        return self.charging(np.zeros_like(v), v)

    @abstractmethod
    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Sum over lines but inputs of cells times squared swing [V^2] between the rates of two states."""

    @abstractmethod
    def input_swings(self, x: Floats) -> float:
        """Cells times squared swing of the lines of all inputs `x` (samples, inputs) [V], from 0 V [V^2]."""

    @property
    def slots(self) -> int:
        """Reads of an array that follow one another where it serves several neurons of a bit line: 1 in a dense one.

        A phase takes so many times its length: each neuron gets its currents for one length in all, and holds its
        state while the others get theirs.
        """
        return 1


@kernel(fastmath={"reassoc", "contract", "nsz"})
def _apart(a, b):  # type: ignore[no-untyped-def]
    """Sum of squared differences of two flat arrays."""
    total = 0.0
    for k in range(a.size):
        total += (b[k] - a[k]) ** 2
    return total


def swings(before: Sequence[Floats], after: Sequence[Floats]) -> list[float]:
    """Sum of squared differences of each layer [V^2]."""
    return [_apart(a.ravel(), b.ravel()) for a, b in zip(before, after, strict=True)]


def with_bias(lines: Floats, volts: float) -> Floats:
    """Lines (..., rows) [V] and behind them the bias line at `volts` (..., rows + 1)."""
    return np.concatenate([lines, np.full((*lines.shape[:-1], 1), volts)], axis=-1)
