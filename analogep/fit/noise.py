"""Write and read noise from the increments of the ramps.

With u_k = y_{k+1} - y_k - d(y_k), where d is the fitted step, and r_k = 1 + d'(G_k),

    u_k = w_k + v_{k+1} - r_k v_k,   Var u_k = q_k + s_{k+1}^2 + r_k^2 s_k^2,   Cov(u_k, u_{k+1}) = -r_{k+1} s_{k+1}^2:

write noise stays in one increment, read noise comes back with the opposite sign in the next (its lag-1 covariance is
-s^2 for small steps). q and s^2 maximise the restricted likelihood of u, normal with this tridiagonal covariance T,

    -2 ln L = ln det T + ln det X' T^-1 X + (u - X b)' T^-1 (u - X b),

where X takes out the mean of u along the ramp (pulse by pulse where there are four ramps or more, else a polynomial),
so that a law that is not quite the device's does not count as noise. q_k is constant (`range`) or goes with the
squared step (`step`), s_k^2 is constant (`absolute`) or goes with G^2 (`relative`): the likelihood chooses.

Scatter that is correlated and yet does not pile up is a third part: a displacement of the state that is drawn anew
little by little and reverts to zero, with the variance m everywhere and the correlation e^(-k/length) over k pulses.
BIC chooses between write noise, the mean-reverting part, and both (`whiten` has the likelihood), but only where a test
of the unit root refuses that it stays. Several devices have one noise. What makes all steps of a ramp larger or smaller
than those of the next is a fourth part (`between`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.levels import Minimum, Readings
from analogep.fit.shapes import Noise, shapes, steps_along
from analogep.fit.whiten import System

Floats = NDArray[np.float64]

WRITE: Final = ("range", "step")
READ: Final = ("absolute", "relative")


@dataclass(frozen=True)
class Increments:
    """Of one device: its best curve, its readings, and its units of read noise.

    Parameters
    ----------
    minimum : Minimum
    data : tuple of Readings
    reads : list of dict
        As for `shapes`.
    unit : float
        Conductance of unit absolute read noise [S].
    """

    minimum: Minimum
    data: tuple[Readings, ...]
    reads: list[dict[str, Floats]]
    unit: float

    def system(self, write: str, read: str, tangent: bool) -> System:
        """Ready for any size of noise of these kinds; X has polynomials, or what the curve's parameters change."""
        unit = shapes(self.minimum, self.data, self.reads, write, read)
        steps = []
        for k, part in enumerate(self.data):
            raw = np.where(part.here, part.xi, 0.0)
            steps.append(steps_along(self.minimum, k, raw[:, :-1], part.pulses)[0])
        return System(self.data, unit, steps, self._tangents() if tangent else None)

    def _tangents(self) -> list[Floats]:
        """Change of the step along the paths with each parameter of the curve (ramps, readings - 1, parameters) [1]."""
        curve, found = self.minimum.curve, []
        for k, path in enumerate(self.minimum.paths(self.data)):
            theta = self.minimum.own(k)
            h = 1e-4 * (1.0 + np.abs(theta))
            batch = np.concatenate([theta + np.diag(h), theta - np.diag(h)])
            states = np.broadcast_to(path[:, :-1].reshape(1, -1), (batch.shape[0], path[:, :-1].size))
            rates = curve.rate(batch, states)
            change = (rates[: theta.size] - rates[theta.size :]) / (2.0 * h[:, None])
            columns = change.T.reshape(*path[:, :-1].shape, theta.size)
            # A parameter that changes nothing, as at a limit, is no column.
            found.append(columns[..., np.abs(columns).reshape(-1, theta.size).max(axis=0) > 1e-9])
        return found


def fit_noise(devices: Sequence[Increments]) -> list[Noise]:
    """Best sigmas for each pair of kinds, common to all devices, with the restricted likelihood of all of them.

    Absolute read noise is in the unit of the first device.
    """
    return [Joint(devices, write, read).solve() for write in WRITE for read in READ]


def with_memory(devices: Sequence[Increments], noise: Noise) -> Noise:
    """`noise` with a mean-reverting part beside its write noise, or instead of it, if BIC wants one.

    Parameters
    ----------
    devices : sequence of Increments
    noise : Noise
        Without such a part, as `fit_noise` found it.
    """
    # Polynomials take out what slow scatter is told by: only what the law's parameters have taken may go.
    joint, given = Joint(devices, noise.write, noise.read, True), noise
    noise = joint.solve()
    penalty = math.log(sum(one.u.size for one in joint.systems))
    lengths = [length for length in _LENGTHS if length < joint.longest]
    found = [(noise, 2)]
    for wander, count in ((False, 3), (True, 4)):
        tried = [joint.remembering(noise, length, wander) for length in lengths]
        coarse = max(tried, key=lambda one: one.likelihood, default=noise)
        if coarse.likelihood > noise.likelihood - 3.0:
            found.append((joint.polished(coarse), count))
    scores = [evidence(one, count, penalty) for one, count in found]
    gains = [2.0 * (one.likelihood - noise.likelihood) for one, _ in found]
    allowed = [k for k in range(len(found)) if k == 0 or gains[k] > _UNIT_ROOT]
    best = found[min(allowed, key=lambda k: scores[k])][0]
    if best.slow_sigma > 0.0 and best.write_sigma == 0.0:
        return replace(best, write_se=joint.most_write(best))
    return best if best.slow_sigma > 0.0 else given


