"""`--set key=value` for either card: the first word of the key says which one it means."""

from __future__ import annotations

from collections.abc import Sequence

from analogep import keys
from analogep.cards.overrides import parse
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError, Problem, UsageError


def sort(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split overrides into those of the device and those of the circuit card, as `analogep.keys` tells them apart.

    Raises
    ------
    UsageError
        If no card has such a section.
    """
    found: dict[str, list[str]] = {kind: [] for kind in keys.CARDS}
    for text in texts:
        parse(text)
        key, _, value = text.partition("=")
        try:
            kind, rest = keys.card_of(key.strip())
        except ValueError as error:
            raise UsageError(f"--set {text}: {error}") from None
        found[kind].append(text if rest == key.strip() else f"{rest}={value}")
    return found["device"], found["circuit"]


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
