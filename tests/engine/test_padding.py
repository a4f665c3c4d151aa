"""One compiled kernel for networks of any depth up to four layers."""

from typing import Any

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.engine.parts import LENGTHS, padded
from analogep.engine.steps import march
from analogep.kinds.spiking.steps import spike_steps
from analogep.run import Run
from tests.run.tiny import digits


def test_arrays_come_first_and_the_rest_is_empty_and_of_their_type() -> None:
    arrays = [np.ones((3, n), np.float32) for n in range(1, 6)]
    found = padded(arrays)
    assert len(found) == LENGTHS[1]
    assert all(a is b for a, b in zip(found[:5], arrays, strict=True))
    assert all(a.size == 0 and a.ndim == 2 and a.dtype == np.float32 and a.flags.c_contiguous for a in found[5:])
    assert len(padded(arrays[:2])) == len(padded(arrays[:4])) == LENGTHS[0]
    assert len(padded(arrays * 4)) == LENGTHS[2]


LEARNING = "learning={rate: [0.1], batch: 20, epochs: 1, initial_gain: [0.3], probe: 4}"


def trained(card: str, layers: str) -> None:
    given = (f"layers={layers}", LEARNING, "mapping.weight_range=[0.5]", "solver.method=euler")
    Run(DeviceCard.load("ideal"), CircuitCard.load(card, given), 1, digits()).execute()


@pytest.mark.parametrize(
    ("kernel", "card", "layers"),
    [
        (march, "digits", ("[64,6,10]", "[64,6,5,5,10]")),
        (spike_steps, "spiking-digits", ("[64,6,10]", "[64,6,5,10]")),
    ],
)
def test_another_depth_compiles_nothing_anew(kernel: Any, card: str, layers: tuple[str, str]) -> None:
    trained(card, layers[0])
    known = len(kernel.signatures)
    assert known > 0
    trained(card, layers[1])
    assert len(kernel.signatures) == known
