"""Pulse laws made ideal in one respect: without noise, mirrored, straight, or in finer steps.

Each function returns what `--set` would say about the device card; nothing where the card has nothing to make ideal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np

from analogep.circuit import CircuitCard
from analogep.circuit.update import Accumulating
from analogep.device import DeviceCard
from analogep.device.energy import CapacitiveEnergy, OhmicEnergy, TableEnergy
from analogep.device.laws import (
    Direction,
    Exponential,
    ExpStep,
    InverseCdf,
    Law,
    Linear,
    Logistic,
    Piecewise,
    SoftBoundsReference,
    StepBranch,
)
from analogep.device.laws.base import Branch, Floats
from analogep.device.variation import NominalStepNoise, RangeNoise, StateNoise, StepNoise

FINE: Final = 1e-4
"""Step of an ideal cell, as a fraction of the window: that of the card `ideal`."""

_MIDDLE = np.array(0.5)
_MOST = 10**6


class Table(NamedTuple):
    """Steps of one direction of a tabulated law.

    Attributes
    ----------
    nodes : ndarray (nodes,) [window]
    steps : ndarray (quantiles, nodes) [window]
        One row where pulses have no noise.
    mean : ndarray (nodes,) [window]
    """

    nodes: Floats
    steps: Floats
    mean: Floats


def percent(value: float) -> str:
    """Fraction as a card writes it."""
    return f"{100.0 * value:.15g} %"


def percents(values: Iterable[float]) -> list[str]:
    """Fractions as a card writes them."""
    return [percent(float(value)) for value in values]


def block(key: str, value: object) -> str:
    """Override of a whole block or list."""
    return f"{key}={json.dumps(value)}"


def _table(law: Piecewise | InverseCdf, direction: Direction) -> Table:
    branch: Any = law.branch(direction)
    mean = branch.moments()[0] if isinstance(law, InverseCdf) else np.array(branch.steps)
    return Table(np.array(branch.nodes), np.atleast_2d(np.array(branch.steps)), mean)


def _rows(law: Law, steps: Floats) -> list[Any]:
    """Steps in the form of the law: a list for each quantile, or one list."""
    rows = [percents(row) for row in steps]
    return rows if isinstance(law, InverseCdf) else rows[0]


def _pulse(branch: Branch) -> dict[str, str]:
    return {"amplitude": f"{branch.amplitude!r} V", "width": f"{branch.width!r} s"}


def silent(device: DeviceCard) -> list[str]:
    """Pulses, writes and resets without noise; of an inverse-CDF law the mean steps remain."""
    law, variation = device.programming, device.variation
    out = []
    if variation.cycle_to_cycle.kind != "none":
        out.append(block("variation.cycle_to_cycle", {"kind": "none"}))
    if variation.write_noise.sigma:
        out.append("variation.write_noise.sigma=0 %")
    if law.reset is not None and law.reset.sigma:
        out.append("programming.reset.sigma=0 %")
    if isinstance(law, InverseCdf):
        said: dict[str, object] = {"model": "piecewise"}
        for direction in law.directions:
            table = _table(law, direction)
            steps = {"nodes": percents(table.nodes), "steps": percents(table.mean)}
            said[direction] = _pulse(law.branch(direction)) | steps
        out.append(block("programming", _with_reset(device, said)))
    return out


def _with_reset(device: DeviceCard, said: dict[str, object]) -> dict[str, object]:
    """A new law keeps the card's way down by RESET."""
    raw = device.raw["programming"]
    return said | {key: raw[key] for key in ("unidirectional", "reset") if key in raw}


def mirrored(device: DeviceCard) -> list[str]:
    """d_down(x) = -d_up(1 - x): a pulse down is the pulse up seen from the other end of the window.

    Not for cells that have no gradual pulse down, nor for kinetic laws, whose directions differ in their rates.
    """
    law = device.programming
    if law.unidirectional or law.model == "kinetic":
        return []
    return [f"programming.down.{key}={text}" for key, text in _mirror(law).items()]


