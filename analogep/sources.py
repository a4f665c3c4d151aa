"""The source of a class: whether it is ours, and a digest of all that it may be made from."""

from __future__ import annotations

import hashlib
import inspect
import sys
from functools import cache
from pathlib import Path
from typing import Final

_OURS: Final = __name__.partition(".")[0]


def is_ours(part: type) -> bool:
    """Whether a class comes with this package."""
    return part.__module__.partition(".")[0] == _OURS


@cache
def source_digest(part: type) -> str:
    """SHA-256 of what a class is made from, 64 hex digits (`Origin.digest`)."""
    module = sys.modules.get(part.__module__)
    file = getattr(module, "__file__", None)
    sha = hashlib.sha256()
    if file is None:
        sha.update(_typed(part).encode())
        return sha.hexdigest()
    for path in _files(part.__module__, Path(file)):
        sha.update(path.name.encode() + b"\n" + path.read_bytes())
    return sha.hexdigest()


def _files(module: str, file: Path) -> list[Path]:
    """The Python files of the package that a module belongs to, or its own."""
    package = sys.modules.get(module.partition(".")[0])
    folders = list(getattr(package, "__path__", ()))
    return sorted(path for folder in folders for path in Path(folder).rglob("*.py")) if folders else [file]


def _typed(part: type) -> str:
    """The text of a class that is in no file."""
    try:
        return inspect.getsource(part)
    except (OSError, TypeError):
        codes = [one.__code__ for one in vars(part).values() if inspect.isfunction(one)]
        return repr([(code.co_name, code.co_code, code.co_consts, code.co_names) for code in codes])
