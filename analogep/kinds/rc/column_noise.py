"""Thermal noise of nodes behind columns: the exact step of a node and its two columns, and their coupling.

    dv = (a + b + n - v) dt/tau + sqrt(2 kT g) dW/C       n nudging
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
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.draws import standard_normals
from analogep.network.drive import Drive

Floats = NDArray[np.float64]
Three = tuple[Floats, Floats, Floats]

STEP: Final = 0.5
"""Step in time constants of the fastest node."""
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


class Columned(Protocol):
    """What of a network with columns its noise depends on (`columned.ColumnedRC`)."""

    @property
    def slices(self) -> tuple[slice, ...]:
        """Columns of `v` that hold each layer."""

    @property
    def lags(self) -> tuple[Floats, Floats]:
        """tau_a (nodes,) and tau_b (nodes but outputs,) [s]."""

    @property
    def density(self) -> tuple[Floats, Floats]:
        """R_n of both, (nodes,) and (nodes but outputs,) [ohm]."""

    def aims(self, v: Floats, drive: Drive) -> Three:
        """What a, b and the outputs are driven to (samples, ...) [V] at `v` (samples, nodes) [V]."""


def agitated(network: Columned, tau: Floats, leak: Floats, state: Floats, drive: Drive, duration: float) -> Floats:
    """State at the end of a phase with the thermal noise of its drive (samples, states) [V].

    Parameters
    ----------
    network : ColumnedRC
    tau, leak : ndarray (nodes,) [s], [S]
        Of the nodes.
    state : ndarray (samples, states) [V]
        End of the phase without thermal noise; noise and brackets are differences to it.
    drive : Drive
        Without `thermal` the state is returned.
    duration : float [s]
        Of the phase: a node remembers no more than that.
    """
    thermal = drive.thermal
    if thermal is None:
        return state
    n, lags, noises = tau.size, network.lags, network.density
    taus = tau, tau[: lags[1].size]
    span = min(duration, MEMORY * float(tau.max()))
    count = max(1, math.ceil(span / (STEP * float(tau.min()))))
    h, rng, root = span / count, np.random.default_rng(thermal.key), math.sqrt(thermal.kt)
    sides = [following(h, *numbers) for numbers in zip(taus, lags, noises, strict=True)]
    base, last = state[:, :n], network.slices[-1]
    rest = network.aims(base, drive)

    def driven(v: Floats) -> list[Floats]:
        """What moves with the noise `v` of the nodes."""
        return [aim - still for aim, still in zip(network.aims(base + v, drive), rest, strict=True)]

    def drawn(deviation: Floats) -> Floats:
        return np.asarray(root * deviation * standard_normals((len(state), deviation.size), rng))

    left, pulled, own = np.exp(-h / tau), -np.expm1(-h / tau), np.sqrt(-np.expm1(-2.0 * h / tau) / (tau * leak))
    late = 1.0 - pulled * tau / h
    v, ys = drawn(np.sqrt(1.0 / (tau * leak))), []
    for node, lag, noise in zip(taus, lags, noises, strict=True):
        ys.append(drawn(np.sqrt(noise / lag)))
        v[:, : lag.size] += lag / (node + lag) * ys[-1] + drawn(np.sqrt(noise * node) / (node + lag))
    for _ in range(count):
        f, moved = driven(v), left * v + drawn(own)
        moved[:, last] += pulled[last] * f[2]
        for k, (y, side) in enumerate(zip(ys, sides, strict=True)):
            kick = drawn(side.spread)
            part = moved[:, : y.shape[1]]
            part += side.seen * y + side.driven[1] * f[k] + side.carried * kick + drawn(side.rest)
            ys[k] = side.left * y + side.driven[0] * f[k] + kick
        ahead = driven(moved)
        moved[:, last] += late[last] * (ahead[2] - f[2])
        for k, (y, side) in enumerate(zip(ys, sides, strict=True)):
            moved[:, : y.shape[1]] += side.ramped[1] * (ahead[k] - f[k])
            y += side.ramped[0] * (ahead[k] - f[k])
        v = moved
    return np.concatenate([base + v, state[:, n : 2 * n] + ys[0], state[:, 2 * n :] + ys[1]], axis=1)
