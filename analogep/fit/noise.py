"""Write and read noise from the increments of the ramps.

With u_k = y_{k+1} - y_k - d(y_k), where d is the fitted step, and r_k = 1 + d'(G_k),

    u_k = w_k + v_{k+1} - r_k v_k,   Var u_k = q_k + s_{k+1}^2 + r_k^2 s_k^2,   Cov(u_k, u_{k+1}) = -r_{k+1} s_{k+1}^2:

write noise stays in one increment, read noise comes back with the opposite sign in the next (its lag-1 covariance is
-s^2 for small steps). q and s^2 maximise the restricted likelihood of u, normal with this tridiagonal covariance T,

    -2 ln L = ln det T + ln det X' T^-1 X + (u - X b)' T^-1 (u - X b),

where X takes out the mean of u along the ramp (pulse by pulse where there are four ramps or more, else a polynomial),
so that a law that is not quite the device's does not count as noise. q_k is constant (`range`) or goes with the
squared step (`step`), s_k^2 is constant (`absolute`) or goes with G^2 (`relative`): the likelihood chooses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky_banded, solve_banded

from analogep.fit.levels import Minimum, Readings

Floats = NDArray[np.float64]

WRITE: Final = ("range", "step")
READ: Final = ("absolute", "relative")
_RAMPS = 4
"""Ramps from which the mean of each pulse is taken out instead of a polynomial."""


@dataclass(frozen=True)
class Shapes:
    """How noise and its propagation vary along the ramps of one direction, for unit parameters.

    Parameters
    ----------
    write : ndarray (ramps, readings - 1) [1]
        q_k over sigma^2.
    read : ndarray (ramps, readings) [1]
        s_k^2 over sigma^2.
    carry : ndarray (ramps, readings - 1) [1]
        r_k.
    """

    write: Floats
    read: Floats
    carry: Floats

    def scaled(self, write: float, read: float) -> Shapes:
        """Variances for the parameters sigma^2 of write and read noise."""
        return Shapes(self.write * write, self.read * read, self.carry)


@dataclass(frozen=True)
class Noise:
    """Fitted noise; sigmas are in the units of their kinds: 1, or the range that the own coordinate measures.

    Parameters
    ----------
    write, read : str
        Kind of each.
    write_sigma, write_se, read_sigma, read_se : float
        Estimates and standard errors; the latter are NaN where the estimate is zero.
    likelihood : float
        Restricted log-likelihood.
    lag_one : float
        Correlation of neighbouring u.
    """

    write: str
    read: str
    write_sigma: float
    write_se: float
    read_sigma: float
    read_se: float
    likelihood: float
    lag_one: float


def shapes(
    minimum: Minimum, data: tuple[Readings, ...], reads: list[dict[str, Floats]], write: str, read: str
) -> list[Shapes]:
    """Variances per unit parameter along the fitted paths.

    Parameters
    ----------
    minimum : Minimum
    data : tuple of Readings
    reads : list of dict
        Deviations by unit read noise of each kind along the fitted paths (ramps, readings) [1], of each direction.
    write, read : str
        Kinds.
    """
    out = []
    for k, (path, part, unit) in enumerate(zip(minimum.paths(data), data, reads, strict=True)):
        step, carry = _step(minimum, k, path[:, :-1], part.pulses)
        q = np.square(step) if write == "step" else np.ones_like(step)
        out.append(Shapes(q, np.square(unit[read]), carry))
    return out


def _step(minimum: Minimum, direction: int, xi: Floats, pulses: float) -> tuple[Floats, Floats]:
    """(step, r) at the states `xi`."""
    theta, h = minimum.own(direction)[None], 1e-5
    here, above, below = (minimum.curve.rate(theta, xi.reshape(1, -1) + d)[0] for d in (0.0, h, -h))
    # Beside a bound that is reached in a finite number of pulses the slope has no limit.
    slope = (above - below) / (2.0 * h * pulses)
    return (here / pulses).reshape(xi.shape), np.clip(1.0 + slope, -1.0, 2.0).reshape(xi.shape)


def fit_noise(minimum: Minimum, data: tuple[Readings, ...], reads: list[dict[str, Floats]]) -> list[Noise]:
    """Best sigmas for each pair of kinds, with its restricted likelihood; parameters as in `shapes`."""
    found = []
    for write in WRITE:
        for read in READ:
            system = _System(minimum, data, shapes(minimum, data, reads, write, read))
            found.append(system.solve(write, read))
    return found


class _System:
    """u of all ramps in a row, with X and the two parts of the tridiagonal T."""

    def __init__(self, minimum: Minimum, data: tuple[Readings, ...], unit: list[Shapes]) -> None:
        u, parts, weights = [], [], []
        self.columns: list[tuple[int, Floats]] = []
        rows = 0
        for k, (part, shape) in enumerate(zip(data, unit, strict=True)):
            here = part.here[:, 1:]
            raw = np.where(part.here, part.xi, 0.0)
            step, _ = _step(minimum, k, raw[:, :-1], part.pulses)
            innovation = np.where(here, np.diff(raw, axis=1) - step, 0.0)
            pooled = part.xi.shape[0] >= _RAMPS
            if pooled:
                count = here.sum(axis=0)
                innovation = np.where(here, innovation - innovation.sum(axis=0) / np.maximum(count, 1), 0.0)
                weights.append(np.broadcast_to(1.0 - 1.0 / np.maximum(count, 1), here.shape)[here])
            else:
                weights.append(np.ones(int(here.sum())))
                self._polynomials(here, rows)
            rows += int(here.sum())
            u.append(innovation[here])
            parts.append(_bands(shape, here))
        self.u, self.weights = np.concatenate(u), np.concatenate(weights)
        self.write = np.concatenate([one for one, _ in parts], axis=1)
        self.read = np.concatenate([one for _, one in parts], axis=1)
        self.x = self._padded(rows)
        self.scale = (float(self.write[0].mean()), float(self.read[0].mean()))

    def _polynomials(self, here: NDArray[np.bool_], row: int) -> None:
        """Legendre polynomials in the pulse number, one set for all ramps of a direction."""
        size = here.shape[1]
        degree = min(5, max(1, int(here.sum()) // 40))
        basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, size), degree)
        at = np.broadcast_to(np.arange(size), here.shape)[here]
        self.columns.append((row, np.asarray(basis[at], dtype=np.float64)))

    def _padded(self, rows: int) -> Floats:
        x = np.zeros((rows, sum(block.shape[1] for _, block in self.columns)))
        column = 0
        for row, block in self.columns:
            x[row : row + block.shape[0], column : column + block.shape[1]] = block
            column += block.shape[1]
        return x

    def deviance(self, q: float, s2: float) -> float:
        """-2 ln L of the variances q and s^2 per unit shape; infinite where T is not positive definite."""
        try:
            factor = cholesky_banded(q * self.write + s2 * self.read, lower=True)
        except np.linalg.LinAlgError:
            return np.inf
        if not factor[0].all():
            return np.inf
        bands = (1, 0)
        white = solve_banded(bands, factor, np.column_stack([self.u, self.x]))
        u, x = white[:, 0], white[:, 1:]
        total = 2.0 * float(np.sum(self.weights * np.log(factor[0])))
        if x.shape[1]:
            basis, triangle = np.linalg.qr(x)
            u = u - basis @ (basis.T @ u)
            total += 2.0 * float(np.sum(np.log(np.abs(np.diag(triangle)))))
        return total + float(u @ u)

    def solve(self, write: str, read: str) -> Noise:
        """Profile over the share of read noise, then the scale in closed form."""
        from scipy.optimize import minimize_scalar

        freedom = float(self.weights.sum()) - self.x.shape[1]

        def scale(share: float) -> float:
            q, s2 = (1.0 - share) / self.scale[0], share / self.scale[1]
            one, two = self.deviance(q, s2), self.deviance(2.0 * q, 2.0 * s2)
            # deviance(c) = freedom ln c + rest + chi2/c, so two values give chi2, and the best c is chi2/freedom
            if not (math.isfinite(one) and math.isfinite(two)):
                return math.nan
            return float(max(2.0 * (one - two + freedom * math.log(2.0)) / freedom, 1e-300))

        def profile(share: float) -> float:
            c = scale(share)
            if math.isnan(c):
                return math.inf
            return float(self.deviance(c * (1.0 - share) / self.scale[0], c * share / self.scale[1]))

        # Where steps vanish, noise that goes with them leaves T singular without some read noise.
        ends = [1e-9, 1.0 - 1e-9]
        inner = minimize_scalar(profile, bounds=(ends[0], ends[1]), method="bounded", options={"xatol": 1e-5})
        share = min([*ends, float(inner.x)], key=profile)
        c = scale(share)
        if math.isnan(c):
            return Noise(write, read, 0.0, math.nan, 0.0, math.nan, -math.inf, 0.0)
        q, s2 = c * (1.0 - share) / self.scale[0], c * share / self.scale[1]
        errors = self._errors(q, s2, c)
        lag = float(np.sum(self.u[1:] * self.u[:-1] * (self.read[1, :-1] < 0.0)) / np.sum(self.u**2))
        sigmas = [np.sqrt(max(value, 0.0)) for value in (q if share < 1.0 - 1e-4 else 0.0, s2 if share > 1e-4 else 0.0)]
        ses = [e / (2.0 * s) if s > 0.0 else np.nan for e, s in zip(errors, sigmas, strict=True)]
        return Noise(write, read, sigmas[0], ses[0], sigmas[1], ses[1], -0.5 * profile(share), lag)

    def _errors(self, q: float, s2: float, c: float) -> tuple[float, float]:
        """Standard errors of q and s^2 from the second derivatives of the likelihood."""
        floor = 1e-3 * c / np.array(self.scale)
        at = np.maximum([q, s2], 2.0 * floor)
        h = np.maximum(0.1 * at, floor)

        def value(i: float, j: float) -> float:
            return 0.5 * self.deviance(at[0] + i * h[0], at[1] + j * h[1])

        middle = value(0, 0)
        qq, ss = value(1, 0) + value(-1, 0) - 2 * middle, value(0, 1) + value(0, -1) - 2 * middle
        qs = 0.25 * (value(1, 1) + value(-1, -1) - value(1, -1) - value(-1, 1))
        determinant = qq * ss - qs * qs
        if not (determinant > 0.0 and qq > 0.0):
            # One of them is zero, where the likelihood has no maximum: the other as if that were known.
            alone = [
                float(step / math.sqrt(bend)) if bend > 0.0 else math.nan
                for step, bend in zip(h, (qq, ss), strict=True)
            ]
            return alone[0], alone[1]
        return float(h[0] * np.sqrt(ss / determinant)), float(h[1] * np.sqrt(qq / determinant))


def _bands(shape: Shapes, here: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(write, read) parts of T in SciPy's lower banded form (2, u), ramps apart from each other."""
    diagonal = shape.read[:, 1:] + shape.carry**2 * shape.read[:, :-1]
    off = np.zeros_like(diagonal)
    off[:, :-1] = -shape.carry[:, 1:] * shape.read[:, 1:-1]
    off[:, :-1] *= here[:, 1:]
    write = np.stack([shape.write[here], np.zeros(int(here.sum()))])
    read = np.stack([diagonal[here], off[here]])
    return write, read
