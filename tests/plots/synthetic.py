"""A made-up result of any size, with every variable and attribute that figures read."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from analogep.energy import COMPONENTS, PHASES, SPANS, TRAINING
from analogep.results import VARIABLES, describe, variable

READ_VOLTAGE, WINDOW = 0.2, (1e-6, 20e-6)
DIGITAL = ("fp32 at 45 nm (Horowitz 2014)", "int8 at 45 nm (Horowitz 2014)", "A100 bf16 at data-sheet peak")


def result(
    epochs: int = 12, layers: int = 2, classes: int = 10, free: int = 120, nudged: int = 60, seed: int = 1
) -> xr.Dataset:
    """A run that learns; `free` and `nudged` are the recorded steps of each phase."""
    rng = np.random.default_rng(seed)
    values = (
        _history(rng, epochs, layers)
        | _energy(rng, epochs)
        | _clock(rng, epochs)
        | _devices(rng, layers)
        | _trace(rng, classes, free, nudged)
    )
    values["confusion"] = rng.integers(0, 40, (classes, classes))
    assert set(values) == set(VARIABLES)
    dataset = xr.Dataset({name: variable(name, value) for name, value in values.items()}, _coordinates(epochs, layers))
    hidden = [f"hidden {k}" for k in range(8)]
    dataset = dataset.assign_coords(
        node=hidden + [f"output {k}" for k in range(classes)], true=range(classes), predicted=range(classes)
    )
    dataset.attrs = {
        "title": f"rram.yaml on mlp.yaml, digits, {epochs} epochs, seed {seed}",
        "digital_training_joules": json.dumps(dict(zip(DIGITAL, (4.9e-8, 2.5e-9, 2.7e-8), strict=True))),
        "digital_inference_joules": json.dumps(dict(zip(DIGITAL, (1.7e-8, 8.6e-10, 9.5e-9), strict=True))),
        "trace_class": classes - 1,
        "read_voltage": READ_VOLTAGE,
        "target_voltage": READ_VOLTAGE,
        "window_min": WINDOW[0],
        "window_max": WINDOW[1],
        "train_samples": 1437,
        "test_samples": 360,
    }
    describe(dataset)
    return dataset


def _coordinates(epochs: int, layers: int) -> dict[str, list[int] | list[str]]:
    return {
        "epoch": list(range(1, epochs + 1)),
        "layer": [f"layer {k + 1}" for k in range(layers)],
        "component": list(COMPONENTS),
        "phase": list(PHASES),
        "span": list(SPANS),
        "load": ["average", "peak"],
        "relaxation": ["free", "nudged"],
        "part": ["train", "test"],
        "stage": ["before", "after"],
    }


def _history(rng: np.random.Generator, epochs: int, layers: int) -> dict[str, np.ndarray]:
    t = np.arange(1, epochs + 1)
    accuracy = 0.93 - 0.5 * np.exp(-t / 3.0) + 0.005 * rng.normal(size=epochs)
    shape = (epochs, layers)
    return {
        "accuracy": accuracy,
        "train_accuracy": accuracy + 0.02,
        "train_cost": 0.02 + 0.4 * np.exp(-t / 4.0),
        "pulses": 1437 * (50.0 + 2000.0 * np.exp(-t[:, None] / 5.0) / 10.0 ** np.arange(layers)),
        "worn": np.zeros(shape),
        "cosine": 1.0 - 0.1 * rng.random(shape),
        "quiet_cosine": 1.0 - 0.01 * np.arange(layers),
        "gain": 0.9 + 0.2 * rng.random(shape),
        "estimated_length": 0.1 + 0.01 * rng.random(shape),
        "exact_length": 0.1 + 0.01 * rng.random(shape),
        "silent": np.zeros(shape),
        "stuck": np.zeros(layers),
        "loop_gain": 0.3 + 0.05 * t / epochs,
        "spikes": np.zeros((epochs, layers)),
        "hopfield": -1.0 - 0.1 * rng.random((epochs, 2)),
        "wire_error": np.zeros(epochs),
        "unsettled": 0.01 * rng.random((epochs, 2)),
        "duration": 1e-6 * rng.random((epochs, 2)),
    }


def _energy(rng: np.random.Generator, epochs: int) -> dict[str, np.ndarray]:
    energy = 1e-9 * 10.0 ** rng.uniform(-2.0, 3.0, (epochs, len(COMPONENTS), len(PHASES)))
    energy[:, COMPONENTS.index("digital")] = 0.0
    for component in ("nudging", "programming", "half_select"):
        energy[:, COMPONENTS.index(component), PHASES.index("inference")] = 0.0
    training = energy[:, :, 1:5].sum(axis=(1, 2)) / 1437
    return {"energy": energy, "training_energy": training, "inference_energy": energy[:, :, 5].sum(axis=1) / 360}


def _clock(rng: np.random.Generator, epochs: int) -> dict[str, np.ndarray]:
    seconds = 1e-6 * rng.random((epochs, len(SPANS), len(PHASES)))
    training = seconds[:, :, [PHASES.index(phase) for phase in TRAINING]].sum(axis=(1, 2))
    return {
        "seconds": seconds,
        "training_seconds": training / 1437,
        "inference_seconds": seconds[:, :, 5].sum(axis=1) / 360,
        "elapsed": np.cumsum(training),
        "watts": np.array([0.01, 0.1]) * rng.random((epochs, 2)),
    }


def _devices(rng: np.random.Generator, layers: int) -> dict[str, np.ndarray]:
    edges = np.linspace(0.0, 25e-6, 61)
    count = [
        [np.histogram(np.clip(rng.normal(1e-5, s, 4000 // 4**k), *WINDOW), edges)[0] for k in range(layers)]
        for s in (1e-6, 5e-6)
    ]
    return {"conductance_count": np.array(count), "conductance_edge": edges}


def _trace(rng: np.random.Generator, classes: int, free: int, nudged: int) -> dict[str, np.ndarray]:
    time = np.concatenate([np.linspace(0.0, 8e-7, free), 8e-7 + 4e-7 * np.arange(1, nudged + 1) / max(nudged, 1)])
    end = rng.uniform(-0.2, 0.2, 8 + classes)
    end[8:] *= 0.3
    end[-1] = 0.15
    shift = np.where(np.arange(8 + classes) == 7 + classes, 0.03, 0.005 * rng.normal(size=8 + classes))
    volts = end * (1.0 - np.exp(-time[:, None] / 1.5e-7))
    volts += shift * (1.0 - np.exp(-np.maximum(time[:, None] - 8e-7, 0.0) / 1e-7))
    return {"trace_time": time, "trace_beta": np.repeat([0.0, 0.1], [free, nudged]), "trace_voltage": volts}
