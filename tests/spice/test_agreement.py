"""ngspice and our relaxation of the same chip: every kind of network, device and nudging, free and nudged.

A transient within 10 uV, the end of each phase and the operating point within 0.1 uV, joules within 0.1 %.
"""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit.activation import HardClip
from analogep.spice import Scene, compare

from .scenes import (
    AMPLIFIERS,
    ANTIPARALLEL,
    CONSTANT,
    CUBIC_DEVICE,
    IDEAL,
    MIRRORED,
    NEGATIVE,
    PASSIVE,
    SHOCKLEY,
    SIGMOID,
    SINH_DEVICE,
    TANH,
    resistive,
    scene,
)

SCENES = {
    "rc": lambda: scene(),
    "rc, negative nudging, tanh": lambda: scene(NEGATIVE, TANH),
    "rc, constant nudging, sigmoid": lambda: scene(CONSTANT, SIGMOID),
    "rc, sinh devices": lambda: scene(device=SINH_DEVICE),
    "rc, cubic devices, mirrored": lambda: scene(MIRRORED, device=CUBIC_DEVICE),
    "passive": lambda: scene(*PASSIVE),
    "passive, sinh devices, mirrored, constant nudging": lambda: scene(
        *PASSIVE, MIRRORED, CONSTANT, device=SINH_DEVICE
    ),
    "resistive, Shockley diodes": lambda: scene(*resistive(SHOCKLEY)),
    "resistive, antiparallel diodes, doubled, sinh": lambda: scene(
        *resistive(ANTIPARALLEL, "doubled"), device=SINH_DEVICE
    ),
    "resistive, ideal diodes, amplifiers": lambda: scene(*resistive(IDEAL, "doubled", AMPLIFIERS)),
    "resistive, ideal diodes, cubic, constant nudging": lambda: scene(CONSTANT, *resistive(IDEAL), device=CUBIC_DEVICE),
    "resistive, linear, amplifiers": lambda: scene(*resistive("{kind: none}", "single", AMPLIFIERS)),
}

pytestmark = pytest.mark.usefixtures("ngspice")


@pytest.mark.parametrize("make", SCENES.values(), ids=list(SCENES))
def test_ngspice_agrees_on_voltages_and_joules(make: object) -> None:
    chip = make()  # type: ignore[operator]
    assert isinstance(chip, Scene)
    found = compare(chip)
    assert found.transient.max() < 10e-6
    assert found.final.max() < 0.1e-6
    assert found.equilibrium.max() < 0.1e-6
    assert found.energy.max() < 1e-3
    assert found.disagreements() == []
    assert found.points > 100
    # Joules of nothing would agree as well: arrays always take some, nudging sources in the nudged phase alone.
    joules = dict(zip(found.components, found.ngspice.T, strict=True))
    assert (joules["array"] > 0.0).all()
    assert joules["nudging"][0] < 1e-9 * joules["nudging"][1]


def test_the_nudged_phase_moves_the_outputs() -> None:
    found = compare(scene())
    assert found.ours[1, found.components.index("nudging")] > 1e-15


def test_a_chip_that_is_not_the_netlists_is_found_out() -> None:
    chip = scene()
    other = scene()
    array = other.hardware.pairs[1].plus
    array.show(np.where(np.arange(array.g.size).reshape(array.g.shape) == 0, 1.1 * array.g, array.g))
    other.hardware.refresh()
    object.__setattr__(chip, "network", other.network)
    said = compare(chip).disagreements()
    assert any(sentence.startswith("transient") for sentence in said)
    assert any(sentence.startswith("end of a phase") for sentence in said)
    assert any(sentence.startswith("operating point") for sentence in said)


def test_a_node_beyond_its_rail_is_in_the_netlist_as_well() -> None:
    chip = scene("neurons.hidden.activation={kind: hard_clip, low: 0 V, high: 0.005 V}")
    activation = chip.hardware.network().layers[0].activation  # type: ignore[attr-defined]
    assert isinstance(activation, HardClip)
    assert compare(chip).disagreements() == []
