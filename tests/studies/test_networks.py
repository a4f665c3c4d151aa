"""What docs/results says of passive and resistive networks: they learn the digits with converters and noise."""

from __future__ import annotations

import pytest

from analogep import CircuitCard, DeviceCard, Run


def accuracy(circuit: str, seed: int) -> float:
    """Share of the 359 test samples that ideal devices classify correctly after the card's epochs."""
    result = Run(DeviceCard.load("ideal"), CircuitCard.load(circuit), seed=seed).execute()
    return float(result["accuracy"][-1])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_resistive_card_learns_the_digits(seed: int) -> None:
    """At least 95 %, with 12-bit converters and kT/C noise."""
    assert accuracy("resistive-digits", seed) >= 0.95


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_passive_card_learns_the_digits(seed: int) -> None:
    """At least 95 %, with 8-bit converters and kT/C noise."""
    assert accuracy("passive-digits", seed) >= 0.95
