"""Random numbers for compiled kernels: of a key and a counter, never of an order.

The generator is Squares (B. Widynski 2020, arXiv:2004.06278), counter-based: four rounds of squaring and exchanging the
halves of 64 bits scramble counter times key to 32 random bits,

    x = y = counter key,  z = y + key;   x <- swap(x^2 + y);   x <- swap(x^2 + z);   x <- swap(x^2 + y);   high(x^2 + z)

The counter of a cell's bits at a turn is cell + 2^32 turn. Their upper 20 bits give a uniform u and their lower 12 a
direction phi; two normal deviates follow by Box and Muller,

    r = sqrt(-2 ln u),   xi_0 = r cos(phi),   xi_1 = r sin(phi).

Integers, single precision, and polynomials for ln, sin and cos (relative error below 1e-6) let the compiler compute
sixteen cells at once. Only exact operations are used (+, *, fused multiply-add, sqrt, shifts), so that the numbers are
the same on every machine, which the ln and cos of a C library are not. Deviates end at +-5.4, and lie on 2^32 points of
the plane.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from analogep.jit import inner, instruction, kernel, lean

u32, u64, f32 = np.uint32, np.uint64, np.float32
_HALF = u64(32)
_S9, _S10, _S11, _S12, _S23, _S31 = (u32(k) for k in (9, 10, 11, 12, 23, 31))
_ONE = u32(1)
_EXPONENT_ONE, _MANTISSA = u32(0x3F800000), u32(0x7FFFFF)
_SCALE = f32(2.0**-20)
_HALF_STEP = f32(2.0**-21)
_LOW9 = u32(0x1FF)
_ANGLE = f32(np.pi / 4.0 / 256.0)
_BLOCK = 1024
"""Numbers that are made at a time: their bits stay near the core."""
_LN2 = f32(0.6931471805599453)
_SQRT2 = f32(1.4142135623730951)


def _fused(typing_context, a, b, c):  # type: ignore[no-untyped-def]
    """a b + c with one rounding, in single precision."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float32(types.float32, types.float32, types.float32), code


def _fused_in_python(a: Any, b: Any, c: Any) -> np.float32:
    """The same: the product is exact in double precision; the sum is rounded to odd there, then once to single."""
    product, added = float(a) * float(b), float(c)
    total = product + added
    part = total - product
    lost = (product - (total - part)) + (added - part)
    if lost and not int(np.float64(total).view(np.int64)) & 1:
        total = math.nextafter(total, math.copysign(math.inf, lost))
    return f32(total)


_fma: Any = instruction(_fused, _fused_in_python)


@lean(forceinline=True, fastmath=False)
def squares(counter, key):  # type: ignore[no-untyped-def]
    """32 random bits of 64 bits of a counter under a 64-bit key."""
    x = u64(counter * key)
    y, z = x, u64(x + key)
    x = u64(u64(x * x) + y)
    x = u64(u64(x >> _HALF) | u64(x << _HALF))
    x = u64(u64(x * x) + z)
    x = u64(u64(x >> _HALF) | u64(x << _HALF))
    x = u64(u64(x * x) + y)
    x = u64(u64(x >> _HALF) | u64(x << _HALF))
    return u32(u64(u64(x * x) + z) >> _HALF)


@lean(forceinline=True, fastmath=False)
def word(key, cell, turn):  # type: ignore[no-untyped-def]
    """32 random bits of a cell at a turn, both below 2^32, under a key (`key_of`)."""
    return squares(u64(u64(u64(turn) << _HALF) + u64(cell)), key)


@lean(forceinline=True, fastmath=False)
def uniform(h):  # type: ignore[no-untyped-def]
    """Uniform number in (0, 1) from the upper 20 bits: the middles of 2^20 intervals."""
    return _fma(f32(u32(h >> _S12)), _SCALE, _HALF_STEP)


@lean(forceinline=True, fastmath=False)
def _log(u):  # type: ignore[no-untyped-def]
    """ln u of a positive normal number: exponent, and a polynomial for the mantissa (Cephes logf, S. L. Moshier)."""
    i = f32(u).view(u32)
    big = u32(i & _MANTISSA) > u32(0x3504F3)
    # 32 bits on all the way: a difference of two int32 would be one of 64 bits, and halve the vectors.
    e = f32(u32(u32(i >> _S23) - (u32(126) if big else u32(127))).view(np.int32))
    m = u32(u32(i & _MANTISSA) | (u32(0x3F000000) if big else _EXPONENT_ONE)).view(f32)
    x = f32(m - f32(1.0))
    z = f32(x * x)
    p = _fma(f32(7.0376836292e-2), x, f32(-1.1514610310e-1))
    p = _fma(p, x, f32(1.1676998740e-1))
    p = _fma(p, x, f32(-1.2420140846e-1))
    p = _fma(p, x, f32(1.4249322787e-1))
    p = _fma(p, x, f32(-1.6668057665e-1))
    p = _fma(p, x, f32(2.0000714765e-1))
    p = _fma(p, x, f32(-2.4999993993e-1))
    p = _fma(p, x, f32(3.3333331174e-1))
    p = _fma(p, x, f32(-0.5))
    return _fma(e, _LN2, _fma(p, z, x))


