"""A layered network at virtual ground whose lines are held by circuits: every column is a state of its own.

    tau_a da/dt = clip(ahead(v), +-limit) - a          bit lines, into the nodes behind an array
    tau_b db/dt = clip(behind(v), +-limit) - b         word lines, into the nodes before it
    tau   dv/dt = a + b + beta pull(v) - v

`ahead` and `behind` are the brackets of `RCEquations`, gains of columns in the weights (`columns.Response`); an adder
without noise sums both directions at a node. A row of the state is (v of all nodes, a of all nodes, b of all but the
outputs). A column that is more than 50 times faster than its node is taken as 50 times as fast, with as much noise at
the node: it is at its end whenever the node moves.

Supplies: drivers take V_dd/2 times the magnitude of their lines' currents, columns that of theirs (`columns.base`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Solver
from analogep.crossbar.outer import Gradient
from analogep.kinds.rc import column_noise
from analogep.kinds.rc.adjoint import masked_gradient
from analogep.kinds.rc.drive import ColumnDrive
from analogep.kinds.rc.layout import layout
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.reading import BOTH, Steps, steps_of
from analogep.network.base import Network, Phases
from analogep.network.drive import Drive
from analogep.network.march import March
from analogep.network.noise import Deviates

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

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
class ColumnedRC(Network):
    """The network between its columns, and these.

    Attributes
    ----------
    between : LayeredRC
        The same network with columns that follow at once; its layers have `columns`.
    supplied : Supplied
    tau : ndarray (states,) [s]
        Time constants of nodes, then of their columns.
    """

    between: LayeredRC
    supplied: Supplied
    powers_of: ClassVar[tuple[str, ...]] = ("array", "leak", "nudging", "driver", "column")
    slices: tuple[slice, ...] = field(init=False)
    tau: Floats = field(init=False)

    def __post_init__(self) -> None:
        between = self.between
        for name in ("slices", "read_voltage", "cost"):
            object.__setattr__(self, name, getattr(between, name))
        object.__setattr__(self, "tau", np.concatenate([between.tau, *self.lags]))

    @property
    def count(self) -> int:
        """Nodes, without their columns."""
        return self.between.nodes

    @property
    def shortest(self) -> float:
        """Time constant of the fastest node [s]; columns are followed by their exponentials."""
        return float(self.between.tau.min())

    @cached_property
    def _true_lags(self) -> tuple[Floats, Floats]:
        ahead, behind = [], []
        for k, layer in enumerate(self.between.layers):
            assert layer.columns is not None
            bits, words = layer.columns
            ahead.append(layer.connection.spread(bits.tau))
            if k > 0:
                # Word lines of a convolution meet at a node in other reads; the slowest stands for all of them.
                size = self.between.layers[k - 1].size
                behind.append(words.tau if layer.dense else np.full(size, words.tau.max()))
        return np.concatenate(ahead), np.concatenate(behind) if behind else np.empty(0)

    @cached_property
    def lags(self) -> tuple[Floats, Floats]:
        """tau_a (nodes,) and tau_b (nodes but outputs,) [s], not below a fiftieth of their nodes'."""
        ahead, behind = self._true_lags
        least = _FASTEST * self.between.tau
        return np.maximum(ahead, least), np.maximum(behind, least[: behind.size])

    @cached_property
    def density(self) -> tuple[Floats, Floats]:
        """R_n of a (nodes,) and b (nodes but outputs,) [ohm]; of lags that were raised so that nodes have as much."""
        tau, ahead, behind = self.between.tau, [], []
        for k, layer in enumerate(self.between.layers):
            assert layer.columns is not None
            bits, words = layer.columns
            ahead.append(layer.connection.spread(bits.noise))
            if k > 0:
                behind.append(layer.connection.row_load(words.noise))
        both = np.concatenate(ahead), np.concatenate(behind) if behind else np.empty(0)
        found = []
        for noise, lag, true in zip(both, self.lags, self._true_lags, strict=True):
            node = tau[: lag.size]
            found.append(noise * (node + lag) / (node + true))
        return found[0], found[1]

    @cached_property
    def limits(self) -> tuple[Floats, Floats]:
        """Largest |a| (nodes,) and |b| (nodes but outputs,) [V]."""
        ahead, behind = [], []
        for k, layer in enumerate(self.between.layers):
            assert layer.columns is not None
            ahead.append(np.full(layer.size, layer.columns[0].limit))
            if k > 0:
                behind.append(np.full(self.between.layers[k - 1].size, layer.columns[1].limit))
        return np.concatenate(ahead), np.concatenate(behind) if behind else np.empty(0)

    def parts(self, state: Floats) -> tuple[Floats, Floats, Floats]:
        """v (..., nodes), a (..., nodes) and b (..., nodes but outputs) [V] of the `state` (..., states) [V]."""
        n = self.count
        return state[..., :n], state[..., n : 2 * n], state[..., 2 * n :]

    def aims(self, v: Floats, drive: Drive) -> tuple[Floats, Floats, Floats]:
        """What a (samples, nodes), b (samples, nodes but outputs) and the outputs (samples, outputs) are driven to [V]
        at `v` (samples, nodes) [V]: brackets within the columns' limits, and nudging."""
        ahead, behind = self.between.sides(v, drive)
        (most, least), inner = self.limits, self.lags[1].size
        last = self.slices[-1]
        pull = self.between.nudging(v, drive) if drive.beta != 0.0 else np.zeros((len(v), last.stop - last.start))
        return np.clip(ahead, -most, most), np.clip(behind[:, :inner], -least, least), pull

    def saturated(self, v: Floats, drive: Drive) -> tuple[Bools, Bools]:
        """Which columns are at their limits, a (samples, nodes) and b (samples, nodes but outputs), at `v` (samples,
        nodes) [V]."""
        ahead, behind = self.between.sides(v, drive)
        (most, least), inner = self.limits, self.lags[1].size
        return np.abs(ahead) >= most, np.abs(behind[:, :inner]) >= least

    def drifts(self, state: Floats, drive: Drive) -> Floats:
        """tau times the derivative of every state (samples, states) [V] at `state` (samples, states) [V]."""
        v, a, b = self.parts(state)
        ahead, behind, pull = self.aims(v, drive)
        out = np.concatenate([a - v, ahead - a, behind - b], axis=1)
        out[:, : b.shape[1]] += b
        out[:, self.slices[-1]] += pull
        return out

    def derivative(self, v: Floats, drive: Drive) -> Floats:
        """Of every state (samples, states) [V/s] at the state `v` (samples, states) [V]."""
        out = self.drifts(v, drive)
        return np.divide(out, self.tau, out=out)

    def residual(self, v: Floats, drive: Drive) -> Floats:
        """Largest drift over the read voltage (samples,) [1] at the state `v` (samples, states) [V]."""
        return np.asarray(np.abs(self.drifts(v, drive)).max(axis=1) / self.read_voltage)

    def stepped(self, v: Floats, drive: Drive, h: float) -> Floats:
        """The state (samples, states) [V] a step `h` [s] after `v` (samples, states) [V]: columns by their exponential
        towards what they are driven to, then nodes by Euler's step behind them.

        With columns that follow at once this is Euler's step of the network between them.
        """
        node, a, b = self.parts(v)
        ahead, behind, pull = self.aims(node, drive)
        a, b = (
            y + -np.expm1(-h / lag) * (aim - y) for y, aim, lag in zip((a, b), (ahead, behind), self.lags, strict=True)
        )
        drift = a - node
        drift[:, : b.shape[1]] += b
        drift[:, self.slices[-1]] += pull
        return np.concatenate([node + h * drift / self.between.tau, a, b], axis=1)

    def within_rails(self, v: Floats) -> Floats:
        """The state `v` (..., samples, states) [V] with nodes held by diodes at the rails of their neurons."""
        node, a, b = self.parts(v)
        return np.concatenate([self.between.within_rails(node), a, b], axis=-1)

    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt, read noise left out (samples, states, states) [1/s] at `v` (samples, states) [V]."""
        n, (ahead, behind, own) = self.count, self._blocks(v[:, : self.count], drive)
        inner = self.lags[1].size
        out = np.zeros((len(v), v.shape[1], v.shape[1]))
        rows = np.arange(v.shape[1])
        out[:, rows, rows] = -1.0
        out[:, :n, :n] += own
        out[:, rows[:n], rows[n : 2 * n]] = 1.0
        out[:, rows[:inner], rows[2 * n :]] = 1.0
        out[:, n : 2 * n, :n] = ahead
        out[:, 2 * n :, :n] = behind[:, :inner]
        return out / self.tau[:, None]

    def _blocks(self, v: Floats, drive: Drive) -> tuple[Floats, Floats, Floats]:
        """Derivatives of what a, b and the nudging are driven to by the nodes (samples, nodes, nodes) [1]."""
        between, (bits, words) = self.between, self.saturated(v, drive)
        whole = between.jacobian(v, drive) * between.tau[:, None]
        ahead, behind = np.zeros_like(whole), np.zeros_like(whole)
        for before, here in zip(self.slices[:-1], self.slices[1:], strict=True):
            ahead[:, here, before] = whole[:, here, before]
            behind[:, before, here] = whole[:, before, here]
        rows = np.arange(v.shape[1])
        own = whole - ahead - behind
        own[:, rows, rows] += 1.0
        ahead *= ~bits[:, :, None]
        behind[:, : words.shape[1]] *= ~words[:, :, None]
        return ahead, behind, own

    def step(self, v: Floats, drive: Drive, derivative: Floats) -> Floats:
        """Newton's step (samples, states) [V] at `v` (samples, states) [V]: nodes as if columns followed at once, and
        columns to where these drive them then."""
        node, a, b = self.parts(v)
        ahead, behind, pull = self.aims(node, drive)
        drift = ahead - node
        drift[:, : behind.shape[1]] += behind
        drift[:, self.slices[-1]] += pull
        blocks = sum(self._blocks(node, drive)) - np.eye(self.count)
        moved = node - np.linalg.solve(blocks, drift[:, :, None])[:, :, 0]
        ahead, behind, _ = self.aims(moved, drive)
        return np.concatenate([moved - node, ahead - a, behind - b], axis=1)

    def march(self, solver: Solver) -> March | None:
        """Laid out once for all phases of a batch."""
        return layout(self.between, solver, self)

    def steps(self, grids: Sequence[tuple[int, float]]) -> Steps:
        """Steps of phases of so many steps of such a length [s]: all lines are read all along."""
        return steps_of([[(h, BOTH)] * count for count, h in grids])

    @property
    def watts(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """What output voltages of columns take from the supply, of each layer [W/V]."""
        return self.supplied.ahead, self.supplied.behind

    @property
    def driver(self) -> float:
        """What the current of a line takes from the supply [W/A]."""
        return self.supplied.driver

    def current(self, drive: Drive) -> Floats:
        """Of all lines that stand still (samples,) [A] in a phase."""
        assert isinstance(drive, ColumnDrive)
        return drive.current

    def agitated(self, v: Floats, drive: Drive, duration: float) -> Floats:
        """The end `v` (samples, states) [V] of a phase of `duration` [s] with thermal noise of nodes and columns."""
        return column_noise.agitated(self, self.between.tau, self.between.leak, v, drive, duration)

    # What the network between the columns says

    def rates(self, v: Floats) -> list[Floats]:
        """Line voltages of each layer (..., samples, neurons) [V] at the state `v` (..., samples, states) [V]."""
        return self.between.rates(v)

    def quiet(self, x: Floats) -> ColumnDrive:
        """Drive of a free phase without read noise, for the input lines `x` (samples, inputs) [V]."""
        between, given = self.between, self.between.quiet(x)
        first = between.layers[0]
        current = np.abs(np.asarray(between.iv.drive(x))) @ first.row_load(between.inner(first).shape[0])
        if between.bias:
            current += between.bias_drive * sum(layer.bias_load for layer in between.layers)
        return ColumnDrive(**vars(given), current=current)

    def disturbed(self, quiet: Drive, noise: Deviates) -> Drive:
        """The same inputs with the read noise of one phase."""
        return self.between.disturbed(quiet, noise)

    def deviates(self, samples: int, rng: np.random.Generator) -> Deviates:
        """Fresh normal deviates of every array's read noise."""
        return self.between.deviates(samples, rng)

    def nudged(self, drive: Drive, beta: float, target: Floats, free: Floats | None = None) -> Drive:
        """The drive of a nudged phase; parameters as in `Network.nudged`, `free` (samples, states) [V]."""
        return self.between.nudged(drive, beta, target, free)

    def powers(self, v: Floats, drive: Drive) -> Floats:
        """Powers (..., samples, 5) [W] at `v` (..., samples, states) [V]: devices, leaks, nudging source, losses of the
        drivers, signal currents of columns."""
        assert isinstance(drive, ColumnDrive)
        node, a, b = self.parts(v)
        between, supplied = self.between, self.supplied
        out = np.empty((*v.shape[:-1], 5))
        out[..., :3] = between.powers(node, drive)
        current = np.broadcast_to(drive.current, v.shape[:-1]).copy()
        rates = between.rates(node)
        for k in range(1, len(between.layers)):
            layer, r, s = between.layers[k], rates[k - 1], between.gains[k] * rates[k]
            current += np.abs(between.iv.drive(r)) @ layer.row_load(between.inner(layer).shape[0])
            current += np.abs(between.iv.drive(s)) @ layer.column_load
        out[..., 3] = supplied.driver * current - out[..., 0]
        out[..., 4] = sum(
            watts * np.abs(y[..., part]).sum(axis=-1)
            for y, given in ((a, supplied.ahead), (b, supplied.behind))
            for watts, part in zip(given, self.slices, strict=False)
        )
        return out

    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of v)^2 of all nodes (samples,) [J] from `before` to `after` (samples, states) [V]."""
        return self.between.charging(self.parts(before)[0], self.parts(after)[0])

    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Of the lines that neurons drive [V^2], from the rates `before` to `after` (samples, neurons) [V]."""
        return self.between.line_swings(before, after)

    def input_swings(self, x: Floats) -> float:
        """Of the lines of all inputs `x` (samples, inputs) [V], from 0 V [V^2]."""
        return self.between.input_swings(x)

    def gradient(self, phases: Phases, x: Floats) -> list[Floats]:
        """By the product rule."""
        return self.between.gradient(phases, x)

    def factored(self, phases: Phases, x: Floats) -> Sequence[Gradient]:
        """By the product rule."""
        return self.between.factored(phases, x)

    def exact_gradient(self, v: Floats, x: Floats, target: Floats) -> list[Floats]:
        """By the adjoint, columns at their limits left out."""
        node = v[:, : self.count]
        masks = self.saturated(node, self.between.quiet(x))
        if not any(mask.any() for mask in masks):
            return self.between.exact_gradient(node, x, target)
        ahead, behind, own = self._blocks(node, self.between.quiet(x))
        return masked_gradient(self.between, node, x, target, ahead + behind + own, masks)

    def loop_gain(self, v: Floats, drive: Drive) -> Floats:
        """Of the network whose columns follow at once (samples,) [1] at the state `v` (samples, states) [V]: lags do
        not move the eigenvalue at which a symmetric loop leaves its equilibrium."""
        return self.between.loop_gain(v[:, : self.count], drive)

    def loop_gain_bound(self) -> float:
        """With every neuron at its steepest [1]."""
        return self.between.loop_gain_bound()

    def hopfield_energy(self, v: Floats, drive: Drive) -> Floats:
        """Of the nodes (samples,) [1] at the state `v` (samples, states) [V]; while columns lag it may rise."""
        return self.between.hopfield_energy(v[:, : self.count], drive)

    @property
    def approximation(self) -> str:
        """That of the network between the columns."""
        return self.between.approximation

    def netlist(self, scene: Any, netlist: Any) -> Any:
        """Column circuits on every line."""
        from analogep.kinds.rc.column_netlist import add

        return add(self, scene, netlist)

    @property
    def slots(self) -> int:
        """Reads one after another of the array that serves most patches."""
        return self.between.slots
