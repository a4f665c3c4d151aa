"""`analogep macro DEVICE --circuit C`: area, watts, seconds and joules of two cards on one page, without a training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analogep.cli.numbers import finite

if TYPE_CHECKING:
    import xarray as xr

    from analogep.area import Merit, Published
    from analogep.macro import Page, Point

HELP = "area, watts, seconds and joules of a macro, without a training"
DESCRIPTION = (
    "Print what a designer asks of the macro that two cards make: area by block, watts, seconds and joules of an "
    "inference and of an update, operations a joule and a square millimetre beside published chips, and the same of "
    "square arrays by size and bits. One inference and one batch of inputs drawn from 0 to 1 are simulated on a chip "
    "with its initial weights; seconds and areas follow from the cards."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("device", metavar="DEVICE", help="device card: YAML file or name")
    add("--circuit", metavar="CARD", default="digits", help="circuit card: YAML file or name (default: digits)")
    add("--node", metavar="LENGTH", help="technology, such as '22 nm', from which supplies, converters, lines, digital "
        "side and memory are taken, whatever the card says; what --set says stays")  # fmt: skip
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of either card; may be repeated")
    add("--figure", "--out", metavar="FILE", help="draw the page into this .png, .svg or .pdf")
    add("--json", action="store_true", help="print the numbers as JSON, in SI units, instead of text")


def run(parsed: argparse.Namespace) -> int:
    """Measure the two cards and print the page.

    Raises
    ------
    CardError
        If the circuit cannot be in the technology that is asked for.
    """
    from analogep.cli import figure, overrides
    from analogep.errors import CardError
    from analogep.macro import page, sweep
    from analogep.macro.table import dataset

    figure.check(parsed.figure)
    device, circuit = overrides.load(parsed.device, parsed.circuit, parsed.set)
    if parsed.node is not None:
        try:
            said = [text.partition("=")[0].strip() for text in overrides.sort(parsed.set)[1]]
            circuit = circuit.at(_length(parsed.node), said)
        except CardError as error:
            raise CardError([replace(one, where=f"--node {parsed.node}") for one in error.problems]) from None
    found = page(device, circuit)
    try:
        points, refused = sweep(device, circuit), ""
    except CardError as error:
        points, refused = [], str(error.problems[0])
    made = dataset(found, points)
    if parsed.figure:
        from analogep import plots

        figure.save(plots.macro_page(made), parsed.figure)
    print(json.dumps(numbers(made), allow_nan=False) if parsed.json else text(found, points, refused))
    return 0


def _length(given: str) -> float:
    from pydantic import TypeAdapter, ValidationError

    from analogep.errors import UsageError
    from analogep.units import Metres

    try:
        return TypeAdapter(Metres).validate_python(given)
    except ValidationError:
        raise UsageError(f"--node {given}: needs a length, such as '65 nm'") from None


def numbers(made: xr.Dataset) -> dict[str, Any]:
    """What the page says, for programs; SI units, null where nothing is known."""
    found: dict[str, Any] = {key: finite(value) for key, value in made.attrs.items() if key != "area"}
    found["area"] = made.attrs["area"]
    for key in ("area", "joules"):
        names = made["block" if key == "area" else "component"].values.tolist()
        values = made[key].values.tolist()
        if key == "area":
            found["areas"] = dict(zip(names, finite(values), strict=True))
        else:
            found["joules"] = {
                what: dict(zip(names, row, strict=True)) for what, row in zip(made["what"].values, values, strict=True)
            }
    found["arrays"] = [
        {"size": int(size), "bits": int(bits)}
        | {key: finite(made[key].sel(size=size, bits=bits).values) for key in ("efficiency", "density", "mac")}
        for size in made["size"].values
        for bits in made["bits"].values
    ]
    return found


def text(page: Page, points: Sequence[Point], refused: str = "") -> str:
    """The page for people; `refused` says why there are no square arrays."""
    from analogep.area import CHIPS

    lines = [f"{page.device}, {page.circuit}" + (f" at {page.node}" if page.node else ""), *_areas(page)]
    lines += _spent(page)
    lines += [f"  {'figures of merit':<29}{'mm^2':>8}{'latency':>12}{'fJ/MAC':>10}{'TOPS/W':>10}{'TOPS/mm^2':>11}"]
    lines += [_merit("this circuit", page.merit)]
    lines += [_merit(chip.name + ("" if chip.built else " (design)"), chip) for chip in CHIPS]
    lines += [f"  caution: {sentence}" for sentence in page.merit.beyond]
    return "\n".join(lines + _arrays(points, refused))


def _areas(page: Page) -> list[str]:
    if not page.areas:
        return ["  area: needs a technology; name one with --node, or with node: 65 nm in the circuit card"]
    lines = [f"  {'area':<16}{'mm^2':>10}{'share':>8}"]
    for one in sorted(page.areas, key=lambda block: -block.total):
        if one.total > 0.0:
            lines.append(f"    {one.name:<14}{1e6 * one.total:>10.4g}{one.total / page.area:>8.1%}")
    lines.append(f"    {'total':<14}{1e6 * page.area:>10.4g}")
    if page.unknown:
        lines.append(f"    without {', '.join(page.unknown)}, whose size no source was found for")
    return lines


def _spent(page: Page) -> list[str]:
    from analogep.units import format_si

    inference, training = sum(page.inference.values()), sum(page.training.values())
    lines = [f"  {'joules':<16}{'inference':>12}{'training sample':>18}"]
    both = {name: page.training.get(name, 0.0) for name in [*page.training, *page.inference]}
    for name, value in sorted(both.items(), key=lambda item: -item[1]):
        lines.append(
            f"    {name.replace('_', ' '):<14}{_joules(page.inference.get(name, 0.0)):>12}{_joules(value):>18}"
        )
    lines.append(f"    {'total':<14}{format_si(inference, 'J'):>12}{format_si(training, 'J'):>18}")
    lines.append(
        f"    {'seconds':<14}{format_si(page.latency, 's'):>12}{format_si(page.batch_seconds / page.batch, 's'):>18}"
    )
    watts = format_si(page.inference_watts, "W"), format_si(page.training_watts, "W")
    lines.append(f"    {'watts':<14}{watts[0]:>12}{watts[1]:>18}")
    lines.append(f"    an update, once in {page.batch} samples, takes {format_si(page.update, 'J')} of that")
    if not {"memory", "control"} & set(page.training):
        lines.append("    memory, clock and control of the update are not booked: no node in the circuit card")
    return lines


def _joules(value: float) -> str:
    from analogep.units import format_si

    return format_si(value, "J") if value else "-"


def _merit(name: str, chip: Merit | Published) -> str:
    from analogep.units import format_si

    def shown(value: float | None, size: float) -> str:
        return "-" if value is None else f"{value / size:.3g}"

    latency = "-" if chip.latency is None else format_si(chip.latency, "s")
    return (
        f"    {name:<27}{shown(chip.area, 1e-6):>8}{latency:>12}{shown(chip.mac, 1e-15):>10}"
        f"{shown(chip.efficiency, 1e12):>10}{shown(chip.density, 1e18):>11}"
    )


def _arrays(points: Sequence[Point], refused: str) -> list[str]:
    if refused:
        return [f"  no square arrays of this circuit: {refused}"]
    bits = list(dict.fromkeys(point.bits for point in points))
    lines = [f"  {'TOPS/W (fJ/MAC) of square arrays':<34}" + "".join(f"{f'{count} bits':>16}" for count in bits)]
    for size in dict.fromkeys(point.size for point in points):
        cells = [
            f"{point.merit.efficiency / 1e12:.3g} ({point.merit.mac * 1e15:.3g})"
            for point in points
            if point.size == size
        ]
        lines.append(f"    {f'{size} x {size}':<32}" + "".join(f"{cell:>16}" for cell in cells))
    return lines