class Joint:
    """The likelihood of all devices."""

    def __init__(self, devices: Sequence[Increments], write: str, read: str, tangent: bool = False) -> None:
        self.write, self.read = write, read
        self.systems = [one.system(write, read, tangent) for one in devices]
        first = devices[0].unit
        self.units = [(first / one.unit) ** 2 if read == "absolute" else 1.0 for one in devices]
        self.scale = self.systems[0].size
        self.freedom = sum(one.freedom for one in self.systems)
        ramps = [part.here.shape[1] for one in devices for part in one.data]
        self.longest = max(ramps) / _REVERTS

    def deviance(
        self,
        q: float,
        s2: float,
        m: float = 0.0,
        length: float = 1.0,
        between: Sequence[float] = (),
        tilt: float = 1.0,
    ) -> float:
        """-2 ln L; parameters as of `whiten.System.deviance`."""
        pairs = zip(self.systems, self.units, strict=True)
        return sum(one.deviance(q, s2 * unit, m, length, between, tilt) for one, unit in pairs)

    def best(self, q: float, s2: float, m: float = 0.0, length: float = 1.0) -> tuple[float, float]:
        """(-2 ln L, c) at the best common factor c of the variances."""
        one, two = self.deviance(q, s2, m, length), self.deviance(2.0 * q, 2.0 * s2, 2.0 * m, length)
        # deviance(c) = freedom ln c + rest + chi2/c, so two values give chi2, and the best c is chi2/freedom
        if not (math.isfinite(one) and math.isfinite(two)):
            return math.inf, math.nan
        c = max(2.0 * (one - two + self.freedom * math.log(2.0)) / self.freedom, 1e-300)
        return one + self.freedom * math.log(c) + self.freedom * (1.0 - c), c

    def solve(self) -> Noise:
        """Profile over the share of read noise, then the scale in closed form."""
        from scipy.optimize import minimize_scalar

        def profile(share: float) -> float:
            return self.best((1.0 - share) / self.scale[0], share / self.scale[1])[0]

        # Where steps vanish, noise that goes with them leaves no variance without some read noise.
        ends = [1e-9, 1.0 - 1e-9]
        inner = minimize_scalar(profile, bounds=(ends[0], ends[1]), method="bounded", options={"xatol": 1e-5})
        share = min([*ends, float(inner.x)], key=profile)
        deviance, c = self.best((1.0 - share) / self.scale[0], share / self.scale[1])
        lag = self.systems[0].lag_one
        if math.isnan(c):
            return Noise(self.write, self.read, 0.0, math.nan, 0.0, math.nan, -math.inf, 0.0)
        q, s2 = c * (1.0 - share) / self.scale[0], c * share / self.scale[1]
        errors = self._errors(q, s2, c)
        sigmas = [math.sqrt(max(one, 0.0)) for one in (q if share < 1.0 - 1e-4 else 0.0, s2 if share > 1e-4 else 0.0)]
        ses = [e / (2.0 * one) if one > 0.0 else math.nan for e, one in zip(errors, sigmas, strict=True)]
        return Noise(self.write, self.read, sigmas[0], ses[0], sigmas[1], ses[1], -0.5 * deviance, lag)

    def remembering(self, noise: Noise, length: float, wander: bool) -> Noise:
        """The best of some splits of the variance at a correlation length."""
        q = max(noise.write_sigma**2, 1e-3 * noise.read_sigma**2 * self.scale[1] / self.scale[0])
        s2 = max(noise.read_sigma**2, 0.1 * q * self.scale[0] / self.scale[1])
        best = replace(noise, likelihood=-math.inf)
        for slow in (0.5, 1.5, 5.0):
            for read in (0.6, 1.0):
                sizes = (0.1 * q if wander else 0.0, read * s2, slow * q * self.scale[0] * length)
                deviance, c = self.best(*sizes, length)
                if -0.5 * deviance > best.likelihood:
                    root = [math.sqrt(c * value) for value in sizes]
                    best = replace(noise, length=length, likelihood=-0.5 * deviance, write_sigma=root[0])
                    best = replace(best, read_sigma=root[1], slow_sigma=root[2])
        return best

    def most_write(self, noise: Noise) -> float:
        """Write noise beside the others at which 2 ln L has fallen by 1: how much there may be of what is not seen."""
        fixed = (noise.read_sigma**2, noise.slow_sigma**2, noise.length)
        least, most = 0.0, noise.slow_sigma
        best = self.deviance(0.0, *fixed)
        for _ in range(20):
            middle = 0.5 * (least + most)
            least, most = (middle, most) if self.deviance(middle**2, *fixed) < best + 1.0 else (least, middle)
        return most

    def polished(self, noise: Noise) -> Noise:
        """The maximum of the likelihood near `noise`, with its standard errors."""
        from scipy.optimize import minimize

        wander = noise.write_sigma > 0.0
        if not (math.isfinite(noise.likelihood) and noise.slow_sigma > 0.0 and noise.read_sigma > 0.0):
            return replace(noise, likelihood=-math.inf)
        start = [2.0 * math.log(noise.read_sigma), 2.0 * math.log(noise.slow_sigma), math.log(noise.length)]
        start += [2.0 * math.log(noise.write_sigma)] if wander else []

        def deviance(p: Floats) -> float:
            if np.any(np.abs(p) > 80.0) or not _SHORTEST < math.exp(min(p[2], 80.0)) < self.longest:
                return 1e300
            value = self.deviance(math.exp(p[3]) if wander else 0.0, math.exp(p[0]), math.exp(p[1]), math.exp(p[2]))
            return value if math.isfinite(value) else 1e300

        found = minimize(deviance, start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3, "maxiter": 400})
        p = np.asarray(found.x)
        errors = curvature(deviance, p)
        if not np.all(np.isfinite(errors[1:3])):
            # At a limit: what takes as long as the ramp is write noise, what is over at once is read noise.
            return replace(noise, likelihood=-math.inf)
        slow = math.exp(0.5 * p[1])
        least = 1e-4 * math.exp(p[1]) * (1.0 - math.exp(-1.0 / math.exp(p[2])))
        read = math.exp(0.5 * p[0]) if math.exp(p[0]) * self.scale[1] > least else 0.0
        write = math.exp(0.5 * p[3]) if wander and math.exp(p[3]) * self.scale[0] > least else 0.0
        length, likelihood = math.exp(p[2]), -0.5 * float(found.fun)
        return Noise(
            self.write, self.read, write, _half(write, errors[-1]), read, _half(read, errors[0]), likelihood,
            noise.lag_one, slow, _half(slow, errors[1]), length, length * float(errors[2]),
        )  # fmt: skip

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


