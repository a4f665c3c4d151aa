"""Which simulator a file is of, and its fields: JSON, what Python prints of a device, C++, INI and CSV."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from analogep.cards.wording import listed
from analogep.errors import DataError
from analogep.imports import aihwkit_fields, assignments, crosssim, neurosim
from analogep.imports.draft import UntranslatableError

FORMATS: Final[dict[str, str]] = {
    "aihwkit": "a device, unit cell or configuration as JSON with its class under `_class`, or as Python prints it",
    "NeuroSim": "assignments as in Cell.cpp or Param.cpp, lines `name = value`, JSON, or a table with a device a row",
    "CrossSim": "the JSON of its parameters, whole or the part `device`",
}
"""What is recognised of each simulator."""

_LARGEST: Final = 1_000_000
_PYTHON: Final = re.compile(r"^\s*\w+(?:Device|UnitCell|Compound|RPUConfig|Preset)\s*\(")
_ENUM: Final = re.compile(r"<[\w.]+: [^<>]{0,60}>")


@dataclass(frozen=True)
class Parameters:
    """Fields of a file.

    Parameters
    ----------
    file : str
        Its name.
    format : str
        A key of `FORMATS`.
    title : str
        What the device is called there.
    fields : mapping
        Name -> value as the file has it; blocks and lists where it has them.
    sha256 : str
        Of its bytes.
    """

    file: str
    format: str
    title: str
    fields: Mapping[str, Any]
    sha256: str


def read(path: str | Path, device: str | None = None) -> Parameters:
    """Read a file; parameters and errors as of `read_text`.

    Raises
    ------
    DataError
        If there is no such file, or it is too large.
    """
    file = Path(path)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    if len(raw) > _LARGEST:
        raise DataError(f"{path}: {len(raw)} bytes are no set of parameters; the most is {_LARGEST}")
    found = read_text(raw.decode("utf-8-sig", "replace"), file.name, device)
    return replace(found, sha256=hashlib.sha256(raw).hexdigest())


def read_text(text: str, name: str = "parameters", device: str | None = None) -> Parameters:
    """Recognise what a file is of.

    Parameters
    ----------
    text : str
    name : str
        Stands for the file in messages.
    device : str or None
        Which device, where a table has several.

    Raises
    ------
    UntranslatableError
        If it is of no format that is known, or has several devices.
    """
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    try:
        found = _json(text) or _printed(text)
    except (RecursionError, MemoryError):
        raise UntranslatableError(f"{name}: blocks within blocks without end; this is no set of parameters") from None
    if found is not None:
        return _of_block(found, digest, name, device)
    rows = _rows(text)
    if rows:
        title, fields = _chosen(rows, name, device)
        return Parameters(name, "NeuroSim", title, fields, digest)
    fields = assignments.fields(text)
    if neurosim.matches(fields):
        return Parameters(name, "NeuroSim", "Device", fields, digest)
    raise _unknown(name)


def _unknown(name: str) -> UntranslatableError:
    known = "; ".join(f"{key}: {text}" for key, text in FORMATS.items())
    return UntranslatableError(f"{name}: is of no simulator that is known. Recognised are {known}")


def _json(text: str) -> Any | None:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _printed(text: str) -> dict[str, Any] | None:
    """Fields of what Python prints of a dataclass: Name(key=value, ...), nested."""
    if not _PYTHON.match(text):
        return None
    try:
        tree = ast.parse(_ENUM.sub("None", text.strip()), mode="eval")
    except (SyntaxError, ValueError):
        return None
    found = _plain(tree.body)
    return found if isinstance(found, dict) else None


def _plain(node: ast.expr) -> Any:
    """Value of an expression of constants, lists and calls with keywords; None for anything else."""
    match node:
        case ast.Constant(value=str() | int() | float() | bool() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _plain(operand)
            return -inner if isinstance(inner, int | float) else None
        case ast.List(elts=entries) | ast.Tuple(elts=entries):
            return [_plain(one) for one in entries]
        case ast.Call(func=ast.Name(id=name), keywords=keywords):
            return {"_class": name} | {one.arg: _plain(one.value) for one in keywords if one.arg}
    return None


def _of_block(found: Any, digest: str, name: str, device: str | None) -> Parameters:
    """Parameters of a JSON document."""
    if isinstance(found, list) and found and all(isinstance(one, dict) for one in found):
        _, fields = _chosen([(str(one.get("name", k + 1)), one) for k, one in enumerate(found)], name, device)
        return _of_block(fields, digest, name, None)
    if not isinstance(found, dict):
        raise _unknown(name)
    inner = crosssim.block(found)
    if inner is not None:
        return Parameters(name, "CrossSim", "Device", inner, digest)
    if _is_aihwkit(found):
        return Parameters(name, "aihwkit", str(found.get("_class", "Device"))[:60], found, digest)
    if neurosim.matches(found):
        return Parameters(name, "NeuroSim", str(found.get("name", "Device"))[:60], found, digest)
    whole = [(key, one) for key, one in found.items() if isinstance(one, dict)]
    if whole and len(whole) == len(found) and all(_is_aihwkit(one) or neurosim.matches(one) for _, one in whole):
        _, fields = _chosen(whole, name, device)
        return _of_block(fields, digest, name, None)
    raise _unknown(name)


def _is_aihwkit(fields: Mapping[str, Any]) -> bool:
    for key in ("class", "bindings_class"):
        if "_class" not in fields and isinstance(fields.get(key), str) and isinstance(fields, dict):
            fields["_class"] = fields[key].replace("ResistiveDeviceParameter", "Device")
    named = str(fields.get("_class", ""))
    known = {*aihwkit_fields.PRESETS, *aihwkit_fields.PRESETS.values(), *aihwkit_fields.COMPOUNDS}
    if named in known or named.endswith(("StepDevice", "UnitCell", "RPUConfig", "Compound", "BoundsDevice")):
        return True
    inner = fields.get("device")
    if isinstance(inner, dict) and _is_aihwkit(inner):
        return True
    return "dw_min" in fields or "unit_cell_devices" in fields or {"p_max", "alpha", "range_min"} <= set(fields)


def _rows(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Devices of a table whose header has fields of NeuroSim; none where it is no such table."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) < 2:
        return []
    mark = max(",;\t", key=lines[0].count)
    try:
        table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=mark))
    except csv.Error:
        return []
    header = [one.strip() for one in table[0]]
    if not neurosim.matches(dict.fromkeys(header)):
        return []
    out = []
    for k, row in enumerate(table[1:]):
        fields = {
            key: assignments.literal(cell.strip()) for key, cell in zip(header, row, strict=False) if cell.strip()
        }
        title = next(
            (str(fields.pop(key)) for key in ("name", "device", "Device", "Name") if key in fields), str(k + 1)
        )
        out.append((title, fields))
    return out


def _chosen(devices: list[tuple[str, Any]], name: str, device: str | None) -> tuple[str, Any]:
    """The device that is asked for, or the only one."""
    names = [title for title, _ in devices]
    if device is None and len(devices) == 1:
        return devices[0]
    if device is None:
        raise UntranslatableError(f"{name}: has {len(devices)} devices; say which: {listed(names[:20])}")
    if device not in names:
        raise UntranslatableError(f"{name}: has no device {device!r:.60}; there are {listed(names[:20])}")
    return devices[names.index(device)]
