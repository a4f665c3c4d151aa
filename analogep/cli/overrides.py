"""`--set key=value` for either card: the first word of the key says which one it means."""

from __future__ import annotations

from collections.abc import Sequence

from analogep.cards.overrides import parse
from analogep.cards.wording import near
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError, Problem, UsageError

_NO_SECTIONS = ("schema", "name", "title", "sources", "provenance")


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
        kind: [name for name in card.model_fields if name.rstrip("_") not in _NO_SECTIONS]
        for kind, card in (("device", DeviceCard), ("circuit", CircuitCard))
    }
    for text in texts:
        section = parse(text).path[0]
        if section in ("device", "circuit"):
            key, _, value = text.partition("=")
            rest = f"{key.partition('.')[2]}={value}"
            if "." not in key:
                raise UsageError(f"--set {text}: needs a key of the {section} card, such as {section}.name=mine")
            parse(rest)
            (device if section == "device" else circuit).append(rest)
        elif section in sections["device"]:
            device.append(text)
        elif section in sections["circuit"]:
            circuit.append(text)
        elif section in _NO_SECTIONS:
            raise UsageError(f"--set {text}: which card? Say device.{section} or circuit.{section}")
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
