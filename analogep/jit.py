"""Compiled kernels, kept on disk (`kernel_files`), and what stands in for them where nothing is to be compiled.

What a kernel calls in other files is compiled into it. The stamp of every kernel is therefore that of all files of the
package with compiled functions, so that no change of the code is outlived by what was compiled before it.

Functions that only kernels call are compiled as parts of these (`pipelines`), and those whose sums the compiler may
reorder (`fastmath`) are forced into their callers. Where such a function is left out of line, a process runs one copy
of it for all kernels, that of the first: the same seed then gave other last digits where another kernel was the first,
and, where functions have code of their own as well, in the first run of a machine than in all later ones.

With NUMBA_DISABLE_JIT=1 kernels are the Python functions that they are written as: the same numbers, but for the order
of sums, in a thousand times the time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final

import numpy as np
from numba import njit, types
from numba.core.errors import NumbaError
from numba.extending import intrinsic, overload

from analogep.kernel_files import KernelFiles, config
from analogep.pipelines import Kernel, Part

PART: Final[dict[str, Any]] = {
    "nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": Part,
}  # fmt: skip
"""Options of what is compiled into its callers."""
_LITERAL: Final = (types.IntegerLiteral, types.BooleanLiteral)
_unliteral: Final[Any] = types.unliteral


def compiled_in(text: bytes) -> bool:
    """Whether kernels may hold code of a source file: compiled functions, or a part's equations in a NamedTuple."""
    return any(word in text for word in (b"numba", b"analogep.jit", b"NamedTuple"))


@cache
def sources() -> str:
    """SHA-256 over the package's files that hold compiled functions or parts that bring some along (`brought`), 64 hex
    digits; empty where none can be read."""
    sha, package = hashlib.sha256(), Path(__file__).parent
    try:
        for path in sorted(package.rglob("*.py")):
            text = path.read_bytes()
            if compiled_in(text):
                sha.update(f"{path.relative_to(package)} {len(text)}\n".encode() + text)
    except OSError:
        return ""
    return sha.hexdigest()


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of functions that Python calls: compiled on their first call, kept on disk, free of the lock.

    Functions that only compiled code calls take `inner`: Python must not call them.

    Parameters
    ----------
    **options
        As for `numba.njit`, beside `cache` and `nogil`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if config.DISABLE_JIT:
            return _plain(function)
        together: Any = {"nogil": True, "no_cfunc_wrapper": True, "pipeline_class": Kernel} | options
        compiled: Any = njit(**together)(function)
        compiled._cache = KernelFiles(function, sources())
        # What other kernels call of it is compiled as a part of theirs.
        part: Any = _widened(njit(**PART | options)(function))
        compiled.get_call_template, compiled.get_overload = part.get_call_template, part.get_overload
        return compiled  # type: ignore[no-any-return]

    return decorate


def inner(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of functions that only kernels call: compiled into their callers, without wrappers for Python.

    Parameters
    ----------
    **options
        As for `numba.njit`. What is not given is the callers'.
    """
    together: Any = PART | {"forceinline": True} | options

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return function if config.DISABLE_JIT else _widened(njit(**together)(function))

    return decorate


def _widened(part: Any) -> Any:
    """The compiled function, once for all integers and truth values: numba compiles it anew for every literal one.

    A function that needs to know them, because types depend on them, is compiled for them nevertheless.
    """
    typed = part.get_call_template

    def template(given: Any, named: Any) -> Any:
        wide = tuple(_unliteral(one) if isinstance(one, _LITERAL) else one for one in given)
        if wide != tuple(given):
            with suppress(NumbaError):
                return typed(wide, named)
        return typed(given, named)

    part.get_call_template = template
    return part


def lean(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of functions that only kernels call, and that make no arrays and return none.

    Who holds an array is not counted in them, which takes an atomic instruction for each array of each call: a row of
    cells costs a fraction.

    Parameters
    ----------
    **options
        As for `inner`.
    """
    return inner(**{"_nrt": False, "error_model": "numpy", "forceinline": False} | options)


def instruction(typed: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """A machine instruction that kernels call.

    Parameters
    ----------
    typed : callable
        As `numba.extending.intrinsic` takes it.
    plain : callable
        The same in Python, to the last bit: what runs where nothing is compiled.
    """
    found: Callable[..., Any] = plain if config.DISABLE_JIT else intrinsic(typed)
    return found


def _apart(typing: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), generate


def _nothing() -> None:
    """What a note to the compiler is in Python."""


apart: Callable[[], None] = instruction(_apart, _nothing)
"""Called within a compiled function: it stays one, and is not compiled into its callers again and again. For functions
whose sums the compiler may not reorder: others would have other last digits."""


def brought(name: str, absent: Callable[..., Any] | None = None, **options: Any) -> Callable[..., Any]:
    """A function that kernels call, and that the type of its first argument, a NamedTuple, brings along as `name`.

    What it brings is a method in plain Python, which is compiled into its callers.

    Parameters
    ----------
    name : str
        Of the method.
    absent : callable or None
        What the function is where the argument is None.
    **options
        As for `numba.njit`.
    """

    def call(part: Any, *rest: Any) -> Any:
        found = getattr(type(part), name) if absent is None or part is not None else absent
        return found(part, *rest)

    def typed(part: Any, *rest: Any) -> Any:
        return absent if isinstance(part, types.NoneType) else getattr(part.instance_class, name)

    call.__name__ = call.__qualname__ = name
    together: Any = PART | {"forceinline": True} | options
    overload(call, strict=False, jit_options=together)(typed)
    return call


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as Python runs it, without the warnings that compiled code does not give: integers wrap around."""

    @wraps(function)
    def quiet(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments)

    return quiet
