"""The bias of every estimator from one expansion of the noise-free finite difference in beta.

    [Phi(b) - Phi(0)]/b = (u_0 + u_1 b + u_2 b^2) / (1 + b/p)^2 = g + b_0 + b_1 b + b_2 b^2 + ...

u_k are vectors over all weights, b of either sign, p the pole (`analogep.beta.pole`). A single output with leak moves
as z = b/(1 + b/p), and Phi is quadratic in voltages: for one mode the form is exact with u_2 = 0, and it holds on
beyond b = p, where a power series of the same data has long diverged. g is the adjoint gradient and b_0 what does not
vanish with b: mismatch of mirrored arrays, devices that the update rule does not know, kinks of hard rails.

An estimator with phases (beta_i, weight_i) has the bias sum_i weight_i beta_i u(beta_i)/(1 + beta_i/p)^2 - g. Its
leading term is b_k beta^k sum_i weight_i (beta_i/beta)^(k+1) with the lowest k >= 1 for which that sum is not zero: b_1
one-sided, b_2 centered, -4 b_4 for Richardson's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.beta.probe import Probe
from analogep.circuit.phases import Nudging
from analogep.errors import SimulationError
from analogep.estimators import Stencil

Floats = NDArray[np.float64]

DEGREE = 2
_POINTS = 8
_SPAN = 12.0
_REACHES = (0.6, 0.4, 0.25, 0.15)
_HIGHEST = 4
"""Highest power of beta whose coefficient is asked for: Richardson's."""


@dataclass(frozen=True)
class Expansion:
    """Inner products of the vectors; the vectors themselves are not kept.

    Attributes
    ----------
    pole : float
        p.
    gram : ndarray (4, 4) [1]
        Inner products of u_0, u_1, u_2 and g, mean over batches.
    reach : float
        Largest |beta| of the fit.
    residual : float
        Root mean square over the fitted betas of |fit - measured| / |measured - u_0|.
    """

    pole: float
    gram: Floats
    reach: float
    residual: float

    @property
    def length(self) -> float:
        """Length of the exact gradient, root mean square over batches [1]."""
        return float(np.sqrt(self.gram[-1, -1]))

    def _shares(self, unit: Stencil, beta: Floats) -> Floats:
        """Coefficients of u_0, u_1, u_2 in an estimate (betas, 3) for the phases of beta = 1."""
        out = np.zeros((beta.size, DEGREE + 1))
        for strength, weight in unit:
            if strength != 0.0:
                b = strength * beta
                out += (weight * strength / (1.0 + b / self.pole) ** 2)[:, None] * b[:, None] ** np.arange(DEGREE + 1)
        return out

    def bias(self, unit: Stencil, beta: Floats) -> Floats:
        """Squared length of the bias at each `beta` (betas,) [1]; `unit` is the estimator's stencil at beta = 1."""
        shares = np.concatenate([self._shares(unit, beta), np.full((beta.size, 1), -1.0)], axis=1)
        return np.asarray(np.maximum(np.einsum("ni,ij,nj->n", shares, self.gram, shares), 0.0))

    def along(self, unit: Stencil, beta: Floats) -> Floats:
        """Inner product of the mean estimate and the exact gradient at each `beta` (betas,) [1]."""
        return np.asarray(self._shares(unit, beta) @ self.gram[:-1, -1])

    def coefficient(self, order: int) -> float:
        """Length of b_order [1]; of order 0 what is left of the bias at beta = 0."""
        # (1 + x)^-2 = sum_n (-1)^n (n + 1) x^n
        shares = np.zeros(DEGREE + 2)
        for k in range(min(order, DEGREE) + 1):
            n = order - k
            shares[k] = (-1.0 / self.pole) ** n * (n + 1) if n else 1.0
        shares[-1] = -1.0 if order == 0 else 0.0
        return float(np.sqrt(max(float(shares @ self.gram @ shares), 0.0)))


def leading(unit: Stencil) -> tuple[int, float]:
    """Order k of an estimator's bias and its factor |sum_i weight_i beta_i^(k+1)| at beta = 1.

    Raises
    ------
    ValueError
        If the bias vanishes up to order 4.
    """
    for order in range(1, _HIGHEST + 1):
        factor = abs(sum(weight * beta ** (order + 1) for beta, weight in unit))
        if factor > 1e-12:
            return order, factor
    raise ValueError(f"no bias up to order {_HIGHEST}: {unit}")


def _difference(probe: Probe, beta: float) -> Floats:
    """Noise-free [Phi(beta) - Phi(0)]/beta (batches x weights,) [1]."""
    estimator = Nudging(beta=abs(beta), estimator="positive" if beta > 0.0 else "negative")
    return probe.quiet(estimator.stencil()).ravel()


def expand(probe: Probe, pole: float) -> Expansion:
    """Fit the expansion over several ranges of beta and keep the range in which it describes the bias best.

    Least squares of relative errors: a row at beta weighs 1/beta, since the bias grows with beta.

    Parameters
    ----------
    probe : Probe
    pole : float
        p; infinity for none, then ranges are shares of 1.

    Raises
    ------
    SimulationError
        If not even the smallest range has an equilibrium at each of its betas.
    """
    unit, exact, found = 1.0 if np.isinf(pole) else pole, probe.exact.ravel(), []
    for share in _REACHES:
        half = np.geomspace(share / _SPAN, share, _POINTS) * unit
        betas = np.concatenate([-half[::-1], half])
        try:
            measured = np.stack([_difference(probe, float(beta)) for beta in betas])
        except SimulationError:
            if share == _REACHES[-1]:
                raise
            continue
        damping = (1.0 + betas / pole) ** 2
        weight = 1.0 / np.abs(betas)
        powers = np.vander(betas, DEGREE + 1, increasing=True) / damping[:, None]
        u = np.linalg.pinv(powers * weight[:, None]) @ (measured * weight[:, None])
        off = np.linalg.norm(powers @ u - measured, axis=1)
        bias = np.maximum(np.linalg.norm(measured - u[0], axis=1), np.finfo(np.float64).tiny)
        vectors = np.concatenate([u, exact[None, :]])
        gram = vectors @ vectors.T / len(probe.batches)
        found.append(Expansion(pole, gram, float(half[-1]), float(np.sqrt(np.mean(np.square(off / bias))))))
    return min(found, key=lambda one: one.residual)