@lean(forceinline=True, fastmath=False)
def _signed(a, bit):  # type: ignore[no-untyped-def]
    """a, or -a where the lowest bit is 1."""
    return u32(f32(a).view(u32) ^ u32(u32(bit & _ONE) << _S31)).view(f32)


@lean(forceinline=True, fastmath=False)
def normals(h):  # type: ignore[no-untyped-def]
    """Two independent normal deviates of 32 random bits."""
    radius = np.sqrt(f32(f32(-2.0) * _log(uniform(h))))
    # Nine bits for an angle within +-pi/4, three for which octants: no reduction, no branch.
    t = f32(f32(f32(u32(h & _LOW9).view(np.int32)) - f32(255.5)) * _ANGLE)
    z = f32(t * t)
    s = _fma(_fma(f32(-1.9515295891e-4), z, f32(8.3321608736e-3)), z, f32(-1.6666654611e-1))
    s = _fma(f32(s * z), t, t)
    c = _fma(_fma(f32(2.443315711809948e-5), z, f32(-1.388731625493765e-3)), z, f32(4.166664568298827e-2))
    c = _fma(_fma(c, z, f32(-0.5)), z, f32(1.0))
    swap = u32(u32(h >> _S9) & _ONE) != u32(0)
    a = f32(radius * (s if swap else c))
    b = f32(radius * (c if swap else s))
    return _signed(a, u32(h >> _S10)), _signed(b, u32(h >> _S11))


@inner(error_model="numpy", fastmath=False)
def pairs(key, turn, start, out, other):  # type: ignore[no-untyped-def]
    """Two normal deviates of each of the cells from `start` on at a turn, into flat `out` and `other` of one size."""
    bits = np.empty(min(out.size, _BLOCK), np.uint32)
    for first in range(0, out.size, _BLOCK):
        one, two = out[first : first + _BLOCK], other[first : first + _BLOCK]
        # One loop with vectors of 64 bits and one of 32: together they would be as short as the longer numbers' ones.
        for j in range(one.size):
            bits[j] = word(key, start + first + j, turn)
        for j in range(one.size):
            one[j], two[j] = normals(bits[j])


@kernel()
def fill_normals(key, out):  # type: ignore[no-untyped-def]
    """Fill flat `out` with normal deviates of a key."""
    half = (out.size + 1) // 2
    spare = np.empty(half, np.float32)
    # Two deviates of each scrambling: one for either half of the numbers.
    pairs(key, 0, 0, out[:half], spare)
    for k in range(out.size - half):
        out[half + k] = spare[k]


def standard_normals(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Normal deviates of the shape `shape` [1] by `normals`, with a key that `rng` draws: faster than its own."""
    out = np.empty(shape)
    fill_normals(key_of(int(rng.integers(2**63))), out.reshape(-1))
    return out


@kernel()
def _round(z, key, most, out):  # type: ignore[no-untyped-def]
    for j in range(z.size):
        u = (np.float64(word(key, j, 0)) + 0.5) * 2.0**-32
        n = np.floor(z[j] + u)
        out[j] = np.int32(min(max(n, -most), most))


@kernel(error_model="numpy")
def _key(bits):  # type: ignore[no-untyped-def]
    # The digits that are left, the first of them lowest.
    left, count, key = u64(0xFEDCBA987654321), u64(15), u64(0)
    for place in range(16):
        if place == 0:
            choices, step = u64(8), u64(2)
        elif place < 8:
            choices, step = count, u64(1)
        else:
            choices, step = u64(14), u64(1)
        at = u64(u64(bits % choices) * step)
        bits = u64(bits // choices)
        if place < 8:
            shift = u64(u64(4) * at)
            digit = u64(u64(left >> shift) & u64(15))
            above = u64(u64(left >> u64(shift + u64(4))) << shift)
            left = u64(u64(left & u64(u64(u64(1) << shift) - u64(1))) | above)
            count = u64(count - u64(1))
        else:
            last = u64(key >> u64(4 * place - 4))
            digit = u64(at + u64(1)) if u64(at + u64(1)) < last else u64(at + u64(2))
        key = u64(key | u64(digit << u64(4 * place)))
    return key


def key_of(bits: int) -> np.uint64:
    """The key of `squares` for 64 bits: hexadecimal digits that are not 0, as its author makes them.

    The lower eight differ from one another and the last of them is odd; of the upper eight each differs from the one
    below it. There are 2^57 of them.
    """
    return u64(_key(u64(bits)))


NO_KEY: Final = u64(0x2121212187654321)
"""Where nothing is drawn."""


def rounded(z: NDArray[np.float64], key: int, most: int) -> NDArray[np.int32]:
    """floor(z + u) with u uniform in (0, 1): whole numbers whose mean is z.

    Parameters
    ----------
    z : ndarray, any shape [1]
    key : int
        64-bit key; the same key gives the same numbers.
    most : int
        Largest magnitude of a result.

    Returns
    -------
    int32 ndarray of the same shape [1]
    """
    flat = np.ascontiguousarray(z, dtype=np.float64).reshape(-1)
    out = np.empty(flat.size, dtype=np.int32)
    _round(flat, key_of(key), float(most), out)
    return out.reshape(z.shape)
