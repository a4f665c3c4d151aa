"""Whether the inputs are images, and of which shape."""

from __future__ import annotations

from analogep.circuit import CircuitCard
from analogep.datasets import Dataset
from analogep.errors import UsageError


def image_shape(circuit: CircuitCard, data: Dataset) -> tuple[int, int, int] | None:
    """Height, width and channels of the inputs; None where training shows them as they are.

    The circuit's input layer says them, or else the data set.

    Raises
    ------
    UsageError
        If the circuit moves or mirrors images and the inputs are none, or moves them by their whole height or width.
    """
    augment, grid = circuit.learning.augment, circuit.grids[0]
    if augment is None:
        return None
    shape: tuple[int, ...] = grid if grid is not None else data.shape
    if len(shape) not in (2, 3):
        raise UsageError(
            f"learning.augment: data set '{data.name}' has samples of shape {list(shape)}, which are no images; give "
            "it images (samples, height, width), or an input layer {kind: image, height: H, width: W}"
        )
    height, width, channels = (*shape, 1)[:3]
    if augment.shift >= min(height, width):
        raise UsageError(
            f"learning.augment.shift: {augment.shift} pixels move images of {height} x {width} out of sight; give at "
            f"most {min(height, width) - 1}"
        )
    return height, width, channels
