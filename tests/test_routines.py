"""Routines: what a kernel reaches by an address, compiled for parts that it does not know."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numba.core.errors import TypingError

from analogep.jit import kernel
from analogep.routines import NOTHING, Routine, loaded, packed


class Line(NamedTuple):
    """slope x + offset, and what a table holds."""

    slope: Any
    on: bool
    offset: Any
    table: Any
    pair: tuple[Any, ...]


def _through(kind, parts, x, start):  # type: ignore[no-untyped-def]
    line, none = loaded(kind, parts)
    for k in range(x.size):
        x[k] = line.slope * x[k] + line.offset + line.table[1, start + k] + line.pair[1]
        if not line.on or none is not None:
            x[k] = 0


LINES = Routine(_through, lambda real: (np.zeros(1, real), 0))
_through_row = LINES.call


@kernel()
def rows_through(made, x):  # type: ignore[no-untyped-def]
    """Every row by the routine."""
    for i in range(x.shape[0]):
        _through_row(made, (x[i], 2))


@kernel()
def wrongly_through(made, x):  # type: ignore[no-untyped-def]
    """With arguments that the routine does not take."""
    _through_row(made, (x, 2))


def a_line(real: Any) -> Line:
    return Line(real(2.0), True, 0.5, np.arange(10, dtype=real).reshape(2, 5), (7, real(100.0)))


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_a_routine_has_the_numbers_of_its_parts(real: Any) -> None:
    """Numbers of several sizes, an array and a tuple, in either precision: as Python has them."""
    line, x = a_line(real), np.arange(6, dtype=real).reshape(2, 3)
    expected = (2.0 * x + 0.5 + line.table[1, 2:] + 100.0).astype(real)
    made = LINES.of(real, line, None)
    # What stood in the parts' own arrays is copied.
    line.table[:] = np.nan
    rows_through(made, x)
    np.testing.assert_array_equal(x, expected)


def test_equal_parts_are_one_routine_and_other_numbers_share_its_code() -> None:
    one, other = LINES.of(np.float64, a_line(np.float64), None), LINES.of(np.float64, a_line(np.float64), None)
    assert one is other
    third = LINES.of(np.float64, a_line(np.float64)._replace(offset=1.0), None)
    assert third.code == one.code
    assert not np.array_equal(third.parts, one.parts)
    assert LINES.of(np.float32, a_line(np.float32), None).code != one.code


def test_a_kernel_is_not_compiled_again_for_other_parts() -> None:
    x = np.zeros((1, 3))
    rows_through(LINES.of(np.float64, a_line(np.float64), None), x)
    known = len(rows_through.overloads)
    rows_through(LINES.of(np.float64, a_line(np.float64), 0.0), x)
    np.testing.assert_array_equal(x, 0.0)
    assert len(rows_through.overloads) == known


def test_arguments_of_other_types_are_refused() -> None:
    with pytest.raises(TypingError, match=r"_through does not take \(array\(float64, 2d, C\)"):
        wrongly_through(NOTHING, np.zeros((2, 2)))


@pytest.mark.parametrize("part", ["text", np.zeros((4, 4))[:, ::2]], ids=["text", "not contiguous"])
def test_parts_that_the_compiler_would_lay_out_otherwise_are_refused(part: Any) -> None:
    with pytest.raises(TypeError, match="numbers, contiguous arrays"):
        packed((part,))
