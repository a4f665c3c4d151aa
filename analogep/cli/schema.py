"""`analogep schema device|circuit`: JSON Schema of the cards."""

from __future__ import annotations

import argparse

HELP = "print the JSON Schema of device or circuit cards"
DESCRIPTION = (
    "Print the JSON Schema (2020-12) of device or circuit cards, with which editors complete and check them. "
    "Shipped cards name it in their first line."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("kind", choices=["device", "circuit"], help="which kind of card")


def run(parsed: argparse.Namespace) -> int:
    """Print the schema."""
    from analogep.cards import schema
    from analogep.circuit import CircuitCard
    from analogep.device import DeviceCard

    print(schema.text(DeviceCard if parsed.kind == "device" else CircuitCard), end="")
    return 0
