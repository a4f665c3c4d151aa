"""Likelihood of increments under write noise that stays, write noise that comes back, and read noise.

Of one device, u_k = y_{k+1} - y_k - d(y_k) of all ramps. With e_0 = 0 and e_{k+1} = r_k e_k + u_k the sums are

    e_k = a_k + z_k + v_k,   a_{k+1} = r_k a_k + w_k,   z_{k+1} = f z_k + noise,   f = e^(-1/length),

v read noise of variance s_k^2, w write noise of variance q_k, z a mean-reverting part of variance m everywhere, and
a_0 anything. A Kalman filter of (e - a, z) along each ramp, begun with the exact state after the first reading, makes u
white; X (`noise`) goes through the same filter, and -2 ln L is that of restricted maximum likelihood.

Between ramps all steps of a ramp may be larger by a factor 1 + c xi, xi normal: u of the ramp has the covariance
T + c^2 d d', d its steps. With d whitened like u, s = d'T^-1 d and t = d'T^-1 u, that adds for each ramp

    ln(1 + c^2 s) - c^2 t^2/(1 + c^2 s)

to -2 ln L (the determinant lemma, and Sherman and Morrison). Where u is taken about its mean over R ramps, the sum of
the logarithms counts (R - 1)/R; with fewer than four ramps a direction says nothing of c.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.fit.levels import Readings
from analogep.jit import kernel

Floats = NDArray[np.float64]

_RAMPS = 4
"""Ramps from which the mean of each pulse is taken out instead of a polynomial."""


@kernel(error_model="numpy")
def _white(increments, carry, write, read, first, begins, q, s2, m, f, out, variance):  # type: ignore[no-untyped-def]
    """White innovations of the columns of `increments` (rows, columns), and their variances (rows,)."""
    columns = increments.shape[1]
    d, z = np.zeros(columns), np.zeros(columns)
    aa = az = zz = 0.0
    for row in range(increments.shape[0]):
        if begins[row]:
            d[:] = 0.0
            z[:] = 0.0
            zz = m
            az = -m
            aa = m + s2 * first[row]
        r = carry[row]
        aa = r * r * aa + q * write[row]
        az = r * f * az
        zz = f * f * zz + m * (1.0 - f * f)
        total = aa + 2.0 * az + zz + s2 * read[row]
        variance[row] = total
        ka, kz = (aa + az) / total, (az + zz) / total
        root = np.sqrt(total)
        for j in range(columns):
            z[j] *= f
            d[j] = r * d[j] + increments[row, j]
            new = d[j] - z[j]
            d[j] -= ka * new
            z[j] += kz * new
            out[row, j] = new / root
        xa, xz = aa + az, az + zz
        aa -= ka * xa
        az -= ka * xz
        zz -= kz * xz


class Variances(Protocol):
    """Variances per unit parameter along the ramps of a direction (`noise.Shapes`)."""

    @property
    def write(self) -> Floats:
        """Of each pulse (ramps, readings - 1) [1]."""

    @property
    def read(self) -> Floats:
        """Of each reading (ramps, readings) [1]."""

    @property
    def carry(self) -> Floats:
        """What is left of a displacement after a pulse (ramps, readings - 1) [1]."""


class System:
    """Increments of one device with X, ready for any size of noise.

    Parameters
    ----------
    data : tuple of Readings
    unit : list of Shapes
        Variances per unit parameter along the fitted paths.
    steps : list of ndarray (ramps, readings - 1) [1]
        Steps at the measured states, of each direction.
    tangents : list of ndarray (ramps, readings - 1, columns) [1], or None
        What takes the place of the polynomials in X, of each direction.
    """

    def __init__(
        self,
        data: tuple[Readings, ...],
        unit: Sequence[Variances],
        steps: Sequence[Floats],
        tangents: Sequence[Floats] | None = None,
    ) -> None:
        u, weights, blocks, bands, forces = [], [], [], [], []
        sides: list[int] = []
        shares: list[float] = []
        rows = 0
        for k, (part, shape, step) in enumerate(zip(data, unit, steps, strict=True)):
            here = part.here[:, 1:]
            raw = np.where(part.here, part.xi, 0.0)
            own = np.where(here, np.diff(raw, axis=1) - step, 0.0)
            count = np.maximum(here.sum(axis=0), 1)
            if part.xi.shape[0] >= _RAMPS:
                own = np.where(here, own - own.sum(axis=0) / count, 0.0)
                weights.append(np.broadcast_to(1.0 - 1.0 / count, here.shape)[here])
            else:
                weights.append(np.ones(int(here.sum())))
                blocks.append((rows, _polynomials(here) if tangents is None else tangents[k][here]))
            rows += int(here.sum())
            u.append(own[here])
            forces.append(step[here])
            sides += [k] * part.xi.shape[0]
            shares += [1.0 - 1.0 / part.xi.shape[0] if part.xi.shape[0] >= _RAMPS else 0.0] * part.xi.shape[0]
            begins = np.zeros(here.shape, dtype=bool)
            begins[:, 0] = True
            own_bands = (shape.carry, shape.write, shape.read[:, 1:], shape.read[:, :-1], begins)
            bands.append([one[here] for one in own_bands])
        self.u, self.weights = np.concatenate(u), np.concatenate(weights)
        self.carry, self.write, self.read, self.first, self.begins = (
            np.ascontiguousarray(np.concatenate([band[k] for band in bands])) for k in range(5)
        )
        self.columns = np.column_stack([self.u, _padded(blocks, rows)])
        self._force, self._sides, self._shares = np.concatenate(forces), np.array(sides), np.array(shares)
        self._ramps = np.flatnonzero(self.begins)
        self._down = self._sides[np.cumsum(self.begins) - 1] == 1
        reading = float(self.read.mean() + np.mean(self.carry**2 * self.first))
        self.size = (max(float(self.write.mean()), 1e-300), max(reading, 1e-300))

    @property
    def freedom(self) -> float:
        """Increments less what X takes."""
        return float(self.weights.sum()) - float(self.columns.shape[1] - 1)

    @property
    def lag_one(self) -> float:
        """Correlation of neighbouring u of a ramp."""
        return float(np.sum(self.u[1:] * self.u[:-1] * ~self.begins[1:]) / max(np.sum(self.u**2), 1e-300))

    @property
    def told(self) -> list[int]:
        """Directions with enough ramps to tell what changes from ramp to ramp."""
        return sorted(set(self._sides[self._shares > 0.0].tolist()))

    def deviance(
        self,
        q: float,
        s2: float,
        m: float = 0.0,
        length: float = 1.0,
        between: Sequence[float] = (),
        tilt: float = 1.0,
    ) -> float:
        """-2 ln L of variances per unit shape; infinite where they do not make a positive covariance.

        Parameters
        ----------
        q, s2, m, length : float
            As in the module's docstring, for unit shapes.
        between : sequence of float
            c^2 of each direction [1]; empty for none.
        tilt : float
            q of pulses down over that of pulses up [1].
        """
        write = self.write if tilt == 1.0 else self.write * np.where(self._down, tilt, 1.0)
        columns = np.column_stack([self.columns, self._force]) if any(between) else self.columns
        out, variance = np.empty_like(columns), np.empty(self.u.size)
        f = float(np.exp(-1.0 / max(length, 1e-3)))
        _white(columns, self.carry, write, self.read, self.first, self.begins, q, s2, m, f, out, variance)
        if not variance.min() > 0.0 or not np.all(np.isfinite(out[:, 0])):
            return np.inf
        total: float = float(np.sum(self.weights * np.log(variance)))
        u = out[:, 0]
        if any(between):
            total += self._apart(out[:, -1], u, np.array(between))
            out = out[:, :-1]
        if out.shape[1] > 1:
            basis, triangle = np.linalg.qr(out[:, 1:])
            u = u - basis @ (basis.T @ u)
            total += 2.0 * float(np.sum(np.log(np.abs(np.diag(triangle)))))
        return float(total + u @ u)

    def _apart(self, force: Floats, u: Floats, between: Floats) -> float:
        """What the factors of the ramps add to -2 ln L; `force`, `u` (rows,) [1] white, `between` (directions,) [1]."""
        s, t = (np.add.reduceat(force * one, self._ramps) for one in (force, u))
        c = np.where(self._shares > 0.0, between[self._sides], 0.0)
        return float(np.sum(self._shares * np.log1p(c * s)) - np.sum(c * t**2 / (1.0 + c * s)))


def _polynomials(here: NDArray[np.bool_]) -> Floats:
    """Legendre polynomials in the pulse number, one set for all ramps of a direction (increments, degree + 1) [1]."""
    degree = min(5, max(1, int(here.sum()) // 40))
    basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, here.shape[1]), degree)
    return np.asarray(basis[np.broadcast_to(np.arange(here.shape[1]), here.shape)[here]], dtype=np.float64)


def _padded(blocks: list[tuple[int, Floats]], rows: int) -> Floats:
    x = np.zeros((rows, sum(block.shape[1] for _, block in blocks)))
    column = 0
    for row, block in blocks:
        x[row : row + block.shape[0], column : column + block.shape[1]] = block
        column += block.shape[1]
    return x
