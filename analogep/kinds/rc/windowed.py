"""Columns that integrate their lines' currents for a turn, and show the result when it is over.

In the window T of its turn a column gathers

    dq/dt = B/T,      q = 0 at the beginning

while its node sees what it gathered in the window before, y, which stands on a capacitor and leaks. At the end of the
window y is q, within the swing; a window that is cut short by the end of a phase leaves y as it was. B has the gain of
the column, and so what it loses at the beginning of a window, in it (`columns.Response`).

The white noise of B is in each sample with 2 kT R_n/T, that of the capacitor with kT/C_hold; between the samples both
stand still. A node by itself has kT/C and what is left of the samples: one that is read once in a period P, a time t
before the end of a phase, has of the variance s^2 of each

    s^2 [(1 - x)^2 + x^2 (1 - p)^2/(1 - p^2)],    x = e^(-t/tau),  p = e^(-P/tau)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Solver
from analogep.draws import key_of
from analogep.kinds.rc.column_noise import STEP, drawn, held_before, last_steps
from analogep.kinds.rc.columned import ColumnedRC
from analogep.kinds.rc.layout import layout
from analogep.kinds.rc.reading import FORWARD, NEITHER, REVERSE, Held, Steps, divided, steps_of, turns_of
from analogep.network.base import Network
from analogep.network.drive import Drive
from analogep.network.march import March

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WindowedRC(ColumnedRC):
    """The network with its columns; arrays take turns."""

    def turns(self, duration: float) -> Sequence[tuple[float, Network]]:
        """Lengths [s] and networks of the turns of a phase of `duration` [s]; those of windows gather."""
        taking = self.taking
        assert taking is not None
        windows = {FORWARD: taking.forward, REVERSE: taking.reverse}
        found: list[tuple[float, Network]] = []
        for length, reads in turns_of(taking, duration):
            if reads == NEITHER:
                found.append((length, replace(self, reads=reads)))
            else:
                whole = length > windows[reads] * (1.0 - 1e-9)
                window = Window(self.between, self.columns, taking, reads, window=windows[reads], whole=whole)
                found.append((length, window))
        return found

    def march(self, solver: Solver) -> March | None:
        """Laid out once for all phases of a batch; noise is added afterwards."""
        return layout(self.between, solver, Held(self, self.columns, self.steps, self.taking, gathers=True))

    def steps(self, grids: Sequence[tuple[int, float]]) -> Steps:
        """Steps of phases of so many steps of such a length [s], of which those of turns are no longer."""
        assert self.taking is not None
        phases, ends = list[list[tuple[float, int]]](), list[list[int]]()
        for count, h in grids:
            phases.append([])
            ends.append([])
            for length, turn in self.turns(count * h):
                assert isinstance(turn, ColumnedRC)
                parts = divided([(length, turn.reads)], h)
                phases[-1] += parts
                ends[-1] += [0] * len(parts)
                if isinstance(turn, Window):
                    ends[-1][-1] = turn.reads if turn.whole else turn.reads + 4
        return steps_of(phases, self.fade, ends)

    def agitated(self, v: Floats, drive: Drive, duration: float) -> Floats:
        """The end `v` (samples, states) [V] of a phase of `duration` [s] with the noise of nodes and samples."""
        if drive.thermal is None:
            return v
        assert self.taking is not None
        walk = _Walk(self, v, drive)
        # What is gathered is a mean over its window, which steps have to resolve.
        steps = last_steps(self.taking, self.between.tau, duration, STEP)
        for k, (step, held) in enumerate(zip(steps, held_before(steps), strict=True)):
            walk.take(k, *step, held)
        return np.asarray(v + np.concatenate([walk.v, *walk.ys], axis=1))


@dataclass(frozen=True)
class Window(ColumnedRC):
    """The network in a window: its state is that of the network, and behind it what columns have gathered.

    Attributes
    ----------
    window : float [s]
    whole : bool
        Whether the window ends with a sample.
    """

    window: float = math.inf
    whole: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        gathered = np.full(self.columns.lags[self._side].size, self.window)
        object.__setattr__(self, "tau", np.concatenate([self.tau, gathered]))

    @property
    def _side(self) -> int:
        return 0 if self.reads == FORWARD else 1

    @property
    def _states(self) -> int:
        """Of the network without what is gathered."""
        return 2 * self.count + self.columns.lags[1].size

    @property
    def _shown(self) -> slice:
        """States of the columns that gather."""
        return slice(self.count, 2 * self.count) if self.reads == FORWARD else slice(2 * self.count, self._states)

    @property
    def _standing(self) -> list[slice]:
        return [slice(self.count, self._states)]

    def parts(self, state: Floats) -> tuple[Floats, Floats, Floats]:
        """As of the network, without what is gathered (..., nodes), (..., nodes) and (..., nodes but outputs) [V], of
        the `state` (..., states) [V]."""
        return super().parts(state[..., : self._states])

    def entered(self, v: Floats) -> Floats:
        """State (samples, more states) [V] at the beginning of the window, of the network's `v` (samples, states)
        [V]."""
        return np.concatenate([v, np.zeros((len(v), self.tau.size - self._states))], axis=1)

    def left(self, v: Floats) -> Floats:
        """State (samples, states) [V] of the network at the end of the window, of `v` (samples, more states) [V]."""
        out = v[:, : self._states].copy()
        if self.whole:
            most = self.columns.limits[self._side]
            out[:, self._shown] = np.clip(v[:, self._states :], -most, most)
        return out

    def drifts(self, v: Floats, drive: Drive) -> Floats:
        """As of the network, and B of what is gathered (samples, more states) [V] at `v` (samples, more states) [V]."""
        found = super().drifts(v, drive)
        return np.concatenate([found, self._brackets(v, drive)], axis=1)

    def _brackets(self, v: Floats, drive: Drive) -> Floats:
        """B of the columns that gather (samples, columns) [V]."""
        return self.aims(v[:, : self.count], drive)[self._side]

    def residual(self, v: Floats, drive: Drive) -> Floats:
        """As of the network (samples,) [1]: what is gathered grows at rest as well; at `v` (samples, more states)
        [V]."""
        return np.asarray(np.abs(super().drifts(v, drive)).max(axis=1) / self.read_voltage)

    def stepped(self, v: Floats, drive: Drive, h: float) -> Floats:
        """Euler's step `h` [s] of nodes and of what is gathered, from `v` to the state after it, both (samples, more
        states) [V]."""
        node, a, b = self.parts(v)
        *aims, pull = self.aims(node, drive)
        left = math.exp(-h * self.fade)
        gathered = v[:, self._states :] + h / self.window * aims[self._side]
        node = node + h * self._drift(node, left * a, left * b, pull) / self.between.tau
        return np.concatenate([node, left * a, left * b, gathered], axis=1)

    def within_rails(self, v: Floats) -> Floats:
        """The state `v` (..., more states) [V] with nodes held by diodes at the rails of their neurons (..., more
        states) [V]."""
        out = v.copy()
        out[..., : self.count] = self.between.within_rails(v[..., : self.count])
        return out

    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt (samples, more states, more states) [1/s] at `v` (samples, more states) [V]."""
        rest = ColumnedRC(self.between, self.columns, self.taking, NEITHER)
        out = np.zeros((len(v), v.shape[1], v.shape[1]))
        out[:, : self._states, : self._states] = rest.jacobian(v[:, : self._states], drive)
        slopes, size = self._blocks(v[:, : self.count], drive)[self._side], v.shape[1] - self._states
        out[:, self._states :, : self.count] = slopes[:, :size] / self.window
        return out

    def powers(self, v: Floats, drive: Drive) -> Floats:
        """As of the network (..., samples, 6) [W] at `v` (..., samples, more states) [V], but for the columns, which
        take `spent`."""
        out = super().powers(v, drive)
        out[..., 4] = 0.0
        return out

    def spent(self, v: Floats) -> Floats:
        """What columns took to gather what they have (samples, 6) [J], at the end `v` (samples, more states) [V] of the
        window: V_dd/2 C_int |q|."""
        given = self.columns.supplied.ahead if self.reads == FORWARD else self.columns.supplied.behind
        watts = np.repeat(given, [layer.size for layer in self.between.layers[: len(given)]])
        out = np.zeros((len(v), len(self.powers_of)))
        out[:, 4] = self.window * np.abs(v[:, self._states :]) @ watts
        return out


