"""The whole way from a file of another simulator to a validated device card, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from analogep.cards import written
from analogep.cards.wording import printable
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.imports import aihwkit, crosssim, neurosim
from analogep.imports.draft import Draft, Known, UntranslatableError
from analogep.imports.formats import Parameters, read

_MAKERS: Final[dict[str, tuple[Callable[[str, dict[str, Any], Known], Draft], dict[str, str]]]] = {
    "aihwkit": (aihwkit.draft, aihwkit.ORIGIN),
    "NeuroSim": (neurosim.draft, neurosim.ORIGIN),
    "CrossSim": (crosssim.draft, crosssim.ORIGIN),
}
_SPREAD: Final = ("max", "min", "step", "asymmetry")


@dataclass(frozen=True)
class Imported:
    """A device card made of another simulator's parameters.

    Parameters
    ----------
    format : str
        `aihwkit`, `NeuroSim` or `CrossSim`.
    text : str
        The card's file.
    card : DeviceCard
        The card itself.
    mapped : tuple
        (field with its value, keys of the card) of every field that went somewhere.
    unmapped : tuple
        (field with its value, why it went nowhere) of every other field.
    defaults : tuple of str
        Keys that stand on an assumption, with their values.
    remarks : tuple of str
        What the card says differently, one sentence each.
    """

    format: str
    text: str
    card: DeviceCard
    mapped: tuple[tuple[str, str], ...]
    unmapped: tuple[tuple[str, str], ...]
    defaults: tuple[str, ...]
    remarks: tuple[str, ...]


def import_device(path: str | Path, known: Known | None = None, device: str | None = None) -> Imported:
    """Make a device card of a file with another simulator's parameters.

    Parameters
    ----------
    path : str or Path
    known : Known or None
        What the file does not say.
    device : str or None
        Which device, where a file has several.

    Raises
    ------
    UntranslatableError
        If the file is of no format that is known, or has an effect that no card can hold.
    DataError
        If it cannot be read.
    """
    return converted(read(path, device), known or Known())


def converted(parameters: Parameters, known: Known) -> Imported:
    """Make a device card of parameters that were read.

    Raises
    ------
    UntranslatableError
        Naming the field and value that no card can hold.
    """
    make, origin = _MAKERS[parameters.format]
    draft = make(parameters.file, dict(parameters.fields), known)
    unmapped = tuple(draft.unused())
    text = _text(draft, parameters, origin, unmapped)
    try:
        card = DeviceCard.from_text(text, f"{known.name}.yaml")
    except CardError as error:
        problem = error.problems[0]
        fields = ", ".join(sorted(name for name, keys in draft.used.items() if problem.key in keys))
        key = f"{fields or 'these numbers'} ({problem.key})"
        raise UntranslatableError(f"{parameters.file}: {key}: {problem.message}") from None
    mapped = tuple(
        (f"{name}: {draft.value(name)}", ", ".join(dict.fromkeys(keys))) for name, keys in draft.used.items()
    )
    shown = tuple(one for one in mapped if draft.has(one[0].partition(":")[0]))
    return Imported(parameters.format, text, card, shown, unmapped, tuple(draft.defaults), tuple(draft.remarks))


def _text(draft: Draft, parameters: Parameters, origin: dict[str, str], unmapped: tuple[tuple[str, str], ...]) -> str:
    """The card's file: a head of comments with what is not on it, then the sections."""
    known, file = draft.known, printable(parameters.file, 80)
    title = known.title or f"{parameters.title} of {parameters.format}, imported from {file}"
    sources: dict[str, Any] = {
        "origin": {**origin, "note": f"{file}, SHA-256 {parameters.sha256}; imported by analogep import"}
    }
    cites = {
        "stated": "Stated by the user of analogep import",
        "assumed": "Default of analogep import; the file does not say it",
    }
    used = {source for source, _ in draft.provenance.values()}
    sources |= {key: {"cite": cite} for key, cite in cites.items() if key in used}
    body = {
        "schema": "analogep.device/1", "name": known.name, "title": printable(title, 200),
        "technology": draft.data.pop("technology"),
        "terminals": known.terminals or draft.data.pop("terminals", 2), "sources": sources,
    }  # fmt: skip
    draft.data.pop("terminals", None)
    spread = draft.data.setdefault("variation", {}).setdefault("device_to_device", {})
    for name in _SPREAD:
        spread.setdefault(name, "unknown")
    draft.data["variation"].setdefault("cycle_to_cycle", {"kind": "unknown"})
    order = ("conductance", "programming", "variation", "read", "retention", "faults", "energy")
    body |= {key: draft.data[key] for key in order if key in draft.data}
    body["provenance"] = {key: list(entry) for key, entry in draft.provenance.items()}
    return "\n".join([*_head(draft, unmapped), written.document(body)])


def _head(draft: Draft, unmapped: tuple[tuple[str, str], ...]) -> list[str]:
    lines = [f"Not on this card: {one}: {why}" for one, why in unmapped]
    return [f"# {printable(line, 400)}" for line in [*draft.remarks, *lines]]
