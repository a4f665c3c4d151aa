"""Limits made larger and smaller: which keys of the cards follow a factor, how, and what is said of them.

A factor f multiplies the error, and not the key: a spread and a noise follow f, a voltage scale of a curved I-V
f^(-1/2) (its error is (V/V0)^2), a time constant of leakage and the length of a phase 1/f; bits of a converter fall by
log2 f (its step is 2^-bits). f = 0 is what `Limit.overrides` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from analogep.budget import pulses
from analogep.cards import Block, written
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.device.retention import Leak, Logarithmic, PowerLaw
from analogep.errors import UsageError

Cards = tuple[DeviceCard, CircuitCard]


@dataclass(frozen=True)
class Scale:
    """How one key follows the factor.

    Attributes
    ----------
    key : str
        Of either card.
    value : float
        On the card, in SI units.
    unit : str
        Empty for a number, `%` for a fraction.
    power : float
        The key is `value` f^power; bits are `value` - log2 f, with the unit `bit`.
    """

    key: str
    value: float
    unit: str = ""
    power: float = 1.0

    def at(self, factor: float) -> float:
        """Value at a factor above 0, in SI units."""
        if self.unit == "bit":
            return self.value - math.log2(factor)
        return self.value * float(factor**self.power)

    def said(self, factor: float) -> str:
        """What `--set` would say; whole bits."""
        value = self.at(factor)
        if self.unit == "bit":
            return f"{self.key}={max(round(value), 1) if self.key.endswith('bits') else max(value, 1.0)!r}"
        if self.unit == "%":
            return f"{self.key}={pulses.percent(value)}"
        return f"{self.key}={value!r} {self.unit}".rstrip()


@dataclass(frozen=True)
class Scaling:
    """How a limit follows the factor.

    Attributes
    ----------
    quantity : Scale
        The number that stands for the limit; its key may be a name for something that no key holds.
    overrides : callable
        Factor above 0 -> what `--set` would say.
    others : tuple of str
        Keys that move with it in proportion.
    """

    quantity: Scale
    overrides: Callable[[float], list[str]]
    others: tuple[str, ...] = ()


def scaled(name: str, device: DeviceCard, circuit: CircuitCard, factor: float) -> list[str]:
    """What `--set` would say to make a limit `factor` times as large.

    Raises
    ------
    UsageError
        If it cannot be scaled.
    """
    found = scaling(name, device, circuit)
    if isinstance(found, str):
        raise UsageError(f"{name} cannot be made {factor:g} times as large: {found}")
    return found.overrides(factor)


def scaling(name: str, device: DeviceCard, circuit: CircuitCard) -> Scaling | str:
    """How a limit of the cards follows a factor, or why it does not."""
    if name in _NEVER:
        return _NEVER[name]
    if name in _OWN:
        return _OWN[name](device, circuit)
    return _together(list(_KEYS[name](device, circuit)))


def _together(found: list[Scale]) -> Scaling | str:
    """All keys at the same factor; the first of them stands for the limit."""
    if not found:
        return "the card describes it by no number that grows with it"
    return Scaling(found[0], lambda factor: [one.said(factor) for one in found], tuple(one.key for one in found[1:]))


def _spreads(block: Any, key: str, names: Mapping[str, str]) -> Iterator[Scale]:
    """Numbers of a block that are not zero; names are those of its keys, with their units."""
    for name, unit in names.items():
        if value := getattr(block, name):
            yield Scale(f"{key}.{name}", float(value), unit)


_SPREADS: Final = dict.fromkeys(("step", "max", "min", "asymmetry"), "%")


def _device_to_device(device: DeviceCard, _circuit: CircuitCard) -> Iterator[Scale]:
    spread = device.variation.device_to_device
    yield from _spreads(spread, "variation.device_to_device", {**_SPREADS, "shape": ""})


def _cycle_to_cycle(device: DeviceCard, _circuit: CircuitCard) -> Scaling | str:
    if device.programming.draws:
        return "its pulses are drawn from measured tables"
    variation, reset = device.variation, device.programming.reset
    if variation.write_noise.mean_reverting is not None:
        return "its writes scatter by a walk, which has no single size"
    units = {"sigma": "%", "step": "%", "slope": "%", "floor": "S"}
    known = {name: unit for name, unit in units.items() if name in type(variation.cycle_to_cycle).model_fields}
    found = list(_spreads(variation.cycle_to_cycle, "variation.cycle_to_cycle", known))
    found += _spreads(variation.write_noise, "variation.write_noise", {"sigma": "%"})
    return _together([*found, *([] if reset is None else _spreads(reset, "programming.reset", {"sigma": "%"}))])


def _asymmetry(device: DeviceCard, _circuit: CircuitCard) -> Scaling | str:
    """down(f) = mirrored + f (down - mirrored), key by key."""
    law = device.programming
    mirror, down = law.mirrored(), law.down
    if mirror is None or down is None:
        return "its law has no pulse down to compare"
    differ = _between(mirror, down)
    if differ is None:
        return "its pulses are tables, between which there is no line"

    def overrides(factor: float) -> list[str]:
        new = {name: _like(end, start + factor * (end - start)) for name, (start, end) in differ.items()}
        return pulses.changed("programming.down", down, down.model_copy(update=new))

    name, (start, end) = next(iter(differ.items()))
    return Scaling(Scale(f"programming.down.{name} less its mirror image", end - start), overrides)


def _like(model: float, value: float) -> float:
    """A value of the same type, in whole numbers where the model is one."""
    return round(value) if isinstance(model, int) else value


def _between(mirror: Block, down: Block) -> dict[str, tuple[float, float]] | None:
    """Numbers that differ in two pulses: their value in the mirror image and in the other; None if others differ."""
    names = type(down).model_fields
    pairs = {name: (getattr(mirror, name), getattr(down, name)) for name in names}
    differ = {name: ends for name, ends in pairs.items() if ends[0] != ends[1]}
    if not all(isinstance(end, float | int) for ends in differ.values() for end in ends):
        return None
    return differ


_CURVED: Final = {"exponential": "nonlinearity", "linear": "slope"}
"""Law -> key of its pulses that is 0 for steps that are the same everywhere."""


def _nonlinearity(device: DeviceCard, _circuit: CircuitCard) -> Iterator[Scale]:
    law = device.programming
    name = _CURVED.get(law.model)
    if name is not None:
        for direction in law.directions:
            yield from _spreads(law.branch(direction), f"programming.{direction}", {name: ""})


def _states(device: DeviceCard, circuit: CircuitCard) -> Scaling | str:
    """A step of f times the size: 1/f parts of a pulse."""
    if not pulses.divided(device, circuit, 2.0):
        return "its pulses cannot be divided"
    levels = device.conductance.levels

    def overrides(factor: float) -> list[str]:
        fewer = [] if levels is None else [f"conductance.levels={max(round(levels / factor), 2)}"]
        return [*fewer, *pulses.divided(device, circuit, 1.0 / factor)]

    return Scaling(Scale("step of a pulse, share of the window", device.step, "%"), overrides)


_NOISES: Final = {"sigma": ("", 1.0), "amplitude": ("%", 1.0), "k": ("", 2.0)}
"""Key of a read noise -> its unit and power: k is that of a variance."""


def _read_noise(device: DeviceCard, _circuit: CircuitCard) -> Scaling | str:
    given = device.read.noise
    blocks: list[Any] = list(given) if isinstance(given, tuple) else [given]
    leading: list[Scale] = []
    for block in blocks:
        name = next((key for key in _NOISES if key in type(block).model_fields), None)
        if name is None and block.kind not in ("none", "unknown"):
            return f"its read noise '{block.kind}' has no number for its size"
        if name is not None and getattr(block, name):
            unit, power = _NOISES[name]
            unit = {"relative": "%"}.get(block.kind, "S" if name == "sigma" else unit)
            leading.append(Scale(f"read.noise.{name}", float(getattr(block, name)), unit, power))

    def overrides(factor: float) -> list[str]:
        new = [_times(block, factor) for block in blocks]
        data = [written.data(block) for block in new]
        return [pulses.block("read.noise", data if isinstance(given, tuple) else data[0])]

    if not leading:
        return "the card describes it by no number that grows with it"
    return Scaling(leading[0], overrides, tuple(one.key for one in leading[1:]))


def _times(block: Any, factor: float) -> Any:
    """A read noise of `factor` times the standard deviation."""
    for name, (_, power) in _NOISES.items():
        if name in type(block).model_fields:
            return block.model_copy(update={name: getattr(block, name) * factor**power})
    return block


def _iv(device: DeviceCard, _circuit: CircuitCard) -> Iterator[Scale]:
    if (v0 := getattr(device.read.iv, "v0", None)) is not None:
        yield Scale("read.iv.v0", v0, "V", -0.5)


def _drift(device: DeviceCard, _circuit: CircuitCard) -> Iterator[Scale]:
    law = device.retention
    if isinstance(law, PowerLaw):
        heads = ("nu_offset", "nu_log_slope", "nu_min", "nu_max")
        spreads = ("nu_sigma_offset", "nu_sigma_log_slope", "nu_sigma_min", "nu_sigma_max")
        yield from _spreads(law, "retention", dict.fromkeys((*heads, *spreads), ""))
    elif isinstance(law, Logarithmic):
        yield from _spreads(law, "retention", {"rate": "%"})
    elif isinstance(law, Leak):
        yield Scale("retention.tau", law.tau, "s", -1.0)


def _faults(device: DeviceCard, _circuit: CircuitCard) -> Iterator[Scale]:
    yield from _spreads(device.faults, "faults", dict.fromkeys(("dead", "stuck_min", "stuck_max", "stuck_random"), "%"))


def _converters(_device: DeviceCard, circuit: CircuitCard) -> Scaling | str:
    # Joules are booked as those of the card's bits, as of ideal converters.
    found = [
        Scale(f"{name}.{key}", float(getattr(converter, key)), "bit")
        for name, converter in (("adc", circuit.adc), ("dac", circuit.dac))
        for key in ("bits", "enob")
        if getattr(converter, key, None) is not None
    ]
    return _together(found)


def _sampling(_device: DeviceCard, circuit: CircuitCard) -> Iterator[Scale]:
    if circuit.sample_noise:
        yield Scale("sample_hold.noise", circuit.sample_noise, "V")


def _wires(_device: DeviceCard, circuit: CircuitCard) -> Iterator[Scale]:
    if circuit.wires.kind != "none":
        yield from _spreads(circuit.wires, "wires", dict.fromkeys(("bit", "word", "driver", "sense"), "ohm"))


def _neurons(key: str, unit: str) -> Callable[[DeviceCard, CircuitCard], Iterator[Scale]]:
    """A key of the mismatch."""

    def scales(_device: DeviceCard, circuit: CircuitCard) -> Iterator[Scale]:
        mismatch = circuit.mismatch
        if mismatch is None:
            return
        if key == "offset" and mismatch.pelgrom is not None:
            yield Scale("mismatch.pelgrom.a_vt", mismatch.pelgrom.a_vt, "V")
        else:
            yield from _spreads(mismatch, "mismatch", {key: unit})

    return scales


def _settling(_device: DeviceCard, circuit: CircuitCard) -> Iterator[Scale]:
    for name, phase in (("free", circuit.timing.free), ("nudged", circuit.timing.nudged)):
        yield Scale(f"timing.{name}.duration", phase.duration, "s", -1.0)


_KEYS: Final[dict[str, Callable[[DeviceCard, CircuitCard], Iterator[Scale]]]] = {
    "device_to_device": _device_to_device,
    "nonlinearity": _nonlinearity,
    "iv": _iv,
    "drift": _drift,
    "faults": _faults,
    "sampling": _sampling,
    "wires": _wires,
    "neuron_offset": _neurons("offset", "V"),
    "neuron_gain": _neurons("gain", "%"),
    "neuron_reverse_gain": _neurons("reverse_gain", "%"),
    "neuron_rails": _neurons("rails", "V"),
    "neuron_bandwidth": _neurons("bandwidth", "%"),
    "neuron_threshold": _neurons("threshold", "%"),
    "settling": _settling,
}
_OWN: Final[dict[str, Callable[[DeviceCard, CircuitCard], Scaling | str]]] = {
    "cycle_to_cycle": _cycle_to_cycle,
    "asymmetry": _asymmetry,
    "states": _states,
    "read_noise": _read_noise,
    "converters": _converters,
}
_NEVER: Final = {
    "thermal": "it follows from the temperature and the capacitances",
    "columns": "a column circuit has many numbers, which do not grow together",
    "turns": "arrays take turns or do not",
    "mirror": "arrays are mirrored or shared",
    "beta": "it has a best value and costs on either side of it, which 'analogep beta' finds",
}
"""Limit -> why it cannot be made larger and smaller."""
