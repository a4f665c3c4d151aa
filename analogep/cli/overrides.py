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
        Of every override that is malformed, or whose section no card has, a line.
    """
    found: dict[str, list[str]] = {kind: [] for kind in keys.CARDS}
    wrong = []
    for text in texts:
        key, _, value = text.partition("=")
        try:
            parse(text)
            kind, rest = keys.card_of(key.strip())
        except UsageError as error:
            wrong.append(str(error))
        except ValueError as error:
            wrong.append(f"--set {text}: {error}")
        else:
            found[kind].append(text if rest == key.strip() else f"{rest}={value}")
    if wrong:
        raise UsageError("\n".join(wrong))
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
