"""`analogep fit FILE...`: from measured pulse responses to a device card."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analogep.fit import Fit, Known, Measurement, Written

HELP = "make a device card of measured pulse responses"
DESCRIPTION = (
    "Fit pulse laws to measured conductances after each pulse and write a device card. A file is long (columns named "
    "conductance or current, and device, direction, ramp, pulse as there are; units in the header as in 'conductance "
    "[uS]') or wide (one ramp per column). Prints every number with its standard error, and what the ramps cannot tell."
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
    add("files", nargs="*", metavar="FILE", help="CSV files; direction from a column, or from the trend")
    add("--up", action="append", default=[], metavar="FILE", help="CSV file with ramps up only; may be repeated")
    add("--down", action="append", default=[], metavar="FILE", help="CSV file with ramps down only; may be repeated")
    add("--out", metavar="CARD", help="device card to write, such as my.yaml (default: fit and print only)")
    add("--model", default="auto", metavar="LAW", help="pulse law (default: auto, by a criterion like BIC's)")
    add("--unit", metavar="UNIT", help="unit of readings whose header names none, such as uS or nA (default: SI)")
    add("--column", metavar="NAME", help="column of the readings of a long file")
    add("--device-per-file", action="store_true", help="each file holds a device of its own")
    add("--unidirectional", action="store_true", help="only pulses up are gradual (PCM): a reset brings cells down")
    add("--figure", metavar="PNG", help="draw ramps, law, residuals and steps")
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
        raise UsageError("which file? Give CSV files with pulse responses, or --up FILE --down FILE")
    targets = [Path(path) for path in (parsed.out, parsed.figure) if path]
    for path in targets:
        _free(path, parsed.force)
    if parsed.figure:
        _drawable(Path(parsed.figure))
    fitting.check_model(parsed.model)
    quantities = _quantities(parsed)
    known = _known(parsed, quantities)
    options = fitting.Options(parsed.unit, quantities["read_voltage"], parsed.column, parsed.device_per_file)
    files, up, down = ([Path(path) for path in part] for part in (parsed.files, parsed.up, parsed.down))
    measurement = fitting.read_pulses(files, up, down, options)
    found = fitting.fit(measurement, parsed.model, parsed.unidirectional)
    card = fitting.make_card(found, known)
    _write(parsed, found, card)
    if parsed.json:
        print(json.dumps(_plain(found, card, parsed), indent=2, allow_nan=False))
    else:
        _tell(measurement, found, card)
        for path in targets:
            print(f"wrote {path}")
    for remark in [*found.remarks, *(str(warning) for warning in card.card.warnings())]:
        print(f"warning: {remark}", file=sys.stderr)
    return 0


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


def _write(parsed: argparse.Namespace, found: Fit, card: Written) -> None:
    """Card and figure; both are made before either is written."""
    from analogep.results import write_bytes

    files = [(parsed.out, card.text.encode())] if parsed.out else []
    if parsed.figure:
        from analogep import fit as fitting
        from analogep import plots

        figure = plots.fitted_pulses(fitting.dataset(found, card.card))
        files.append((parsed.figure, plots.render(figure, Path(parsed.figure).suffix.lower())))
    for path, data in files:
        write_bytes(Path(path), data)


def _tell(measurement: Measurement, found: Fit, card: Written) -> None:
    """Print what was read, the laws, the numbers, and the defaults."""
    print(f"read    {_counts(measurement, found)}")
    device = found.devices[0]
    noise = [one.noise for one in found.devices]
    residual = _percent([one.rmse for one in found.devices])
    print(f"law     {found.law}: residual {residual} of the measured range, noise alone would leave {_percent(noise)}")
    if len(found.candidates) > 1:
        print("laws    by criterion (RMSE with ln N times the variance that the parameters fit, % of range)")
        for one in found.candidates:
            remark = f"   not considered: {one.remark}" if one.remark else ""
            print(f"          {one.law:<22}{one.parameters:>3} parameters   RMSE {100 * one.rmse:6.3f}   criterion "
                  f"{100 * one.criterion:6.3f}{remark}")  # fmt: skip
    print("fit     value +- standard error")
    for name, text in _lines(found):
        print(f"          {name:<38}{text}")
    if len(found.devices) > 1:
        print(f"        means of {len(found.devices)} devices; device {device.name!r} was the first")
    print("to do   not measured; the card holds defaults, replace them")
    for line in card.defaults:
        print(f"          {line}")


def _counts(measurement: Measurement, found: Fit) -> str:
    parts = []
    for way in found.directions:
        pulses = [ramp.pulses for ramp in measurement.ramps if ramp.direction == way]
        size = f"{min(pulses)}" if min(pulses) == max(pulses) else f"{min(pulses)}-{max(pulses)}"
        parts.append(f"{len(pulses)} ramp{'s' if len(pulses) > 1 else ''} {way} of {size} pulses")
    devices = f" on {len(found.devices)} devices" if len(found.devices) > 1 else ""
    return ", ".join(parts) + devices


def _percent(values: list[float]) -> str:
    return f"{100.0 * sum(values) / len(values):.2g} %"


def _lines(found: Fit) -> list[tuple[str, str]]:
    """(name, value +- se) of every number."""
    from analogep.fit import Value, plus_minus, scatter

    out = []
    for name, value in found.numbers.items():
        if name.startswith("middle."):
            continue
        out.append((name, plus_minus(value, _unit(name))))
    units = {"write": "%", "read": "%" if found.read == "relative" else "S"}
    what = {"write": f"cycle_to_cycle, {found.write}", "read": f"read noise, {found.read}"}
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


def _plain(found: Fit, card: Written, parsed: argparse.Namespace) -> dict[str, Any]:
    """Everything that is printed, as JSON in SI units; null where there is no standard error."""

    def pair(value: float, se: float) -> dict[str, float | None]:
        return {"value": value, "se": se if math.isfinite(se) else None}

    numbers = {name: pair(one.value, one.se) for name, one in found.numbers.items() if not name.startswith("middle.")}
    return {
        "law": found.law,
        "card": parsed.out,
        "numbers": numbers,
        "noise": {
            "cycle_to_cycle": {"kind": found.write, **pair(found.noise["write"].value, found.noise["write"].se)},
            "read": {"kind": found.read, **pair(found.noise["read"].value, found.noise["read"].se)},
        },
        "device_to_device": {name: pair(*values) for name, values in found.spread.values.items()},
        "devices": {one.name: {"rmse": one.rmse, "misfit": one.misfit} for one in found.devices},
        "laws": [{**vars(one), "remark": one.remark or None} for one in found.candidates],
        "defaults": list(card.defaults),
        "remarks": list(found.remarks),
    }
