"""Thermal noise of nodes behind columns: the exact step of a node and its two columns, and their coupling.

    dv = (a + b + n - v) dt/tau + sqrt(2 kT g) dW/C       n nudging, with gamma |beta| g beside g at outputs
    dy = (f - y) dt/tau_y + sqrt(2 kT R_n) dW/tau_y       y = a or b, f what it is driven to

With f and n along a straight line within a step h this is solved exactly (an exponential integrator: Cox and Matthews
2002, doi 10.1006/jcph.2002.6995): with alpha = 1/tau_y, beta = 1/tau and

    c(t) = tau_y (e^(-alpha t) - e^(-beta t))/(tau_y - tau)          what is left of y in v after t

    y' = e^(-alpha h) y + f (1 - e^(-alpha h)) + (f' - f) [1 - (1 - e^(-alpha h))/(alpha h)] + noise
    v' = e^(-beta h) v + sum_y [c(h) y + f s(h) + (f' - f) S(h)/h] + n (1 - e^(-beta h)) + ... + noise
    s(t) = 1 - e^(-beta t) - c(t),    S = integral of s

    var y = kT R_n/tau_y (1 - e^(-2 alpha h)),   cov(y, v) = 2 kT R_n/tau_y^2 int c e^(-alpha t),   int c^2 for v

The coupling of nodes, f(v) and n(v), is taken at the beginning of a step and then at the state that this leads to, with
the same noise: of second order in h. A single node has the variance kT/C + kT R_n/(tau + tau_y) of each column, which
is their density 4kT R_n over 4 (tau + tau_y).

Only the end of a phase is looked at, and what a step errs by in the variance fades as e^(-2 (1 - loop gain) t/tau)
until then: steps are `COARSE` but for the last ones. Nothing can be left out: a walk that began 4 tau before the end,
with nodes as if they were not coupled, would lack 8 % of the outputs' variance at a loop gain of 0.87 and 12 % at 0.95,
where coarse steps err by 1 % at most in turns, and by 2 % where both ways are read at once
(`tests/physics/test_columns.py`). The covariance of that instant could be drawn at once, but it is that of each sample
by itself, whose neurons stand at rails or do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.mapping import Turns
from analogep.draws import key_of
from analogep.engine.agitation import deviates
from analogep.kinds.rc.columns import Columns
from analogep.kinds.rc.reading import BOTH, FORWARD, REVERSE, divided, turns_of
from analogep.network.drive import Drive

Floats = NDArray[np.float64]
Three = tuple[Floats, Floats, Floats]

STEP: Final = 0.4
"""Step in time constants of the fastest node."""
COARSE: Final = 1.0
"""The same further from the end of a phase than `NEAR`."""
NEAR: Final = 3.0
"""Time constants of the slowest node before the end of a phase in which steps are `STEP`."""
MEMORY: Final = 12.0
"""Time constants of the slowest node after which noise is forgotten: e^-5 of it at a loop gain of 0.8."""


@dataclass(frozen=True)
class Following:
    """One column of each node in a step `h`.

    Attributes
    ----------
    left, seen : ndarray (columns,) [1]
        What is left of y, and what of it is in v.
    driven, ramped : (ndarray, ndarray) (columns,) [1]
        What y and v take of f, and of its change.
    spread, rest : ndarray (columns,) [V/sqrt(J)]
        Standard deviation of the noise of y, and of what v has of it besides.
    carried : ndarray (columns,) [1]
        What v has of the noise of y.
    """

    left: Floats
    seen: Floats
    driven: tuple[Floats, Floats]
    ramped: tuple[Floats, Floats]
    spread: Floats
    rest: Floats
    carried: Floats


def following(h: float, tau: Floats, lag: Floats, noise: Floats) -> Following:
    """Numbers of columns with the time constants `lag` (columns,) [s] and R_n `noise` (columns,) [ohm] before nodes of
    `tau` (columns,) [s], for a step `h` [s]."""
    # Equal time constants are the limit of nearly equal ones.
    lag = np.where(np.abs(lag / tau - 1.0) < 1e-4, tau * (1.0 + 1e-4), lag)
    alpha, beta = 1.0 / lag, 1.0 / tau
    share = lag / (lag - tau)

    def faded(rate: Floats) -> Floats:
        """Integral of e^(-rate t) over the step."""
        return np.asarray(-np.expm1(-rate * h) / rate)

    seen = share * (np.exp(-alpha * h) - np.exp(-beta * h))
    driven = -np.expm1(-alpha * h), -np.expm1(-beta * h) - seen
    ramped = 1.0 - faded(alpha) / h, 1.0 - faded(beta) / h - share * (faded(alpha) - faded(beta)) / h
    density = 2.0 * noise / np.square(lag)
    own = density * faded(2.0 * alpha)
    both = density * share * (faded(2.0 * alpha) - faded(alpha + beta))
    node = density * np.square(share) * (faded(2.0 * alpha) - 2.0 * faded(alpha + beta) + faded(2.0 * beta))
    carried = np.divide(both, own, out=np.zeros_like(both), where=own > 0.0)
    rest = np.sqrt(np.maximum(node - carried * both, 0.0))
    return Following(np.exp(-alpha * h), seen, driven, ramped, np.sqrt(own), rest, carried)


def standing(h: float, tau: Floats, fade: float) -> Following:
    """The same of columns that stand on capacitors and leak at the rate `fade` [1/s], before nodes of `tau` (columns,)
    [s]."""
    none = np.zeros_like(tau)
    left = np.full_like(tau, math.exp(-h * fade))
    return Following(left, -np.expm1(-h / tau), (none, none), (none, none), none, none, none)


class Columned(Protocol):
    """What of a network with columns its noise depends on (`columned.ColumnedRC`)."""

    @property
    def columns(self) -> Columns:
        """Time constants and noise."""

    @property
    def taking(self) -> Turns | None:
        """Turns."""

    @property
    def fade(self) -> float:
        """Leak of what stands on capacitors [1/s]."""

    @property
    def slices(self) -> tuple[slice, ...]:
        """Columns of `v` that hold each layer."""

    def aims(self, v: Floats, drive: Drive) -> Three:
        """What a, b and the outputs are driven to (samples, ...) [V] at `v` (samples, nodes) [V]."""


def last_steps(turns: Turns | None, tau: Floats, duration: float, coarse: float = COARSE) -> list[tuple[float, int]]:
    """Length [s] of each of the last steps of a phase of `duration` [s], and what is read in it, before nodes of `tau`
    (nodes,) [s]; steps far from the end are `coarse` [1]."""
    fine, span = STEP * float(tau.min()), min(duration, MEMORY * float(tau.max()))
    near, steps, left = NEAR * float(tau.max()) * (1.0 - 1e-9), list[tuple[float, int]](), duration
    if turns is None:
        far = max(0.0, span - near)
        return divided([(far, BOTH)] if far > 0.0 else [], coarse * fine / STEP) + divided([(span - far, BOTH)], fine)
    for turn in turns_of(turns, duration):
        left -= turn[0]
        steps += divided([turn], fine if left < near else coarse * fine / STEP)
    # Lengths from each step to the end.
    ahead = np.cumsum([length for length, _ in reversed(steps)])[::-1]
    return steps[int(np.count_nonzero(ahead > span * (1.0 + 1e-9))) :]


@dataclass(frozen=True)
class Numbers:
    """Numbers of a step of all nodes, and of their columns in both directions.

    Attributes
    ----------
    stay : ndarray (nodes,) [1]
        What is left of v.
    fresh : ndarray (nodes,) [V/sqrt(J)]
        Standard deviation of what v gets of its own and of its columns, besides what these carry.
    pulled, late : ndarray (nodes,) [1]
        What v takes of what drives it at once, and of its change.
    sides : (Following, Following)
    """

    stay: Floats
    fresh: Floats
    pulled: Floats
    late: Floats
    sides: tuple[Following, Following]


def numbers(network: Columned, h: float, reads: int, stirred: float) -> Numbers:
    """Numbers of a step `h` [s] in which `reads` is read; `stirred` as in `Drive` [1]."""
    columns = network.columns
    between, lags, noises = columns.between, columns.lags, columns.density
    tau, square = between.tau, -np.expm1(-2.0 * h / between.tau) / (between.tau * between.leak)
    sides = [
        following(h, tau[: lag.size], lag, noise) if reads & way else standing(h, tau[: lag.size], network.fade)
        for way, lag, noise in zip((FORWARD, REVERSE), lags, noises, strict=True)
    ]
    square[network.slices[-1]] *= 1.0 + stirred
    for side in sides:
        square[: side.rest.size] += np.square(side.rest)
    pulled = -np.expm1(-h / tau)
    return Numbers(1.0 - pulled, np.sqrt(square), pulled, 1.0 - pulled * tau / h, (sides[0], sides[1]))


def beginning(columns: Columns) -> tuple[Floats, list[tuple[Floats, Floats]]]:
    """Before the first step, as if nodes were not coupled: what v has of its own (nodes,) [V/sqrt(J)], and of each
    direction the standard deviation of y (columns,) [V/sqrt(J)] and what v has of it (columns,) [1]."""
    between, sides = columns.between, []
    square = 1.0 / (between.tau * between.leak)
    for lag, noise in zip(columns.lags, columns.density, strict=True):
        tau = between.tau[: lag.size]
        sides.append((np.sqrt(noise / lag), lag / (tau + lag)))
        square[: lag.size] += noise * tau / np.square(tau + lag)
    return np.sqrt(square), sides


def held_before(steps: Sequence[tuple[float, int]]) -> list[int]:
    """Which columns are sampled before each of `steps` (length [s], what is read in it): `FORWARD` or `REVERSE` where
    their turn has just ended, `NEITHER` otherwise."""
    before = [BOTH if not steps else steps[0][1], *(reads for _, reads in steps)]
    return [left & ~reads & BOTH for left, (_, reads) in zip(before, steps, strict=False)]


def agitated(network: Columned, state: Floats, drive: Drive, duration: float) -> Floats:
    """State at the end of a phase with the thermal noise of its drive (samples, states) [V].

    Columns that stand on capacitors were sampled with kT/C of these at the end of their turn.

    Parameters
    ----------
    network : ColumnedRC
    state : ndarray (samples, states) [V]
        End of the phase without thermal noise; noise and brackets are differences to it.
    drive : Drive
        Without `thermal` the state is returned.
    duration : float [s]
        Of the phase: a node remembers no more than that.
    """
    if drive.thermal is None:
        return state
    walk = _Walk(network, state, drive)
    steps = last_steps(network.taking, network.columns.between.tau, duration)
    for k, (step, held) in enumerate(zip(steps, held_before(steps), strict=True)):
        walk.take(k, *step, held)
    return np.asarray(state + np.concatenate([walk.v, *walk.ys], axis=1))


def drawn(key: np.uint64, turn: int, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Two arrays of deviates of the `shape` (samples, nodes) [1] of a turn."""
    one, other = np.empty(shape), np.empty(shape)
    deviates(key, turn, one.reshape(-1), other.reshape(-1))
    return one, other