_LENGTHS: Final = (2.0, 5.0, 12.0, 30.0)
_UNIT_ROOT: Final = 3.96**2
"""Gain of 2 ln L from which scatter reverts rather than stays.

That a walk reverts is a test of a unit root, whose likelihood ratio is not a chi square: with a free start and a trend
1 % of walks exceed 3.96^2 (Dickey and Fuller 1979, doi 10.1080/01621459.1979.10482531: -3.96 for large samples).
"""
_SHORTEST: Final = 0.5
_REVERTS: Final = 5.0
"""Longest ramps over the longest correlation length: what reverts must be seen to do so a few times."""


def _half(sigma: float, error: float) -> float:
    """Standard error of sigma from that of ln sigma^2; NaN where there is none."""
    return 0.5 * sigma * float(error) if sigma > 0.0 else math.nan


def evidence(noise: Noise, count: int, penalty: float) -> float:
    """BIC of a noise with so many parameters."""
    return -2.0 * noise.likelihood + count * penalty


def curvature(deviance: Callable[[Floats], float], p: Floats) -> Floats:
    """Standard errors (parameters,) [1] from the second derivatives of -ln L at `p` (parameters,) [1]; else NaN."""
    size, h = p.size, 0.05
    matrix = np.zeros((size, size))
    unit = h * np.eye(size)
    middle = deviance(p)
    for i in range(size):
        for j in range(i + 1):
            if i == j:
                matrix[i, i] = (deviance(p + unit[i]) + deviance(p - unit[i]) - 2.0 * middle) / h**2
                continue
            ends = [deviance(p + a * unit[i] + b * unit[j]) for a, b in ((1, 1), (-1, -1), (1, -1), (-1, 1))]
            matrix[i, j] = matrix[j, i] = (ends[0] + ends[1] - ends[2] - ends[3]) / (4.0 * h**2)
    if not np.all(np.isfinite(matrix)):
        return np.full(size, np.nan)
    try:
        covariance = np.linalg.inv(0.5 * matrix)
    except np.linalg.LinAlgError:
        return np.full(size, np.nan)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(np.diag(covariance)))
