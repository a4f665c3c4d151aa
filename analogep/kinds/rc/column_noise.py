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
from dataclasses import replace
from functools import lru_cache
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.mapping import Turns
from analogep.draws import key_of
from analogep.engine.agitation import Side, deviates
from analogep.jit import inner, kernel
from analogep.kinds.rc.columns import Columns
from analogep.kinds.rc.reading import BOTH, FORWARD, REVERSE, divided, turns_of
from analogep.network.drive import Drive

Floats = NDArray[np.float64]
Three = tuple[Floats, Floats, Floats]
Step = tuple[float, int]
"""Length [s], and what is read."""

STEP: Final = 0.4
"""Step in time constants of the fastest node."""
COARSE: Final = 1.0
"""The same further from the end of a phase than `NEAR`."""
NEAR: Final = 3.0
"""Time constants of the slowest node before the end of a phase in which steps are `STEP`."""
MEMORY: Final = 12.0
"""Time constants of the slowest node after which noise is forgotten: e^-5 of it at a loop gain of 0.8."""


PARTS: Final = 8
"""Numbers of a column in a step: those of `engine.agitation.Side`, but for the last."""


@inner(error_model="numpy")
def _followed(h, tau, lag, noise, faded, away, root, side, square):  # type: ignore[no-untyped-def]
    """Columns that follow with the time constants `lag` [s] and R_n `noise` [ohm] before nodes of `tau` [s], in a step
    `h` [s] at whose end 1 - e^(-beta h) is `faded` and 1 - e^(-alpha h) is `away`; what v gets of their noise besides
    is added to `square` [V^2/J]."""
    left, seen, driven, pushed, ramped, bent, spread, carried = side
    for j in range(lag.size):
        a, b, share = away[j], faded[j], lag[j] / (lag[j] - tau[j])
        # Integrals over the step of e^(-alpha t), e^(-beta t), and of their squares and product.
        one, other = a * lag[j], b * tau[j]
        ones, others = 0.5 * a * (2.0 - a) * lag[j], 0.5 * b * (2.0 - b) * tau[j]
        mixed = (a + b - a * b) * lag[j] * tau[j] / (lag[j] + tau[j])
        density = 2.0 * noise[j] / (lag[j] * lag[j])
        own, both = density * ones, density * share * (ones - mixed)
        node = density * share * share * (ones - 2.0 * mixed + others)
        ratio = both / own if own > 0.0 else 0.0
        left[j], seen[j], driven[j] = 1.0 - a, share * (b - a), a
        pushed[j], ramped[j] = b - seen[j], 1.0 - one / h
        bent[j] = 1.0 - other / h - share * (one - other) / h
        spread[j] = root * np.sqrt(own)
        carried[j] = spread[j] * ratio
        square[j] += max(node - ratio * both, 0.0)


@kernel(error_model="numpy")
def _filled(steps, fade, nodes, lags, noises, gone, root, out):  # type: ignore[no-untyped-def]
    """Numbers of steps of all nodes and columns (2 `PARTS` + 2, steps, nodes), as `numbers` has them.

    Parameters
    ----------
    steps : (ndarray, int64 ndarray, ndarray) (steps,) [s], [1], [1]
        Length, what is read, and `stirred`.
    fade : float [1/s]
    nodes : (ndarray, ndarray, int) (nodes,) [s], [S]
        Time constants and leaks, and the first output.
    lags, noises : (ndarray, ndarray) (columns,) [s], [ohm]
    gone : (ndarray, ndarray, ndarray) (steps, nodes or columns) [1]
        1 - e^(-h/tau) of nodes and of the columns of both directions.
    root : float [sqrt(J)]
    out : ndarray
        Filled.
    """
    tau, leak, last = nodes
    for s in range(steps[0].size):
        h, reads, stirred = steps[0][s], steps[1][s], steps[2][s]
        faded, stay, fresh = gone[0][s], out[2 * PARTS, s], out[2 * PARTS + 1, s]
        for j in range(tau.size):
            stay[j] = 1.0 - faded[j]
            fresh[j] = faded[j] * (2.0 - faded[j]) / (tau[j] * leak[j]) * (1.0 + stirred if j >= last else 1.0)
        for k in range(2):
            side, lag = out[PARTS * k : PARTS * (k + 1), s], lags[k]
            side[:] = 0.0
            if reads >> k & 1:
                parts = side[0], side[1], side[2], side[3], side[4], side[5], side[6], side[7]
                _followed(h, tau, lag, noises[k], faded, gone[k + 1][s], root, parts, fresh)
            else:
                side[0, : lag.size], side[1, : lag.size] = math.exp(-h * fade), faded[: lag.size]
            # What nudges an output that has no column reaches it at once.
            for j in range(lag.size, tau.size):
                side[3, j], side[5, j] = faded[j], 1.0 - faded[j] * tau[j] / h
        for j in range(tau.size):
            fresh[j] = root * np.sqrt(fresh[j])


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


