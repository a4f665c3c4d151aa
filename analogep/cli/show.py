"""`analogep show CARD`: one figure of a device, and its numbers in a few lines."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from analogep.device import DeviceCard

HELP = "draw what a device card makes the simulator believe"
DESCRIPTION = (
    "Draw one figure of a device: response to pulses with its noise, step, I-V curve, spread over cells, retention, "
    "energy per pulse; and print its numbers. All of it comes from the simulation that training uses."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("card", metavar="CARD", help="device card: YAML file, or the name of a shipped one")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of the card, such "
        "as --set conductance.max='20 uS'; may be repeated")  # fmt: skip
    drawing(parser, "CARDNAME.png")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON instead of text")


def drawing(parser: argparse.ArgumentParser, default: str) -> None:
    """Declare the arguments that commands with a figure of cards share."""
    add = parser.add_argument
    add("--save", metavar="FILE", help=f"figure to write: .png, .svg or .pdf (default: {default} in this folder)")
    add("--cells", type=_cells, default=1000, metavar="N", help="cells of each experiment (default: 1000)")
    add("--seed", type=_seed, default=0, metavar="N", help="seed of fabrication and operation (default: 0)")
    add("--force", action="store_true", help="replace the figure if it exists")


def _whole(text: str, least: int, most: int) -> int:
    # int() alone takes '1_000', and refuses what is too long with another error than what is no number
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"needs a whole number from {least} to {most}, got '{text[:40]}'")
    return value


def _seed(text: str) -> int:
    return _whole(text, 0, 2**63 - 1)


def _cells(text: str) -> int:
    return _whole(text, 1, 10**6)


def run(parsed: argparse.Namespace) -> int:
    """Characterise the card, draw it, print its numbers."""
    card = load(parsed.card, parsed.set)
    path = target(parsed.save, f"{card.name}.png", force=parsed.force)
    # What a mistake above needs none of.
    from analogep.characterise import characterise
    from analogep.cli import device_summary, summary
    from analogep.plots import characteristics

    dataset = characterise(card, cells=parsed.cells, seed=parsed.seed)
    save(characteristics(dataset), path)
    if parsed.json:
        print(summary.as_json(device_summary.numbers(dataset) | {"figure": str(path)}))
    else:
        print(device_summary.text(dataset))
        print(f"  figure       {path}")
    return 0


def load(given: str, texts: Sequence[str] = ()) -> DeviceCard:
    """Load a device card; a circuit card, and a key of one, is refused with a sentence.

    Raises
    ------
    UsageError, CardError
        If `given` is no device card or its overrides belong to a circuit card.
    """
    from analogep.circuit import CircuitCard
    from analogep.cli import overrides
    from analogep.device import DeviceCard
    from analogep.errors import UsageError

    if given in CircuitCard.names() and given not in DeviceCard.names() and not os.path.exists(given):
        raise UsageError(f"'{given}' is a circuit card; give a device card, such as 'rram'")
    of_device, of_circuit = overrides.sort(texts)
    if of_circuit:
        raise UsageError(f"--set {of_circuit[0]}: is a key of circuit cards; here only a device card is read")
    return DeviceCard.load(given, of_device)


def target(given: str | None, default: str, *, force: bool) -> Path:
    """Where the figure goes; checked before anything is computed.

    Raises
    ------
    UsageError
        If the suffix is unknown, the folder does not exist, or the file exists and `force` does not allow it.
    """
    from analogep.errors import UsageError
    from analogep.plots import SUFFIXES

    path = Path(default if given is None else given)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--save {path}: the name must end with one of {', '.join(SUFFIXES)}, such as {default}")
    # os.path answers False where pathlib raises: a name too long for the file system
    if not os.path.isdir(path.parent):
        raise UsageError(f"--save {path}: the folder {path.parent} does not exist; make it first")
    if os.path.isdir(path):
        raise UsageError(f"--save {path}: is a folder; name a file in it, such as {path / default}")
    if os.path.exists(path) and not force:
        raise UsageError(f"{path}: exists; --force replaces it, --save writes to another file")
    return path


def save(figure: Figure, path: Path) -> None:
    """Write the figure whole or not at all.

    Raises
    ------
    ResultError
        If the file cannot be written.
    """
    from analogep.errors import ResultError
    from analogep.plots import render
    from analogep.results import write_bytes

    try:
        write_bytes(path, render(figure, path.suffix.lower()))
    except ResultError as error:
        reason = getattr(error.__cause__, "strerror", None) or error.__cause__
        raise ResultError(f"{path}: cannot be written: {reason}; choose another --save") from error
