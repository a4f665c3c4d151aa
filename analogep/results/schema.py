"""The result of a run: names, dimensions, units and meaning of every variable.

| dimension | meaning |
| --- | --- |
| epoch | 1 to the number of epochs; 0 alone where nothing was trained |
| layer | layer of weights, from the inputs |
| component, phase | rows and columns of the ledger of joules (`energy.COMPONENTS`, `energy.PHASES`) |
| span | rows of the ledger of seconds (`energy.SPANS`) |
| load | average, peak |
| relaxation | free, nudged |
| part | train, and validation, or test where no validation part is held out: of the data |
| bin, stage | conductance histogram: bins of the widest window; before and after training |
| point, node | accepted steps of a recorded relaxation; a few of its nodes |
| spike | spikes of a recorded relaxation of a spiking network |
| look | times for which a trained spiking network was looked at |
| sample, neuron | a few test samples; all neurons of a spiking network |
| true, predicted | confusion matrix |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

VARIABLES: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "accuracy": (
        ("epoch",),
        "1",
        "share of test samples classified correctly; after the last epoch alone where a validation part is held out",
    ),
    "train_accuracy": (("epoch",), "1", "share of training samples classified correctly in their free phase"),
    "train_cost": (("epoch",), "1", "mean cost 1/2 |r - d|^2/V^2 of training samples in their free phase"),
    "energy": (("epoch", "component", "phase"), "J", "joules of the epoch"),
    "training_energy": (("epoch",), "J", "joules per training sample: free, nudged, update and verify phases"),
    "inference_energy": (("epoch",), "J", "joules per inference"),
    "seconds": (("epoch", "span", "phase"), "s", "seconds on the chip in the epoch"),
    "training_seconds": (
        ("epoch",),
        "s",
        "seconds on the chip per training sample: free, nudged, update and verify phases",
    ),
    "inference_seconds": (("epoch",), "s", "seconds on the chip from an input to its class"),
    "elapsed": (
        ("epoch",),
        "s",
        "seconds on the chip from the first pulse of the initial weights to the end of the epoch's training",
    ),
    "watts": (
        ("epoch", "load"),
        "W",
        "mean power of training, and that of the phase of training or inference that takes most",
    ),
    "pulses": (("epoch", "layer"), "1", "programming pulses of the epoch"),
    "worn": (("epoch", "layer"), "1", "devices, mirrors included, that have had more pulses than the card's endurance"),
    "cosine": (("epoch", "layer"), "1", "cosine of the estimated against the exact gradient"),
    "gain": (("epoch", "layer"), "1", "length of the estimated gradient along the exact one"),
    "quiet_cosine": (
        ("layer",),
        "1",
        "the cosine after training, of the estimate without noise of reads and samples and without converters",
    ),
    "estimated_length": (("epoch", "layer"), "1", "length of the estimated gradient on the probe samples"),
    "exact_length": (
        ("epoch", "layer"),
        "1",
        "length of the exact gradient on the probe samples; not a number where the adjoint has no solution",
    ),
    "silent": (
        ("epoch", "layer"),
        "1",
        "share of the neurons behind a layer of weights whose rate is the same for all probe samples",
    ),
    "stuck": (("layer",), "1", "devices, mirrors included, that ignore pulses as fabricated: dead or stuck"),
    "loop_gain": (("epoch",), "1", "largest loop gain among the probe samples at their free equilibrium"),
    "hopfield": (("epoch", "part"), "1", "mean Hopfield energy of the first samples, free phases without noise"),
    "spikes": (
        ("epoch", "layer"),
        "1",
        "mean spikes of the neurons behind a layer of weights, per inference; 0 without spikes",
    ),
    "wire_error": (("epoch",), "1", "largest relative error of the arrays' port conductances between exact reductions"),
    "unsettled": (("epoch", "relaxation"), "1", "share of relaxations that had not settled when they ended"),
    "duration": (("epoch", "relaxation"), "s", "mean circuit time of a phase"),
    "conductance_count": (
        ("stage", "layer", "bin"),
        "1",
        "devices of both halves of all pairs and mirrors in a bin",
    ),
    "conductance_edge": (("edge",), "S", "edges of the bins"),
    "trace_time": (("point",), "s", "time since the inputs were applied"),
    "trace_beta": (("point",), "1", "nudging strength at that time"),
    "trace_voltage": (("point", "node"), "V", "node voltage of one training sample, free phase then nudged"),
    "confusion": (("true", "predicted"), "1", "test samples by class and by most active output, after training"),
}
"""Variable -> (dimensions, unit, long name)."""
VALIDATION: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "validation_accuracy": (("epoch",), "1", "share of validation samples classified correctly"),
}
"""The same of what runs with a validation part have besides."""
SPIKING: Final[dict[str, tuple[tuple[str, ...], str, str]]] = {
    "trace_membrane": (("point", "node"), "1", "membranes of the same nodes, in thresholds"),
    "spike_time": (("spike",), "s", "when a neuron fired in the recorded relaxation, since the inputs were applied"),
    "spike_row": (("spike",), "1", "which: hidden neurons from 0, those that are shown, then the outputs"),
    "look_time": (
        ("look",),
        "s",
        "free phase of the first watched samples after training",
    ),
    "look_accuracy": (("look",), "1", "share of them classified correctly in that time"),
    "look_spikes": (("look",), "1", "mean spikes of all neurons in that time"),
    "look_energy": (("look",), "J", "joules of one inference in that time"),
    "look_distance": (("look",), "1", "root mean square distance of rates from the equilibrium, of the largest rate"),
    "look_rate": (("sample", "neuron"), "V", "rates after the card's free phase"),
    "look_rest": (("sample", "neuron"), "V", "rates of the analog network with the same weights at its equilibrium"),
}
"""The same of what spiking networks have besides."""


def variable(name: str, values: NDArray[np.generic]) -> tuple[tuple[str, ...], NDArray[np.generic], dict[str, str]]:
    """(dimensions, `values` in their shape and unit, attributes) of one variable, as `xarray.Dataset` takes it.

    Shape and unit are those that `VARIABLES`, `VALIDATION` or `SPIKING` says.
    """
    dims, units, long_name = (VARIABLES | VALIDATION | SPIKING)[name]
    return dims, values, {"units": units, "long_name": long_name}


def conductance_name(layer: int, half: str, mirror: bool = False) -> str:
    """Variable that holds the conductances of an array: `g_plus_1`, `mirror_g_minus_2`, `g_1`."""
    return "_".join(filter(None, ("mirror_g" if mirror else "g", half, str(layer))))


_HALVES = {"plus": "positive half of the pairs", "minus": "negative half of the pairs", "": "cells"}


def conductances(layer: int, half: str, g: NDArray[np.float64], mirror: bool = False) -> dict[str, object]:
    """Final conductances of one array of a layer (1 = nearest to the inputs), on dimensions of its own.

    Parameters
    ----------
    layer : int
    half : {'plus', 'minus', ''}
        Half of the pairs, or the only array of a layer.
    g : ndarray (rows, columns) [S]
    mirror : bool
        Whether the array is one that is read in reverse where feedback is mirrored.
    """
    dims = (f"row_{layer}", f"column_{layer}")
    text = f"{'mirrored ' if mirror else ''}{_HALVES[half]} of layer {layer} after training, rows: inputs and bias"
    return {conductance_name(layer, half, mirror): (dims, g, {"units": "S", "long_name": text})}


def describe(dataset: xr.Dataset) -> None:
    """Refuse a Dataset whose variables lack a unit or a name.

    Raises
    ------
    ValueError
        Naming the variable.
    """
    for name, array in dataset.data_vars.items():
        missing = {"units", "long_name"} - set(array.attrs)
        if missing:
            raise ValueError(f"variable '{name}' has no {' and no '.join(sorted(missing))}")
