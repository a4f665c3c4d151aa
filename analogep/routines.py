"""Routines: compiled functions that kernels reach by an address, so that one kernel serves all parts.

A routine is compiled for the types of its parts and for the precision, a kernel that calls it for neither: n laws and m
rules are n + m routines and one kernel, not n m kernels. A call takes some nanoseconds, and is made once a row. Parts
travel as bytes, laid out as the compiler lays them out, and the routine takes them for what they are (`loaded`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numba import njit, types
from numba.core import cgutils as _cgutils
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from numpy.typing import NDArray

from analogep.jit import PART, instruction, sources
from analogep.kernel_files import KernelFiles, config
from analogep.pipelines import Kernel

_KEPT: Final = 512
"""Parts whose bytes are kept at most."""
_OPTIONS: Final[dict[str, Any]] = PART | {"pipeline_class": Kernel, "_nrt": False, "error_model": "numpy"}
_typeof: Final[Any] = numba.typeof
_builders: Final[Any] = _cgutils
_LINE: Final = 64
"""Arrays of parts lie at multiples of so many bytes."""


class Made(NamedTuple):
    """A routine with its parts, as a kernel takes it.

    Attributes
    ----------
    code : uint64
        Address of the compiled function.
    parts : uint8 ndarray
    """

    code: Any
    parts: Any


NOTHING: Final = Made(np.uint64(0), np.zeros(0, np.uint8))
"""In place of a routine that will not be called."""


class Routine:
    """A function of parts and arguments, compiled for each type of parts.

    Parameters
    ----------
    function : callable
        Of (kind, parts, *arguments); begins with `loaded(kind, parts)`.
    examples : callable
        Gives arguments in a precision, `numpy.float32` or `numpy.float64`: kernels call with such types.
    """

    def __init__(self, function: Callable[..., Any], examples: Callable[[Any], tuple[Any, ...]]) -> None:
        self._function, self._examples = function, examples
        self._types: Callable[[Any], tuple[Any, ...]] = cache(
            lambda real: tuple(_typeof(one) for one in examples(real))
        )
        self._kept: dict[Any, Made] = {}
        self.call: Any = instruction(self._called, lambda made, arguments: made.code(None, made.parts, *arguments))
        """In a kernel: (made, tuple of arguments)."""
        if not config.DISABLE_JIT:
            self._compiled: Any = njit(**_OPTIONS)(function)
            self._compiled._cache = KernelFiles(function, sources())

    def of(self, real: type[np.floating[Any]], *parts: Any) -> Made:
        """The routine for these parts, NamedTuples or None, in a precision."""
        if config.DISABLE_JIT:
            return Made(self._function, parts)
        key = real, _comparable(parts)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[key] = self._made(real, parts)
        return found

    def _made(self, real: type[np.floating[Any]], parts: tuple[Any, ...]) -> Made:
        kind = _typeof(parts)
        signature = (types.TypeRef(kind), types.uintp, *self._types(real))
        self._compiled.compile(signature)
        found = self._compiled.overloads[signature]
        address = found.library.get_pointer_to_function(found.fndesc.llvm_func_name)
        return Made(np.uint64(address), packed(parts))

    def _called(self, typing_context: Any, made: Any, arguments: Any) -> Any:
        """The call as an intrinsic of numba."""
        given = tuple(arguments) if getattr(made, "instance_class", None) is Made else ()
        for real in (np.float32, np.float64):
            taken = self._types(real)
            if len(taken) == len(given) and all(map(typing_context.can_convert, given, taken)):
                return types.none(made, arguments), _call_of(given, taken)
        raise TypingError(f"{self._function.__name__} does not take ({', '.join(map(str, given))})")


def _call_of(given: tuple[Any, ...], taken: tuple[Any, ...]) -> Callable[..., Any]:
    """Code of a call with such arguments."""
    whole = (types.voidptr, types.uintp, *taken)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, memory = _builders.unpack_tuple(builder, arguments[0])
        parts = context.make_array(signature.args[0].types[1])(context, builder, memory).data
        values = [
            context.cast(builder, value, one, other)
            for value, one, other in zip(_builders.unpack_tuple(builder, arguments[1]), given, taken, strict=True)
        ]
        convention, nothing = context.call_conv, context.get_constant_null(types.voidptr)
        address = builder.inttoptr(number, convention.get_function_type(types.none, whole).as_pointer())
        values = [nothing, builder.ptrtoint(parts, context.get_value_type(types.uintp)), *values]
        status, _ = convention.call_function(builder, address, types.none, whole, values)
        with _builders.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return code


def _loaded(typing_context: Any, kind: Any, parts: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        model = context.data_model_manager[kind.instance_type]
        place = builder.inttoptr(arguments[1], model.get_data_type().as_pointer())
        return model.load_from_data_pointer(builder, place)

    return kind.instance_type(kind, parts), code


loaded: Callable[..., Any] = instruction(_loaded, lambda kind, parts: parts)
"""The parts of a routine, at its beginning: a tuple."""


def _comparable(value: Any) -> Any:
    """Equal for values of the same types and numbers."""
    if isinstance(value, tuple):
        return type(value), *map(_comparable, value)
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else (type(value), value)


def packed(parts: tuple[Any, ...]) -> NDArray[np.uint8]:
    """Parts as the compiler lays them out in memory, and behind them the numbers of their arrays: uint8 (bytes,).

    Raises
    ------
    TypeError
        If a field is no number, C-contiguous array of numbers, tuple of such or None.
    """
    layout, context = _layout(parts), cpu_target.target_context
    known = layout.itemsize == context.get_abi_sizeof(context.get_data_type(_typeof(parts)))
    if not known or not all(one.flags.c_contiguous for one in _arrays(parts)):
        raise TypeError(f"parts that are compiled hold numbers, contiguous arrays, tuples of them or None, got {parts}")
    ends = np.cumsum([layout.itemsize + _LINE, *(one.nbytes + _LINE for one in _arrays(parts))]) // _LINE * _LINE
    memory = np.zeros(ends[-1], np.uint8)
    _fill(memory[: layout.itemsize].view(layout), parts, memory, iter(ends))
    return memory


def _arrays(value: Any) -> list[NDArray[Any]]:
    """All arrays of parts, in order."""
    if isinstance(value, tuple):
        return [array for one in value for array in _arrays(one)]
    return [value] if isinstance(value, np.ndarray) else []


def _layout(value: Any) -> np.dtype[Any]:
    """Of a value in memory; an array's are seven words and more (`_fill`)."""
    if isinstance(value, tuple):
        return np.dtype([(f"f{k}", _layout(one)) for k, one in enumerate(value)], align=True)
    if isinstance(value, np.ndarray):
        return np.dtype((np.int64, (5 + 2 * value.ndim,)))
    return np.asarray(0 if value is None else value).dtype


def _fill(place: Any, value: Any, memory: NDArray[np.uint8], starts: Iterator[int]) -> None:
    """Put a value into its place, and the numbers of its arrays where the next ones start."""
    if isinstance(value, tuple):
        for k, one in enumerate(value):
            _fill(place[f"f{k}"], one, memory, starts)
    elif isinstance(value, np.ndarray):
        start = next(starts)
        memory[start : start + value.nbytes] = np.frombuffer(value.tobytes(), np.uint8)
        # The owner in two words, whom nobody asks here; numbers, their size, where they lie.
        where = memory.ctypes.data + start
        place[0] = (0, 0, value.size, value.itemsize, where, *value.shape, *value.strides)
    elif value is not None:
        place[0] = value
