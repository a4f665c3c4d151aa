"""From a trained chip to the Dataset, and from a chip in training to a checkpoint and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import analogep
from analogep import results
from analogep.cards import origin
from analogep.cards.record import recorded
from analogep.device.generic import assumed
from analogep.digital import yardsticks
from analogep.network.lines_fit import said
from analogep.results.run_file import CONDUCTANCES
from analogep.run.history import History
from analogep.run.response import stuck

if TYPE_CHECKING:
    import xarray as xr

    from analogep.chip.emulator import Emulator
    from analogep.network import Hardware
    from analogep.run.epoch import Trainer

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_BINS = 60
_BEFORE = "before"


def _edges(hardware: Hardware) -> Floats:
    """Edges of the histogram's bins [S]: from the smallest to the largest conductance that any cell can have."""
    arrays = hardware.arrays()
    low, high = min(float(a.g_min.min()) for a in arrays), max(float(a.g_max.max()) for a in arrays)
    return np.linspace(low, high, _BINS + 1)


def histogram(hardware: Hardware) -> Counts:
    """Counts of the devices in each bin of conductance (layers, bins), both halves of pairs and of their mirrors."""
    edges = _edges(hardware)
    found = np.zeros((hardware.circuit.depth, _BINS), dtype=np.int64)
    for store in hardware.every:
        for array in store.halves.values():
            found[store.layer] += np.histogram(array.g, edges)[0]
    return found


def checkpoint(emulator: Emulator, history: History, before: Counts) -> xr.Dataset:
    """Everything that training needs to go on after the last recorded epoch.

    `before` (layers, bins) are the counts of `histogram` before training.
    """
    import xarray as xr

    from analogep.chip import stored

    arrays = stored.arrays(emulator) | {_BEFORE: before}
    return xr.Dataset(dict(history.variables()) | stored.variables(arrays), attrs=stored.counters(emulator))


def restore(checkpoint: xr.Dataset, emulator: Emulator) -> Counts:
    """Put a checkpoint's arrays back; returns the counts of `histogram` before training (layers, bins)."""
    from analogep.chip import stored

    named = stored.values(checkpoint)
    stored.restore(emulator, named, checkpoint.attrs)
    return np.asarray(named[_BEFORE], dtype=np.int64)


def conductances(result: xr.Dataset) -> xr.Dataset:
    """The conductances that a result holds [S], as `Chip.conductances` has them."""
    return result[[name for name in result.data_vars if CONDUCTANCES.fullmatch(str(name))]]


def finished(result: xr.Dataset, hardware: Hardware) -> None:
    """Give a fabricated chip the conductances of a result."""
    for layer, half, mirror, array in hardware.labelled():
        array.show(result[results.conductance_name(layer + 1, half, mirror)].values)
    hardware.refresh()


def dataset(identity: dict[str, str], trainer: Trainer, before: Counts, traced: dict[str, object]) -> xr.Dataset:
    """The result of a run.

    `before` (layers, bins) are the counts of `histogram` before training, `traced` what `trace` and `looks` recorded.
    """
    import xarray as xr

    hardware, history, data = trainer.hardware, trainer.history, trainer.data
    layers = hardware.circuit.sizes
    variables = dict(history.variables())
    counts = np.stack([before, histogram(hardware)])
    variables["conductance_count"] = results.variable("conductance_count", counts)
    variables["conductance_edge"] = results.variable("conductance_edge", _edges(hardware))
    confusion = np.zeros((layers[-1], layers[-1]), dtype=np.int64)
    np.add.at(confusion, (data.test_y, trainer.predictions), 1)
    variables["confusion"] = results.variable("confusion", confusion)
    variables["quiet_cosine"] = results.variable("quiet_cosine", trainer.quiet_cosine)
    variables["stuck"] = results.variable("stuck", stuck(hardware.every, hardware.circuit.depth))
    variables |= {name: value for name, value in traced.items() if name in results.VARIABLES | results.SPIKING}
    for layer, half, mirror, array in hardware.labelled():
        variables |= results.conductances(layer + 1, half, array.g, mirror=mirror)
    trained = hardware.circuit.learning.epochs > 0
    coordinates = history.coordinates(hardware.circuit.depth) | {
        "epoch": np.arange(len(history)) + int(trained),
        "node": traced["node"],
        "stage": ["before", "after"],
    }
    made = xr.Dataset(variables, coordinates, _attributes(identity, trainer))
    made.attrs["trace_class"] = traced["class"]
    if "outputs from" in traced:
        made.attrs["spike_outputs"] = traced["outputs from"]
    results.describe(made)
    return made


def _attributes(identity: dict[str, str], trainer: Trainer) -> dict[str, object]:
    hardware, data = trainer.hardware, trainer.data
    device, circuit = hardware.device, hardware.circuit
    digital = yardsticks(circuit)
    sources = {key: source.cite for key, source in device.sources.items()}
    untrained = "" if circuit.learning.epochs else ", before training"
    return {
        "title": f"{device.name}, {circuit.outline} on {data.name}{untrained}",
        "part_digests": json.dumps(data.digests),
        "analogep_version": analogep.__version__,
        "digest": identity["digest"],
        "device": device.name,
        "circuit": circuit.name,
        **recorded(device),
        **recorded(circuit),
        "parts": origin.recorded(device, circuit),
        "overrides": json.dumps([*device.overrides, *circuit.overrides]),
        "seeds": identity["seeds"],
        "watched_by": identity.get("watched by", ""),
        "data": data.name,
        "data_digest": data.digest,
        "citations": json.dumps([*sources.values(), data.citation]),
        "remarks": json.dumps(device.remarks()),
        "unknown": json.dumps(device.unknown),
        "assumed": json.dumps(assumed(device)),
        "columns": said(device, circuit),
        "thermal": circuit.noise.said if circuit.network.thermal else "",
        "update_rule": trainer.updater.rule.rule,
        "update_threshold": float(getattr(trainer.updater.rule, "threshold", 0.0)),
        "estimator": circuit.nudging.estimator,
        "beta": circuit.nudging.beta,
        "train_samples": len(data.train_y),
        "test_samples": len(data.test_y),
        "validation_samples": 0 if data.validation_y is None else len(data.validation_y),
        "network": circuit.network.kind,
        "read_voltage": circuit.mapping.read_voltage,
        "target_voltage": circuit.target_voltage,
        "endurance": device.lifetime or 0.0,
        "window_min": device.conductance.min,
        "window_max": device.conductance.max,
        "devices": hardware.devices,
        "memory": hardware.memory.said,
        "digital_training_joules": json.dumps({name: joules for name, (joules, _) in digital.items()}),
        "digital_inference_joules": json.dumps({name: joules for name, (_, joules) in digital.items()}),
    }
