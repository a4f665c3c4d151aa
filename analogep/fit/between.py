"""What changes from ramp to ramp and from direction to direction, chosen like the other parts of the noise.

u of a ramp has the covariance T + c^2 d d' (`whiten`), d the steps of the ramp and c the standard deviation of a factor
on all of them, one for each direction. A change of the window, of the read-out, or of the device's temperature from
ramp to ramp shows in the same way as far as it scales the steps; an offset of a whole ramp does not, as every ramp
has a start of its own. Beside that, write noise may be another one down than up. Both are taken where BIC asks for
them: 2 ln L has to gain ln N for each number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.correlate import correlations
from analogep.fit.noise import Increments, Joint, curvature, evidence
from analogep.fit.shapes import Noise

Floats = NDArray[np.float64]

_START: Final = (-10.0, -6.0, -3.0)
"""ln c^2 that are tried: 0.7, 5 and 22 %."""
_WRITE, _READ, _SLOW, _DOWN, _FIRST = range(5)
_NAMES: Final = {_WRITE: "write", _READ: "read", _SLOW: "slow", _DOWN: "write_down"}
"""What errors and their correlations are named by; factors of ramps are left out."""


def noise_between(devices: Sequence[Increments], plain: Noise, remembered: Noise) -> Noise:
    """The noise with factors of the ramps and a write noise of pulses down, if BIC wants them.

    A drift from ramp to ramp looks like scatter that stays, or reverts slowly, within one: with the factors the choice
    between the two noises is made anew.

    Parameters
    ----------
    devices : sequence of Increments
    plain : Noise
        Without a mean-reverting part.
    remembered : Noise
        With one, or the same as `plain`.
    """
    found = [_Refined(devices, one).solve() for one in ([plain] if remembered is plain else [plain, remembered])]
    if not found[0].between:
        return found[-1]
    penalty = _penalty(Joint(devices, plain.write, plain.read))
    return min(found, key=lambda one: evidence(one, 2 + 2 * (one.slow_sigma > 0.0) + len(one.between), penalty))


def _penalty(joint: Joint) -> float:
    """ln N."""
    return math.log(max(sum(one.u.size for one in joint.systems), 2))


class _Refined:
    """The likelihood in (q, s^2, m, q down, c^2 of each direction) around a noise; q down is 0 for the same as up."""

    def __init__(self, devices: Sequence[Increments], noise: Noise) -> None:
        self.noise = noise
        self.joint = Joint(devices, noise.write, noise.read, noise.slow_sigma > 0.0)
        self.penalty = _penalty(self.joint)
        self.length = noise.length if noise.slow_sigma > 0.0 else 1.0
        self.told = sorted({side for one in self.joint.systems for side in one.told})
        self.both = len(devices[0].data) > 1
        sizes = [noise.write_sigma**2, noise.read_sigma**2, noise.slow_sigma**2, 0.0]
        self.base = np.array(sizes + [0.0] * len(devices[0].data))

    def deviance(self, sizes: Floats) -> float:
        """-2 ln L of variances (4 + directions,) [1]; very large where there is none."""
        q, down = sizes[_WRITE], sizes[_DOWN]
        tilt = down / q if down > 0.0 and q > 0.0 else 1.0
        value = self.joint.deviance(q, sizes[_READ], sizes[_SLOW], self.length, sizes[_FIRST:].tolist(), tilt)
        return value if math.isfinite(value) else 1e300

    def solve(self) -> Noise:
        """The noise with what gains enough."""
        if self.deviance(self.base) >= 1e300:
            return self.noise
        for side in self.told:
            self._try(_FIRST + side, _START)
        if self.both and self.base[_WRITE] > 0.0:
            self._try(_DOWN, (math.log(self.base[_WRITE]),))
        if not np.any(self.base[_DOWN:]):
            return self.noise
        return self._made(*self._polished())

    def _try(self, at: int, starts: Sequence[float]) -> None:
        """Take a variance in if it gains ln N, all others as they are."""
        from scipy.optimize import minimize_scalar

        def deviance(size: float) -> float:
            tried = self.base.copy()
            tried[at] = math.exp(size)
            return self.deviance(tried)

        middle = min(starts, key=deviance)
        bounds = (middle - 4.0, middle + 4.0)
        found = minimize_scalar(deviance, bounds=bounds, method="bounded", options={"xatol": 1e-2})
        if self.deviance(self.base) - float(found.fun) > self.penalty:
            self.base[at] = math.exp(float(found.x))

    def _polished(self) -> tuple[Floats, Callable[[Floats], float]]:
        """(ln of the variances that are there, -2 ln L of such) at the maximum near these."""
        from scipy.optimize import minimize

        there = self.base > 0.0

        def deviance(p: Floats) -> float:
            if np.any(np.abs(p) > 200.0):
                return 1e300
            now = self.base.copy()
            now[there] = np.exp(p)
            return self.deviance(now)

        options = {"xatol": 1e-3, "fatol": 1e-2, "maxiter": 300}
        found = minimize(deviance, np.log(self.base[there]), method="Nelder-Mead", options=options)
        return np.asarray(found.x), deviance

    def _made(self, p: Floats, deviance: Callable[[Floats], float]) -> Noise:
        """The noise of these variances with standard errors; `p` (variances,) are their logarithms."""
        sigma, error = np.zeros(self.base.size), np.full(self.base.size, np.nan)
        there = self.base > 0.0
        sigma[there] = np.exp(0.5 * p)
        covariance = curvature(deviance, p)
        with np.errstate(invalid="ignore"):
            error[there] = 0.5 * sigma[there] * np.sqrt(np.diag(covariance))
        # The length of what reverts is taken as known beside these.
        names = [_NAMES.get(int(at), "") for at in np.flatnonzero(there)]
        related = {pair: one for pair, one in correlations(covariance, names).items() if all(pair)}
        out = replace(self.noise, likelihood=-0.5 * float(deviance(p)), related=related)
        for at, name in ((_WRITE, "write_sigma"), (_READ, "read_sigma"), (_SLOW, "slow_sigma"), (_DOWN, "write_down")):
            if there[at]:
                se = name.replace("_sigma", "") + "_se"
                out = replace(out, **{name: float(sigma[at]), se: float(error[at])})  # type: ignore[arg-type]
        if not there[_FIRST:].any():
            return out
        return replace(out, between=tuple(sigma[_FIRST:].tolist()), between_se=tuple(error[_FIRST:].tolist()))