def last_steps(turns: Turns | None, tau: Floats, duration: float, coarse: float = COARSE) -> Sequence[Step]:
    """Length [s] of each of the last steps of a phase of `duration` [s], and what is read in it, before nodes of `tau`
    (nodes,) [s]; steps far from the end are `coarse` [1]."""
    return _last_steps(turns, float(tau.min()), float(tau.max()), duration, coarse)


@lru_cache(64)
def _last_steps(turns: Turns | None, fastest: float, slowest: float, duration: float, coarse: float) -> Sequence[Step]:
    fine, span = STEP * fastest, min(duration, MEMORY * slowest)
    near, steps, left = NEAR * slowest * (1.0 - 1e-9), list[Step](), duration
    if turns is None:
        far = max(0.0, span - near)
        ahead = divided([(far, BOTH)] if far > 0.0 else [], coarse * fine / STEP)
        return (*ahead, *divided([(span - far, BOTH)], fine))
    for turn in turns_of(turns, duration):
        left -= turn[0]
        steps += divided([turn], fine if left < near else coarse * fine / STEP)
    # Lengths from each step to the end.
    lengths = np.cumsum([length for length, _ in reversed(steps)])[::-1]
    return tuple(steps[int(np.count_nonzero(lengths > span * (1.0 + 1e-9))) :])


def numbers(network: Columned, steps: Sequence[tuple[float, int, float]], root: float = 1.0) -> Floats:
    """Numbers of some steps of all nodes, and of their columns in both directions.

    Parameters
    ----------
    network : Columned
    steps : sequence of (float, int, float)
        Length [s], what is read, and `stirred` as in `Drive` [1].
    root : float [sqrt(J)]
        sqrt(kT); 1 for deviations in [V/sqrt(J)].

    Returns
    -------
    ndarray (2 PARTS + 2, steps, nodes) [1], [V]
        `PARTS` numbers of a, and as many of b, in the order of `engine.agitation.Side`; then what is left of v [1], and
        the standard deviation of what v gets of its own and of its columns, besides what these carry [V]. Outputs have
        no b: what nudges them stands in its place.
    """
    columns, (lengths, reads, stirred) = network.columns, (np.array(part) for part in zip(*steps, strict=True))
    between, own = columns.between, columns.between.tau
    # Equal time constants are the limit of nearly equal ones.
    lags = [
        np.where(np.abs(lag / own[: lag.size] - 1.0) < 1e-4, own[: lag.size] * (1.0 + 1e-4), lag)
        for lag in columns.lags
    ]
    gone = [-np.expm1(-lengths[:, None] / tau) for tau in (own, *lags)]
    out = np.empty((2 * PARTS + 2, len(lengths), own.size))
    _filled(
        (lengths, reads, stirred), network.fade, (own, between.leak, network.slices[-1].start), tuple(lags),
        columns.density, tuple(gone), root, out,
    )  # fmt: skip
    return out


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
        self.rest, self.known = network.aims(self.base, self.drive), dict[Step, Floats]()
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
            self.known[h, reads] = numbers(self.network, [(h, reads, self.drive.stirred)])[:, 0]
        table, (fresh, *kicks) = self.known[h, reads], (*self.drawn(2 * k + 2), *self.drawn(2 * k + 3))
        stay, own = table[2 * PARTS :]
        # Deviates in the order in which they are wanted: of the nodes, of columns that are read, of a sample.
        wanted = [kicks.pop(0) if reads & way else np.zeros_like(fresh) for way in (FORWARD, REVERSE)]
        if held:
            assert self.network.taking is not None
            which = 0 if held == FORWARD else 1
            width = self.ys[which].shape[1]
            self.ys[which] = self.ys[which] + self.network.taking.hold**-0.5 * kicks[0][:, :width]
        f, last = self.driven(self.v), self.last
        moved, sides = stay * self.v + own * fresh, [Side(*(*table[PARTS * n :][:PARTS], None)) for n in range(2)]
        pushed, bent = sides[1].pushed[last], sides[1].bent[last]
        moved[:, last] += pushed * f[2]
        for n, (y, side) in enumerate(zip(self.ys, sides, strict=True)):
            width = y.shape[1]
            kick = wanted[n][:, :width]
            carried = side.carried[:width] * kick
            moved[:, :width] += side.seen[:width] * y + side.pushed[:width] * f[n] + carried
            self.ys[n] = side.left[:width] * y + side.driven[:width] * f[n] + side.spread[:width] * kick
        ahead = self.driven(moved)
        moved[:, last] += bent * (ahead[2] - f[2])
        for n, (y, side) in enumerate(zip(self.ys, sides, strict=True)):
            width = y.shape[1]
            moved[:, :width] += side.bent[:width] * (ahead[n] - f[n])
            y += side.ramped[:width] * (ahead[n] - f[n])
        self.v = moved
