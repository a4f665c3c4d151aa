"""`analogep import FILE`: a device card from the parameters of aihwkit, NeuroSim or CrossSim."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analogep.imports import Imported, Known

HELP = "make a device card of another simulator's parameters"
DESCRIPTION = (
    "Read the device of aihwkit (JSON of its parameters, or as Python prints it), NeuroSim (assignments, JSON, a "
    "table) or CrossSim (JSON), and write it as a device card. Says of each field where it went or why it went "
    "nowhere; one with an effect that a card cannot hold is refused, unless --leave-out names it."
)
_QUANTITIES = {
    "amplitude-up": ("V", "V", "write pulse up, such as '1 V'"),
    "amplitude-down": ("V", "V", "write pulse down, with its sign, such as '-1.2 V'"),
    "width-up": ("s", "T", "its duration, such as '100 ns'"),
    "width-down": ("s", "T", "its duration"),
    "read-voltage": ("V", "V", "voltage of a read"),
    "read-width": ("s", "T", "duration of a read"),
    "mini-batch": ("s", "T", "time of a mini-batch, in which aihwkit counts decay, such as '10 us'"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("file", metavar="FILE", help="parameters of one device, or of several with --device")
    add("--out", metavar="CARD", help="device card to write, such as my.yaml (default: say what would be on it)")
    add("--device", metavar="NAME", help="which device, where the file has several")
    add("--window", metavar="'G..G'", help="conductances of the ends of a range without a unit, such as '1 uS..10 uS'")
    add(
        "--leave-out", action="append", default=[], metavar="FIELD", help="do without the effect of a field; repeatable"
    )
    add("--name", metavar="NAME", help="name of the card (default: that of its file)")
    add("--title", metavar="TEXT", help="one line for people")
    add("--technology", metavar="WORD", help="such as rram, pcm, ecram")
    add("--terminals", type=int, choices=(2, 3, 4), help="terminals of the device (default: 2)")
    for option, (_, letter, text) in _QUANTITIES.items():
        add(f"--{option}", metavar=letter, help=text)
    add("--force", action="store_true", help="replace the card")
    add("--json", action="store_true", help="say it as JSON instead of text")


def run(parsed: argparse.Namespace) -> int:
    """Read, translate, write, print.

    Raises
    ------
    UsageError
        If the card exists, or an option has no such value.
    """
    from analogep import imports
    from analogep.errors import UsageError
    from analogep.results import write_bytes

    path = Path(parsed.out) if parsed.out else None
    if path is not None and path.exists() and not parsed.force:
        raise UsageError(f"{path}: exists; choose another name, or give --force to replace it")
    found = imports.import_device(parsed.file, _known(parsed), parsed.device)
    if path is not None:
        write_bytes(path, found.text.encode())
    if parsed.json:
        lists = {key: [list(one) for one in getattr(found, key)] for key in ("mapped", "unmapped")}
        said = {"format": found.format, "card": parsed.out, **lists}
        said |= {"defaults": list(found.defaults), "remarks": list(found.remarks)}
        print(json.dumps(said, indent=2, allow_nan=False))
    else:
        _tell(found, parsed.out)
    return 0


def _tell(found: Imported, out: str | None) -> None:
    print(f"read    {found.format}: {found.card.title}")
    for field, keys in found.mapped:
        print(f"          {field:<34} -> {keys}")
    if found.unmapped:
        print("not on the card")
        for field, why in found.unmapped:
            print(f"          {field:<34} {why}")
    if found.defaults:
        print("to do   the file does not say it; the card holds defaults, replace them")
        for line in found.defaults:
            print(f"          {line}")
    for remark in found.remarks:
        print(f"note    {remark}")
    if out:
        print(f"wrote {out}")


def _known(parsed: argparse.Namespace) -> Known:
    from analogep.errors import UsageError
    from analogep.imports import Known

    stem = Path(parsed.out or parsed.file).stem
    name = parsed.name or re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-")
    name = name if re.match("[a-z]", name) else f"device_{name}".rstrip("_")
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name) or len(name) > 100:
        raise UsageError(f"--name {name}: needs a small letter, then small letters, digits, - and _, such as my_rram")
    given = {option.replace("-", "_"): _quantity(parsed, option, unit) for option, (unit, *_) in _QUANTITIES.items()}
    return Known(
        name=name, title=parsed.title, technology=parsed.technology, terminals=parsed.terminals,
        window=_window(parsed.window), leave_out=tuple(parsed.leave_out), **given,
    )  # fmt: skip


def _quantity(parsed: argparse.Namespace, option: str, unit: str) -> float | None:
    from analogep.errors import UsageError
    from analogep.units import Quantity

    text = getattr(parsed, option.replace("-", "_"))
    if text is None:
        return None
    words = {"V": ("voltage", "volts", "1 V"), "s": ("time", "seconds", "100 ns")}[unit]
    try:
        value = Quantity(unit, *words).parse(text)
    except ValueError as error:
        raise UsageError(f"--{option}: {error}") from None
    if value == 0.0 or (unit == "s" and value < 0.0):
        raise UsageError(f"--{option} {text}: must {'not be zero' if unit == 'V' else 'be greater than zero'}")
    return value


def _window(text: str | None) -> tuple[float, float] | None:
    from analogep.errors import UsageError
    from analogep.units import Quantity

    if text is None:
        return None
    ends = [one.strip() for one in text.split("..")]
    try:
        low, high = (Quantity("S", "conductance", "siemens", "10 uS").parse(one) for one in ends)
    except ValueError as error:
        reason = str(error) if len(ends) == 2 else f"{text!r} is not two conductances, such as '1 uS..10 uS'"
        raise UsageError(f"--window: {reason}") from None
    if not 0.0 < low < high:
        raise UsageError(f"--window {text}: must begin above 0 S and end higher than it begins")
    return low, high
