"""Checks of the result of a run, made once, where its file is read, so that its readers can rely on it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from analogep.energy import COMPONENTS, PHASES, SINCE, SPANS
from analogep.errors import ResultError
from analogep.results import rules
from analogep.results.files import read
from analogep.results.rules import LARGEST, OddError, Rule
from analogep.results.schema import SPIKING, VALIDATION, VARIABLES
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr

_JOULES: Final = Rule(
    "joules by name as JSON",
    rules.parsed(
        lambda value: (
            isinstance(value, dict)
            and len(value) > 0
            and all(map(rules.is_text, value))
            and all(rules.is_number(joules, 0.0) for joules in value.values())
        )
    ),
)

MADE_BY: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(("code", "commit", "date"), rules.TEXT),
    "wall_seconds": rules.FROM_ZERO,
    "libraries": rules.NAMES,
    "went_on_from": rules.TEXTS,
}
"""Attributes that say what made a result, and when (`results.circumstances`)."""
ATTRIBUTES: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(("title", "network", "device", "circuit", "device_card", "circuit_card", "data"), rules.TEXT),
    **dict.fromkeys(("analogep_version", "digest", "data_digest", "update_rule", "estimator"), rules.TEXT),
    "seeds": Rule(
        "the three seeds, such as 'fabrication 1, operation 1, data 1'", lambda value: bool(Seeds.parse(value))
    ),
    **dict.fromkeys(("overrides", "citations"), rules.TEXTS),
    **dict.fromkeys(("update_threshold", "endurance", "window_min"), rules.FROM_ZERO),
    "beta": rules.NUMBER,
    **dict.fromkeys(("read_voltage", "target_voltage", "window_max"), rules.POSITIVE),
    **dict.fromkeys(("train_samples", "test_samples", "devices"), rules.FROM_ONE),
    "trace_class": rules.COUNT,
    **dict.fromkeys(("digital_training_joules", "digital_inference_joules"), _JOULES),
}
"""Attributes that every result of a run has."""
_RECORDED: Final[Mapping[str, Rule]] = {
    "watched_by": rules.TEXT,
    "validation_samples": rules.COUNT,
    "held_out": Rule("empty, 'auto' or a number of samples", lambda value: value in ("", "auto") or value.isdecimal()),
    "part_digests": rules.NAMES,
    **MADE_BY,
    "parts": rules.PARTS,
    **dict.fromkeys(("remarks", "unknown", "assumed"), rules.TEXTS),
    **dict.fromkeys(("device_values", "circuit_values"), rules.OBJECT),
    **dict.fromkeys(("device_overrides", "circuit_overrides", "device_changes", "circuit_changes"), rules.TEXTS),
}
"""Attributes that results of earlier versions lack, and their readers do without."""

_CLOCK: Final = ("seconds", "training_seconds", "inference_seconds", "elapsed", "watts")
_SINCE: Final = ("quiet_cosine", "estimated_length", "exact_length", "silent", "stuck", *_CLOCK)
"""Variables that results of earlier versions lack, and their readers do without."""
_UNKNOWN: Final = frozenset(
    ("cosine", "gain", "quiet_cosine", "estimated_length", "exact_length", "loop_gain", "hopfield", "wire_error")
)
"""Variables that may hold no number, or an infinite one, in the result of a run that went well."""
_GAPS: Final = frozenset(("accuracy", "silent", "train_accuracy", "train_cost"))
"""Variables that may hold no number: of layers without neurons, of epoch 0, in which nothing was trained, and of epochs
after which no test sample was read."""
_SHARES: Final = frozenset(
    ("accuracy", "validation_accuracy", "train_accuracy", "unsettled", "silent", "look_accuracy")
)
_FROM_ZERO: Final = frozenset(
    ("train_cost", "pulses", "worn", "spikes", "duration", "conductance_count", "conductance_edge", "confusion")
) | frozenset((*_CLOCK, "stuck", "trace_time", "spike_time", "spike_row", "look_time", "look_spikes", "look_distance"))
_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "component": tuple(name for name in COMPONENTS if name not in SINCE),
    "phase": PHASES,
    "relaxation": ("free", "nudged"),
    "part": ("train",),
    "stage": ("before", "after"),
}
"""Coordinate -> labels that it has in every version."""
CONDUCTANCES: Final = re.compile(r"(?:mirror_)?g_(?:(?:plus|minus)_)?([1-9][0-9]*)", re.ASCII)
_TRACE: Final = ("trace_membrane", "spike_time", "spike_row")
_LOOK: Final = tuple(name for name in SPIKING if name.startswith("look_"))


def read_run(path: Path) -> xr.Dataset:
    """Read the result of a run whole into memory, once it is known to be one.

    Parameters
    ----------
    path : Path
        Its `result.nc`.

    Raises
    ------
    ResultError
        If the file is missing, damaged, of another kind, or holds what no run leaves behind: it is named.
    """
    dataset = read(path)
    check_run(dataset, path)
    return dataset


def check_run(dataset: xr.Dataset, path: Path) -> None:
    """Refuse what is not the result of a run.

    Attributes, coordinates and variables that readers of a result need must be there, of the kind, the dimensions and
    within the range that they have in a result; what a result holds besides may be anything.

    Parameters
    ----------
    dataset : xarray.Dataset
    path : Path
        Where it was read, for messages.

    Raises
    ------
    ResultError
        With the first thing that is odd.
    """
    if "trace_time" not in dataset.variables or "run" in dataset.dims or "state" in dataset.variables:
        raise ResultError(f"{path}: is no result of a run; give the folder that 'analogep simulate' wrote")
    try:
        rules.check_attributes(dataset, ATTRIBUTES, _RECORDED)
        rules.check_texts(dataset)
        _coordinates(dataset)
        for name, (dims, _, _) in VARIABLES.items():
            if name in dataset.variables or name not in _SINCE:
                _variable(dataset, name, dims)
        _held_out(dataset)
        _clock(dataset)
        _sizes(dataset)
        _order(dataset)
        _conductances(dataset)
        _spikes(dataset)
    except OddError as odd:
        raise rules.refusal(odd, path, dataset) from None


def _coordinates(dataset: xr.Dataset) -> None:
    for name, needed in _LABELS.items():
        missing = [label for label in needed if label not in rules.labels_of(dataset, name)]
        if missing:
            raise OddError(f"coordinate '{name}' lacks '{missing[0]}'")
    layers = rules.labels_of(dataset, "layer")
    if layers != [f"layer {k + 1}" for k in range(len(layers))]:
        raise OddError(f"coordinate 'layer' must count layers, 'layer 1' first; got {', '.join(map(repr, layers[:3]))}")
    rules.labels_of(dataset, "node")
    epochs = rules.numbers_of(dataset, "epoch", ("epoch",))
    if epochs.dtype.kind == "f" or not epochs.size or epochs[0] < 0 or not (np.diff(epochs) > 0).all():
        raise OddError("coordinate 'epoch' must count epochs upwards")


def _variable(dataset: xr.Dataset, name: str, dims: tuple[str, ...]) -> None:
    values = rules.numbers_of(dataset, name, dims)
    if name not in _UNKNOWN:
        high = 1.0 if name in _SHARES else LARGEST
        low = 0.0 if name in _SHARES | _FROM_ZERO else -LARGEST
        rules.check_range(name, values, low, high, gaps=name in _GAPS)


def _held_out(dataset: xr.Dataset) -> None:
    """Accuracy of the validation samples, if there are any, and of the test samples, which may be of the end alone."""
    known = np.isfinite(dataset["accuracy"].values)
    if int(dataset.attrs.get("validation_samples", 0)):
        _variable(dataset, "validation_accuracy", VALIDATION["validation_accuracy"][0])
        known = known[-1:]
    if not known.all():
        raise OddError("variable 'accuracy' holds nan, expected numbers from 0 to 1")


def _clock(dataset: xr.Dataset) -> None:
    """Seconds and watts, whole or not at all."""
    if not any(name in dataset.variables for name in _CLOCK):
        return
    for name in _CLOCK:
        _variable(dataset, name, VARIABLES[name][0])
    for name, needed in (("span", SPANS), ("load", ("average", "peak"))):
        missing = [label for label in needed if label not in rules.labels_of(dataset, name)]
        if missing:
            raise OddError(f"coordinate '{name}' lacks '{missing[0]}'")


def _sizes(dataset: xr.Dataset) -> None:
    """Dimensions that go together."""
    sizes = dataset.sizes
    for one, other, more in (("edge", "bin", 1), ("true", "predicted", 0)):
        if sizes[other] < 1 or sizes[one] != sizes[other] + more:
            raise OddError(f"has {sizes[one]} along '{one}' for {sizes[other]} along '{other}'")
    if dataset.attrs["trace_class"] >= sizes["true"]:
        raise OddError(f"attribute 'trace_class' is {dataset.attrs['trace_class']}, there are {sizes['true']} classes")
    training, inference = (json.loads(dataset.attrs[f"digital_{kind}_joules"]) for kind in ("training", "inference"))
    if training.keys() != inference.keys():
        raise OddError("attributes 'digital_training_joules' and 'digital_inference_joules' name different arithmetics")
    if not dataset.attrs["window_min"] < dataset.attrs["window_max"]:
        raise OddError("attribute 'window_min' must be below 'window_max'")


def _order(dataset: xr.Dataset) -> None:
    """Edges of bins and times grow."""
    if not (np.diff(dataset["conductance_edge"].values) > 0.0).all():
        raise OddError("variable 'conductance_edge' must grow from bin to bin")
    if not (np.diff(dataset["trace_time"].values) >= 0.0).all():
        raise OddError("variable 'trace_time' must grow from point to point")


def _conductances(dataset: xr.Dataset) -> None:
    """Final conductances of every layer, each on dimensions of its own."""
    found = set()
    for name in map(str, dataset.data_vars):
        if match := CONDUCTANCES.fullmatch(name):
            layer = match[1]
            values = rules.numbers_of(dataset, name, (f"row_{layer}", f"column_{layer}"))
            rules.check_range(name, values, 0.0, LARGEST)
            found.add(layer)
    missing = [layer for layer in map(str, range(1, dataset.sizes["layer"] + 1)) if layer not in found]
    if missing:
        raise OddError(f"lacks the conductances of layer {missing[0]}, which every result holds")


def _spikes(dataset: xr.Dataset) -> None:
    """What spiking networks have besides, whole or not at all."""
    for group in (_TRACE, _LOOK):
        if not any(name in dataset.variables for name in group):
            continue
        for name in group:
            _variable(dataset, name, SPIKING[name][0])
    if "spike_time" in dataset.variables:
        rules.check_attributes(dataset, {"spike_outputs": rules.COUNT})
        nodes = rules.labels_of(dataset, "node")
        wanted = f"output {int(dataset.attrs['trace_class'])}"
        if wanted not in nodes or not any(node.startswith("hidden") for node in nodes):
            raise OddError(f"coordinate 'node' lacks '{wanted}' or a hidden node")
    if "look_time" in dataset.variables:
        times = dataset["look_time"].values
        if not times.size or not times[0] > 0.0 or not (np.diff(times) > 0.0).all():
            raise OddError("variable 'look_time' must hold times that grow")
