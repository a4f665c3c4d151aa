"""Pulse laws made ideal in one respect: without noise, mirrored, straight, or in finer steps.

Each function returns what `--set` would say about the device card; nothing where the card has nothing to make ideal.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from analogep.cards import Block, written
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.device.energy import CapacitiveEnergy, OhmicEnergy, TableEnergy
from analogep.device.laws import Branch, Law
from analogep.device.variation import NoPulseNoise
from analogep.rules import Accumulating, DeviceRule

FINE: Final = 1e-4
"""Step of an ideal cell, as a fraction of the window: that of the card `ideal`."""

_MIDDLE = np.array(0.5)
_MOST = 10**6


def percent(value: float) -> str:
    """Fraction as a card writes it."""
    return f"{100.0 * value:.15g} %"


def block(key: str, value: object) -> str:
    """Override of a whole block or list."""
    return f"{key}={json.dumps(value)}"


def changed(key: str, old: Block, new: Block) -> list[str]:
    """Overrides of the keys of a block that differ in another of its class."""
    names = tuple(type(new).model_fields)
    before, after = written.data(old, names), written.data(new, names)
    return [f"{key}.{name}={written.text(value)}" for name, value in after.items() if before[name] != value]


def _pulse(branch: Branch) -> dict[str, str]:
    return {"amplitude": f"{branch.amplitude!r} V", "width": f"{branch.width!r} s"}


def silent(device: DeviceCard) -> list[str]:
    """Pulses, writes and resets without noise; of an inverse-CDF law the mean steps remain."""
    law, variation = device.programming, device.variation
    out = []
    if not isinstance(variation.cycle_to_cycle, NoPulseNoise):
        out.append(block("variation.cycle_to_cycle", {"kind": "none"}))
    if variation.write_noise.sigma:
        out.append("variation.write_noise.sigma=0 %")
    if variation.write_noise.mean_reverting is not None:
        out.append("variation.write_noise.mean_reverting=null")
    if law.reset is not None and law.reset.sigma:
        out.append("programming.reset.sigma=0 %")
    if law.draws:
        out.append(block("programming", written.data(law.silenced())))
    return out


def mirrored(device: DeviceCard) -> list[str]:
    """d_down(x) = -d_up(1 - x): a pulse down is the pulse up seen from the other end of the window.

    Not for cells that have no gradual pulse down, nor for kinetic laws, whose directions differ in their rates.
    """
    law = device.programming
    down = law.mirrored()
    return [] if down is None or law.down is None else changed("programming.down", law.down, down)


def straight(device: DeviceCard) -> list[str]:
    """|d(x)| = |d(1/2)|: everywhere the step that each direction has in the middle of the window.

    Of an inverse-CDF law the noise remains as it is at each state.
    """
    law = device.programming
    middle = {direction: abs(float(law.step(direction, _MIDDLE))) for direction in law.directions}
    if law.model == "constant" or not all(0.0 < step <= 1.0 for step in middle.values()):
        return []
    spread = device.variation.device_to_device
    out = ["variation.device_to_device.shape=0"] if spread.shape else []
    out += ["variation.device_to_device.reference=own"] if spread.reference == "nominal" else []
    if (new := law.straightened()) is not None:
        return [*out, *_branches(law, new)]
    said: dict[str, object] = {"model": "constant"}
    for direction, step in middle.items():
        said[direction] = {"step": percent(step)} | _pulse(law.branch(direction))
    raw = device.raw["programming"]
    said |= {key: raw[key] for key in ("unidirectional", "reset") if key in raw}
    return [*out, block("programming", said)]


def _branches(law: Law, new: Law) -> list[str]:
    """What differs in the pulses of another law of the same class."""
    return [text for one in law.directions for text in changed(f"programming.{one}", law.branch(one), new.branch(one))]


def fine(device: DeviceCard, circuit: CircuitCard) -> list[str]:
    """Every pulse in k parts, step/k = 1e-4 of the window, and no `levels`.

    The noise of the k parts together is that of the pulse, as are their joules, and the update rule's threshold and
    most pulses are multiplied by k: only the grid of states is gone. A law that
    cannot be divided, as a kinetic one, whose step is its rate, is left.
    """
    out = [] if device.conductance.levels is None else ["conductance.levels=null"]
    parts = device.step / FINE
    return out if parts <= 1.0 else [*out, *divided(device, circuit, parts)]


def divided(device: DeviceCard, circuit: CircuitCard, parts: float) -> list[str]:
    """Every pulse in so many parts, or as so many pulses at once where `parts` is below 1, with its noise and joules.

    Nothing where the law or its noise cannot be divided.
    """
    law, noise = device.programming, device.variation.cycle_to_cycle
    finer, calmer = law.finer(parts), noise.finer(parts)
    if finer is None or calmer is None:
        return []
    out = [*_branches(law, finer), *changed("variation.cycle_to_cycle", noise, calmer)]
    return [*out, *_joules(device, parts), *_rule(device, circuit, parts)]


def _joules(device: DeviceCard, parts: float) -> list[str]:
    """A part of a pulse takes a part of its joules: shorter, or as the card's table says."""
    law, energy = device.programming, device.energy
    if isinstance(energy, OhmicEnergy) and law.kinetics is None:
        return [f"programming.{one}.width={law.branch(one).width / parts!r} s" for one in law.directions]
    if isinstance(energy, TableEnergy):
        return [f"energy.{one}={getattr(energy, one) / parts!r} J" for one in law.directions]
    if isinstance(energy, CapacitiveEnergy):
        farads = {"gate_capacitance": energy.gate_capacitance, "wiring_capacitance": energy.wiring_capacitance}
        return [f"energy.{key}={value / parts!r} F" for key, value in farads.items() if value]
    return []


def _rule(device: DeviceCard, circuit: CircuitCard, parts: float) -> list[str]:
    """The same rule in the smaller steps."""
    rule: Any = circuit.update.active(device.recommended)
    if not isinstance(rule, Accumulating):
        return []
    key = "recommended" if isinstance(circuit.update, DeviceRule) else "update"
    out = [f"{key}.threshold={min(rule.threshold * parts, float(_MOST))!r}"]
    if rule.max_pulses is not None:
        out.append(f"{key}.max_pulses={min(max(round(rule.max_pulses * parts), 1), _MOST)}")
    return out
