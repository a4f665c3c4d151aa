"""What a run found, as text for people and as JSON for programs; read from the Dataset alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from analogep.energy import TRAINING
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr


def numbers(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the numbers of a run for programs; SI units."""
    last, attrs = dataset.isel(epoch=-1), dataset.attrs
    per_epoch = float(attrs["train_samples"])
    return {
        "title": attrs["title"],
        "accuracy": float(last["accuracy"]),
        "best_accuracy": float(dataset["accuracy"].max()),
        "epochs": int(dataset.sizes["epoch"]),
        "update_rule": attrs["update_rule"],
        "update_threshold": float(attrs["update_threshold"]),
        "pulses_per_training_sample": float(dataset["pulses"].sum("layer").mean()) / per_epoch,
        "joules_per_training_sample": float(dataset["training_energy"].mean()),
        "joules_per_inference": float(last["inference_energy"]),
        "joules_initial": float(dataset["energy"].sel(phase="initial").sum()),
        "joules_of_training": float(dataset["training_energy"].sum()) * per_epoch,
        "cosine": [float(value) for value in last["cosine"].values],
        "gain": [float(value) for value in last["gain"].values],
        "loop_gain_max": float(dataset["loop_gain"].max()),
        "unsettled": {
            str(k): float(v) for k, v in zip(last["relaxation"].values, last["unsettled"].values, strict=True)
        },
        "digital_joules_per_training_sample": json.loads(attrs["digital_training_joules"]),
        "digital_joules_per_inference": json.loads(attrs["digital_inference_joules"]),
        "seeds": attrs["seeds"],
        "digest": attrs["digest"],
        "version": attrs["analogep_version"],
    }


def cautions(dataset: xr.Dataset) -> list[str]:
    """Return what a reader of the numbers has to know, one sentence each."""
    out = []
    gain = dataset["loop_gain"]
    lost = gain.epoch.values[gain.values >= 1.0]
    if lost.size:
        out.append(
            f"the loop gain reached {float(gain.max()):.3g} (epoch {int(lost[0])} first): above 1 several equilibria "
            "exist and gradients explode; lower learning.rate, mapping.weight_range or feedback.gain"
        )
    for name in ("free", "nudged"):
        share = float(dataset["unsettled"].sel(relaxation=name).isel(epoch=-1))
        if share > 0.01:
            out.append(
                f"{100 * share:.3g} % of the {name} relaxations had not settled to timing.tolerance when they ended; "
                f"lengthen timing.{name}.duration if that matters"
            )
    dead = np.flatnonzero(dataset["confusion"].values.sum(axis=0) == 0)
    if dead.size:
        out.append(
            f"no test sample was classified as {', '.join(map(str, dead))}: those outputs may be stuck at a rail"
        )
    return out


def _energy_rows(dataset: xr.Dataset) -> list[str]:
    energy = dataset["energy"].isel(epoch=-1)
    training = energy.sel(phase=list(TRAINING)).sum("phase").values / float(dataset.attrs["train_samples"])
    inference = energy.sel(phase="inference").values / float(dataset.attrs["test_samples"])
    rows = [f"  {'joules by component':<22}{'training sample':>16}{'inference':>14}"]
    order = np.argsort(-training, kind="stable")
    for k in order:
        if training[k] or inference[k]:
            name = str(energy["component"].values[k])
            rows.append(
                f"    {name:<20}{format_si(float(training[k]), 'J'):>16}{format_si(float(inference[k]), 'J'):>14}"
            )
    rows.append(
        f"    {'total':<20}{format_si(float(training.sum()), 'J'):>16}{format_si(float(inference.sum()), 'J'):>14}"
    )
    for name, joules in json.loads(dataset.attrs["digital_training_joules"]).items():
        other = json.loads(dataset.attrs["digital_inference_joules"])[name]
        rows.append(f"    {'digital, ' + name:<40}")
        rows[-1] = f"  digital: {name:<34}{format_si(joules, 'J'):>10}{format_si(other, 'J'):>10}"
    return rows


def text(dataset: xr.Dataset) -> str:
    """Return the summary that a person reads."""
    said, attrs = numbers(dataset), dataset.attrs
    rule = said["update_rule"] + (f", threshold {said['update_threshold']:g}" if said["update_threshold"] else "")
    lines = [
        str(attrs["title"]),
        f"  accuracy            {100 * said['accuracy']:.2f} % of {attrs['test_samples']} test samples "
        f"after {said['epochs']} epochs (best {100 * said['best_accuracy']:.2f} %)",
        f"  update              {rule}: {said['pulses_per_training_sample']:.3g} pulses a training sample "
        f"on {attrs['devices']} devices",
        f"  gradient            {attrs['estimator']}, beta {attrs['beta']:g}: cosine "
        + ", ".join(f"{value:.3f}" for value in said["cosine"])
        + "; gain "
        + ", ".join(f"{value:.2f}" for value in said["gain"])
        + " (from the inputs' layer)",
        f"  training            {format_si(said['joules_of_training'], 'J')} in all, "
        f"{format_si(said['joules_initial'], 'J')} before it for the initial weights",
        *_energy_rows(dataset),
    ]
    lines += [f"  caution: {sentence}" for sentence in cautions(dataset)]
    return "\n".join(lines)
