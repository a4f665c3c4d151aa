"""Sections of a card that other measurements than ramps fill: read noise, I-V curve, retention, endurance, spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analogep.fit.describe import Value
from analogep.fit.finding import Finding, Number
from analogep.fit.write import Drawn, Writer, plus_minus, written


@dataclass(frozen=True)
class Window:
    """Ends of the conductance window [S] as numbers, with the source of each."""

    low: Number
    high: Number
    source: str


def key_of(finding: Finding) -> str:
    """Name of the file among the sources of a card."""
    word = "".join(c if c.isalnum() else "_" for c in finding.source.name.lower()).strip("_") or "file"
    return f"file_{word}"


def first(findings: Sequence[Finding], *kinds: str, model: str | None = None) -> Finding | None:
    """The first finding of a kind, and of a model if one is given."""
    found = (one for one in findings if one.kind in kinds and (model is None or one.model == model))
    return next(found, None)


def window_of(findings: Sequence[Finding]) -> Window | None:
    """The window that a switching sweep, or the states of an endurance test in siemens, say."""
    sweep = first(findings, "I-V", model="switching")
    if sweep is not None and _apart(sweep.numbers["conductance.min"], sweep.numbers["conductance.max"]):
        return Window(sweep.numbers["conductance.min"], sweep.numbers["conductance.max"], key_of(sweep))
    states = first(findings, "endurance")
    if (
        states is not None
        and states.numbers["lrs"].unit == "S"
        and _apart(states.numbers["hrs"], states.numbers["lrs"])
    ):
        return Window(states.numbers["hrs"], states.numbers["lrs"], key_of(states))
    return None


def _apart(low: Number, high: Number) -> bool:
    return 0.0 < low.value < high.value < 1.0


def read_noise(findings: Sequence[Finding], writer: Writer) -> str | None:
    """`read.noise` of repeated reads, the mean of the cells: components where the file has time, else one sum."""
    reads = first(findings, "reads")
    if reads is not None:
        return _components(reads, writer)
    kinetics = first(findings, "kinetics")
    if kinetics is not None and "read" in kinetics.numbers:
        one = kinetics.numbers["read"]
        text = writer.fitted(
            "read.noise.sigma", written(one.value, "%"), one, "%", source=key_of(kinetics), drawn="scale"
        )
        return f"{{kind: relative, sigma: {text}}}"
    return None


def _cells(reads: Finding, name: str) -> Number | None:
    """Root mean square over cells, with its error."""
    own = [one for key, one in reads.numbers.items() if key == name or key.startswith(f"{name} of ")]
    if not own:
        return None
    value = math.sqrt(sum(one.value**2 for one in own) / len(own))
    error = math.sqrt(sum((one.value * one.se) ** 2 for one in own)) / len(own) / max(value, 1e-300)
    return Number(value, error, own[0].unit)


def _components(reads: Finding, writer: Writer) -> str:
    parts = {name: one for name in ("white", "flicker", "telegraph") if (one := _cells(reads, name)) is not None}
    level, dwell = _cells(reads, "flicker.level"), _cells(reads, "dwell")
    source = key_of(reads)
    timed = reads.spacing is not None and (dwell is None or dwell.unit == "s")
    if not timed or not parts:
        total = math.sqrt(sum(one.value**2 for one in parts.values()))
        error = math.sqrt(sum((one.value * one.se) ** 2 for one in parts.values())) / max(total, 1e-300)
        whole = Value(total, error)
        text = writer.fitted(
            "read.noise.sigma", written(total, "%"), whole, "%", f"; {reads.model}", source=source, drawn="scale"
        )
        return f"{{kind: relative, sigma: {text}}}"
    blocks: list[str] = []
    said: list[str] = []

    def keep(key: str, number: Number, unit: str, name: str) -> None:
        writer.keep(f"read.noise.{len(blocks)}.{key}", number, unit, source, "scale", name)

    for name, one in parts.items():
        if name == "white":
            keep("sigma", one, "%", "white")
            blocks.append(f"{{kind: relative, sigma: {written(one.value, '%')}}}")
            said.append(f"sigma {plus_minus(one, '%')}")
        elif name == "flicker" and level is not None:
            keep("k", level, "", "flicker.level")
            blocks.append(_flicker(level, reads))
            said.append(f"k {plus_minus(level, '')} over the band of the record")
        elif name == "telegraph" and dwell is not None:
            swing = Number(2.0 * one.value, 2.0 * one.se, "%")
            keep("amplitude", swing, "%", "telegraph")
            keep("dwell", dwell, "s", "dwell")
            blocks.append(
                f"{{kind: rtn, amplitude: {written(swing.value, '%')}, probability: 50 %, dwell: "
                f"{written(dwell.value, 's')}}}"
            )
            said.append(f"amplitude {plus_minus(swing, '%')}, dwell {plus_minus(dwell, 's')}")
    # A list of components has one entry of provenance.
    writer.provenance.append(("read.noise", source, f"fit; {'; '.join(said)}"))
    return f"[{', '.join(blocks)}]"


def _flicker(level: Number, reads: Finding) -> str:
    """k within the band that the record covers: from its length to half the rate of its reads."""
    spacing, count = reads.spacing or 1.0, max(reads.count, 2)
    low, high = written(1.0 / (count * spacing), "Hz"), written(0.5 / spacing, "Hz")
    return f"{{kind: flicker, k: {level.value:.4g}, exponent: 1, low: {low}, high: {high}}}"


def curve_of(findings: Sequence[Finding], writer: Writer) -> str | None:
    """`read.iv` of a sweep below switching."""
    sweep = next((one for one in findings if one.kind == "I-V" and one.model != "switching"), None)
    if sweep is None:
        return None
    if sweep.model == "linear":
        return "{kind: linear}"
    v0 = sweep.numbers["v0"]
    text = writer.fitted("read.iv.v0", written(v0.value, "V"), v0, "V", source=key_of(sweep), drawn="scale")
    return f"{{kind: {sweep.model}, v0: {text}}}"


def retention_of(findings: Sequence[Finding], low: float, high: float, writer: Writer) -> str | None:
    """`retention`; the state that a volatile cell relaxes to needs the window `low` to `high` [S]."""
    one = first(findings, "retention")
    if one is None or one.model == "none":
        return None
    source, numbers = key_of(one), one.numbers

    def put(key: str, name: str, unit: str) -> str:
        number = numbers[name]
        drawn: Drawn = "log" if unit == "s" else "level"
        return writer.fitted(
            f"retention.{key}", written(number.value, unit), number, unit, source=source, drawn=drawn, name=name
        )

    if one.model == "leak":
        rest = numbers["rest"]
        inside = rest.unit == "S" and low <= rest.value <= high
        share = (rest.value - low) / (high - low) if inside else 0.0
        why = f"fit; of {rest.value:.4g} {rest.unit}".rstrip() + (
            "" if inside else ", which lies outside of the window"
        )
        state = writer.derived("retention.rest", written(share, "%"), why, source)
        if inside:
            writer.keep("retention.rest", Value(share, rest.se / (high - low)), "%", source, name="rest")
        return f"{{kind: leak, tau: {put('tau', 'tau', 's')}, rest: {state}}}"
    if "t0" in numbers:
        start = put("t0", "t0", "s")
    else:
        start = writer.derived("retention.t0", "1 s", "no reading tells it", source)
    if one.model == "power_law":
        return f"{{kind: power_law, t0: {start}, nu_offset: {put('nu_offset', 'nu', '')}}}"
    return f"{{kind: logarithmic, t0: {start}, rate: {put('rate', 'rate', '%')}}}"


def endurance_of(findings: Sequence[Finding], writer: Writer) -> str | None:
    """`endurance`: cycles after which the ratio of both states has halved, where it falls by more than 3 errors."""
    trend = first(findings, "wear")
    if trend is not None:
        pulses = trend.numbers["pulses"]
        why = "pulses until steps have halved, by their trend from ramp to ramp"
        return f"{{pulses: {writer.derived('endurance.pulses', f'{max(pulses.value, 1.0):.4g}', why)}}}"
    one = first(findings, "endurance")
    if one is None:
        return None
    fall = one.numbers["hrs.trend"].value - one.numbers["lrs.trend"].value
    error = math.hypot(one.numbers["hrs.trend"].se, one.numbers["lrs.trend"].se)
    if not fall > 3.0 * error:
        return None
    cycles = math.log(2.0) / fall
    value = Value(cycles, cycles * error / fall)
    text = writer.fitted(
        "endurance.pulses", f"{max(cycles, 1.0):.4g}", value, "", "; cycles until the ratio of the states has halved",
        source=key_of(one), drawn="scale",
    )  # fmt: skip
    return f"{{pulses: {text}}}"


def spread_of(findings: Sequence[Finding], low: float, high: float) -> tuple[str, Number, str] | None:
    """(end of the window, spread, source) of a table of devices: the end that its median is nearer to."""
    one = first(findings, "device table")
    if one is None:
        return None
    median = one.numbers["median"]
    near_low = median.unit == "S" and abs(math.log(median.value / low)) < abs(math.log(median.value / high))
    return ("min" if near_low else "max"), one.numbers["spread"], key_of(one)
