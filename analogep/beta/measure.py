"""Errors of noisy estimates against the adjoint over a grid of beta: what the prediction is held against."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.beta.predict import stencils, strongest
from analogep.beta.probe import Probe
from analogep.errors import SimulationError
from analogep.estimators import Stencil, real_estimators
from analogep.learning import Experimenter, compare

Floats = NDArray[np.float64]

_TOLERANCE = 1.0 + 1e-9


@dataclass(frozen=True)
class Errors:
    """Errors of one estimator at each beta of the grid: not a number beyond the bound of the estimator, nor where a
    phase has no equilibrium.

    Attributes
    ----------
    squared : ndarray (betas,) [1]
        Mean over repeats and batches of |estimate - exact gradient|^2.
    cosine : ndarray (betas,) [1]
        Mean cosine of estimate and exact gradient, of the batches where neither is zero.
    """

    squared: Floats
    cosine: Floats


def _one(probe: Probe, stencil: Stencil, reader: Experimenter, repeats: int) -> tuple[float, float]:
    squared, cosines = 0.0, []
    for repeat in range(repeats):
        found = probe.noisy(stencil, reader, repeat)
        squared += float(np.square(found - probe.exact).sum()) / len(found)
        cosines += [compare(*both)[0] for both in zip(found, probe.exact, strict=True)]
    known = [cosine for cosine in cosines if not math.isnan(cosine)]
    return squared / repeats, float(np.mean(known)) if known else math.nan


def errors(probe: Probe, pole: float, betas: Floats, reader: Experimenter, repeats: int) -> dict[str, Errors]:
    """Measure every estimator over a grid.

    Parameters
    ----------
    probe : Probe
    pole : float
        Estimators with negative phases are measured up to the share of it that `strongest` allows.
    betas : ndarray (betas,) [1]
    reader : Experimenter
        Runs the phases, with its noise.
    repeats : int
        Noisy estimates of every batch at each beta.
    """
    out: dict[str, Errors] = {}
    known: dict[Stencil, tuple[float, float]] = {}
    for name in real_estimators():
        squared, cosine = np.full((2, betas.size), np.nan)
        for k in np.flatnonzero(betas <= strongest(name, pole) * _TOLERANCE):
            # Near the pole of the free state a nudged one may have its own, nearer: then there is nothing to measure.
            with contextlib.suppress(SimulationError):
                each = stencils(name, float(betas[k]))
                # What draws its sign has each of them half of the time, and the one-sided errors are measured once.
                known |= {one: _one(probe, one, reader, repeats) for one in each if one not in known}
                squared[k], cosine[k] = np.mean([known[one] for one in each], axis=0)
        out[name] = Errors(squared, cosine)
    return out
