"""The stored numbers of analog against digital, and what small banks of memory make of them."""

from __future__ import annotations

import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.digital import DigitalNetwork
from analogep.memory import DigitalMemory

from .conftest import load_study


def test_ratios_are_of_the_stored_joules_and_of_integers_at_the_same_node_and_batch() -> None:
    """Digital over analog by hand for one case; with small banks the memory, and its share of control, is cheaper."""
    study = load_study("verdict")
    found = study.cases(load_study("stored").read("verdict"))
    assert list(found) == [
        study.title({"circuit": name, "device": device}, subject) for subject, name, device in study.CASES
    ]
    kept = found["MNIST: mnist-chip, rram"]
    joules = [sum(seed["training"].values()) for seed in kept["joules"]]
    one, small = (CircuitCard.load("mnist-chip", keys) for keys in ([], ["memory.bank=8192"]))
    mean, low, high = study.sides(kept, "training").ratio
    assert mean == pytest.approx(DigitalNetwork(one, 20).training / (sum(joules) / 3), rel=1e-12)
    assert low < mean < high
    assert study.sides(kept, "inference alone").digital == (
        DigitalNetwork(one, 1).inference, DigitalNetwork(small, 1).inference
    )  # fmt: skip
    device = DeviceCard.load("rram")
    share = DigitalMemory(device, small).joules_per_bit / DigitalMemory(device, one).joules_per_bit
    memory = sum(seed["training"]["memory"] for seed in kept["joules"]) / 3
    assert study.banked(kept, "training") == pytest.approx(sum(joules) / 3 - 1.22 * memory * (1 - share), rel=1e-9)
