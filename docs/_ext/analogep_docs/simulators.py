"""The page of what becomes of other simulators' fields, from the tables that translate them."""

from __future__ import annotations

from collections.abc import Mapping

from analogep import imports
from analogep.imports import aihwkit_fields, crosssim, neurosim
from analogep_docs.words import inline

_ROLES = {
    "card": "Fields that go to the card",
    "effect": "Effects that a card cannot hold",
    "circuit": "Fields of circuits",
    "record": "Fields that say nothing of a device",
}
_SAID = {
    "card": "",
    "effect": "Refused with their value unless they are off, or left out on purpose (`--leave-out`).",
    "circuit": "Listed, with their values, in what the command prints and at the head of the card.",
    "record": "Listed likewise.",
}


def page() -> str:
    """The page of fields of other simulators, in MyST."""
    parts = [
        "# Fields of other simulators",
        "`analogep import FILE` makes a device card of another simulator's parameters. These tables are what it "
        "translates by. A field that is in none of them is listed with its value, never dropped in silence.",
    ]
    tables = {"aihwkit": aihwkit_fields.FIELDS, "NeuroSim": neurosim.FIELDS, "CrossSim": crosssim.FIELDS}
    for name, fields in tables.items():
        parts += [f"## {name}", f"Read as: {imports.FORMATS[name]}.", *_tables(fields)]
    return "\n\n".join(parts)


def _tables(fields: Mapping[str, imports.Field]) -> list[str]:
    out = []
    for role, title in _ROLES.items():
        rows = [f"| `{name}` | {inline(one.text)} |" for name, one in fields.items() if one.role == role]
        if rows:
            out += [f"### {title}", *filter(None, [_SAID[role]]), "\n".join(["| field | |", "| --- | --- |", *rows])]
    return out
