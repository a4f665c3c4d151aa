"""`analogep list`: the shipped cards and studies, devices with the numbers that they are chosen by."""

from __future__ import annotations

import argparse
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analogep.circuit import CircuitCard
    from analogep.device import DeviceCard
    from analogep.study.card import StudyCard

HELP = "list the shipped cards and studies"
DESCRIPTION = (
    "List the shipped devices with their conductance window, on/off ratio, number of states, noise of a pulse and its "
    "write (standard deviation, of the window), pulse law and energy of a pulse up, for a cell in the middle of its "
    "window, and how many of the quantities that a comparison needs no source gives; then the shipped circuits, the "
    "ready studies with their number of points, and the folders that hold all of them."
)

_HEADS = ("devices", "technology", "window", "on/off", "states", "noise", "law", "energy/pulse", "?")
_WIDEST_TITLE = 72
_WIDEST_LAW = 11
_RIGHT = ("on/off", "states", "noise", "energy/pulse", "?", "points")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print more numbers of each card as JSON, in SI units")


def run(parsed: argparse.Namespace) -> int:
    """List the cards."""
    from analogep.cards import shipped_dir
    from analogep.circuit import CircuitCard
    from analogep.cli.summary import as_json
    from analogep.device import DeviceCard
    from analogep.device.unknown import QUANTITIES
    from analogep.study.card import StudyCard, ready_dir

    devices = [device(DeviceCard.load(name)) for name in DeviceCard.names()]
    circuits = [circuit(CircuitCard.load(name)) for name in CircuitCard.names()]
    studies = [study(StudyCard.load(name)) for name in StudyCard.names()]
    folders = {"devices": str(shipped_dir("device")), "circuits": str(shipped_dir("circuit")),
               "studies": str(ready_dir())}  # fmt: skip
    if parsed.json:
        print(as_json({"devices": devices, "circuits": circuits, "studies": studies, "folders": folders}))
        return 0
    for line in _aligned([_HEADS, *(_row(numbers) for numbers in devices)]):
        print(line)
    print(f"? of {len(QUANTITIES)} quantities are in no source and count as perfect; 'analogep show' names them")
    print()
    for line in _aligned([("circuits", "layers", "title"), *(_circuit_row(numbers) for numbers in circuits)]):
        print(line)
    print()
    for line in _aligned([("studies", "points", "title"), *(_study_row(numbers) for numbers in studies)]):
        print(line)
    print()
    for name, folder in folders.items():
        print(f"{name} lie in {folder}")
    return 0


def device(card: DeviceCard) -> dict[str, Any]:
    """Return what a device is chosen by; SI units.

    `step` and `noise` of one pulse are fractions of the window, `energy` is in joules; all three of a nominal cell in
    the middle of its window, for each direction (`step` without the reset of a unidirectional device).
    """
    import numpy as np

    from analogep.device.nominal import mean_step, pulse_noise

    law, window = card.programming, card.conductance
    middle, half = 0.5 * (window.min + window.max), np.array([0.5])
    return {
        "name": card.name,
        "title": card.title,
        "technology": card.technology,
        "terminals": card.terminals,
        "min": window.min,
        "max": window.max,
        "on_off": window.max / window.min,
        "levels": window.levels,
        "law": law.model,
        "unidirectional": law.unidirectional,
        "step": {direction: float(mean_step(card, direction, half)[0]) for direction in law.directions},
        "noise": {direction: float(pulse_noise(card, direction, half)[0]) for direction in law.directions},
        "write_noise": card.variation.write_noise.deviation,
        "read_noise": card.read.components.kind,
        "retention": card.retention.kind,
        "endurance": card.lifetime,
        "energy": {
            direction: card.energy.joules(card.branch(direction), direction, 1.0, middle)
            for direction in ("up", "down")
        },
        "width": {direction: card.branch(direction).width for direction in ("up", "down")},
        "rule": card.recommended.rule,
        "unknown": list(card.unknown),
        "doi": [source.doi for source in card.sources.values() if source.doi],
    }


def circuit(card: CircuitCard) -> dict[str, Any]:
    """Return what a circuit is chosen by."""
    layers = [layer if isinstance(layer, int) else str(layer) for layer in card.layers]
    return {"name": card.name, "title": card.title, "network": card.network.kind, "layers": layers}


def study(card: StudyCard) -> dict[str, Any]:
    """Return what a study is chosen by; `points` without a target standard error, which may ask for more."""
    axes = {axis.name: len(axis) for axis in card.axes}
    return {
        "name": card.name,
        "title": card.title,
        "device": card.device,
        "circuit": card.circuit,
        "axes": axes,
        "chips": card.chips,
        "seeds": card.seeds,
        "points": math.prod(axes.values()) * card.chips * card.seeds,
    }


def _row(numbers: dict[str, Any]) -> tuple[str, ...]:
    noise = math.hypot(max(numbers["noise"].values()), numbers["write_noise"])
    return (
        numbers["name"],
        numbers["technology"],
        f"{_short(numbers['min'], 'S')} - {_short(numbers['max'], 'S')}",
        f"{float(format(numbers['on_off'], '.3g')):g}",
        "analog" if numbers["levels"] is None else str(numbers["levels"]),
        _noise(noise, unknown="pulse noise" in numbers["unknown"]),
        numbers["law"] if len(numbers["law"]) <= _WIDEST_LAW else f"{numbers['law'][: _WIDEST_LAW - 3]}...",
        "-" if "energy of a pulse" in numbers["unknown"] else _short(numbers["energy"]["up"], "J"),
        str(len(numbers["unknown"])),
    )


def _noise(noise: float, *, unknown: bool) -> str:
    """Two digits, and a dash where nobody knows."""
    from analogep.units import format_si

    if noise:
        return format_si(float(f"{noise:.2g}"), "%")
    return "-" if unknown else "none"


def _circuit_row(numbers: dict[str, Any]) -> tuple[str, ...]:
    return numbers["name"], "-".join(map(str, numbers["layers"])), numbers["title"]


def _study_row(numbers: dict[str, Any]) -> tuple[str, ...]:
    return (
        numbers["name"],
        str(numbers["points"]),
        textwrap.shorten(numbers["title"], _WIDEST_TITLE, placeholder=" ..."),
    )


def _short(value: float, unit: str) -> str:
    """Three significant digits."""
    from analogep.units import format_si

    return format_si(float(f"{value:.3g}") if math.isfinite(value) else value, unit)


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest entry; numbers stand to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    right = [head in _RIGHT for head in rows[0]]
    return [
        "  ".join(
            word.rjust(width) if to_right else word.ljust(width)
            for word, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
