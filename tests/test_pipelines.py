"""Functions that only kernels call: parts of these, without code of their own."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from numba import types

from analogep.jit import inner, kernel


@inner()
def _halved(x):  # type: ignore[no-untyped-def]
    if x < 0.0:
        raise ValueError("negative", x)
    return 0.5 * x


@inner(forceinline=False)
def _twice_halved(x):  # type: ignore[no-untyped-def]
    return _halved(_halved(x))


@kernel()
def quartered(x):  # type: ignore[no-untyped-def]
    """A quarter of each number."""
    for k in range(x.size):
        x[k] = _twice_halved(x[k])


def test_a_kernel_runs_what_was_linked_into_it_and_raises_its_errors() -> None:
    x = np.array([4.0, 8.0])
    quartered(x)
    np.testing.assert_array_equal(x, [1.0, 2.0])
    with pytest.raises(ValueError, match="negative") as raised:
        quartered(-x)
    assert raised.value.args == ("negative", -1.0)


def test_what_only_kernels_call_has_no_machine_code() -> None:
    quartered(np.ones(1))
    for function in (_halved, _twice_halved):
        # Where the kernel comes from disk, they have not been compiled in this process.
        function.compile((types.float64,))
        (compiled,) = function.overloads.values()
        assert compiled.library.get_pointer_to_function(compiled.fndesc.mangled_name) == 0
    (whole,) = quartered.overloads.values()
    assert whole.library.get_pointer_to_function(whole.fndesc.mangled_name) != 0


@inner()
def _shifted(x, by):  # type: ignore[no-untyped-def]
    return x + by


@inner()
def _chosen(pair, which):  # type: ignore[no-untyped-def]
    return pair[which]


def test_literal_numbers_have_no_code_of_their_own_unless_types_depend_on_them() -> None:
    """One compilation for 1, 2 and any integer; of a tuple of two kinds one for each item."""
    for by in (types.literal(1), types.literal(2), types.int64):
        _shifted.get_call_template((types.float64, by), {})
    assert list(_shifted.overloads) == [(types.float64, types.int64)]
    pair = types.Tuple((types.int64, types.float64))
    for which in (0, 1):
        _chosen.get_call_template((pair, types.literal(which)), {})
    assert [one.signature.return_type for one in _chosen.overloads.values()] == [types.int64, types.float64]


def test_garbage_is_looked_for_again_after_a_kernel_was_compiled() -> None:
    assert gc.isenabled()
    quartered(np.ones(1, np.float32))
    assert gc.isenabled()
