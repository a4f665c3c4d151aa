"""`--set key=value` for either card: the first word of the key says which one it means."""

from __future__ import annotations

from collections.abc import Sequence

from analogep.cards.overrides import parse
from analogep.cards.wording import near
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError, Problem, UsageError

_FIXED = ("schema", "name", "title", "sources", "provenance")


def sort(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split overrides into those of the device and those of the circuit card.

    `device.` and `circuit.` in front of a key choose the card; without them its section does.

    Raises
    ------
    UsageError
        If no card has such a section.
    """
    device: list[str] = []
    circuit: list[str] = []
    sections = {
        "device": [name for name in DeviceCard.model_fields if name not in _FIXED],
        "circuit": [name for name in CircuitCard.model_fields if name not in _FIXED],
    }
    for text in texts:
        section = parse(text).path[0]
        if section in ("device", "circuit"):
            rest = text.split(".", 1)[1] if "." in text.split("=", 1)[0] else ""
            parse(rest)
            (device if section == "device" else circuit).append(rest)
        elif section in sections["device"]:
            device.append(text)
        elif section in sections["circuit"]:
            circuit.append(text)
        else:
            known = [*sections["device"], *sections["circuit"]]
            best = near(section, known)
            hint = f", did you mean '{best}'?" if best else f"; sections are {', '.join(known)}"
            raise UsageError(f"--set {text}: no card has a section '{section}'{hint}")
    return device, circuit


def load(device: str, circuit: str, texts: Sequence[str]) -> tuple[DeviceCard, CircuitCard]:
    """Load both cards with their overrides; the problems of both are reported together.

    Raises
    ------
    CardError
        With every problem of either card.
    """
    of_device, of_circuit = sort(texts)
    problems: list[Problem] = []
    cards: list[DeviceCard | CircuitCard] = []
    for kind, given, own in ((DeviceCard, device, of_device), (CircuitCard, circuit, of_circuit)):
        try:
            cards.append(kind.load(given, own))
        except CardError as error:
            problems.extend(error.problems)
    if problems:
        raise CardError(problems)
    first, second = cards
    assert isinstance(first, DeviceCard)
    assert isinstance(second, CircuitCard)
    return first, second
