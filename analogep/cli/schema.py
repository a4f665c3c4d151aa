"""`analogep schema device|circuit|study`: JSON Schema of the cards and of study files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analogep.cards import Card

HELP = "print the JSON Schema of device cards, circuit cards or studies"
DESCRIPTION = (
    "Print the JSON Schema (2020-12) of device cards, circuit cards or study files, with which editors complete and "
    "check them. Shipped ones name it in their first line."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("kind", choices=list(_KINDS), help="which kind of file")


def run(parsed: argparse.Namespace) -> int:
    """Print the schema."""
    from analogep.cards import schema

    print(schema.text(_KINDS[parsed.kind]()), end="")
    return 0


def _device() -> type[Card]:
    from analogep.device import DeviceCard

    return DeviceCard


def _circuit() -> type[Card]:
    from analogep.circuit import CircuitCard

    return CircuitCard


def _study() -> type[Card]:
    from analogep.study import StudyCard

    return StudyCard


_KINDS = {"device": _device, "circuit": _circuit, "study": _study}
