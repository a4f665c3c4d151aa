"""Errors of noisy estimates against the adjoint over a grid of beta: what the prediction is held against."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.beta.predict import strongest
from analogep.beta.probe import Probe
from analogep.circuit.phases import Estimator, Nudging
from analogep.errors import SimulationError
from analogep.learning import Experimenter, compare

Floats = NDArray[np.float64]

_TOLERANCE = 1.0 + 1e-9
_MEASURED: tuple[Estimator, ...] = ("positive", "negative", "centered", "richardson")


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


def _one(probe: Probe, nudging: Nudging, reader: Experimenter, repeats: int) -> tuple[float, float]:
    squared, cosines = 0.0, []
    stencil = nudging.stencil()
    for repeat in range(repeats):
        found = probe.noisy(stencil, reader, repeat)
        squared += float(np.square(found - probe.exact).sum()) / len(found)
        cosines += [compare(*both)[0] for both in zip(found, probe.exact, strict=True)]
    known = [cosine for cosine in cosines if not math.isnan(cosine)]
    return squared / repeats, float(np.mean(known)) if known else math.nan


def errors(probe: Probe, pole: float, betas: Floats, reader: Experimenter, repeats: int) -> dict[Estimator, Errors]:
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
    out: dict[Estimator, Errors] = {}
    for name in _MEASURED:
        squared, cosine = np.full((2, betas.size), np.nan)
        for k in np.flatnonzero(betas <= strongest(name, pole) * _TOLERANCE):
            nudging = Nudging(beta=float(betas[k]), estimator=name)
            # Near the pole of the free state a nudged one may have its own, nearer: then there is nothing to measure.
            with contextlib.suppress(SimulationError):
                squared[k], cosine[k] = _one(probe, nudging, reader, repeats)
        out[name] = Errors(squared, cosine)
    # Either sign half of the time: the mean of both one-sided ones.
    signs = [out["positive"], out["negative"]]
    out["random_sign"] = Errors(
        np.mean([one.squared for one in signs], axis=0), np.mean([one.cosine for one in signs], axis=0)
    )
    return out
