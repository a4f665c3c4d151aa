"""Jobs that threads take in turn within compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numpy.typing import NDArray

from analogep.jit import instruction


def _taken(typing_context, jobs):  # type: ignore[no-untyped-def]
    """Number of a job that nobody has taken yet, in one step of memory."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(jobs), code


def _taken_in_python(jobs: NDArray[np.int64]) -> int:
    jobs[0] += 1
    return int(jobs[0]) - 1


next_job: Any = instruction(_taken, _taken_in_python)