class _Walk:
    """Noise of nodes `v` (samples, nodes) and columns `ys` [V] around a state, step by step."""

    def __init__(self, network: Columned, state: Floats, drive: Drive) -> None:
        assert drive.thermal is not None
        # Read noise stands still in a phase; what thermal noise changes of it is of second order.
        self.network, self.drive, self.last = network, replace(drive, noise=()), network.slices[-1]
        self.base = state[:, : network.columns.between.nodes]
        self.key, self.root = key_of(drive.thermal.key), math.sqrt(drive.thermal.kt)
        self.rest, self.known = network.aims(self.base, self.drive), dict[tuple[float, int], Numbers]()
        own, sides = beginning(network.columns)
        kicks, (fresh, _) = self.drawn(0), self.drawn(1)
        self.v, self.ys = own * fresh, list[Floats]()
        for kick, (deviation, seen) in zip(kicks, sides, strict=True):
            self.ys.append(deviation * kick[:, : deviation.size])
            self.v[:, : deviation.size] += seen * self.ys[-1]

    def drawn(self, turn: int) -> tuple[Floats, Floats]:
        """Two arrays of deviates (samples, nodes) [sqrt(J)] of a turn."""
        one, other = drawn(self.key, turn, self.base.shape)
        return self.root * one, self.root * other

    def driven(self, v: Floats) -> list[Floats]:
        """What moves with the noise `v` (samples, nodes) [V] of the nodes, as `Columned.aims` [V]."""
        moved = self.network.aims(self.base + v, self.drive)
        return [aim - still for aim, still in zip(moved, self.rest, strict=True)]

    def take(self, k: int, h: float, reads: int, held: int) -> None:
        """Step `k` of the length `h` [s] in which `reads` is read, the columns `held` sampled before it."""
        if (h, reads) not in self.known:
            self.known[h, reads] = numbers(self.network, h, reads, self.drive.stirred)
        step, (fresh, *kicks) = self.known[h, reads], (*self.drawn(2 * k + 2), *self.drawn(2 * k + 3))
        # Deviates in the order in which they are wanted: of the nodes, of columns that are read, of a sample.
        wanted = [kicks.pop(0) if reads & way else np.zeros_like(fresh) for way in (FORWARD, REVERSE)]
        if held:
            assert self.network.taking is not None
            which = 0 if held == FORWARD else 1
            width = self.ys[which].shape[1]
            self.ys[which] = self.ys[which] + self.network.taking.hold**-0.5 * kicks[0][:, :width]
        f, last = self.driven(self.v), self.last
        moved = step.stay * self.v + step.fresh * fresh
        moved[:, last] += step.pulled[last] * f[2]
        for n, (y, side) in enumerate(zip(self.ys, step.sides, strict=True)):
            kick = side.spread * wanted[n][:, : y.shape[1]]
            moved[:, : y.shape[1]] += side.seen * y + side.driven[1] * f[n] + side.carried * kick
            self.ys[n] = side.left * y + side.driven[0] * f[n] + kick
        ahead = self.driven(moved)
        moved[:, last] += step.late[last] * (ahead[2] - f[2])
        for n, (y, side) in enumerate(zip(self.ys, step.sides, strict=True)):
            moved[:, : y.shape[1]] += side.ramped[1] * (ahead[n] - f[n])
            y += side.ramped[0] * (ahead[n] - f[n])
        self.v = moved
