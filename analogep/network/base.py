"""What every kind of network can say of itself: Kirchhoff's current law, its Jacobian, its powers, its outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.costs import Cost
from analogep.crossbar.outer import Gradient
from analogep.draws import standard_normals
from analogep.errors import UsageError
from analogep.network import langevin
from analogep.network.clocked import Clocked
from analogep.network.drive import Drive
from analogep.network.march import March
from analogep.network.noise import Deviates, summed
from analogep.network.relaxed import Circled

Floats = NDArray[np.float64]
Phases = Sequence[tuple[Any, Sequence[Any]]]
"""Weight of a phase in the estimator [1], and what was measured in it: (samples, neurons) [V] of each layer."""
Answer = Callable[[Floats], Floats]
"""Something of a phase as a function of node voltages."""
Kicks = Callable[[np.random.Generator], Floats]
"""Thermal noise of the nodes by a generator, anew in each call (samples, nodes) [V/sqrt(s J)]."""


class Network(Clocked, ABC):
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

    @property
    def shortest(self) -> float:
        """Time constant in which equal steps are measured [s]."""
        return float(self.tau.min())

    @abstractmethod
    def rates(self, v: Floats) -> list[Floats]:
        """What is sampled of each layer (..., samples, neurons) [V] at node voltages `v` (..., samples, nodes) [V]."""

    def scores(self, outputs: Floats) -> Floats:
        """Score of each class (..., classes) [V] from `outputs` (..., outputs) [V], sampled of the last layer."""
        return outputs

    @property
    def full_score(self) -> float:
        """Score of the right class [V]: the scale of the cost."""
        return self.read_voltage

    def loss(self, v: Floats, target: Floats) -> Floats:
        """Cost (samples,) [1] at the node voltages `v` (samples, nodes) [V] and the `target` (samples, classes) [V]."""
        return self.cost.value(self.scores(self.rates(v)[-1]), target, self.full_score)

    def pull(self, scores: Floats, drive: Drive) -> Floats:
        """Pull at beta = 1 (..., classes) [V], as it is at `scores` of the same shape [V] or as it was frozen."""
        if drive.frozen is not None:
            return drive.frozen
        assert drive.target is not None
        return self.cost.pull(scores, drive.target, self.full_score)

    def stiffness(self, scores: Floats, drive: Drive) -> Floats | None:
        """beta times the curvature of the cost (samples, classes, classes) [1] at `scores` (samples, classes) [V]; None
        where nudging has none."""
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
            Normal deviates of the phase's read noise, (samples, lines) [1] of each array; empty without.
        """
        quiet = self.quiet(x)
        return self.disturbed(quiet, noise) if noise else quiet

    @abstractmethod
    def quiet(self, x: Floats) -> Drive:
        """Drive of a free phase without read noise, for the input lines `x` (samples, inputs) [V]."""

    @abstractmethod
    def disturbed(self, quiet: Drive, noise: Deviates) -> Drive:
        """The same inputs with the read noise of one phase; `noise` has (samples, lines) [1] of each array."""

    @abstractmethod
    def deviates(self, samples: int, rng: np.random.Generator) -> Deviates:
        """Fresh normal deviates of every array's read noise, (samples, lines) [1]; empty where reads have none."""

    def mixed(self, drawn: Sequence[Deviates], weights: Sequence[Sequence[float]]) -> Deviates:
        """Sums of deviates `drawn` independently, (samples, lines) [1] of each array, with `weights` of each array, one
        for each of `drawn` [1]."""
        return summed(drawn, weights)

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
        """dv/dt (samples, nodes) [V/s] at `v` (samples, nodes) [V]."""

    def stepped(self, v: Floats, drive: Drive, h: float) -> Floats:
        """State an equal step `h` [s] after `v`, both (samples, nodes) [V]: Euler's."""
        return v + h * self.derivative(v, drive)

    def turns(self, duration: float) -> Sequence[tuple[float, Network]]:
        """Lengths [s] and networks of what a phase of `duration` [s] is made of, one after the other: itself."""
        return [(duration, self)]

    def entered(self, v: Floats) -> Floats:
        """State (samples, states) [V] with which a turn begins, where the one before it has ended at `v` (samples,
        nodes) [V]: the same."""
        return v

    def left(self, v: Floats) -> Floats:
        """State (samples, nodes) [V] after a turn that has ended at `v` (samples, states) [V]: the same."""
        return v

    def remembered(self, memory: Any, v: Floats) -> Any:
        """What is known to later turns after one that read its lines last at `v` (samples, states) [V], where `memory`
        was known before: the same."""
        return memory

    def knowing(self, memory: Any) -> Network:
        """The network of a turn where `memory` is known from those before: itself."""
        return self

    def spent(self, v: Floats) -> Floats:
        """Joules of a turn that has ended at `v` (samples, states) [V] besides its powers (samples, components) [J]:
        none."""
        return np.zeros((len(v), len(self.powers_of)))

    @abstractmethod
    def residual(self, v: Floats, drive: Drive) -> Floats:
        """Largest |C dv/dt| as a share of conductance times full scale (samples,) [1] at `v` (samples, nodes) [V]."""

    @abstractmethod
    def powers(self, v: Floats, drive: Drive) -> Floats:
        """Power of each component of `powers_of` (..., samples, components) [W] at `v` (..., samples, nodes) [V]."""

    @abstractmethod
    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt (samples, nodes, nodes) [1/s] at `v` (samples, nodes) [V], read noise left out."""

    def step(self, v: Floats, drive: Drive, derivative: Floats) -> Floats:
        """Newton's step -J^-1 dv/dt (samples, nodes) [V] at `v` (samples, nodes) [V], where dv/dt is `derivative`
        (samples, nodes) [V/s]."""
        return -np.asarray(np.linalg.solve(self.jacobian(v, drive), derivative[:, :, None])[:, :, 0], dtype=np.float64)

    def agitation(self, v: Floats, drive: Drive) -> Floats:
        """Diffusion of each node's voltage by thermal noise over kT, D/(kT) (samples or 1, nodes) [V^2/(s J)], at `v`
        (samples, nodes) [V]; see `network.thermal`.

        Raises
        ------
        TypeError
            If the kind does not know its thermal noise.
        """
        raise TypeError(f"a network of type {type(self).__name__} does not know its thermal noise")

    def kicks(self, v: Floats, drive: Drive) -> Kicks:
        """A function that draws normal deviates with the covariance of D/(kT) at `v` (samples, nodes) [V].

        Nodes are independent where no conductance joins two of them.
        """
        root = np.sqrt(self.agitation(v, drive))
        return lambda rng: root * standard_normals(v.shape, rng)

    def agitated(self, v: Floats, drive: Drive, duration: float) -> Floats:
        """The end `v` (samples, nodes) [V] of a phase that took `duration` [s], with the thermal noise of its drive."""
        return langevin.agitated(self, v, drive, duration)

    def stable(self, v: Floats, drive: Drive) -> NDArray[np.bool_]:
        """Whether a transient would rest at the equilibrium `v` (samples, nodes) [V], where the network can tell
        cheaply: bool (samples,)."""
        return np.ones(v.shape[0], dtype=bool)

    def within_rails(self, v: Floats) -> Floats:
        """Node voltages `v` (..., samples, nodes) [V] as diodes at the rails would hold them, in the same shape.

        Raises
        ------
        TypeError
            If the kind has no neurons with rails.
        """
        raise TypeError(f"a network of type {type(self).__name__} has no neurons with rails")

    @abstractmethod
    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of voltage)^2 of all nodes (samples,) [J] from `before` to `after` (samples, nodes) [V]."""

    def stored(self, v: Floats) -> Floats:
        """Energy in the nodes' capacitors (samples,) [J] at `v` (samples, nodes) [V]."""
        return self.charging(np.zeros_like(v), v)

    @abstractmethod
    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Sum over lines but inputs of cells times squared swing [V^2] from the rates `before` to `after`,
        (samples, neurons) [V] of each layer."""

    def drives(self, duration: float) -> int:
        """How often lines are driven anew in a phase of `duration` [s]: once, but where arrays take turns."""
        return 1

    @abstractmethod
    def input_swings(self, x: Floats) -> float:
        """Cells times squared swing of the lines of all inputs `x` (samples, inputs) [V], from 0 V [V^2]."""

    @abstractmethod
    def gradient(self, phases: Phases, x: Floats) -> list[Floats]:
        """Gradient of the mean cost with respect to the weights of each store (rows, columns) [1], as measured.

        With F = E + beta C at equilibrium (Scellier and Bengio 2017, doi 10.3389/fncom.2017.00024) dL/dtheta = lim
        d/dbeta dE/dtheta, and with the estimator's phases that is sum_k weight_k dE/dtheta(state k). Each kind of
        network has its own E, hence its own rule; all of them need the voltages of both sides of a cell in each phase
        and nothing else, no conductance.

        Parameters
        ----------
        phases : sequence of (weight, rates)
            Weight of the phase in the estimator and what was measured in it, one array (samples, nodes) per layer [V].
        x : ndarray (samples, inputs) [V]
            Input lines, the same in all phases.
        """

    def factored(self, phases: Phases, x: Floats) -> Sequence[Gradient]:
        """The same gradient as sums of outer products for the stores where it is one; parameters as in `gradient`."""
        return self.gradient(phases, x)

    @abstractmethod
    def exact_gradient(self, v: Floats, x: Floats, target: Floats) -> list[Floats]:
        """Gradient of the mean cost with respect to the weights of each store (rows, columns) [1], by the adjoint.

        At equilibrium 0 = F(v, w), the current into every node. For a cost C(v), J' mu = -dC/dv with J = dF/dv gives
        dL/dw = mu' dF/dw, with no finite beta, no noise and no converters in it.

        Parameters
        ----------
        v : ndarray (samples, nodes) [V]
            Free equilibrium.
        x : ndarray (samples, inputs) [V]
            Input lines.
        target : ndarray (samples, classes) [V]
        """

    @abstractmethod
    def loop_gain(self, v: Floats, drive: Drive) -> Floats:
        """Largest eigenvalue of the linearised loop at node voltages `v` (samples, nodes) [V], of each sample
        (samples,) [1].

        Around a state tau dv/dt = (A - 1) v; the network is stable where every eigenvalue of A is below 1.
        """

    @abstractmethod
    def loop_gain_bound(self) -> float:
        """Loop gain with every neuron at its steepest [1]; below 1 the equilibrium is unique for any input."""

    def hopfield_energy(self, v: Floats, drive: Drive) -> Floats:
        """The dimensionless function that a network of neurons descends while it relaxes (samples,) [1], at the node
        voltages `v` (samples, nodes) [V]; not a number for kinds that have none."""
        return np.full(v.shape[0], np.nan)

    @property
    def approximation(self) -> str:
        """What its equations leave out and a netlist does not, in half a sentence; empty where there is nothing."""
        return ""

    def netlist(self, scene: Any, netlist: Any) -> Any:
        """Add the network's elements to a netlist.

        Parameters
        ----------
        scene : spice.Scene
        netlist : spice.Netlist
            Has the node `spice.CONTROL`.

        Returns
        -------
        spice.Probes

        Raises
        ------
        UsageError
            If a netlist of resistors, sources and capacitors cannot say it.
        """
        raise UsageError(f"no netlist is written of a network of type {type(self).__name__}")

    def equations(self, drive: Drive) -> tuple[Answer, Answer]:
        """Two functions of node voltages for one phase, which SciPy's integrators ask some hundred times a batch.

        Returns
        -------
        derivative : callable
            (samples, nodes) [V] -> (samples, nodes) [V/s], as `derivative`.
        powers : callable
            (points, samples, nodes) [V] -> (points, samples, components) [W], as `powers`.
        """
        return partial(self.derivative, drive=drive), partial(self.powers, drive=drive)

    def march(self, solver: Solver) -> March | None:
        """The network laid out for the compiled march; None where the march does not know it."""
        return None

    def circled(
        self, drive: Drive, v0: Floats, betas: Sequence[complex], phase: Phase, solver: Solver
    ) -> list[Circled]:
        """Relax a batch under each of several complex betas, for the whole length of a phase.

        Parameters
        ----------
        drive : Drive
            Of a nudged phase without read noise; its own beta is not looked at.
        v0 : ndarray (samples, nodes) [V]
            Real node voltages at the beginning.
        betas : sequence of complex [1]
        phase, solver
            Length, and steps as `relax` takes them by `euler`.

        Raises
        ------
        TypeError
            If the kind has no complex voltages.
        """
        raise TypeError(f"a network of type {type(self).__name__} has no complex voltages")

    @property
    def slots(self) -> int:
        """Reads of an array that follow one another where it serves several neurons of a bit line: 1 in a dense one.

        A phase takes so many times its length: each neuron gets its currents for one length in all, and holds its
        state while the others get theirs.
        """
        return 1
