"""What each figure of a run shows, as a sentence with the numbers of its data, for those who cannot see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from analogep.energy import TRAINING
from analogep.results.gradients import absent
from analogep.results.watched import watched, watched_by
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr


def listed(parts: list[str]) -> str:
    """Join words as a sentence does: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def percent(share: float) -> str:
    """Write a share of samples."""
    return f"{100 * share:.1f} %"


def number(value: float, missing: str = "not measured") -> str:
    """Write a number without a unit; of what is not one, `missing` says why."""
    return f"{value:.3g}" if np.isfinite(value) else missing


def _moved(first: float, last: float, write: Callable[[float], str]) -> str:
    """Say from where to where a quantity went."""
    return f"{write(last)}" if write(first) == write(last) else f"{write(first)} at first, {write(last)} at the end"


def accuracy(dataset: xr.Dataset) -> str:
    """Accuracy and cost of the first and the last epoch; of validation samples the best one too, and the test."""
    shown, cost, part = watched(dataset), dataset["train_cost"].values, watched_by(dataset.attrs).capitalize()
    tested = "" if part == "Test" else f" Test accuracy at the end: {percent(float(dataset['accuracy'][-1]))}."
    if int(dataset["epoch"][-1]) == 0:
        return f"{part} accuracy before training: {percent(shown[-1])}.{tested}"
    best = int(np.argmax(shown))
    most = "" if part == "Test" else f"; best {percent(shown[best])} in epoch {int(dataset['epoch'][best])}"
    return (
        f"{part} accuracy over {shown.size} epochs: {_moved(shown[0], shown[-1], percent)}{most}.{tested} "
        f"Training cost: {_moved(cost[0], cost[-1], number)}."
    )


def energy(dataset: xr.Dataset) -> str:
    """Joules of a sample, the components that take most of them, and the digital yardsticks."""
    last = dataset["energy"].isel(epoch=-1)
    joules = last.sel(phase=list(TRAINING)).sum("phase").values / float(dataset.attrs["train_samples"])
    total = float(joules.sum())
    names = [str(name).replace("_", " ") for name in dataset["component"].values]
    shares = [f"{names[k]} {percent(joules[k] / total)}" for k in np.argsort(-joules)[:3] if joules[k] > 0.0]
    marks = json.loads(dataset.attrs["digital_training_joules"])
    digital = [f"{format_si(value, 'J')} ({name})" for name, value in marks.items()]
    spent = f"{format_si(total, 'J')}, of which {listed(shares)}" if shares else "none"
    inference = format_si(float(dataset["inference_energy"][-1]), "J")
    return (
        f"Joules of a training sample in the last epoch: {spent}. An inference takes {inference}. In digital "
        f"arithmetic a training sample takes {listed(digital)}."
    )


def relaxation(dataset: xr.Dataset) -> str:
    """Voltage of the output of the sample's class at the end of both phases, and its target."""
    volts, beta, time = (dataset[f"trace_{name}"].values for name in ("voltage", "beta", "time"))
    label = f"output {int(dataset.attrs['trace_class'])}"
    nodes = [str(node) for node in dataset["node"].values]
    if not time.size or label not in nodes:
        return f"No relaxation was recorded: {time.size} steps."
    path, said = volts[:, nodes.index(label)], f"{label}, that of the sample's class,"
    if (half := f"{label}, negative half") in nodes:
        # Where outputs are doubled, the target is that of the difference.
        path, said = path - volts[:, nodes.index(half)], f"{label}, that of the sample's class, less its negative half"
    free, nudged = np.flatnonzero(beta == 0.0), np.flatnonzero(beta != 0.0)
    ends = [f"{format_si(float(path[free[-1]]), 'V')} at the end of the free phase"] if free.size else []
    if nudged.size:
        at = format_si(float(path[nudged[-1]]), "V")
        ends.append(f"{at} at the end of the nudged one (β = {beta[nudged[-1]]:.3g})")
    return (
        f"Voltages of {len(nodes)} nodes over {format_si(float(time[-1]), 's')}: {said} "
        f"is at {listed(ends)}; its target is {format_si(float(dataset.attrs['target_voltage']), 'V')}."
    )


