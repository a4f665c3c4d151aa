"""Which pages are generated, and where they are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analogep import CircuitCard, DeviceCard
from analogep.study import StudyCard
from analogep_docs import claims, commands, gallery, keys, messages, names, simulators, variables

_KEYS: dict[str, tuple[type, str, str]] = {
    "device": (
        DeviceCard,
        "Keys of a device card",
        "`analogep schema device` prints the JSON Schema with which editors complete them. Numbers with a dimension "
        "are written with their unit (`10 uS`, `1.6 V`, `50 ns`, `3.7 %`).",
    ),
    "circuit": (
        CircuitCard,
        "Keys of a circuit card",
        "`analogep schema circuit` prints the JSON Schema. On the command line `--set key=value` sets any of them; "
        "`device.` or `circuit.` may stand in front and says which card is meant.",
    ),
    "study": (
        StudyCard,
        "Keys of a study",
        "`analogep schema study` prints the JSON Schema; `analogep study FILE.yaml` runs one.",
    ),
}


def write_all(folder: Path) -> None:
    """Write every generated page below the folder of sources; a page that says the same is left alone."""
    for name, page in reference().items():
        _write(folder / "reference" / f"{name}.md", page())
    cards = folder / "gallery"
    cards.mkdir(exist_ok=True)
    _write(cards / "index.md", gallery.index())
    for name in DeviceCard.names():
        _write(cards / f"device-{name}.md", gallery.device(name, cards))
    for name in CircuitCard.names():
        _write(cards / f"circuit-{name}.md", gallery.circuit(name))


def reference() -> dict[str, Callable[[], str]]:
    """Name of each page of the reference -> what makes it."""
    made: dict[str, Callable[[], str]] = {
        f"keys-{kind}": lambda card=card, title=title, text=text: keys.page(card, title, text)
        for kind, (card, title, text) in _KEYS.items()
    }
    made |= {"commands": commands.page, "python": names.page, "results": variables.page, "claims": claims.page}
    made |= {"messages": messages.page, "simulators": simulators.page}
    return {"index": _index, **made}


def _index() -> str:
    return "\n\n".join(
        [
            "# Reference",
            "All of it is made from the package itself when these pages are built, so that it says what the code does.",
            "```{toctree}\n" + "\n".join(name for name in reference() if name != "index") + "\n```",
        ]
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def restructured(_app: Any, _what: str, _name: str, _value: object, _options: object, lines: list[str]) -> None:
    """Make docstrings, which are plain text with names in backquotes, mean themselves in reStructuredText."""
    lines[:] = [single for line in lines for single in _singly(line)]
    literal = False
    for k, line in enumerate(lines):
        literal = literal or line.startswith((">>>", "..."))
        if not literal:
            parts = line.split("`")
            lines[k] = "`".join(_plain(part) if n % 2 == 0 else part for n, part in enumerate(parts))


def _singly(line: str) -> list[str]:
    """`a, b : type` as two lines, one for each name: napoleon takes the first for the type of the second."""
    found = re.fullmatch(r"(\w+(?:, \w+)+) : (.*)", line)
    return [f"{name} : {found[2]}" for name in found[1].split(", ")] if found else [line]


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
