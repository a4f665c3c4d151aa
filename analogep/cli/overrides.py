"""`--set key=value` for either card: the first word of the key says which one it means."""

from __future__ import annotations

from collections.abc import Sequence

from analogep import keys
from analogep.cards.overrides import parse
from analogep.cards.wording import printable
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
    found, wrong = _sorted(texts)
    if wrong:
        raise UsageError("\n".join(map(str, wrong)))
    return found["device"], found["circuit"]


def _sorted(texts: Sequence[str]) -> tuple[dict[str, list[str]], list[Problem]]:
    """Overrides by their card, and what is wrong with those that belong to none."""
    found: dict[str, list[str]] = {kind: [] for kind in keys.CARDS}
    wrong = []
    for text in texts:
        key, _, value = text.partition("=")
        said = f"--set {printable(text, 120)}"
        try:
            parse(text)
            kind, rest = keys.card_of(key.strip())
        except (UsageError, ValueError) as error:
            wrong.append(Problem(said, "", str(error).removeprefix(f"{said}: ")))
        else:
            found[kind].append(text if rest == key.strip() else f"{rest}={value}")
    return found, wrong


def load(device: str, circuit: str, texts: Sequence[str]) -> tuple[DeviceCard, CircuitCard]:
    """Load both cards with their overrides; the problems of both, and of overrides, are reported together.

    Raises
    ------
    CardError
        With every problem of either card.
    UsageError
        If nothing is wrong but overrides that belong to no card.
    """
    of_card, wrong = _sorted(texts)
    problems: list[Problem] = []
    cards: list[DeviceCard | CircuitCard] = []
    for kind, given in ((DeviceCard, device), (CircuitCard, circuit)):
        try:
            cards.append(kind.load(given, of_card[kind.kind]))
        except CardError as error:
            problems.extend(error.problems)
    if problems:
        raise CardError([*wrong, *problems])
    if wrong:
        raise UsageError("\n".join(map(str, wrong)))
    first, second = cards
    assert isinstance(first, DeviceCard)
    assert isinstance(second, CircuitCard)
    return first, second
