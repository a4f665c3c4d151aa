"""What a person gives to a chip, checked before it goes anywhere: inputs, targets, weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analogep.circuit import CircuitCard
from analogep.errors import UsageError

Floats = NDArray[np.float64]


def inputs(x: ArrayLike, circuit: CircuitCard) -> NDArray[np.floating[Any]]:
    """Inputs as (samples, inputs) [1].

    Parameters
    ----------
    x : array_like (samples, inputs) or (samples, height, width) or (samples, height, width, channels)
        Numbers in [0, 1]: shares of the read voltage on the input lines.
    circuit : CircuitCard

    Raises
    ------
    UsageError
        If the shape or a value does not fit.
    """
    found, needed = np.asarray(x), circuit.sizes[0]
    if found.dtype.kind not in "buif":
        raise UsageError(f"x has values of type {found.dtype}; give numbers in [0, 1]")
    if found.ndim == 1:
        raise UsageError(
            f"x has the shape {found.shape}; give (samples, {needed}), a single sample as x[None] or x.reshape(1, -1)"
        )
    if found.ndim == 0 or len(found) == 0 or found.size != len(found) * needed:
        raise UsageError(
            f"x has the shape {found.shape}; circuit '{circuit.name}', {circuit.outline}, takes (samples, {needed})"
        )
    flat = found.reshape(len(found), -1)
    low, high = flat.min(), flat.max()
    # NaN compares as False both ways.
    if not (low >= 0.0 and high <= 1.0):
        raise UsageError(
            f"x has values from {low:g} to {high:g}; inputs are shares of the read voltage, from 0 to 1: scale them, "
            "(x - min) / (max - min), and replace what is no number"
        )
    return flat if flat.dtype.kind == "f" else flat.astype(np.float64)


def targets(target: ArrayLike, samples: int, circuit: CircuitCard) -> Floats:
    """Targets of the outputs as voltages (samples, classes) [V].

    Parameters
    ----------
    target : array_like (samples,) of int or (samples, classes) of float
        Classes from 0, or shares of the target voltage in [0, 1]: one-hot rows say the same as classes.
    samples : int
        How many there must be.
    circuit : CircuitCard

    Raises
    ------
    UsageError
        If the shape or a value does not fit.
    """
    found, classes = np.asarray(target), circuit.sizes[-1]
    if found.dtype.kind not in "buif":
        raise UsageError(
            f"targets have the type {found.dtype}; number the classes from 0: np.unique(target, return_inverse=True)[1]"
        )
    if found.shape == (samples,):
        labels = found
        if found.dtype.kind in "bf":
            labels = found.astype(np.int64) if np.isfinite(found).all() else np.full(samples, -1)
        if (labels is not found and (labels != found).any()) or labels.min() < 0 or labels.max() >= classes:
            raise UsageError(
                f"targets of shape {found.shape} are classes, whole numbers from 0 to {classes - 1}; got "
                f"{found.min():g} to {found.max():g}. For shares of the target voltage give (samples, {classes})"
            )
        return np.asarray((labels[:, None] == np.arange(classes)) * circuit.target_voltage)
    if found.shape != (samples, classes):
        raise UsageError(
            f"targets have the shape {found.shape}; for {samples} samples give classes ({samples},) or shares of the "
            f"target voltage ({samples}, {classes})"
        )
    if not (found.min() >= 0.0 and found.max() <= 1.0):
        raise UsageError(
            f"targets of shape {found.shape} are shares of the target voltage, from 0 to 1; got {found.min():g} to "
            f"{found.max():g}"
        )
    return np.asarray(found, dtype=np.float64) * circuit.target_voltage


def pair(x: ArrayLike, target: ArrayLike, circuit: CircuitCard) -> tuple[NDArray[np.floating[Any]], Floats]:
    """Inputs (samples, inputs) [1] and their targets (samples, classes) [V].

    Parameters
    ----------
    x
        As for `inputs`.
    target
        As for `targets`.
    circuit : CircuitCard

    Raises
    ------
    UsageError
        If a shape or a value does not fit.
    """
    given = inputs(x, circuit)
    return given, targets(target, len(given), circuit)


def rates_of(given: float | Sequence[float], depth: int) -> tuple[float, ...]:
    """One learning rate for each of `depth` layers of weights.

    Raises
    ------
    UsageError
        If their number does not fit, or one is below 0 or not finite.
    """
    found = np.broadcast_to(np.asarray(given, dtype=np.float64), (depth,)) if np.ndim(given) == 0 else np.array(given)
    if found.shape != (depth,) or not (np.isfinite(found) & (found >= 0.0)).all():
        raise UsageError(f"rates is {given!r}; give one rate from 0 on, or {depth}, one for each layer of weights")
    return tuple(float(rate) for rate in found)


def matrices(given: Sequence[ArrayLike], shapes: Sequence[tuple[int, int]], what: str) -> list[Floats]:
    """One matrix for each store of weights (rows, columns) [1].

    Parameters
    ----------
    given : sequence of array_like (rows, columns) [1]
        A single matrix stands for a sequence of one.
    shapes : sequence of (int, int)
        Shapes that they must have.
    what : str
        What they are, for messages.

    Raises
    ------
    UsageError
        If their number, a shape or a value does not fit.
    """
    if isinstance(given, np.ndarray) and given.dtype != object and given.ndim == 2:
        given = [given]
    if len(given) != len(shapes):
        raise UsageError(f"{what}: {len(given)} arrays; give {len(shapes)}, of the shapes {_listed(shapes)}")
    found = []
    for k, (one, shape) in enumerate(zip(given, shapes, strict=True)):
        array = np.asarray(one)
        if array.dtype.kind not in "buif" or array.shape != shape:
            raise UsageError(
                f"{what}[{k}]: an array of shape {array.shape} and type {array.dtype}; give numbers of shape {shape}, "
                "the last row for the bias line where the circuit has one"
            )
        if not np.isfinite(array).all():
            raise UsageError(f"{what}[{k}]: {np.count_nonzero(~np.isfinite(array))} values are NaN or infinite")
        found.append(np.asarray(array, dtype=np.float64))
    return found


def _listed(shapes: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"({rows}, {columns})" for rows, columns in shapes)
