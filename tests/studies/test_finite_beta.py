"""Accuracy against nudging strength and read noise: the shape of PHYSICS.md section 3, on the digits."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from .conftest import load_study


@pytest.fixture(scope="module")
def study() -> ModuleType:
    return load_study("finite_beta")


def test_noise_drowns_a_small_beta_and_spares_a_larger_one(study: ModuleType) -> None:
    """One seed, three epochs; the gaps asked for are several times the spread between seeds (about 0.02)."""
    jobs = [("centered", sigma, beta, 3, 0) for sigma in (0.0, 0.1) for beta in (0.05, 0.6)]
    quiet_small, quiet_large, noisy_small, noisy_large = (study.one(job) for job in jobs)
    assert quiet_small > 0.85
    assert quiet_large > 0.85
    assert noisy_small < 0.5
    assert noisy_large > noisy_small + 0.3
    assert study.one(("positive", 0.1, 0.3, 3, 0)) < study.one(("centered", 0.1, 0.3, 3, 0)) + 0.02


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_best_beta_moves_right_as_noise_grows_and_centered_beats_one_sided(study: ModuleType) -> None:
    """The whole table, two seeds, eight epochs."""
    rows = [(name, sigma) for name, sigmas in study.SIGMAS.items() for sigma in sigmas]
    accuracy = dict(zip(rows, study.sweep(rows, study.BETAS, 8, 2, 2), strict=True))
    best = [int(np.argmax(accuracy["centered", sigma])) for sigma in (0.03, 0.1, 0.3)]
    assert best == sorted(best)
    assert best[-1] > best[0]
    for sigma in (0.03, 0.1, 0.3):
        curve = accuracy["centered", sigma]
        peak = int(np.argmax(curve))
        assert curve[peak] > curve[0] + 0.1, "noise drowns the smallest beta"
        assert curve[peak] > curve[-1] + 0.01, "bias spoils the largest beta"
    noisy, one_sided = accuracy["centered", 0.1], accuracy["positive", 0.1]
    assert noisy.max() > one_sided.max()
    assert (noisy[:3] >= one_sided[:3] - 0.02).all()