def _mirror(law: Law) -> dict[str, str]:
    """Parameters of the pulse down that mirror the pulse up."""
    up: Any = law.up
    if isinstance(law, Linear):
        # |d_down(x)| = o + s (1 - x) with d_up(x) = o + s x; in the law's own terms step (1 + gamma (x - zero)/zero).
        one = law.nominal("up")
        step = one.offset + one.slope * (1.0 - law.zero)
        return {"step": percent(step), "slope": f"{-one.slope * law.zero / step:.15g}"}
    if isinstance(law, SoftBoundsReference):
        return {"step": percent(up.step * law.symmetry_point / (1.0 - law.symmetry_point))}
    if isinstance(law, ExpStep):
        # gamma z(1 - x) = -gamma z(x) + gamma (2 a (1 - 2 zero) + 2 b): the constant goes into A.
        factor = math.exp(up.gamma * (2.0 * law.a * (1.0 - 2.0 * law.zero) + 2.0 * law.b))
        return {"step": percent(up.step), "A": f"{up.A * factor:.15g}", "gamma": f"{up.gamma!r}"}
    if isinstance(law, Piecewise | InverseCdf):
        table = _table(law, "up")
        said = {"nodes": json.dumps(percents(1.0 - table.nodes[::-1]))}
        if isinstance(law, InverseCdf):
            said["quantiles"] = json.dumps(percents(1.0 - np.array(law.up.quantiles)[::-1]))
        return said | {"steps": json.dumps(_rows(law, -table.steps[::-1, ::-1]))}
    # The other laws are written in the direction's own sense.
    own = set(type(up).model_fields) - set(Branch.model_fields)
    return {key: percent(getattr(up, key)) if key == "step" else f"{getattr(up, key)!r}" for key in sorted(own)}


def straight(device: DeviceCard) -> list[str]:
    """|d(x)| = |d(1/2)|: everywhere the step that each direction has in the middle of the window.

    Of an inverse-CDF law the noise remains as it is at each state.
    """
    law = device.programming
    middle = {direction: abs(float(law.step(direction, _MIDDLE))) for direction in law.directions}
    if law.model == "constant" or not all(0.0 < step <= 1.0 for step in middle.values()):
        return []
    out = ["variation.device_to_device.shape=0"] if device.variation.device_to_device.shape else []
    if isinstance(law, InverseCdf):
        for direction in law.directions:
            table = _table(law, direction)
            steps = table.steps - table.mean + np.interp(0.5, table.nodes, table.mean)
            out.append(block(f"programming.{direction}.steps", _rows(law, steps)))
        return out
    said: dict[str, object] = {"model": "constant"}
    for direction, step in middle.items():
        said[direction] = {"step": percent(step)} | _pulse(law.branch(direction))
    return [*out, block("programming", _with_reset(device, said))]


def fine(device: DeviceCard, circuit: CircuitCard) -> list[str]:
    """Every pulse in k parts, step/k = 1e-4 of the window, and no `levels`.

    The noise of the k parts together is that of the pulse, as are their joules, and the update rule's threshold and
    most pulses are multiplied by k: only the grid of states is gone. A kinetic law, whose step is its rate, is left.
    """
    law, out = device.programming, []
    if device.conductance.levels is not None:
        out.append("conductance.levels=null")
    parts = device.step / FINE
    if law.model == "kinetic" or parts <= 1.0:
        return out
    for direction in law.directions:
        out += _parts(law, direction, parts)
    return [*out, *_noise(device, parts), *_joules(device, parts), *_rule(device, circuit, parts)]


def _parts(law: Law, direction: Direction, parts: float) -> list[str]:
    """Smaller steps of one direction."""
    branch: Any = law.branch(direction)
    key = f"programming.{direction}"
    if isinstance(law, Piecewise | InverseCdf):
        # Means shrink by k, deviations by sqrt(k): k parts have the variance of the whole.
        table = _table(law, direction)
        steps = table.mean / parts + (table.steps - table.mean) / math.sqrt(parts)
        return [block(f"{key}.steps", _rows(law, steps))]
    if isinstance(law, Exponential | Logistic):
        return [f"{key}.pulses={min(round(branch.pulses * parts), 10**9)}"]
    assert isinstance(branch, StepBranch)
    return [f"{key}.step={percent(branch.step / parts)}"]


def _noise(device: DeviceCard, parts: float) -> list[str]:
    """Noise of a part of a pulse, whose variance is that of the pulse divided by their number."""
    noise, root, key = device.variation.cycle_to_cycle, math.sqrt(parts), "variation.cycle_to_cycle"
    if isinstance(noise, RangeNoise):
        return [f"{key}.sigma={percent(noise.sigma / root)}"]
    if isinstance(noise, StepNoise | NominalStepNoise):
        return [f"{key}.sigma={percent(noise.sigma * root)}"]
    if isinstance(noise, StateNoise):
        return [
            f"{key}.step={percent(noise.step * root)}",
            f"{key}.floor={noise.floor / root!r} S",
            f"{key}.slope={percent(noise.slope / root)}",
        ]
    return []


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
    rule: Any = circuit.update
    key = "update"
    if rule.rule == "device":
        rule, key = device.recommended, "recommended"
    if not (isinstance(rule, Accumulating) or rule.rule in ("mixed_precision", "closed_loop")):
        return []
    out = [f"{key}.threshold={min(rule.threshold * parts, float(_MOST))!r}"]
    if rule.max_pulses is not None:
        out.append(f"{key}.max_pulses={min(max(round(rule.max_pulses * parts), 1), _MOST)}")
    return out
