"""Estimated against exact gradient in words: a layer that has no gradient is named, with the reason that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

NONE: Final = "none"
"""What stands in a table where a layer has no cosine."""

_OLD: Final = "the estimate or the exact gradient is zero, or the exact one has no solution; the result says no more"
_UNSOLVED: Final = (
    "the adjoint has no solution on the probe samples, so that the estimate cannot be compared: the network is close "
    "to an instability; lower learning.rate, mapping.weight_range or feedback.gain"
)
_NO_ESTIMATE: Final = (
    "nudging moved nothing that was sampled, though the exact gradient is not zero; a larger nudging.beta, more "
    "adc.bits or a longer timing.nudged.duration may show it"
)
_RAILS: Final = "{} on all probe samples, so that the exact one is zero"


def layers_of(names: Sequence[object]) -> str:
    """Name layers together: `layer 1`, `layers 1 and 3`.

    Parameters
    ----------
    names : sequence of str
        Of the coordinate `layer`: `layer 1`, `layer 2`...
    """
    numbers = [str(name).removeprefix("layer ") for name in names]
    *first, last = numbers
    return f"layers {', '.join(first)} and {last}" if first else f"layer {last}"


def against_exact(dataset: xr.Dataset) -> str:
    """Cosine and gain of the last epoch in a line, of the layers that have them, and which have no gradient.

    `, in layers 1, 2: cosine 0.990, 0.980; gain 1.00, 0.97`, or `: no gradient in layer 2`, to stand behind a word.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of a run.
    """
    cosine, gain = (dataset[name].values[-1] for name in ("cosine", "gain"))
    there, names = np.isfinite(cosine), dataset["layer"].values
    lacking = "" if there.all() else f"{absent(dataset)} in {layers_of(names[~there])}"
    if not there.any():
        return f": {lacking}"
    numbers = ", ".join(str(name).removeprefix("layer ") for name in names[there])
    said = [
        f", in layer{'s' * bool(there.sum() > 1)} {numbers}: cosine "
        + ", ".join(f"{value:.3f}" for value in cosine[there]),
        "gain " + ", ".join(f"{value:.2f}" if np.isfinite(value) else NONE for value in gain[there]),
    ]
    return "; ".join([*said, lacking] if lacking else said)


def absent(dataset: xr.Dataset) -> str:
    """What the layers without a cosine lack in the last epoch: a gradient, or an exact one to compare it with."""
    length = dataset.get("exact_length")
    return "no exact gradient" if length is not None and np.isnan(length.values[-1]).any() else "no gradient"


def reasons(dataset: xr.Dataset) -> list[str]:
    """Say why layers have no cosine in the last epoch, one sentence for all of a reason.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of a run; of one from before lengths of gradients were recorded the reason is not known.
    """
    found: dict[str, list[object]] = {}
    for layer in np.flatnonzero(~np.isfinite(dataset["cosine"].values[-1])):
        found.setdefault(_reason(dataset, int(layer)), []).append(dataset["layer"].values[layer])
    return [f"{absent(dataset)} in {layers_of(names)}: {reason}" for reason, names in found.items()]


def _reason(dataset: xr.Dataset, layer: int) -> str:
    if not {"exact_length", "estimated_length"} <= dataset.variables.keys():
        return _OLD
    exact, estimated = (float(dataset[f"{name}_length"].values[-1, layer]) for name in ("exact", "estimated"))
    if np.isnan(exact):
        return _UNSOLVED
    if exact > 0.0:
        return _NO_ESTIMATE if estimated == 0.0 else "it is too short for a number"
    still = dataset["silent"].values[-1, layer:] == 1.0 if "silent" in dataset.variables else np.zeros(1, dtype=bool)
    if still.any():
        place = dataset["layer"].values[layer + int(np.argmax(still))]
        return _RAILS.format(f"the neurons behind {place} rest, or stand at a rail,")
    return _RAILS.format("neurons stand at a rail, or outputs at their targets,")


def gaps(dataset: xr.Dataset) -> list[str]:
    """Say in which epochs layers have no cosine: `layer 2 in 3 of 10 epochs`."""
    missing = (~np.isfinite(dataset["cosine"].values)).sum(axis=0)
    epochs = dataset.sizes["epoch"]
    return [
        f"{name} in {count} of {epochs} epoch{'s' * (epochs != 1)}"
        for name, count in zip(dataset["layer"].values, missing, strict=True)
        if count
    ]


def lowest(values: np.ndarray) -> np.ndarray:
    """Lowest cosine of the layers that have one; not a number where none has.

    Parameters
    ----------
    values : ndarray (..., layers) [1]

    Returns
    -------
    ndarray (...) [1]
    """
    there = np.isfinite(values)
    return np.where(there.any(axis=-1), np.where(there, values, np.inf).min(axis=-1), np.nan)
