"""Assignments of C++ and INI files: `name = value;`, arithmetic of numbers and of names before it."""

from __future__ import annotations

import ast
import math
import re
from typing import Any, Final

_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/|^\s*#(?!define)[^\n]*", re.DOTALL | re.MULTILINE)
_CLASS: Final = re.compile(r"^(\w+)::\1\s*\(", re.MULTILINE)
_ASSIGNED: Final = re.compile(
    r"(?:^|[;{\s])(?:#define\s+)?(?:const\s+)?(?:double|int|float|bool)?\s*(?:\w+\s*(?:->|\.)\s*)?([A-Za-z_]\w*)\s*"
    r"(?:=|:(?!:))\s*([^:;=\n{}][^;=\n{}]{0,199})"
)
_WORDS: Final = {"true": True, "false": False, "True": True, "False": False}
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?")


def fields(text: str) -> dict[str, Any]:
    """Name -> number, flag or word of the assignments of a file; of the class RealDevice where it has several.

    The first assignment of a name counts, as those in later functions are of other things.
    """
    plain = _device(_COMMENT.sub("", text))
    found: dict[str, Any] = {}
    for match in _ASSIGNED.finditer(plain):
        name, raw = match[1], match[2].strip()
        if name not in found and raw:
            found[name] = literal(raw, found)
    return found


def _device(text: str) -> str:
    """The constructor of RealDevice, where a C++ file has constructors."""
    starts = [(match[1], match.start()) for match in _CLASS.finditer(text)]
    for k, (name, start) in enumerate(starts):
        if name == "RealDevice":
            rest = text[start : starts[k + 1][1] if k + 1 < len(starts) else len(text)]
            end = re.search(r"^\}", rest, re.MULTILINE)
            return rest[: end.start()] if end else rest
    return text


def literal(raw: str, names: dict[str, Any] | None = None) -> Any:
    """Number, flag or word that a text stands for; arithmetic is computed where all names are known."""
    if raw in _WORDS:
        return _WORDS[raw]
    if _NUMBER.fullmatch(raw):
        value = float(raw)
        return int(value) if value.is_integer() and abs(value) < 1e15 and "e" not in raw.lower() else value
    if re.fullmatch(r"[\w\s.+*/()-]{1,200}", raw) and any(sign in raw for sign in "*/+-("):
        try:
            value = _computed(ast.parse(raw, mode="eval").body, names or {})
        except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
            return raw
        return value if math.isfinite(value) else raw
    return raw


def _computed(node: ast.expr, names: dict[str, Any]) -> float:
    """Value of a sum, product or quotient of numbers and names.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(id=name) if isinstance(names.get(name), int | float):
            return float(names[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_computed(operand, names)
        case ast.BinOp(left=left, op=sign, right=right):
            one, other = _computed(left, names), _computed(right, names)
            match sign:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case ast.Div():
                    return one / other
    raise ValueError("not arithmetic")
