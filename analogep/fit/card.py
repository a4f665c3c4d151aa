"""The fitted numbers as a device card, each with its source; what no ramp tells is an option or a default."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from analogep.cards.wording import printable
from analogep.device import DeviceCard
from analogep.device.variation import DeviceToDevice
from analogep.fit.describe import Value
from analogep.fit.estimate import Fit
from analogep.fit.translate import spread_keys

_UNITS: Final = {"step": "%", "symmetry_point": "%", "zero": "%"}
_PREFIX: Final = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k"}


@dataclass(frozen=True)
class Known:
    """What ramps do not tell of a device, as far as the user knows it; None where nothing was given.

    Parameters
    ----------
    name : str
        Name of the card.
    title, technology : str or None
    terminals : int or None
    amplitude_up, amplitude_down : float or None
        Write pulses [V]; the sign of down is the opposite of up unless given.
    width_up, width_down : float or None
        [s]
    read_voltage, read_width : float or None
        [V], [s]
    """

    name: str
    title: str | None = None
    technology: str | None = None
    terminals: int | None = None
    amplitude_up: float | None = None
    amplitude_down: float | None = None
    width_up: float | None = None
    width_down: float | None = None
    read_voltage: float | None = None
    read_width: float | None = None


@dataclass
class _Writer:
    """Lines of the card, provenance, and the paths that stand on defaults."""

    provenance: list[tuple[str, str, str]] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)

    def fitted(self, path: str, text: str, value: Value, unit: str, remark: str = "") -> str:
        """A fitted number, with its standard error as provenance."""
        self.provenance.append((path, "measured", f"fit; {plus_minus(value, unit)}{remark}"))
        return text

    def known(self, path: str, given: float | None, default: float, unit: str) -> str:
        """A number from an option, or a default that is listed."""
        text = written(default if given is None else given, unit)
        if given is None:
            self.provenance.append((path, "assumed", "default; not measured, replace it"))
            self.defaults.append(f"{path}: {text}")
        else:
            self.provenance.append((path, "stated", "measured; as stated by whoever made the fit"))
        return text


@dataclass(frozen=True)
class Written:
    """A card: its text, itself validated, and what in it is a default (`path: value`)."""

    text: str
    card: DeviceCard
    defaults: tuple[str, ...]


def written(value: float, unit: str, digits: int = 5) -> str:
    """Write a number for a card: `162.91 uS`, `0.49736 %`, `-1.4217` without a unit."""
    if unit in ("", "%"):
        return f"{100.0 * value:.{digits}g} %" if unit else f"{value:.{digits}g}"
    if value == 0.0:
        return f"0 {unit}"
    power = 3 * math.floor(math.log10(abs(float(f"{value:.{digits}g}"))) / 3.0 + 1e-12)
    power = min(max(power, -18), 3)
    return f"{value / 10.0**power:.{digits}g} {_PREFIX[power]}{unit}"


def plus_minus(value: Value, unit: str) -> str:
    """Write `value +- se` in one unit, with two digits of the error."""
    if not math.isfinite(value.se):
        return written(value.value, unit)
    if unit in ("", "%"):
        factor, name = (100.0, " %") if unit else (1.0, "")
    else:
        text = written(value.value, unit, 2).split(" ")
        factor = 10.0 ** -next(power for power, prefix in _PREFIX.items() if prefix + unit == text[1])
        name = f" {text[1]}"
    error = factor * value.se
    places = 0 if error <= 0.0 else max(0, 1 - math.floor(math.log10(error)))
    return f"{factor * value.value:.{min(places, 12)}f} +- {error:.2g}{name}"


def make_card(fit: Fit, known: Known) -> Written:
    """Write a fit as a device card and validate it.

    Raises
    ------
    CardError
        If what the user knows does not make a card, as a read voltage above the write amplitude.
    """
    writer = _Writer()
    head = _head(fit, known)
    body = [*_conductance(fit, writer), *_programming(fit, known, writer), *_variation(fit, writer)]
    body += [*_read(fit, known, writer), "retention: {kind: none}", "energy: {write: ohmic}"]
    writer.defaults += [
        "retention: none",
        "energy: ohmic, V^2 G t of each pulse",
        "faults, endurance, temperature: none",
        "recommended: {rule: stochastic}; where pulses are noisy or unequal, try {rule: closed_loop, threshold: 4, "
        "max_pulses: 1}",
    ]
    text = "\n".join([*head, *_sources(fit, writer), *body, *_provenance(writer), ""])
    return Written(text, DeviceCard.from_text(text, f"{known.name}.yaml"), tuple(writer.defaults))


def _head(fit: Fit, known: Known) -> list[str]:
    files = ", ".join(dict.fromkeys(source.name for source in fit.measurement.sources)) or "ramps"
    title = known.title or f"{fit.law} law fitted to {printable(files, 80)}"
    return [
        "schema: analogep.device/1",
        f"name: {known.name}",
        f"title: {json.dumps(title, ensure_ascii=False)}",
        f"technology: {json.dumps(known.technology or 'measured', ensure_ascii=False)}",
        f"terminals: {known.terminals or 2}",
    ]


def _sources(fit: Fit, writer: _Writer) -> list[str]:
    counts = [f"{sum(ramp.direction == way for ramp in fit.measurement.ramps)} ramps {way}" for way in fit.directions]
    files = (
        "; ".join(f"{source.name} (SHA-256 {source.sha256})" for source in fit.measurement.sources) or "ramps in memory"
    )
    devices = f"{len(fit.devices)} devices, " if len(fit.devices) > 1 else ""
    cites = {
        "measured": f"Measured pulse responses: {files}; {devices}{', '.join(counts)}; fitted by analogep fit",
        "stated": "Stated by the user of analogep fit",
        "assumed": "Default of analogep fit; nothing that was measured says it",
    }
    used = {source for _, source, _ in writer.provenance}
    return [
        "sources:",
        *(f"  {key}: {{cite: {json.dumps(cite, ensure_ascii=False)}}}" for key, cite in cites.items() if key in used),
    ]


def _conductance(fit: Fit, writer: _Writer) -> list[str]:
    lines = ["conductance:"]
    for key in ("min", "max"):
        value = fit.numbers[f"conductance.{key}"]
        lines.append(f"  {key}: {writer.fitted(f'conductance.{key}', written(value.value, 'S'), value, 'S')}")
    return lines


def _programming(fit: Fit, known: Known, writer: _Writer) -> list[str]:
    lines = ["programming:", f"  model: {fit.law}"]
    for name, value in fit.numbers.items():
        head, _, key = name.partition(".")
        if head == "programming" and "." not in key:
            lines.append(f"  {key}: {_law_number(writer, name, key, value)}")
    up = known.amplitude_up if known.amplitude_up is not None else 1.0
    pulse = {
        "up": (known.amplitude_up, 1.0, known.width_up, 1e-7),
        "down": (known.amplitude_down, -up, known.width_down, known.width_up or 1e-7),
    }
    for way in fit.directions:
        lines.append(f"  {way}:")
        own = {
            name.split(".", 2)[2]: value
            for name, value in fit.numbers.items()
            if name.startswith(f"programming.{way}.")
        }
        lines += [f"    {line}" for line in _branch(writer, f"programming.{way}", own)]
        lines += [f"    {line}" for line in _pulse(writer, f"programming.{way}", *pulse[way])]
    if len(fit.directions) == 1:
        lines += [
            "  unidirectional: true",
            "  reset:",
            *(f"    {line}" for line in _pulse(writer, "programming.reset", *pulse["down"])),
        ]
        lines += [
            "    to: 0 %",
            "    sigma: 0 %",
            f"    refresh_above: {writer.known('programming.reset.refresh_above', None, 0.9, '%')}",
        ]
    return lines


def _pulse(
    writer: _Writer, path: str, amplitude: float | None, volts: float, width: float | None, seconds: float
) -> Iterator[str]:
    yield f"amplitude: {writer.known(f'{path}.amplitude', amplitude, volts, 'V')}"
    yield f"width: {writer.known(f'{path}.width', width, seconds, 's')}"


def _law_number(writer: _Writer, path: str, key: str, value: Value) -> str:
    """A fitted parameter; numbers that only fix the scale (a, b, zero of exp_step) have no error."""
    unit = _UNITS.get(key, "")
    if key in ("a", "b", "zero"):
        if value.value:
            writer.provenance.append((path, "measured", "derived; convention of the fit"))
        return written(value.value, unit)
    if key == "pulses":
        whole = max(round(value.value), 1)
        text = f"{whole}   # fitted: {plus_minus(value, '')}"
        return writer.fitted(path, text, value, "", ", rounded")
    return writer.fitted(path, written(value.value, unit), value, unit)


def _branch(writer: _Writer, path: str, own: dict[str, Value]) -> Iterator[str]:
    """Keys of one direction."""
    lists = spread_keys({key: value.value for key, value in own.items()})
    for key, entry in lists.items():
        if key == "nodes":
            writer.provenance.append((f"{path}.nodes", "measured", "derived; equally spaced over the window"))
        elif key == "steps":
            errors = [100.0 * value.se for name, value in own.items() if name.startswith("steps.")]
            writer.provenance.append((f"{path}.steps", "measured", f"fit; +- {min(errors):.2g} to {max(errors):.2g} %"))
        else:
            yield f"{key}: {_law_number(writer, f'{path}.{key}', key, own[key])}"
            continue
        yield f"{key}: [{', '.join(written(float(value), '%') for value in entry)}]"


def _variation(fit: Fit, writer: _Writer) -> list[str]:
    write = fit.noise["write"]
    if write.value > 0.0:
        sigma = writer.fitted("variation.cycle_to_cycle.sigma", written(write.value, "%"), write, "%")
        noise = f"{{kind: {fit.write}, sigma: {sigma}}}"
    else:
        noise = "{kind: none}"
        writer.provenance.append(("variation.cycle_to_cycle.kind", "measured", "fit; no write noise seen"))
    values = {key: Value(*pair) for key, pair in fit.spread.values.items()}
    parts = []
    for key in ("max", "min", "step", "asymmetry"):
        value = values.get(key, Value(0.0, math.nan))
        path = f"variation.device_to_device.{key}"
        if value.value > 0.0:
            parts.append(f"{key}: {writer.fitted(path, written(value.value, '%'), value, '%')}")
        else:
            parts.append(f"{key}: 0 %")
    if not values:
        writer.defaults.append("variation.device_to_device: 0 %, one device shows no spread")
    cut = _truncation(fit, values)
    writer.known("variation.device_to_device.truncate", None, cut, "")
    spread = f"{{distribution: lognormal, truncate: {written(cut, '')}, {', '.join(parts)}}}"
    return ["variation:", f"  cycle_to_cycle: {noise}", f"  device_to_device: {spread}"]


def _truncation(fit: Fit, values: dict[str, Value]) -> float:
    """3 sigma, or less where the windows of cells would cross."""
    sigma = {key: values[key].value if key in values else 0.0 for key in ("max", "min")}
    low, high = fit.numbers["conductance.min"].value, fit.numbers["conductance.max"].value
    cut = 3.0
    while cut > 0.25:
        one = DeviceToDevice(
            distribution="lognormal", truncate=cut, max=sigma["max"], min=sigma["min"], step=0.0, asymmetry=0.0
        )
        if float(low * one.factor(one.min, cut)) < float(high * one.factor(one.max, -cut)):
            break
        cut -= 0.25
    return cut


def _read(fit: Fit, known: Known, writer: _Writer) -> list[str]:
    noise = fit.noise["read"]
    volts = None if known.read_voltage is None else abs(known.read_voltage)
    lines = ["read:", f"  voltage: {writer.known('read.voltage', volts, 0.1, 'V')}"]
    lines.append(f"  width: {writer.known('read.width', known.read_width, 1e-8, 's')}")
    if noise.value > 0.0:
        unit = "%" if fit.read == "relative" else "S"
        sigma = writer.fitted("read.noise.sigma", written(noise.value, unit), noise, unit)
        lines.append(f"  noise: {{kind: {fit.read}, sigma: {sigma}}}")
    else:
        lines.append("  noise: {kind: none}")
        writer.provenance.append(("read.noise.kind", "measured", "fit; no read noise seen"))
    writer.defaults.append("read.iv: linear")
    return [*lines, "  iv: {kind: linear}"]


def _provenance(writer: _Writer) -> list[str]:
    return [
        "provenance:",
        *(f"  {path}: [{source}, {json.dumps(status)}]" for path, source, status in writer.provenance),
    ]
