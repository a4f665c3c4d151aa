"""What kernels compile for a call of a Python function, by the types of its arguments: those of `parts` first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from analogep import parts
from analogep.jit import PART
from analogep.kernel_files import config

_FORCED: Any = PART | {"forceinline": True, "error_model": "numpy"}


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
    half, scale = np.float32(0.5), np.float32(2.0**-23)

    def single(bits, z):  # type: ignore[no-untyped-def]
        # With 24 bits the largest would be rounded to 1. A signed integer becomes a real number in one instruction.
        return (np.float32(np.int32(np.uint32(bits) >> np.uint32(9))) + half) * scale

    return single


@compiled(parts.uniform)
def _uniform(bits: types.Type) -> Callable[..., Any]:
    return parts.uniform


@compiled(parts.interval)
def _interval(nodes: types.Type, x: types.Type) -> Callable[..., Any]:
    return parts.interval


@compiled(parts.variance_of)
def _variance_of(part: Any, g: types.Type) -> Callable[..., Any]:
    found: Callable[..., Any] = part.instance_class.read_variance
    return found


@compiled(parts.read_of)
def _read_of(part: Any, g: types.Type, bits: types.Type, xi: types.Type) -> Callable[..., Any]:
    found: Callable[..., Any] = part.instance_class.read
    return found
