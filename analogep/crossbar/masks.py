"""Sixteen counts at a time: which are not zero, and the lowest set bit of the answer, as machine instructions."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from analogep.jit import instruction


def _nonzero16(typing_context, counts, start):  # type: ignore[no-untyped-def]
    """Bits of the sixteen entries of the int32 array `counts` from the flat index `start`: 1 where not zero."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        sixteen = ir.VectorType(ir.IntType(32), 16)
        block = builder.load(builder.bitcast(pointer, sixteen.as_pointer()), align=4)
        mask = builder.icmp_signed("!=", block, ir.Constant(sixteen, [0] * 16))
        return builder.zext(builder.bitcast(mask, ir.IntType(16)), ir.IntType(64))

    return types.int64(counts, types.int64), code


def _lowest_bit(typing_context, mask):  # type: ignore[no-untyped-def]
    """Index of the lowest set bit of `mask`, which is not zero."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], cgutils.true_bit)

    return types.int64(types.int64), code


def _nonzero16_in_python(counts, start):  # type: ignore[no-untyped-def]
    return sum((n != 0) << k for k, n in enumerate(counts.reshape(-1)[start : start + 16].tolist()))


def _lowest_bit_in_python(mask):  # type: ignore[no-untyped-def]
    return (mask & -mask).bit_length() - 1


nonzero16: Any = instruction(_nonzero16, _nonzero16_in_python)
lowest_bit: Any = instruction(_lowest_bit, _lowest_bit_in_python)
