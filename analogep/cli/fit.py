"""`analogep fit FOLDER|FILE...`: from measurements of any kind to a device card."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analogep.cli.fit_sentences import counts, deviations, sentences

if TYPE_CHECKING:
    from analogep.fit import Finding, Fit, Known, LaboratoryFit, Options, Written

HELP = "make a device card of measurements"
DESCRIPTION = (
    "Fit what was measured and write one device card. Files are recognised by their columns: pulse responses (a "
    "reading a line, a ramp a column or a row, LTP beside LTD, one column up and down; equal pulses or rising "
    "amplitudes), repeated reads, retention, endurance, I-V sweeps, tables of devices or of steps; CSV, text or .xlsx; "
    "units in the header as in 'conductance [uS]'. Prints every number with its standard error, and what nothing tells."
)
_QUANTITIES = {
    "amplitude-up": ("amplitude_up", "voltage of a pulse up, with its sign", "Volts"),
    "amplitude-down": ("amplitude_down", "voltage of a pulse down", "Volts"),
    "width": ("width", "duration of a pulse of either direction", "Seconds"),
    "width-up": ("width_up", "duration of a pulse up", "Seconds"),
    "width-down": ("width_down", "duration of a pulse down", "Seconds"),
    "read-voltage": ("read_voltage", "voltage of the reads, also that of a column of currents", "Volts"),
    "read-width": ("read_width", "duration of a read", "Seconds"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="files or folders with measurements; CSV, text, .xlsx")
    add("--up", action="append", default=[], metavar="FILE", help="CSV file with ramps up only; may be repeated")
    add("--down", action="append", default=[], metavar="FILE", help="CSV file with ramps down only; may be repeated")
    add("--out", metavar="CARD", help="device card to write, such as my.yaml (default: fit and print only)")
    add("--model", default="auto", metavar="LAW", help="pulse law (default: auto, by a criterion like BIC's)")
    add("--unit", metavar="UNIT", help="unit of readings whose header names none, such as uS or nA (default: SI)")
    add("--column", metavar="NAME", help="column of the readings, where there are several")
    add("--scale", metavar="TEXT", help="what values without a unit stand for, such as '-1..1 = 1 uS..10 uS'")
    add("--device-per-file", action="store_true", help="each file holds a device of its own")
    add("--unidirectional", action="store_true", help="only pulses up are gradual (PCM): a reset brings cells down")
    add("--figure", metavar="PNG", help="draw ramps, law, residuals and steps; other kinds to a file named ...-other")
    add("--name", metavar="NAME", help="name of the card (default: that of its file)")
    add("--title", metavar="TEXT", help="one line for people")
    add("--technology", metavar="WORD", help="such as rram, pcm, ecram")
    add("--terminals", type=int, choices=(2, 3, 4), help="terminals of the device (default: 2)")
    for option, (_, text, kind) in _QUANTITIES.items():
        add(f"--{option}", metavar="V" if kind == "Volts" else "T", help=text)
    add("--force", action="store_true", help="replace the card and the figure")
    add("--json", action="store_true", help="print the numbers as JSON instead of text")


def run(parsed: argparse.Namespace) -> int:
    """Read, fit, write, print.

    Raises
    ------
    UsageError
        If no file is given.
    """
    from analogep import fit as fitting
    from analogep.errors import UsageError

    if not (parsed.files or parsed.up or parsed.down):
        raise UsageError("which file? Give files or folders with measurements, or --up FILE --down FILE")
    figures = _figures(parsed)
    targets = [Path(path) for path in (parsed.out, *figures) if path]
    for path in targets:
        _free(path, parsed.force)
    if parsed.figure:
        _drawable(Path(parsed.figure))
    fitting.check_model(parsed.model)
    quantities = _quantities(parsed)
    known = _known(parsed, quantities)
    scale = fitting.parse_scale(parsed.scale) if parsed.scale else None
    options = fitting.Options(parsed.unit, quantities["read_voltage"], parsed.column, parsed.device_per_file, scale)
    found = _fitted(parsed, options)
    card = fitting.make_card(found, known)
    drawn = _write(parsed, found, card)
    warned = [*found.remarks, *_doubts(card)]
    if parsed.json:
        print(json.dumps(_plain(found, card, parsed), indent=2, allow_nan=False))
    else:
        _tell(found, card)
        for path in [*([Path(parsed.out)] if parsed.out else []), *drawn]:
            print(f"wrote {path}")
        for sentence in sentences(found, card, len(warned)):
            print(sentence)
    for remark in warned:
        print(f"warning: {remark}", file=sys.stderr)
    return 0


def _figures(parsed: argparse.Namespace) -> list[Path]:
    """Where figures go: of the ramps, and of all other kinds."""
    if not parsed.figure:
        return []
    path = Path(parsed.figure)
    return [path, path.with_name(f"{path.stem}-other{path.suffix}")]


def _doubts(card: Written) -> list[str]:
    """Warnings of the card, by its keys: nobody has written the lines of its file."""
    return [f"{warning.key}: {warning.message}" for warning in card.card.warnings()]


def _fitted(parsed: argparse.Namespace, options: Options) -> LaboratoryFit:
    """Read and fit; ramps that are given by direction, or a device a file, are all of one measurement."""
    from analogep import fit as fitting

    files, up, down = ([Path(path) for path in part] for part in (parsed.files, parsed.up, parsed.down))
    if not (up or down or parsed.device_per_file):
        records = [fitting.read(path, options) for path in fitting.files_of(files)]
        return fitting.fit_records(records, parsed.model, parsed.unidirectional)
    measurement = fitting.read_pulses(fitting.files_of(files), up, down, options)
    ramps = fitting.fit(measurement, parsed.model, parsed.unidirectional)
    return fitting.LaboratoryFit((), ramps, (), (), (), (*ramps.remarks, *ramps.doubts))


def _drawable(path: Path) -> None:
    from analogep.errors import UsageError
    from analogep.plots import SUFFIXES

    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--figure {path}: name it {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")


def _free(path: Path, force: bool) -> None:
    from analogep.errors import UsageError

    if path.is_dir():
        raise UsageError(f"{path}: is a directory; name a file in it")
    if path.exists() and not force:
        raise UsageError(f"{path}: exists; choose another name, or give --force to replace it")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no directory {path.parent}; make it first")


def _quantities(parsed: argparse.Namespace) -> dict[str, float | None]:
    """Values of the options with units."""
    from analogep.errors import UsageError
    from analogep.units import Quantity

    kinds = {"Volts": Quantity("V", "voltage", "volts", "0.1 V"), "Seconds": Quantity("s", "time", "seconds", "100 ns")}
    out: dict[str, float | None] = {}
    for option, (name, _, kind) in _QUANTITIES.items():
        text = getattr(parsed, option.replace("-", "_"))
        try:
            out[name] = None if text is None else kinds[kind].parse(text)
        except ValueError as error:
            raise UsageError(f"--{option}: {error}") from None
        value = out[name]
        if value is not None and (value == 0.0 or (kind == "Seconds" and value < 0.0)):
            raise UsageError(f"--{option} {text}: must {'not be zero' if kind == 'Volts' else 'be greater than zero'}")
    return out


def _known(parsed: argparse.Namespace, quantities: dict[str, float | None]) -> Known:
    from analogep.errors import UsageError
    from analogep.fit import Known

    both = quantities.pop("width")
    for key in ("width_up", "width_down"):
        quantities[key] = both if quantities[key] is None else quantities[key]
    name = parsed.name
    if name is None:
        name = re.sub(r"[^a-z0-9_-]+", "_", Path(parsed.out or "fitted").stem.lower()).strip("_-")
        name = name if name[:1].isalpha() else f"device_{name}".rstrip("_")
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name) or len(name) > 100:
        raise UsageError(f"--name {name}: needs a small letter, then small letters, digits, - and _, such as my_rram")
    return Known(
        name,
        parsed.title,
        parsed.technology,
        parsed.terminals,
        quantities["amplitude_up"],
        quantities["amplitude_down"],
        quantities["width_up"],
        quantities["width_down"],
        quantities["read_voltage"],
        quantities["read_width"],
    )


def _write(parsed: argparse.Namespace, found: LaboratoryFit, card: Written) -> list[Path]:
    """Card and figures; all are made before one is written. Returns the figures."""
    from analogep.results import write_bytes

    files = [(Path(parsed.out), card.text.encode())] if parsed.out else []
    drawn = []
    if parsed.figure:
        from analogep import fit as fitting
        from analogep import plots

        first, other = _figures(parsed)
        figures = []
        if found.pulses is not None:
            figures.append((first, plots.fitted_pulses(fitting.dataset(found.pulses, card.card))))
        if found.findings:
            panels = fitting.panels(found.findings)
            figures.append((other if figures else first, plots.fitted_measurements(panels)))
        files += [(path, plots.render(figure, path.suffix.lower())) for path, figure in figures]
        drawn = [path for path, _ in figures]
    for path, data in files:
        write_bytes(path, data)
    return drawn


def _tell(found: LaboratoryFit, card: Written) -> None:
    """Print what was read, the laws, the numbers, and the defaults."""
    if found.pulses is not None:
        _tell_ramps(found.pulses)
    for one in found.records:
        print(f"file    {one.source.name}: {one.kind}, {one.layout}: {one.said}")
    for finding in found.findings:
        print(f"found   {finding.kind}, {finding.source.name}: {finding.model}")
        for name in finding.numbers:
            print(f"          {name:<38}{_number(finding, name)}")
    print("to do   not measured; the card holds defaults, replace them")
    for line in card.defaults:
        print(f"          {line}")


def _number(finding: Finding, name: str) -> str:
    from analogep.fit import plus_minus

    one = finding.numbers[name]
    return plus_minus(one, one.unit)


def _tell_ramps(found: Fit) -> None:
    """Print the law of the ramps and its numbers."""
    print(f"read    {counts(found)}")
    device = found.devices[0]
    residual, noise = (f"{100.0 * value:.2g} %" for value in deviations(found))
    print(f"law     {found.law}: residual {residual} of the measured range, noise alone would leave {noise}")
    if len(found.candidates) > 1:
        print("laws    by criterion (RMSE with ln N times the variance that the parameters fit, % of range)")
        for one in found.candidates:
            remark = f"   not considered: {one.remark}" if one.remark else ""
            print(f"          {one.law:<22}{one.parameters:>3} parameters   RMSE {100 * one.rmse:6.3f}   criterion "
                  f"{100 * one.criterion:6.3f}{remark}")  # fmt: skip
    print("fit     value +- standard error" + (", laws in ln G" if device.frame.logarithmic else ""))
    for name, text in _lines(found):
        print(f"          {name:<38}{text}")
    if len(found.devices) > 1:
        print(f"        means of {len(found.devices)} devices; device {device.name!r} was the first")


def _lines(found: Fit) -> list[tuple[str, str]]:
    """(name, value +- se) of every number."""
    from analogep.fit import Value, plus_minus, scatter

    out = []
    for name, value in found.numbers.items():
        if name.startswith("middle."):
            continue
        out.append((name, plus_minus(value, _unit(name))))
    units = dict.fromkeys(found.noise, "%") | {"read": "%" if found.read == "relative" else "S", "length": ""}
    what = {
        "write": f"cycle_to_cycle, {found.write}",
        "read": f"read noise, {found.read}",
        "slow": "scatter that reverts, of the window",
        "length": "  correlation length, pulses",
        "write_down": f"cycle_to_cycle down, {found.write}",
        "between_up": "steps of whole ramps up differ by",
        "between_down": "steps of whole ramps down differ by",
    }
    for name, value in found.noise.items():
        out.append((what[name], plus_minus(value, units[name]) if value.value > 0.0 else "none seen"))
    for k, way in enumerate(found.directions):
        if math.isfinite(whole := scatter(found, k)):
            out.append((f"scatter of steps {way}, with reads", f"{100 * whole:.3g} %"))
    if found.write == "range":
        window = found.numbers["conductance.max"].value - found.numbers["conductance.min"].value
        for way in found.directions:
            step = abs(found.numbers[f"ramp.{way}.step"].value)
            noise = found.noise["write"]
            out.append(
                (
                    f"  of a mean step {way}",
                    plus_minus(Value(noise.value * window / step, noise.se * window / step), "%"),
                )
            )
    for name, (sigma, error) in found.spread.values.items():
        out.append((f"device_to_device, {name}", plus_minus(Value(sigma, error), "%")))
    return out


def _unit(name: str) -> str:
    last = name.rsplit(".", 1)[-1]
    if name.startswith("conductance.") or (name.startswith("ramp.") and last in ("start", "end", "step")):
        return "S"
    return "%" if last in ("step", "symmetry_point", "zero") or ".steps." in name else ""


def _plain(found: LaboratoryFit, card: Written, parsed: argparse.Namespace) -> dict[str, Any]:
    """Everything that is printed, as JSON in SI units; null where there is no standard error."""

    def pair(value: float, se: float) -> dict[str, float | None]:
        return {"value": float(value), "se": float(se) if math.isfinite(se) else None}

    out: dict[str, Any] = {"card": parsed.out, "defaults": list(card.defaults), "remarks": list(found.remarks)}
    out["files"] = [
        {"name": one.source.name, "sha256": one.source.sha256, "kind": one.kind, "layout": one.layout}
        for one in found.records
    ]
    out["measurements"] = [
        {
            "file": one.source.name,
            "kind": one.kind,
            "model": one.model,
            "numbers": {
                name: {**pair(value.value, value.se), "unit": value.unit} for name, value in one.numbers.items()
            },
        }
        for one in found.findings
    ]
    return out if found.pulses is None else out | _plain_ramps(found.pulses, pair)


def _plain_ramps(found: Fit, pair: Callable[[float, float], dict[str, float | None]]) -> dict[str, Any]:
    numbers = {name: pair(one.value, one.se) for name, one in found.numbers.items() if not name.startswith("middle.")}
    noise: dict[str, Any] = {
        "cycle_to_cycle": {"kind": found.write, **pair(found.noise["write"].value, found.noise["write"].se)},
        "read": {"kind": found.read, **pair(found.noise["read"].value, found.noise["read"].se)},
    }
    if "slow" in found.noise:
        slow, length = found.noise["slow"], found.noise["length"]
        noise["reverting"] = {**pair(slow.value, slow.se), "length": pair(length.value, length.se)}
    others = ("write_down", "between_up", "between_down")
    noise |= {name: pair(found.noise[name].value, found.noise[name].se) for name in others if name in found.noise}
    return {
        "law": found.law,
        "logarithmic": found.devices[0].frame.logarithmic,
        "numbers": numbers,
        "noise": noise,
        "device_to_device": {name: pair(*values) for name, values in found.spread.values.items()},
        "devices": {one.name: {"rmse": one.rmse, "misfit": one.misfit} for one in found.devices},
        "laws": [{**vars(one), "remark": one.remark or None} for one in found.candidates],
    }
