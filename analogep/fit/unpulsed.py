"""Window, law and spread of a card where no ramps of equal pulses were measured; and what both kinds of card share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from analogep.device.laws import Direction
from analogep.device.variation import DeviceToDevice
from analogep.fit import assembly
from analogep.fit.describe import Value
from analogep.fit.finding import Finding
from analogep.fit.known import Known
from analogep.fit.write import Writer, written

_WINDOW = (1e-6, 1e-5)
"""Window [S] where nothing tells one."""


def unpulsed(findings: Sequence[Finding], known: Known, writer: Writer) -> tuple[list[str], tuple[float, float]]:
    """(lines of window, law and variation, window [S]) of a card without ramps.

    The window is that of a switching sweep, of the states of an endurance test, or reaches to the bound of a train; the
    law that of a train of changing amplitude, or a table of steps; a default where none was measured.
    """
    lines, window = _window(findings, writer)
    train, steps = assembly.first(findings, "kinetics"), assembly.first(findings, "steps")
    if train is not None:
        lines += _kinetic(train, known, writer)
    elif steps is not None:
        lines += _stepped(steps, known, writer)
    else:
        share = {way: writer.known(f"programming.{way}.step", None, 0.01, "%") for way in ("up", "down")}
        lines += _branches("constant", {way: [f"step: {text}"] for way, text in share.items()}, known, writer)
    other = assembly.spread_of(findings, *window)
    values: dict[str, Value] = {} if other is None else {other[0]: other[1]}
    sources = {} if other is None else {other[0]: other[2]}
    lines += ["variation:", "  cycle_to_cycle: {kind: none}", *device_to_device(values, sources, window, writer)]
    writer.defaults.append("variation.cycle_to_cycle: none")
    return lines, window


def _window(findings: Sequence[Finding], writer: Writer) -> tuple[list[str], tuple[float, float]]:
    found = assembly.window_of(findings)
    if found is not None:
        ends = {"min": found.low, "max": found.high}
        texts = {
            key: writer.fitted(f"conductance.{key}", written(one.value, "S"), one, "S", source=found.source)
            for key, one in ends.items()
        }
        return _conductance(texts), (found.low.value, found.high.value)
    train = assembly.first(findings, "kinetics")
    if train is None:
        low, high = _WINDOW
        return _conductance(
            {key: writer.known(f"conductance.{key}", None, end, "S") for key, end in (("min", low), ("max", high))}
        ), _WINDOW
    bound, other = train.numbers["bound"], train.numbers["first"]
    upper = bound.value > other.value
    texts = {
        "min" if upper else "max": writer.fitted(
            f"conductance.{'min' if upper else 'max'}", written(other.value, "S"), other, "S",
            "; where the train began", source=assembly.key_of(train), drawn="log", name="first",
        ),
        "max" if upper else "min": writer.fitted(
            f"conductance.{'max' if upper else 'min'}", written(bound.value, "S"), bound, "S",
            source=assembly.key_of(train), drawn="log", name="bound",
        ),
    }  # fmt: skip
    return _conductance(texts), (min(bound.value, other.value), max(bound.value, other.value))


def _conductance(texts: Mapping[str, str]) -> list[str]:
    return ["conductance:", *(f"  {key}: {texts[key]}" for key in ("min", "max"))]


def _kinetic(train: Finding, known: Known, writer: Writer) -> list[str]:
    """D(V) = k t sinh(V/v_s), D = -ln(1 - share) at the reference."""
    numbers, source = train.numbers, assembly.key_of(train)
    dose, volts = -math.log1p(-min(numbers["share"].value, 0.99)), abs(numbers["reference"].value)
    width = numbers["width"].value if "width" in numbers else known.width_up or 1e-7
    rate = dose / (width * math.sinh(min(volts / numbers["v0"].value, 300.0)))
    # ln k = ln D - ln sinh(V/v_s), of which the share of a pulse and v_s are known together.
    of_share, of_scale = numbers["share"].se / numbers["share"].value, numbers["v0"].se / numbers["v0"].value
    steep = volts / numbers["v0"].value
    both = train.related.get(("v0", "share"), 0.0) * of_share * of_scale
    error = math.sqrt(max(of_share**2 + (steep * of_scale) ** 2 + 2.0 * steep * both, 0.0))
    k = writer.fitted(
        "programming.rate.k", f"{rate:.5g} Hz", Value(rate, rate * error), "Hz", "; of the share of a pulse",
        source=source, drawn="log", name="k",
    )  # fmt: skip
    if error > 0.0 and of_scale > 0.0:
        writer.relate(source, {("v0", "k"): min(max((both + steep * of_scale**2) / (error * of_scale), -1.0), 1.0)})
    scale = writer.fitted(
        "programming.rate.v_s", written(numbers["v0"].value, "V"), numbers["v0"], "V", source=source, drawn="log",
        name="v0",
    )  # fmt: skip
    lines = ["programming:", "  model: kinetic", f"  rate: {{kind: sinh, k: {k}, v_s: {scale}}}"]
    lines.append("  window: {kind: linear}")
    ways: tuple[Direction, ...] = ("up", "down")
    for way in ways:
        sign = 1.0 if way == "up" else -1.0
        own = (train.model == "up") == (way == "up")
        path = f"programming.{way}"
        why = "median of the train" if own else "as the other direction, which was not measured"
        amplitude = writer.derived(f"{path}.amplitude", written(sign * volts, "V"), why, source)
        seconds = writer.derived(f"{path}.width", written(width, "s"), why, source)
        lines.append(f"  {way}: {{amplitude: {amplitude}, width: {seconds}}}")
    return lines


def _stepped(steps: Finding, known: Known, writer: Writer) -> list[str]:
    source = assembly.key_of(steps)
    branches = {}
    for way, panel in zip(("up", "down"), steps.panels, strict=True):
        sign = 1.0 if way == "up" else -1.0
        path = f"programming.{way}"
        lists = {"nodes": panel.x, "steps": sign * np.maximum(panel.y, 0.0)}
        own = []
        for key, values in lists.items():
            text = f"[{', '.join(written(float(value), '%') for value in values)}]"
            own.append(f"{key}: {writer.derived(f'{path}.{key}', text, 'as the file has it', source)}")
        branches[way] = own
    return _branches("piecewise", branches, known, writer)


def _branches(model: str, branches: Mapping[str, list[str]], known: Known, writer: Writer) -> list[str]:
    lines = ["programming:", f"  model: {model}"]
    ways: tuple[Direction, ...] = ("up", "down")
    for way in ways:
        lines.append(f"  {way}:")
        lines += [f"    {line}" for line in branches[way]]
        lines += [f"    {line}" for line in written_pulse(writer, f"programming.{way}", known, way)]
    return lines


def written_pulse(writer: Writer, path: str, known: Known, way: Direction) -> Iterator[str]:
    """Lines of amplitude and width of a direction: as they are known, else defaults."""
    up = known.amplitude_up if known.amplitude_up is not None else 1.0
    if way == "up":
        amplitude, volts, width, seconds = known.amplitude_up, 1.0, known.width_up, 1e-7
    else:
        amplitude, volts, width, seconds = known.amplitude_down, -up, known.width_down, known.width_up or 1e-7
    told = [f"{name}_{way}" in known.of_files for name in ("amplitude", "width")]
    yield f"amplitude: {writer.known(f'{path}.amplitude', amplitude, volts, 'V', told[0])}"
    yield f"width: {writer.known(f'{path}.width', width, seconds, 's', told[1])}"


def device_to_device(
    values: Mapping[str, Value], sources: Mapping[str, str], window: tuple[float, float], writer: Writer
) -> list[str]:
    """Line of the spread: its numbers, the source of each, and the window [S] that bounds what is drawn."""
    parts = []
    for key in ("max", "min", "step", "asymmetry"):
        value = values.get(key, Value(0.0, math.nan))
        path = f"variation.device_to_device.{key}"
        if value.value > 0.0:
            text = writer.fitted(path, written(value.value, "%"), value, "%", source=sources[key], drawn="scale")
            parts.append(f"{key}: {text}")
        else:
            parts.append(f"{key}: 0 %")
    if not values:
        writer.defaults.append("variation.device_to_device: 0 %, one device shows no spread")
    cut = _truncation(window, values)
    writer.known("variation.device_to_device.truncate", None, cut, "")
    return [f"  device_to_device: {{distribution: lognormal, truncate: {written(cut, '')}, {', '.join(parts)}}}"]


def _truncation(window: tuple[float, float], values: Mapping[str, Value]) -> float:
    """3 sigma, or less where the windows of cells would cross."""
    sigma = {key: values[key].value if key in values else 0.0 for key in ("max", "min")}
    low, high = window
    cut = 3.0
    while cut > 0.05:
        one = DeviceToDevice(
            distribution="lognormal", truncate=cut, max=sigma["max"], min=sigma["min"], step=0.0, asymmetry=0.0
        )
        if float(low * one.factor(one.min, cut)) < float(high * one.factor(one.max, -cut)):
            break
        cut -= 0.25 if cut > 0.3 else 0.05
    return cut
