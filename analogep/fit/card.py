"""The fitted numbers as a device card, each with its source; what no ramp tells is an option or a default."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from analogep.cards.wording import printable
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.fit import assembly, decades, joint
from analogep.fit.describe import Value
from analogep.fit.estimate import Fit
from analogep.fit.finding import Finding
from analogep.fit.known import Known
from analogep.fit.ramps import FitError
from analogep.fit.together import LaboratoryFit
from analogep.fit.translate import spread_keys
from analogep.fit.unpulsed import device_to_device, unpulsed, written_pulse
from analogep.fit.write import Writer, plus_minus, written

_MOST_DECADES: Final = math.log(1e15)
_UNITS: Final = {"step": "%", "symmetry_point": "%", "zero": "%"}


@dataclass(frozen=True)
class Written:
    """A card: its text, itself validated, and what in it is a default (`path: value`)."""

    text: str
    card: DeviceCard
    defaults: tuple[str, ...]


def make_card(fit: Fit | LaboratoryFit, known: Known) -> Written:
    """Write a fit as a device card and validate it.

    Raises
    ------
    CardError
        If what the user knows does not make a card, as a read voltage above the write amplitude.
    FitError
        If what was measured does not.
    """
    laboratory = LaboratoryFit((), fit, (), (), (), ()) if isinstance(fit, Fit) else fit
    ramps, findings = laboratory.pulses, laboratory.findings
    known = known.with_files(laboratory.pulse_records)
    writer = Writer()
    if ramps is None:
        body, window = unpulsed(findings, known, writer)
    else:
        body = [*_conductance(ramps, writer), *_programming(ramps, known, writer)]
        body += _variation(ramps, writer, findings)
        window = (ramps.numbers["conductance.min"].value, ramps.numbers["conductance.max"].value)
    body += [*_read(ramps, known, writer, findings), *_rest(findings, window, writer)]
    text = "\n".join(
        [
            *_head(laboratory, known),
            *_sources(laboratory, writer),
            *body,
            *_provenance(writer),
            *_uncertainty(laboratory, writer),
            "",
        ]
    )
    try:
        card = DeviceCard.from_text(text, f"{known.name}.yaml")
    except CardError as error:
        # Its lines are nobody's: what is wrong is a number.
        raise CardError([replace(error.problems[0], where="these numbers make no card")]) from None
    return Written(text, card, tuple(writer.defaults))


def _rest(findings: Sequence[Finding], window: tuple[float, float], writer: Writer) -> list[str]:
    """Retention, endurance and energy."""
    lines, left = [], "faults, endurance, temperature: none"
    kept = assembly.retention_of(findings, *window, writer)
    lines.append(f"retention: {kept or '{kind: none}'}")
    if kept is None:
        writer.defaults.append("retention: none")
    worn = assembly.endurance_of(findings, writer)
    if worn is not None:
        lines.append(f"endurance: {worn}")
        left = "faults, temperature: none"
    writer.defaults += [
        "energy: ohmic, V^2 G t of each pulse",
        left,
        "recommended: {rule: stochastic}; where pulses are noisy or unequal, try {rule: closed_loop, threshold: 4, "
        "max_pulses: 1}",
    ]
    return [*lines, "energy: {write: ohmic}"]


def _head(laboratory: LaboratoryFit, known: Known) -> list[str]:
    ramps = laboratory.pulses
    sources = (*(ramps.measurement.sources if ramps else ()), *(one.source for one in laboratory.findings))
    files = printable(", ".join(dict.fromkeys(source.name for source in sources)) or "ramps", 80)
    what = f"{ramps.law} law" if ramps else "Numbers"
    title = known.title or f"{what} fitted to {files}"
    return [
        "schema: analogep.device/1",
        f"name: {known.name}",
        f"title: {json.dumps(title, ensure_ascii=False)}",
        f"technology: {json.dumps(known.technology or 'measured', ensure_ascii=False)}",
        f"terminals: {known.terminals or 2}",
    ]


def _sources(laboratory: LaboratoryFit, writer: Writer) -> list[str]:
    cites = {}
    if laboratory.pulses is not None:
        cites["measured"] = _cite(laboratory.pulses)
    for one in laboratory.findings:
        file = f"{one.source.name} (SHA-256 {one.source.sha256})"
        text = f"Measured {one.kind}: {file}; {one.layout}; fitted by analogep fit"
        cites.setdefault(assembly.key_of(one), text)
    cites["stated"] = "Stated by the user of analogep fit"
    cites["assumed"] = "Default of analogep fit; nothing that was measured says it"
    used = {source for _, source, _ in writer.provenance}
    return [
        "sources:",
        *(f"  {key}: {{cite: {json.dumps(cite, ensure_ascii=False)}}}" for key, cite in cites.items() if key in used),
    ]


def _cite(fit: Fit) -> str:
    counts = [f"{sum(ramp.direction == way for ramp in fit.measurement.ramps)} ramps {way}" for way in fit.directions]
    files = (
        "; ".join(f"{source.name} (SHA-256 {source.sha256})" for source in fit.measurement.sources) or "ramps in memory"
    )
    devices = f"{len(fit.devices)} devices, " if len(fit.devices) > 1 else ""
    return f"Measured pulse responses: {files}; {devices}{', '.join(counts)}; fitted by analogep fit"


def _conductance(fit: Fit, writer: Writer) -> list[str]:
    lines = ["conductance:"]
    for key in ("min", "max"):
        value = fit.numbers[f"conductance.{key}"]
        if value.value <= 0.0:
            raise FitError(
                f"the ramps begin at {plus_minus(value, 'S')}: their lower end is not told from zero; subtract the "
                "instrument's offset, or measure with less noise at small conductances"
            )
        lines.append(f"  {key}: {writer.fitted(f'conductance.{key}', written(value.value, 'S'), value, 'S')}")
    return lines


def _programming(fit: Fit, known: Known, writer: Writer) -> list[str]:
    wide = decades.logarithmic(fit)
    lines = ["programming:", f"  model: {'piecewise' if wide else fit.law}"]
    for name, value in fit.numbers.items():
        head, _, key = name.partition(".")
        if head == "programming" and "." not in key and not wide:
            lines.append(f"  {key}: {_law_number(writer, name, key, value)}")
    for k, way in enumerate(fit.directions):
        lines.append(f"  {way}:")
        own = {
            name.split(".", 2)[2]: value
            for name, value in fit.numbers.items()
            if name.startswith(f"programming.{way}.")
        }
        branch = _table(fit, k, own, writer) if wide else _branch(writer, f"programming.{way}", own)
        lines += [f"    {line}" for line in branch]
        lines += [f"    {line}" for line in written_pulse(writer, f"programming.{way}", known, way)]
    if len(fit.directions) == 1:
        lines += [
            "  unidirectional: true",
            "  reset:",
            *(f"    {line}" for line in written_pulse(writer, "programming.reset", known, "down")),
        ]
        lines += [
            "    to: 0 %",
            "    sigma: 0 %",
            f"    refresh_above: {writer.known('programming.reset.refresh_above', None, 0.9, '%')}",
        ]
    return lines


def _table(fit: Fit, k: int, own: dict[str, Value], writer: Writer) -> list[str]:
    """Nodes and steps of a law that moves ln G, with its parameters as their source."""
    path = f"programming.{fit.directions[k]}"
    if decades.decades(fit) > _MOST_DECADES:
        raise FitError(
            f"the ramps cover {decades.decades(fit) / math.log(10.0):.0f} decades, more than any device; are unit and "
            "column right?"
        )
    nodes, steps = decades.table(fit, k)
    numbers = [
        f"{key} {plus_minus(one, _UNITS.get(key, ''))}" for key, one in own.items() if not key.startswith("steps.")
    ]
    why = f"the law '{fit.law}' in ln G, {', '.join(numbers) or 'a table'}"
    for key, one in joint.step_errors(fit).items():
        if key.startswith(f"{path}."):
            writer.keep(key, one, "%")
    lists = {"nodes": nodes, "steps": steps}
    texts = {key: ", ".join(written(float(one), "%", 6) for one in values) for key, values in lists.items()}
    return [f"{key}: {writer.derived(f'{path}.{key}', f'[{text}]', why)}" for key, text in texts.items()]


def _law_number(writer: Writer, path: str, key: str, value: Value) -> str:
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


def _branch(writer: Writer, path: str, own: dict[str, Value]) -> Iterator[str]:
    """Keys of one direction."""
    lists = spread_keys({key: value.value for key, value in own.items()})
    for key, entry in lists.items():
        if key == "nodes":
            writer.provenance.append((f"{path}.nodes", "measured", "derived; equally spaced over the window"))
        elif key == "steps":
            steps = {name: value for name, value in own.items() if name.startswith("steps.")}
            errors = [100.0 * value.se for value in steps.values()]
            for name, value in steps.items():
                writer.keep(f"{path}.{name}", value, "%")
            writer.provenance.append((f"{path}.steps", "measured", f"fit; +- {min(errors):.2g} to {max(errors):.2g} %"))
        else:
            yield f"{key}: {_law_number(writer, f'{path}.{key}', key, own[key])}"
            continue
        yield f"{key}: [{', '.join(written(float(value), '%') for value in entry)}]"


def _cycles(fit: Fit, writer: Writer) -> str:
    """`cycle_to_cycle`."""
    write = fit.noise["write"]
    if write.value <= 0.0:
        writer.provenance.append(("variation.cycle_to_cycle.kind", "measured", "fit; no write noise seen"))
        return "{kind: none}"
    if decades.logarithmic(fit) and fit.write == "range":
        whole = decades.decades(fit)
        if "write_down" in fit.noise:
            # A noise that goes with G has one size for both directions: the root of the mean square.
            other = fit.noise["write_down"]
            write = Value(math.hypot(write.value, other.value) / math.sqrt(2.0), math.hypot(write.se, other.se) / 2.0)
        slope = Value(write.value * whole, write.se * whole)
        path = "variation.cycle_to_cycle.slope"
        text = writer.fitted(path, written(slope.value, "%"), slope, "%", drawn="scale", name="write")
        return f"{{kind: state_polynomial, step: 0 %, floor: 0 S, slope: {text}}}"
    path = "variation.cycle_to_cycle.sigma"
    sigma = writer.fitted(path, written(write.value, "%"), write, "%", drawn="scale", name="write")
    down = ""
    if "write_down" in fit.noise:
        other = fit.noise["write_down"]
        path = "variation.cycle_to_cycle.down"
        down = f", down: {writer.fitted(path, written(other.value, '%'), other, '%', drawn='scale', name='write_down')}"
    return f"{{kind: {fit.write}, sigma: {sigma}{down}}}"


def _between(fit: Fit, writer: Writer) -> list[str]:
    """`between_ramps`, where steps of whole ramps differ."""
    own = {way: fit.noise[f"between_{way}"] for way in fit.directions if f"between_{way}" in fit.noise}
    if not own:
        return []
    path = "variation.between_ramps"
    texts = {
        way: writer.fitted(f"{path}.{way}", written(one.value, "%"), one, "%", drawn="scale")
        for way, one in own.items()
    }
    return [f"  between_ramps: {{up: {texts.get('up', '0 %')}, down: {texts.get('down', '0 %')}}}"]


def _memory(fit: Fit, writer: Writer) -> list[str]:
    """`write_noise` with the part that reverts; in the remarks alone where the law moves ln G."""
    if "slow" not in fit.noise:
        return []
    slow, length = fit.noise["slow"], fit.noise["length"]
    if decades.logarithmic(fit):
        writer.defaults.append(
            f"variation.write_noise: scatter that reverts, {plus_minus(slow, '%')} of the window over "
            f"{plus_minus(length, '')} pulses, is not on the card"
        )
        return []
    path = "variation.write_noise.mean_reverting"
    sigma = writer.fitted(f"{path}.sigma", written(slow.value, "%"), slow, "%", drawn="scale", name="slow")
    pulses = writer.fitted(f"{path}.length", written(length.value, ""), length, "", drawn="scale", name="length")
    return [f"  write_noise: {{sigma: 0 %, mean_reverting: {{sigma: {sigma}, length: {pulses}}}}}"]


def _variation(fit: Fit, writer: Writer, findings: Sequence[Finding]) -> list[str]:
    noise = _cycles(fit, writer)
    values = {key: Value(*pair) for key, pair in fit.spread.values.items()}
    sources = dict.fromkeys(values, "measured")
    low, high = (fit.numbers[f"conductance.{key}"].value for key in ("min", "max"))
    other = assembly.spread_of(findings, low, high)
    if other is not None and not values:
        values, sources = {other[0]: other[1]}, {other[0]: other[2]}
    lines = ["variation:", f"  cycle_to_cycle: {noise}", *device_to_device(values, sources, (low, high), writer)]
    return [*lines, *_memory(fit, writer), *_between(fit, writer)]


def _read(fit: Fit | None, known: Known, writer: Writer, findings: Sequence[Finding]) -> list[str]:
    volts = None if known.read_voltage is None else abs(known.read_voltage)
    told = "read_voltage" in known.of_files
    lines = ["read:", f"  voltage: {writer.known('read.voltage', volts, 0.1, 'V', told)}"]
    lines.append(f"  width: {writer.known('read.width', known.read_width, 1e-8, 's')}")
    noise = assembly.read_noise(findings, writer)
    if noise is None and fit is not None and fit.noise["read"].value > 0.0:
        unit = "%" if fit.read == "relative" else "S"
        one = fit.noise["read"]
        sigma = writer.fitted("read.noise.sigma", written(one.value, unit), one, unit, drawn="scale", name="read")
        noise = f"{{kind: {fit.read}, sigma: {sigma}}}"
    elif noise is None and fit is not None:
        writer.provenance.append(("read.noise.kind", "measured", "fit; no read noise seen"))
    if noise is None and fit is None:
        writer.defaults.append("read.noise: none")
    curve = assembly.curve_of(findings, writer)
    if curve is None:
        writer.defaults.append("read.iv: linear")
    return [*lines, f"  noise: {noise or '{kind: none}'}", f"  iv: {curve or '{kind: linear}'}"]


def _provenance(writer: Writer) -> list[str]:
    return [
        "provenance:",
        *(f"  {path}: [{source}, {json.dumps(status)}]" for path, source, status in writer.provenance),
    ]


def _uncertainty(laboratory: LaboratoryFit, writer: Writer) -> list[str]:
    """Errors and correlations, by measurement."""
    measurements = {assembly.key_of(one): f"{one.kind}: {one.source.name}" for one in laboratory.findings}
    if laboratory.pulses is not None:
        files = ", ".join(source.name for source in laboratory.pulses.measurement.sources) or "ramps in memory"
        measurements["measured"] = f"pulses: {files}"
        writer.relate("measured", joint.related(laboratory.pulses) | laboratory.pulses.related)
    for one in laboratory.findings:
        writer.relate(assembly.key_of(one), one.related)
    return list(writer.uncertainty(measurements))
