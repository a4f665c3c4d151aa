"""What the docstrings below a block's fields say, read from the source when somebody asks.

pydantic can do the same while it sets a class up, in twice the time that the class takes without: every command would
pay for what only the JSON Schema shows.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


def described(block: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field that has one, by its key in the file.

    A field of a base class that a block declares again needs its docstring again. Classes without a source, such as
    those typed at a prompt, have none.

    Parameters
    ----------
    block : type
        Model with docstrings below its fields.
    """
    found = {}
    for name, field in block.model_fields.items():
        owner = next(cls for cls in block.__mro__ if name in inspect.get_annotations(cls))
        text = _fields(owner.__module__, owner.__qualname__).get(name)
        if text:
            found[field.alias or name] = text
    return found


@cache
def _fields(module: str, name: str) -> dict[str, str]:
    """Docstrings of the fields of a class, by their names in Python."""
    body = _classes(module).get(name, [])
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


@cache
def _classes(module: str) -> dict[str, list[ast.stmt]]:
    """Statements of each class at the top of a module."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return {}
    return {entry.name: entry.body for entry in tree.body if isinstance(entry, ast.ClassDef)}
