"""`analogep check CARD...`: validate cards and print what was understood."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analogep.cards import Card
    from analogep.circuit import CircuitCard
    from analogep.device import DeviceCard

HELP = "validate cards and print what was understood"
DESCRIPTION = (
    "Validate device and circuit cards, and print what was understood, defaults included, in SI units: a card again, "
    "with notes behind a hash; of a device with a circuit also whether they go together, and the time that they take "
    "on the chip."
)
_SAMPLES = 60_000
"""As many as MNIST has."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("cards", nargs="+", metavar="CARD", help="YAML file, or the name of a shipped card")
    parser.add_argument("--quiet", action="store_true", help="print problems only")


def run(parsed: argparse.Namespace) -> int:
    """Check every card; all of them are read before the command fails."""
    from analogep.errors import CardError

    failed = False
    cards: list[Card] = []
    for given in parsed.cards:
        try:
            card = load(given)
        except CardError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        for warning in card.warnings():
            print(f"warning: {warning}", file=sys.stderr)
        cards.append(card)
        if not parsed.quiet:
            for remark in card.remarks():
                print(f"# note: {remark}")
            print(card.understood())
    if {card.kind for card in cards} == {"device", "circuit"}:
        for device, circuit in _pairs(cards):
            failed |= not _together(device, circuit, quiet=parsed.quiet)
    return 2 if failed else 0


def _pairs(cards: Sequence[Card]) -> Iterator[tuple[DeviceCard, CircuitCard]]:
    """Every device among the cards with every circuit."""
    from analogep.circuit import CircuitCard
    from analogep.device import DeviceCard

    for circuit in (card for card in cards if isinstance(card, CircuitCard)):
        yield from ((card, circuit) for card in cards if isinstance(card, DeviceCard))


def _together(device: DeviceCard, circuit: CircuitCard, *, quiet: bool) -> bool:
    """Say what a run would say of two cards, and how long they take on the chip; returns whether they go together."""
    from analogep import clock
    from analogep.errors import CardError
    from analogep.network import check_fit, fit_warnings

    try:
        check_fit(device, circuit)
    except CardError as error:
        print(error, file=sys.stderr)
        return False
    for warning in fit_warnings(device, circuit):
        print(f"warning: {warning}", file=sys.stderr)
    if quiet:
        return True
    sample = clock.batch(circuit, device) / circuit.learning.batch
    latency, each, many = map(clock.spoken, (clock.latency(circuit, device), sample, _SAMPLES * sample))
    print(
        f"# note: {device.name} in {circuit.name}: an inference takes {latency} on the chip, a training sample {each}, "
        f"{_SAMPLES} of them {many}, where each update gives a cell of every row a pulse up and one down"
    )
    for one in clock.unstated(circuit):
        print(f"# note: {circuit.name}: {one}")
    return True


def load(given: str) -> Card:
    """Load a card of either kind: its `schema` says which; a name is looked up among devices first."""
    from analogep.cards import reader, shipped_names
    from analogep.cards.wording import near

    devices, circuits = shipped_names("device"), shipped_names("circuit")
    # os.path answers False where pathlib raises, as for a name too long for the file system
    if os.path.isfile(given):
        schema = reader.read_file(given).data.get("schema")
        is_circuit = isinstance(schema, str) and schema.startswith("analogep.circuit")
    else:
        # An unknown name is measured against the kind that has the nearest one.
        is_circuit = given not in devices and near(Path(given).stem, [*devices, *circuits]) in circuits
    # The blocks of the other kind of card take as long to set up as this one's.
    if is_circuit:
        from analogep.circuit import CircuitCard

        return CircuitCard.load(given)
    from analogep.device import DeviceCard

    return DeviceCard.load(given)
