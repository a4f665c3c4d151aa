"""Arrays of the layers as compiled kernels take them: in tuples of few lengths.

The length of a tuple is part of its type, and a kernel is compiled anew, for seconds, for every type. Empty arrays
behind those of the layers let one compiled kernel serve networks of any depth up to four, and another up to eight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTHS = (4, 8, 20)
"""The last is the largest number of layers that a card may have."""


def padded(arrays: Sequence[NDArray[np.floating[Any]]]) -> tuple[NDArray[np.floating[Any]], ...]:
    """One array for each layer, and empty ones of their type up to the next of `LENGTHS`."""
    room = next(length for length in LENGTHS if length >= len(arrays))
    return (*arrays, *(arrays[0][:0],) * (room - len(arrays)))
