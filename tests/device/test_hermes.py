"""The card of the HERMES chip's cells beside the published fit that it was made from."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.device import DeviceCard
from analogep.device.flicker import PcmReadNoise
from analogep.device.retention import PowerLaw

X = np.linspace(0.02, 1.0, 981)


def test_drift_and_read_noise_are_the_published_ones_within_what_the_card_says() -> None:
    """x = G/G_max; of one device a weight, in `aihwkit.inference.noise.hermes`."""
    card = DeviceCard.load("pcm_hermes")
    law, noise, top = card.retention, card.read.noise, card.conductance.max
    assert isinstance(law, PowerLaw)
    assert isinstance(noise, PcmReadNoise)
    low = np.clip(-0.0387 * np.log(X) - 0.0182, 0.0720, 0.13)
    mean = np.where(X < 0.0945, low, -0.0436 * X**2 - 0.0126 * X + 0.0736)
    wide = np.clip(-0.0120 * np.log(X) - 0.0023, 0.0124, 0.04)
    spread = np.where(X < 0.3039, wide, -0.0165 * X**2 + 0.0116 * X + 0.0104)
    # nu from what is left after e - 1 times t0: G (1 + t/t0)^-nu = G e^-nu.
    ends, zero, one = np.zeros(X.size), np.zeros(X.size), np.ones(X.size)
    nu, more = (
        -np.log(law.aged(X * top, ends, ends, top, law.t0 * np.expm1(1.0), xi) / (X * top)) for xi in (zero, one)
    )
    assert np.abs(nu - mean)[X > 0.1].max() < 0.012
    assert np.abs(nu - mean).max() < 0.05
    assert np.abs(more - nu - spread).max() < 0.0046
    few = np.clip(-0.0078 * np.log(X) + 0.0038, 0.0179, 0.04)
    q = np.where(X < 0.1591, few, 0.0664 * X**3 - 0.1352 * X**2 + 0.0768 * X + 0.0088)
    growth = np.log((200.0 + 512e-9) / (2 * 512e-9))
    sd = np.sqrt(noise.variance(X * top, top)) / (X * top)
    assert sd / np.sqrt(growth) == pytest.approx(q, abs=0.0057)


def test_what_nobody_has_published_of_these_cells_is_unknown() -> None:
    unknown = set(DeviceCard.load("pcm_hermes").unknown)
    assert {"spread of windows", "I-V curve", "disturb", "yield", "endurance", "energy of a pulse"} <= unknown