class _Walk:
    """Noise of nodes `v` (samples, nodes), of samples `ys` and of what is gathered `qs` [V] around a state."""

    def __init__(self, network: WindowedRC, state: Floats, drive: Drive) -> None:
        assert drive.thermal is not None
        assert network.taking is not None
        # Read noise stands still in a phase.
        self.network, self.drive, self.taking = network, replace(drive, noise=()), network.taking
        self.key, self.root = key_of(drive.thermal.key), math.sqrt(drive.thermal.kt)
        self.base, between = state[:, : network.count], network.between
        self.rest, self.tau = network.aims(self.base, self.drive), between.tau
        self.own = self.root / np.sqrt(between.tau * between.leak)
        self.own[network.slices[-1]] *= math.sqrt(1.0 + drive.stirred)
        self.windows = self.taking.forward, self.taking.reverse
        self.spread = [
            self.root * np.sqrt(2.0 * noise / window + 1.0 / self.taking.hold)
            for noise, window in zip(network.columns.noise, self.windows, strict=True)
        ]
        kicks, (fresh, _) = self._drawn(0), self._drawn(1)
        self.v = self.own * fresh
        self.ys = [kick[:, : one.size] * one for kick, one in zip(kicks, self.spread, strict=True)]
        self.qs = [np.zeros_like(y) for y in self.ys]

    def _drawn(self, turn: int) -> tuple[Floats, Floats]:
        """Two arrays of deviates (samples, nodes) [1] of a turn."""
        return drawn(self.key, turn, self.base.shape)

    def _driven(self, v: Floats) -> list[Floats]:
        """What moves with the noise `v` (samples, nodes) [V] of the nodes, as `ColumnedRC.aims` [V]."""
        moved = self.network.aims(self.base + v, self.drive)
        return [aim - still for aim, still in zip(moved, self.rest, strict=True)]

    def take(self, k: int, h: float, reads: int, held: int) -> None:
        """Step `k` of the length `h` [s] in which `reads` is read, the columns `held` sampled before it."""
        (fresh, spare), last = self._drawn(k + 2), self.network.slices[-1]
        if held in (FORWARD, REVERSE):
            which = 0 if held == FORWARD else 1
            width = self.spread[which].size
            self.ys[which], self.qs[which] = (
                self.qs[which] + self.spread[which] * spare[:, :width],
                np.zeros_like(self.qs[which]),
            )
        stay, f = np.exp(-h / self.tau), self._driven(self.v)
        moved = stay * self.v + self.own * np.sqrt(1.0 - stay**2) * fresh
        for y in self.ys:
            moved[:, : y.shape[1]] += (1.0 - stay[: y.shape[1]]) * y
        moved[:, last] += (1.0 - stay[last]) * f[2]
        ahead = self._driven(moved)
        # Nudging along a straight line within the step, and what is gathered by its mean.
        moved[:, last] += (1.0 - (1.0 - stay[last]) * self.tau[last] / h) * (ahead[2] - f[2])
        if reads in (FORWARD, REVERSE):
            which = 0 if reads == FORWARD else 1
            self.qs[which] = self.qs[which] + 0.5 * h / self.windows[which] * (f[which] + ahead[which])
        self.ys = [math.exp(-h * self.network.fade) * y for y in self.ys]
        self.v = moved
