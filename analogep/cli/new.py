"""`analogep new device|circuit NAME`: begin a card, with comments that say what each number is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analogep.cards import Card

HELP = "begin a device or circuit card of your own"
DESCRIPTION = (
    "Write NAME.yaml, a card that passes 'analogep check' and trains, with comments that say what each number is and "
    "a first line by which editors complete and check it. Its numbers are there to be replaced."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("kind", choices=("device", "circuit"), help="what the card describes")
    parser.add_argument("name", metavar="NAME", help="name of the card, lower-case letters, digits, '-' and '_'")
    parser.add_argument("--out", metavar="FILE", help="file to write (default: NAME.yaml); one that exists is kept")


def run(parsed: argparse.Namespace) -> int:
    """Write the card.

    Raises
    ------
    CardError
        If a card cannot have that name.
    UsageError
        If the file exists.
    """
    from analogep.errors import UsageError

    card, text = _begun(parsed.kind, parsed.name)
    path = Path(parsed.out or f"{parsed.name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path}: exists, and is kept as it is; choose another name, or --out") from None
    use = f"simulate {path}" if card.kind == "device" else f"simulate rram --circuit {path}"
    print(f"{path}: a {card.kind} card; 'analogep check {path}' checks it, 'analogep {use}' trains")
    return 0


def _begun(kind: str, name: str) -> tuple[Card, str]:
    """The card of a kind as it is begun, and its text."""
    from analogep.cards import schema
    from analogep.circuit import CircuitCard
    from analogep.circuit.kind import KINDS
    from analogep.device import LAWS, DeviceCard

    made: type[Card] = DeviceCard if kind == "device" else CircuitCard
    template = (Path(__file__).parent / "begun" / f"{kind}.yaml").read_text(encoding="utf-8")
    head = f"# yaml-language-server: $schema={schema.path(made.kind)}\n"
    words = {"NAME": name, "LAWS": ", ".join(LAWS.names()), "KINDS": ", ".join(KINDS.names())}
    for word, meant in words.items():
        template = template.replace(word, meant)
    return made.from_text(head + template, f"{name}.yaml"), head + template
