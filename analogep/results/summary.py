"""The numbers of a run, and what a reader of them has to know; read from its Dataset alone."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep.results import clock, gradients, interval
from analogep.results.watched import watched, watched_by

if TYPE_CHECKING:
    import xarray as xr


_SILENT: Final = 0.9
"""Share of silent neurons of a layer from which on it is said."""

_TRUE: Final = 0.95
"""Cosine without noise of every layer from which on phases are long enough."""


def numbers(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the numbers of a run for programs; SI units."""
    last, attrs = dataset.isel(epoch=-1), dataset.attrs
    per_epoch = float(attrs["train_samples"])
    return {
        "title": attrs["title"],
        "accuracy": float(last["accuracy"]),
        "accuracy_interval": list(interval.binomial_interval(float(last["accuracy"]), int(attrs["test_samples"]))),
        "test_samples": int(attrs["test_samples"]),
        **_validation(dataset),
        "epochs": int(last["epoch"]),
        "update_rule": attrs["update_rule"],
        "update_threshold": float(attrs["update_threshold"]),
        "pulses_per_training_sample": float(dataset["pulses"].sum("layer").mean()) / per_epoch,
        "joules_per_training_sample": float(dataset["training_energy"].mean()),
        "joules_per_inference": float(last["inference_energy"]),
        "joules_initial": float(dataset["energy"].sel(phase="initial").sum()),
        "joules_of_training": float(dataset["training_energy"].sum()) * per_epoch,
        **clock.numbers(dataset),
        "cosine": [float(value) for value in last["cosine"].values],
        "quiet_cosine": [float(value) for value in quiet_cosine(dataset)],
        "gain": [float(value) for value in last["gain"].values],
        "no_gradient": gradients.reasons(dataset),
        "worn_devices": int(last["worn"].sum()),
        "stuck_devices": [int(value) for value in _by_layer(dataset, "stuck")],
        "silent_neurons": [float(value) for value in _by_layer(dataset, "silent")],
        "spikes_per_inference": [float(n) for n in last["spikes"].values] if attrs["network"] == "spiking" else [],
        "loop_gain_max": float(dataset["loop_gain"].max()),
        "unsettled": {
            str(k): float(v) for k, v in zip(last["relaxation"].values, last["unsettled"].values, strict=True)
        },
        "digital_joules_per_training_sample": json.loads(attrs["digital_training_joules"]),
        "digital_joules_per_inference": json.loads(attrs["digital_inference_joules"]),
        "seeds": attrs["seeds"],
        "parts": json.loads(attrs.get("parts", "[]")),
        **{name: json.loads(attrs.get(name, "null")) for name in ("unknown", "assumed")},
        "cautions": cautions(dataset),
        "open_points": open_points(dataset),
        "digest": attrs["digest"],
        "version": attrs["analogep_version"],
        **{name: attrs[name] for name in ("commit", "date", "wall_seconds") if name in attrs},
    }


def _validation(dataset: xr.Dataset) -> dict[str, Any]:
    """Accuracy of the validation samples after the last epoch and in their best one; nothing where none are held out.

    There is no best epoch of test samples: to choose by them would leave nothing to test with.
    """
    if watched_by(dataset.attrs) == "test":
        return {}
    found = watched(dataset)
    best = int(found.argmax())
    return {
        "validation_accuracy": float(found[-1]),
        "validation_samples": int(dataset.attrs["validation_samples"]),
        "best_validation_accuracy": float(found[best]),
        "best_epoch": int(dataset["epoch"].values[best]),
    }


def _by_layer(dataset: xr.Dataset, name: str) -> NDArray[np.float64]:
    """A number of each layer (layers,), of the last epoch if it has any; empty in results from before it was kept."""
    found = dataset.get(name)
    if found is None:
        return np.empty(0)
    return np.asarray(found.values[-1] if found.dims[0] == "epoch" else found.values, dtype=np.float64)


def quiet_cosine(dataset: xr.Dataset) -> NDArray[np.float64]:
    """The cosine after training without noise (layers,) [1]; not a number in results from before it was measured."""
    found = dataset.get("quiet_cosine")
    return np.full(dataset.sizes["layer"], np.nan) if found is None else np.asarray(found.values)


def _drowned(dataset: xr.Dataset) -> list[str]:
    """Layers where the last estimate's noise is larger than what it estimates.

    An estimate g + n with noise n of its own direction has the cosine of g divided by sqrt(1 + |n|^2/|g|^2).
    """
    cosine, quiet = dataset["cosine"].isel(epoch=-1).values, quiet_cosine(dataset)
    return [
        f"in {layer} noise of reads, samples and converters is larger than the gradient of the probe samples (cosine "
        f"{cosine[k]:.2g}, without noise {quiet[k]:.2g}): many updates have to average over it; a smaller "
        "sample_hold.noise, more adc.bits, a larger feedback.gain or a larger nudging.beta lift the signal out of it"
        for k, layer in enumerate(dataset["layer"].values)
        if cosine[k] < math.sqrt(0.5) * quiet[k]
    ]


