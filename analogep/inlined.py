"""How kernels call what `parts` give them: by the type of a part's numbers, when the kernel is compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from analogep import parts
from analogep.kernel_files import config

_FORCED: Any = {"forceinline": True, "error_model": "numpy"}


def method(absent: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a function f(part, ...): the method of that name of the part's numbers, for engines to inline.

    Parameters
    ----------
    absent : callable
        What the function does where the part is None.

    Returns
    -------
    callable
        Compiled code calls it as Python does.
    """
    name = absent.__name__

    @wraps(absent)
    def called(part: Any, *rest: Any) -> Any:
        return absent(part, *rest) if part is None else getattr(type(part), name)(part, *rest)

    def chosen(part: types.Type, *rest: types.Type) -> Callable[..., Any] | None:
        if isinstance(part, types.NamedTuple | types.NamedUniTuple):
            found: Callable[..., Any] = getattr(part.instance_class, name)
            return found
        return absent if isinstance(part, types.NoneType) else None

    compiled(called)(chosen)
    return called


def compiled(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of what chooses, from the types of arguments, what a kernel compiles for a call of `function`."""

    def decorate(chosen: Callable[..., Any]) -> Callable[..., Any]:
        if not config.DISABLE_JIT:
            # Not strict: the methods of parts name their arguments as they like.
            overload(function, jit_options=_FORCED, strict=False)(chosen)
        return chosen

    return decorate


@compiled(parts.clip)
def _clip(x: types.Type) -> Callable[..., Any]:
    real = np.float32 if x == types.float32 else np.float64
    zero, one = real(0), real(1)

    def clip(x):  # type: ignore[no-untyped-def]
        x = x if x > zero else zero
        return x if x < one else one

    return clip


@compiled(parts.fraction)
def _fraction(bits: types.Type, z: types.Type) -> Callable[..., Any]:
    if z != types.float32:
        return parts.fraction
    half, scale = np.float32(0.5), np.float32(2.0**-24)

    def single(bits, z):  # type: ignore[no-untyped-def]
        # A signed integer becomes a floating-point number in one instruction.
        return (np.float32(np.int32(np.uint32(bits) >> np.uint32(8))) + half) * scale

    return single


@compiled(parts.uniform)
def _uniform(bits: types.Type) -> Callable[..., Any]:
    return parts.uniform


@compiled(parts.interval)
def _interval(nodes: types.Type, x: types.Type) -> Callable[..., Any]:
    return parts.interval
