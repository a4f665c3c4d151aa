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

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.mapping import Turns
from analogep.circuit.phases import Solver
from analogep.crossbar.outer import Gradient
from analogep.kinds.rc import column_noise
from analogep.kinds.rc.adjoint import masked_gradient
from analogep.kinds.rc.columns import Columns
from analogep.kinds.rc.drive import ColumnDrive
from analogep.kinds.rc.layout import layout
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.reading import BOTH, FORWARD, NEITHER, REVERSE, Held, Steps, steps_in_turns, turns_of
from analogep.network.base import Network, Phases
from analogep.network.connection import Winners
from analogep.network.drive import Drive
from analogep.network.march import March
from analogep.network.noise import Deviates

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class ColumnedRC(Network):
    """The network between its columns, and these.

    Where arrays take turns, the columns of one direction stand on capacitors, and fade, while those of the other
    follow: `turns` are networks of one turn each, and the powers of the whole are those of the mean.

    Attributes
    ----------
    between : LayeredRC
        The same network with columns that follow at once.
    columns : Columns
    taking : Turns or None
        How arrays are read one way after the other; None where they are read both ways at once.
    reads : int
        What is read: `BOTH`, or in a turn `FORWARD`, `REVERSE` or `NEITHER`.
    winners : list of Winners or None
        In a reverse turn the index of the patch that each neuron follows, (samples, places, columns), which it followed
        when lines were read forward last, as nobody compares patches then.
    tau : ndarray (states,) [s]
        Time constants of nodes, then of their columns.
    """

    between: LayeredRC
    columns: Columns
    taking: Turns | None = None
    reads: int = BOTH
    winners: Sequence[Winners] | None = None
    powers_of: ClassVar[tuple[str, ...]] = ("array", "leak", "nudging", "driver", "column", "sample_hold")
    slices: tuple[slice, ...] = field(init=False)
    tau: Floats = field(init=False)

    def __post_init__(self) -> None:
        between = self.between
        for name in ("slices", "read_voltage", "cost"):
            object.__setattr__(self, name, getattr(between, name))
        object.__setattr__(self, "tau", np.concatenate([between.tau, *self.columns.lags]))

    @property
    def count(self) -> int:
        """Nodes, without their columns."""
        return self.between.nodes

    @property
    def shortest(self) -> float:
        """Time constant of the fastest node [s]; columns are followed by their exponentials."""
        return float(self.between.tau.min())

    def parts(self, state: Floats) -> tuple[Floats, Floats, Floats]:
        """v (..., nodes), a (..., nodes) and b (..., nodes but outputs) [V] of the `state` (..., states) [V]."""
        n = self.count
        return state[..., :n], state[..., n : 2 * n], state[..., 2 * n :]

    def aims(self, v: Floats, drive: Drive) -> tuple[Floats, Floats, Floats]:
        """What a (samples, nodes), b (samples, nodes but outputs) and the outputs (samples, outputs) are driven to [V]
        at `v` (samples, nodes) [V]: brackets within the columns' limits, and nudging."""
        ahead, behind = self.between.sides(v, drive, self.winners)
        (most, least), inner = self.columns.limits, self.columns.lags[1].size
        last = self.slices[-1]
        pull = self.between.nudging(v, drive) if drive.beta != 0.0 else np.zeros((len(v), last.stop - last.start))
        return np.clip(ahead, -most, most), np.clip(behind[:, :inner], -least, least), pull

    def saturated(self, v: Floats, drive: Drive) -> tuple[Bools, Bools]:
        """Which columns are at their limits, a (samples, nodes) and b (samples, nodes but outputs), at `v` (samples,
        nodes) [V]."""
        ahead, behind = self.between.sides(v, drive, self.winners)
        (most, least), inner = self.columns.limits, self.columns.lags[1].size
        return np.abs(ahead) >= most, np.abs(behind[:, :inner]) >= least

    def drifts(self, state: Floats, drive: Drive) -> Floats:
        """tau times the derivative of every state (samples, states) [V] at `state` (samples, states) [V]."""
        v, a, b = self.parts(state)
        ahead, behind, pull = self.aims(v, drive)
        return np.concatenate([self._drift(v, a, b, pull), ahead - a, behind - b], axis=1)

    def _drift(self, v: Floats, a: Floats, b: Floats, pull: Floats) -> Floats:
        """tau dv/dt of the nodes (samples, nodes) [V]: a + b + nudging - v."""
        out = a - v
        out[:, : b.shape[1]] += b
        out[:, self.slices[-1]] += pull
        return out

    def derivative(self, v: Floats, drive: Drive) -> Floats:
        """Of every state (samples, states) [V/s] at the state `v` (samples, states) [V]."""
        out = self.drifts(v, drive)
        np.divide(out, self.tau, out=out)
        for part in self._standing:
            out[:, part] = -self.fade * v[:, part]
        return out

    @property
    def fade(self) -> float:
        """Rate at which columns leak that stand on capacitors [1/s]."""
        return 0.0 if self.taking is None else 1.0 / self.taking.droop

    @property
    def _standing(self) -> list[slice]:
        """States of the columns that stand on capacitors."""
        n = self.count
        sides = (FORWARD, slice(n, 2 * n)), (REVERSE, slice(2 * n, None))
        return [part for way, part in sides if not self.reads & way]

    @property
    def _shares(self) -> tuple[float, float]:
        """Shares of time in which lines are driven forward and in reverse [1]."""
        if self.taking is None or self.reads != BOTH:
            return float(self.reads & FORWARD > 0), float(self.reads & REVERSE > 0)
        return self.taking.forward / self.taking.period, self.taking.reverse / self.taking.period

    def turns(self, duration: float) -> Sequence[tuple[float, Network]]:
        """Lengths [s] and networks of the turns of a phase of `duration` [s]."""
        if self.taking is None or self.reads != BOTH:
            return [(duration, self)]
        made = {reads: replace(self, reads=reads) for reads in (FORWARD, NEITHER, REVERSE)}
        return [(length, made[reads]) for length, reads in turns_of(self.taking, duration)]

    def remembered(self, memory: Any, v: Floats) -> Any:
        """Winners of the last forward turn, which read its lines last at `v` (samples, states) [V]."""
        if not self.reads & FORWARD or all(layer.connection.linear for layer in self.between.layers):
            return memory
        return self.between.winners(self.rates(v))

    def knowing(self, memory: Any) -> Network:
        """A reverse turn with these winners."""
        return self if memory is None or self.reads != REVERSE else replace(self, winners=memory)

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
        (lag, lag_back), held = self.columns.lags, math.exp(-h * self.fade)
        a = a - np.expm1(-h / lag) * (ahead - a) if self.reads & FORWARD else held * a
        b = b - np.expm1(-h / lag_back) * (behind - b) if self.reads & REVERSE else held * b
        return np.concatenate([node + h * self._drift(node, a, b, pull) / self.between.tau, a, b], axis=1)

    def within_rails(self, v: Floats) -> Floats:
        """The state `v` (..., samples, states) [V] with nodes held by diodes at the rails of their neurons."""
        node, a, b = self.parts(v)
        return np.concatenate([self.between.within_rails(node), a, b], axis=-1)

    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt, read noise left out (samples, states, states) [1/s] at `v` (samples, states) [V]."""
        n, (ahead, behind, own) = self.count, self._blocks(v[:, : self.count], drive)
        inner = self.columns.lags[1].size
        out = np.zeros((len(v), v.shape[1], v.shape[1]))
        rows = np.arange(v.shape[1])
        out[:, rows, rows] = -1.0
        out[:, :n, :n] += own
        out[:, rows[:n], rows[n : 2 * n]] = 1.0
        out[:, rows[:inner], rows[2 * n :]] = 1.0
        out[:, n : 2 * n, :n] = ahead
        out[:, 2 * n :, :n] = behind[:, :inner]
        out /= self.tau[:, None]
        for part in self._standing:
            out[:, part] = 0.0
            out[:, rows[part], rows[part]] = -self.fade
        return out

    def _blocks(self, v: Floats, drive: Drive) -> tuple[Floats, Floats, Floats]:
        """Derivatives of what a, b and the nudging are driven to by the nodes (samples, nodes, nodes) [1]."""
        between, (bits, words) = self.between, self.saturated(v, drive)
        whole = between.jacobian(v, drive, self.winners) * between.tau[:, None]
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
        drift = self._drift(node, ahead, behind, pull)
        blocks = sum(self._blocks(node, drive)) - np.eye(self.count)
        moved = node - np.linalg.solve(blocks, drift[:, :, None])[:, :, 0]
        ahead, behind, _ = self.aims(moved, drive)
        return np.concatenate([moved - node, ahead - a, behind - b], axis=1)

    def march(self, solver: Solver) -> March | None:
        """Laid out once for all phases of a batch."""
        return layout(self.between, solver, Held(self, self.columns, self.steps, self.taking))

    def steps(self, grids: Sequence[tuple[int, float]]) -> Steps:
        """Steps of phases of so many steps of such a length [s], of which those of turns are no longer."""
        return steps_in_turns(self.taking, tuple(grids))

    def agitated(self, v: Floats, drive: Drive, duration: float) -> Floats:
        """The end `v` (samples, states) [V] of a phase of `duration` [s] with thermal noise of nodes and columns."""
        return column_noise.agitated(self, v, drive, duration)

    # What the network between the columns says

    def rates(self, v: Floats) -> list[Floats]:
        """Line voltages of each layer (..., samples, neurons) [V] at the state `v` (..., samples, states) [V]."""
        return self.between.rates(v)

    def quiet(self, x: Floats) -> ColumnDrive:
        """Drive of a free phase without read noise, for the input lines `x` (samples, inputs) [V]."""
        between, given = self.between, self.between.quiet(x)
        first = between.layers[0]
        if first.forward_wires is not None:
            current = first.forward_wires.row_current(np.asarray(between.iv.drive(between.rows(x))))
            return ColumnDrive(**vars(given), current=current)
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
        """Powers (..., samples, 6) [W] at `v` (..., samples, states) [V]: devices, leaks, nudging source, losses of the
        drivers, signal currents of columns, capacitors that hold them."""
        assert isinstance(drive, ColumnDrive)
        node, a, b = self.parts(v)
        between, supplied, (forward, reverse) = self.between, self.columns.supplied, self._shares
        out = np.empty((*v.shape[:-1], 6))
        out[..., :3] = between.powers(node, drive)
        arrays = between.array_powers(node, drive)
        out[..., 0] = forward * arrays[0] + reverse * arrays[1]
        current, rates = forward * np.broadcast_to(drive.current, v.shape[:-1]), between.rates(node)
        for k in range(1, len(between.layers)):
            layer, r, s = between.layers[k], rates[k - 1], between.gains[k] * rates[k]
            if layer.forward_wires is not None and layer.reverse_wires is not None:
                lines = np.asarray(between.iv.drive(between.rows(r)))
                current = current + forward * layer.forward_wires.row_current(lines)
                current = current + reverse * layer.reverse_wires.column_current(np.asarray(between.iv.drive(s)))
                continue
            current = current + forward * np.abs(between.iv.drive(r)) @ layer.row_load(between.inner(layer).shape[0])
            current = current + reverse * np.abs(between.iv.drive(s)) @ layer.column_load
        out[..., 3] = supplied.driver * current - out[..., 0]
        out[..., 4] = sum(
            share * watts * np.abs(y[..., part]).sum(axis=-1)
            for share, y, given in ((forward, a, supplied.ahead), (reverse, b, supplied.behind))
            for watts, part in zip(given, self.slices, strict=False)
        )
        # Each column charges its capacitor once a period.
        holds = 0.0 if self.taking is None else self.taking.hold / self.taking.period
        out[..., 5] = holds * (np.square(a).sum(axis=-1) + np.square(b).sum(axis=-1))
        return out

    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of v)^2 of all nodes (samples,) [J] from `before` to `after` (samples, states) [V]."""
        return self.between.charging(self.parts(before)[0], self.parts(after)[0])

    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Of the lines that neurons drive [V^2], from the rates `before` to `after` (samples, neurons) [V]."""
        return self.between.line_swings(before, after)

    def drives(self, duration: float) -> int:
        """Forward turns of a phase of `duration` [s]."""
        if self.taking is None:
            return 1
        return sum(1 for _, reads in turns_of(self.taking, duration) if reads == FORWARD)

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
        node, drive = v[:, : self.count], self.between.quiet(x)
        masks = self.saturated(node, drive)
        if not any(mask.any() for mask in masks):
            return self.between.exact_gradient(node, x, target)
        return masked_gradient(self.between, node, x, target, masks)

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
