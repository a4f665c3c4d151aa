"""Variance of one estimate by the noise of its own reads.

    E |noisy - noise-free|^2 = V/beta^2 + W

V comes from noise that is drawn anew in each phase: with sigma^2 the trace of the covariance of one measured Phi, V is
sigma^2 times the sum of the squared weights of the phases at beta = 1 (2 one-sided, 1/2 centered). W is of noise that
stands still over the phases of a sample and moves the gradient itself; no beta helps against it. Two references
separate them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.beta.probe import Probe
from analogep.circuit.phases import Nudging
from analogep.learning import Experimenter

Floats = NDArray[np.float64]

_APART = 4.0
_SCATTER = 0.2
"""Share of the variance below which W cannot be told from the scatter of a few repeats."""


@dataclass(frozen=True)
class Noise:
    """V and W, mean over batches [1], and the larger of the two betas they were measured at."""

    fresh: float
    still: float
    reference: float


def deviation(probe: Probe, nudging: Nudging, reader: Experimenter, repeats: int) -> float:
    """Mean squared deviation of noisy estimates from the noise-free one, mean over batches [1]."""
    stencil = nudging.stencil()
    quiet, total = probe.quiet(stencil), 0.0
    for repeat in range(repeats):
        total += float(np.square(probe.noisy(stencil, reader, repeat) - quiet).sum())
    return total / (repeats * len(probe.batches))


def noise_of(probe: Probe, nudging: Nudging, reader: Experimenter, repeats: int) -> Noise:
    """Measure V and W of an estimator at the beta of `nudging` and at a quarter of it.

    Parameters
    ----------
    probe : Probe
    nudging : Nudging
        Estimator and reference beta.
    reader : Experimenter
    repeats : int
        Noisy estimates of every batch at either beta.
    """
    high = nudging.beta
    low = high / _APART
    above = deviation(probe, nudging, reader, repeats)
    below = deviation(probe, nudging.model_copy(update={"beta": low}), reader, repeats)
    fresh = max((below - above) / (1.0 / low**2 - 1.0 / high**2), 0.0)
    still = above - fresh / high**2
    if still < _SCATTER * above:
        return Noise(above * high**2, 0.0, high)
    return Noise(fresh, still, high)
