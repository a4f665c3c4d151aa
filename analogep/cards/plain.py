"""Values that Python code gives for keys of a card, as the plain data that a card is validated from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from analogep.cards.reader import MAX_DEPTH
from analogep.cards.wording import printable
from analogep.units import shown


def plain(value: Any, depth: int = 0) -> Any:
    """Return dictionaries, lists, texts, numbers, booleans and None that mean the same as `value`.

    Parameters
    ----------
    value : object
        Any of these, a tuple or range, a number or array of NumPy, a path, a block of a card, or a mapping or sequence
        of these. Numbers are in SI units.
    depth : int
        Mappings and sequences around it.

    Raises
    ------
    ValueError
        If a card cannot hold it.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {_key(key): plain(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(entry, depth + 1) for entry in value]
    return _scalar(value)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"key {shown(key)} is not text; put it in quotes")
    return _text(key)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str | Path):
        return _text(str(value))
    if isinstance(value, int):
        if abs(value) >= 2**64:
            raise ValueError(f"integer {shown(value)} does not fit into 64 bits")
        return value
    kind = printable(type(value).__name__)
    raise ValueError(f"a card cannot hold a value of type '{kind}'; give a number in SI units, text, a list or a block")


def _text(text: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("half of a surrogate pair is not a character")
    return text