def spikes(dataset: xr.Dataset) -> str:
    """Accuracy and joules of the shortest look, of the best and of the longest, and how far rates are from rest."""
    accuracy, best = dataset["look_accuracy"].values, int(dataset["look_accuracy"].values.argmax())
    said = []
    for k in sorted({0, best, accuracy.size - 1}):
        one = dataset.isel(look=k)
        said.append(
            f"{percent(accuracy[k])} after {format_si(float(one['look_time']), 's')} with "
            f"{float(one['look_spikes']):.0f} spikes and {format_si(float(one['look_energy']), 'J')}"
        )
    off = dataset["look_distance"].values
    return (
        f"{watched_by(dataset.attrs).capitalize()} accuracy: {listed(said)}. Rates are off those at rest by "
        f"{percent(off[0])} of the largest rate after the shortest time, by {percent(off[-1])} after the longest."
    )


def conductance(dataset: xr.Dataset) -> str:
    """Mean and standard deviation of the conductances of each layer before and after training, from the bins."""
    edges = dataset["conductance_edge"].values
    counts = dataset["conductance_count"].transpose("layer", "stage", "bin").values
    spreads = [[_spread(bins, edges) for bins in stages] for stages in counts]
    layers = [
        f"{name} from {before} before training to {after} after it"
        for name, (before, after) in zip(map(str, dataset["layer"].values), spreads, strict=True)
    ]
    low, high = (format_si(float(dataset.attrs[f"window_{end}"]), "S") for end in ("min", "max"))
    return f"Mean and standard deviation of the conductances: {listed(layers)}; the nominal window is {low} to {high}."


def _spread(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> str:
    if not counts.sum():
        return "nothing"
    middles = 0.5 * (edges[1:] + edges[:-1])
    mean = float(np.average(middles, weights=counts))
    deviation = float(np.sqrt(np.average((middles - mean) ** 2, weights=counts)))
    return f"{format_si(float(f'{mean:.3g}'), 'S')} ± {format_si(float(f'{deviation:.2g}'), 'S')}"


def gradient(dataset: xr.Dataset) -> str:
    """Cosine and gain of each layer in the last epoch, and the largest loop gain."""
    last = dataset.isel(epoch=-1)
    layers = [
        f"{layer} cosine {number(float(cosine))}, gain {number(float(gain))}"
        if np.isfinite(cosine)
        else f"{layer} {absent(dataset)}"
        for layer, cosine, gain in zip(last["layer"].values, last["cosine"].values, last["gain"].values, strict=True)
    ]
    return (
        f"Estimated against exact gradient in epoch {int(last['epoch'])}: {'; '.join(layers)}. Largest loop gain: "
        f"{number(float(dataset['loop_gain'].max()))}."
    )


def pulses(dataset: xr.Dataset) -> str:
    """Pulses and joules of a training sample in the first and the last epoch."""
    counts = dataset["pulses"].values / float(dataset.attrs["train_samples"])
    layers = [
        f"{layer} {_moved(counts[0, k], counts[-1, k], number)}" for k, layer in enumerate(dataset["layer"].values)
    ]
    joules = dataset["training_energy"].values
    return (
        f"Programming pulses of a training sample: {'; '.join(layers)}. Its joules: "
        f"{_moved(joules[0], joules[-1], lambda value: format_si(value, 'J'))}."
    )


ALTERNATIVES: Final[dict[str, Callable[[xr.Dataset], str]]] = {
    "accuracy": accuracy,
    "energy": energy,
    "relaxation": relaxation,
    "spikes": spikes,
    "conductance": conductance,
    "gradient": gradient,
    "pulses": pulses,
}
"""Name of a figure, as in `plots.FIGURES` -> function that says what it shows."""
