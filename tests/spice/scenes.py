"""Small chips of every kind of network, with one sample at their inputs."""

from __future__ import annotations

import numpy as np

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.network import Hardware
from analogep.spice import Scene
from analogep.streams import Seeds

SMALL = "layers=[5,4,3]"
TANH = "neurons.hidden.activation={kind: tanh, amplitude: 0.2 V}"
SIGMOID = "neurons.hidden.activation={kind: sigmoid, amplitude: 0.2 V}"
CONSTANT = "nudging.kind=constant"
NEGATIVE = "nudging.estimator=negative"
MIRRORED = "feedback={kind: mirrored, gain: 0.5}"
SHORT = ("timing.free.duration=80 ns", "timing.nudged.duration=40 ns")
TINY = ("layers=[3,2,2]", "wires.tile=[3,2]", "timing.free.duration=20 ns", "timing.nudged.duration=10 ns")
"""Where every evaluation of our equations solves all nodes of all wires."""
PASSIVE = ("network={kind: passive, gain: [4, 6]}", *SHORT)
UNLIKE = "mismatch={offset: 5 mV, gain: 5 %, reverse_gain: 8 %, rails: 5 mV, bandwidth: 20 %}"
WIRES = "wires={kind: exact, word: 300 ohm, bit: 200 ohm, driver: 1 kohm, sense: 500 ohm, tile: [4, 3]}"
NODE = "{capacitance: 0.2 pF, leak: 1 uS}"
NO_AMPLIFIERS = "null"
AMPLIFIERS = (
    "{gain: 4, back: 0.25, bias: {supply: 1.1 V, bandwidth: 300 MHz, load: 0.5 pF, gm_over_id: 15, branches: 4}}"
)
TIA = "{kind: tia, supply: 1.1 V, dc_gain: 10000, load: 0.2 pF, gm_over_id: 15, branches: 4}"
CONVEYOR = (
    "{kind: conveyor, supply: 1.1 V, bias_current: 20 uA, gm_over_id: 15, regulation: 100, mirror: 20 MHz, peak: 10, "
    "branches: 4}"
)
LOADED = "{kind: passive, supply: 1.1 V, line_load: 2 mS, load: 0.2 pF, gm_over_id: 15, branches: 4}"
"""Column circuits; the mirrors of the conveyor are slow."""
NO_LINES = "lines.capacitance_per_cell=0 F"
SHOCKLEY = "{kind: shockley, saturation: 300 nA}"
ANTIPARALLEL = "{kind: antiparallel, saturation: 300 nA}"
IDEAL = "{kind: ideal, conductance: 200 uS}"

LINEAR_DEVICE = ("read.noise={kind: none}", "read.iv={kind: linear}")
SINH_DEVICE = ("read.noise={kind: none}", "read.iv={kind: sinh, v0: 0.1 V}")
CUBIC_DEVICE = ("read.noise={kind: none}", "read.iv={kind: cubic, v0: 0.1 V}")


def resistive(diodes: str, outputs: str = "single", amplifiers: str = NO_AMPLIFIERS) -> tuple[str, ...]:
    """Overrides that make the shipped card a resistive network."""
    hidden = f"{{capacitance: 0.2 pF, leak: 0.5 uS, diodes: {diodes}}}"
    network = (
        f"network={{kind: resistive, target: 0.05 V, bias: [0.2 V], outputs: {outputs}, hidden: {hidden}, "
        f"output: {NODE}, amplifiers: {amplifiers}, nudging_conductance: 20 uS, initial: [[0 %, 100 %]]}}"
    )
    return ("neurons=null", "feedback=null", "learning.initial_gain=null", "mapping.scheme=single", network, *SHORT)


def held(column: str, *circuit: str, more: str = "") -> tuple[str, ...]:
    """Overrides that put a column circuit on every line, with some `more` keys; lines have no capacitance."""
    return (f"column={column[:-1]}{', ' if more else ''}{more}}}", NO_LINES, *circuit)


def scene(*circuit: str, device: tuple[str, ...] = LINEAR_DEVICE, seed: int = 1) -> Scene:
    """A freshly initialised chip, random inputs in both halves of the range, the second class as target."""
    card = CircuitCard.load("digits", (SMALL, *circuit))
    hardware = Hardware(DeviceCard.load("rram", device), card, Seeds.of(seed))
    hardware.initialise()
    x = np.random.default_rng(seed).random((1, card.layers[0])) * card.mapping.read_voltage
    target = np.zeros((1, card.layers[-1]))
    target[0, 1] = card.target_voltage
    beta = next(beta for beta, _ in card.nudging.stencil() if beta != 0.0)
    return Scene(hardware, x, target, beta)