def _unsettled(dataset: xr.Dataset) -> list[str]:
    """Phases that ended too early, where it shows in the gradient.

    The gradient without noise of a phase that ends early is off by its transient. With the cosine c the part of the
    estimate beside the gradient is sqrt(1/c^2 - 1) of it, a third at the bound; below that it is no caution.
    """
    quiet = quiet_cosine(dataset)
    if np.isfinite(quiet).any() and np.nanmin(quiet) >= _TRUE:
        return []
    out = []
    for name in ("free", "nudged"):
        share = float(dataset["unsettled"].sel(relaxation=name).isel(epoch=-1))
        if share > 0.01:
            out.append(
                f"{100 * share:.3g} % of the {name} relaxations had not settled to timing.tolerance when they ended; "
                f"lengthen timing.{name}.duration if that matters"
            )
    return out


def _stuck(dataset: xr.Dataset) -> list[str]:
    """Devices that ignore pulses, if there are any."""
    found = _by_layer(dataset, "stuck")
    if not found.any():
        return []
    devices = int(dataset["conductance_count"].values[0].sum())
    parts = [f"{int(count)} in {name}" for count, name in zip(found, dataset["layer"].values, strict=True) if count]
    return [
        f"{int(found.sum())} of {devices} devices are dead or stuck and ignore pulses, as the card's faults have it: "
        + ", ".join(parts)
    ]


def _silent(dataset: xr.Dataset) -> list[str]:
    """Layers of which nearly no neuron answers to its inputs."""
    out = []
    speaking = np.ones(dataset.sizes["layer"], dtype=bool)
    if dataset.attrs["network"] == "spiking":
        # Layers without a single spike are named for that.
        speaking = dataset["spikes"].values[-1] > 0.0
    for share, name, speaks in zip(_by_layer(dataset, "silent"), dataset["layer"].values, speaking, strict=False):
        if share >= _SILENT and speaks:
            many = "no neuron" if share == 1.0 else f"only {100 * (1.0 - share):.2g} % of the neurons"
            out.append(
                f"{many} behind {name} answered to the probe samples: the others rest, or stand at a rail, whatever "
                "the inputs; raise learning.initial_gain, or lower learning.rate, if training led there"
            )
    return out


def cautions(dataset: xr.Dataset) -> list[str]:
    """Return what a reader of the numbers has to know, one sentence each."""
    out = []
    gain = dataset["loop_gain"]
    lost = dataset["epoch"].values[gain.values >= 1.0]
    if lost.size:
        highest = float(gain.max())
        reached = f"reached {highest:.3g}" if math.isfinite(highest) else "grew beyond all bounds"
        out.append(
            f"the loop gain {reached} (epoch {int(lost[0])} first): above 1 several equilibria "
            "exist and gradients explode; lower learning.rate, mapping.weight_range or feedback.gain"
        )
    out += _unsettled(dataset)
    out += gradients.reasons(dataset) + _silent(dataset) + _stuck(dataset) + _drowned(dataset)
    worn = int(dataset["worn"].isel(epoch=-1).sum())
    if worn:
        out.append(
            f"{worn} devices have had more pulses than the card's endurance of {dataset.attrs['endurance']:.3g}; the "
            "simulation lets them go on"
        )
    if dataset.attrs["network"] == "spiking":
        silent = 1 + np.flatnonzero(dataset["spikes"].isel(epoch=-1).values == 0.0)
        if silent.size:
            out.append(
                f"no neuron behind layer {', '.join(map(str, silent))} fired a single spike on the test samples: raise "
                "learning.initial_gain or the phases' durations, or lower learning.rate"
            )
    dead = np.flatnonzero(dataset["confusion"].values.sum(axis=0) == 0)
    # Before training a class that is never the answer says nothing.
    if dead.size and int(dataset["epoch"][-1]) > 0:
        out.append(
            f"no test sample was classified as {', '.join(map(str, dead))}: those outputs may be stuck at a rail"
        )
    return out


def open_points(dataset: xr.Dataset) -> list[str]:
    """Return what the run had to assume because the source of the device card leaves it open, one sentence each."""
    # Results from before cards had remarks hold none.
    return list(json.loads(dataset.attrs.get("remarks", "[]")))
