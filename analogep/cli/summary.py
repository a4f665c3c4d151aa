"""What a run found, as text for people and as JSON for programs; read from the Dataset alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analogep.cards import origin
from analogep.cli.numbers import finite
from analogep.device.unknown import told
from analogep.energy import TRAINING
from analogep.results.gradients import against_exact
from analogep.results.merit import chip_of
from analogep.results.summary import cautions, numbers
from analogep.results.watched import inferred
from analogep.units import format_si, spoken

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["aged", "as_json", "cautions", "numbers", "text"]


def as_json(values: dict[str, Any]) -> str:
    """Write numbers as JSON; what is no number, such as the cosine of a gradient of zero, is null."""
    return json.dumps(finite(values), indent=1, allow_nan=False)


def _row(name: str, training: float, inference: float) -> str:
    return f"    {name:<34}{format_si(training, 'J'):>12}{format_si(inference, 'J'):>12}"


def _energy_rows(dataset: xr.Dataset) -> list[str]:
    energy, attrs = dataset["energy"].isel(epoch=-1), dataset.attrs
    training = energy.sel(phase=list(TRAINING)).sum("phase").values / float(attrs["train_samples"])
    inference = energy.sel(phase="inference").values / float(inferred(attrs))
    when = "last epoch" if int(dataset["epoch"][-1]) else "before training"
    rows = [f"  {f'joules per sample, {when}':<36}{'training':>12}{'inference':>12}"]
    for k in np.argsort(-training, kind="stable"):
        if training[k] or inference[k]:
            rows.append(_row(str(energy["component"].values[k]), float(training[k]), float(inference[k])))
    rows.append(_row("total", float(training.sum()), float(inference.sum())))
    others = json.loads(attrs["digital_inference_joules"])
    alone = " where no memory is named" if any("memory" in name for name in others) else ""
    rows.append(f"  the same network on digital hardware, its multiply-accumulates alone{alone}")
    rows += [_row(name, joules, others[name]) for name, joules in json.loads(attrs["digital_training_joules"]).items()]
    return rows


def _clock_rows(dataset: xr.Dataset, said: Mapping[str, Any]) -> list[str]:
    """Seconds on the chip by what takes them, beside the joules, and what follows from both."""
    if "seconds_per_inference" not in said:
        return []
    seconds, attrs = dataset["seconds"].isel(epoch=-1), dataset.attrs
    training = seconds.sel(phase=list(TRAINING)).sum("phase").values / float(attrs["train_samples"])
    inference = seconds.sel(phase="inference").values / float(inferred(attrs))
    when = "last epoch" if int(dataset["epoch"][-1]) else "before training"
    rows = [f"  {f'time per sample on the chip, {when}':<36}{'training':>12}{'inference':>12}"]
    names = [str(name).replace("_", " ") for name in dataset["span"].values]
    for k in np.argsort(-training, kind="stable"):
        if training[k] or inference[k]:
            rows.append(_times(names[k], float(training[k]), float(inference[k])))
    rows.append(_times("in all", float(training.sum()), float(inference.sum())))
    watts = f"{_rounded(said['watts_at_most'], 'W')} at most"
    if said["epochs"]:
        watts = f"{_rounded(said['watts_of_training'], 'W')} in training, {watts}"
        epoch, whole, initial = (spoken(said[f"seconds_{name}"]) for name in ("per_epoch", "of_training", "initial"))
        rows.append(f"  time      {epoch} an epoch, {whole} in all, after {initial} for the initial weights")
    rows.append(f"  power     {watts}")
    for one in said["to_accuracy"][-1:]:
        rows.append(
            f"  reached   {100 * one['accuracy']:g} % in epoch {one['epoch']}, after {spoken(one['seconds'])} and "
            f"{_rounded(one['joules'], 'J')}"
        )
    return rows


def _rounded(value: float, unit: str) -> str:
    """With three digits."""
    return format_si(float(f"{value:.3g}"), unit)


def _times(name: str, training: float, inference: float) -> str:
    return f"    {name:<34}{spoken(training):>12}{spoken(inference):>12}"


def _spikes(dataset: xr.Dataset) -> list[str]:
    if dataset.attrs["network"] != "spiking":
        return []
    spikes = dataset["spikes"].isel(epoch=-1).values
    layers = ", ".join(map(str, range(1, len(spikes) + 1)))
    return [
        f"  spikes    per inference, of the neurons behind layers {layers}: {', '.join(f'{n:.4g}' for n in spikes)}"
    ]


def _settled(said: Mapping[str, Any]) -> list[str]:
    """Shares of the phases of the last epoch that came to rest."""
    shares = [f"{100.0 * (1.0 - share):.3g} % of the {name}" for name, share in said["unsettled"].items()]
    return [f"  settled   {' and '.join(shares)} phases, to timing.tolerance"]


def _neurons(attrs: Mapping[str, Any]) -> list[str]:
    """That neurons are taken as identical, where the circuit card that ran says nothing of their mismatch."""
    values = json.loads(attrs.get("circuit_values", "{}"))
    identical = "mismatch" in values and values["mismatch"] is None
    return ["  neurons   taken as identical: the circuit card has no block 'mismatch'"] if identical else []


def _circuit(attrs: Mapping[str, Any]) -> list[str]:
    """What holds the lines, what noise they have, and what memory, of results that say it."""
    return [f"  {name:<9} {attrs[name]}" for name in ("columns", "thermal", "memory") if attrs.get(name)]


def _unknown(said: dict[str, Any]) -> list[str]:
    """What no source says of the device, and what was assumed instead, of results that say it."""
    lines = []
    if said["unknown"]:
        lines.append(f"  unknown   {told(said['unknown'])}; counts as perfect")
    if said["assumed"]:
        lines.append(f"  assumed   generic values for {', '.join(said['assumed'])}")
    return lines


def _epochs(count: int) -> str:
    return f"{count} epoch" + "s" * (count != 1)


def _accuracy(said: dict[str, Any]) -> list[str]:
    """Accuracy with what other samples would give, and that of the validation samples, of which there is a best one."""
    when = f"after {_epochs(said['epochs'])}" if said["epochs"] else "before training"
    low, high = (100 * end for end in said["accuracy_interval"])
    lines = [
        f"  accuracy  {100 * said['accuracy']:.2f} % of {said['test_samples']} test samples {when}; of other samples "
        f"like these {low:.1f} to {high:.1f} %"
    ]
    if "validation_accuracy" in said:
        best = f"; best {100 * said['best_validation_accuracy']:.2f} % after epoch {said['best_epoch']}"
        share = f"{100 * said['validation_accuracy']:.2f} % of {said['validation_samples']} held-out samples"
        lines.append(f"  validated {share} {when}{best if said['epochs'] else ''}")
    return lines


def _training(said: dict[str, Any], samples: int) -> str:
    initial = f"{format_si(said['joules_initial'], 'J')} for the initial weights"
    if said["epochs"] == 0:
        return f"  training  none; {initial}"
    spent = format_si(said["joules_of_training"], "J")
    return f"  training  {spent} for {_epochs(said['epochs'])} of {samples} samples, after {initial}"


_SPANS = (("y", 365.25 * 86400.0), ("d", 86400.0), ("h", 3600.0), ("min", 60.0))


def _span(seconds: float) -> str:
    """A time as people say it: in years, days, hours or minutes from one of them on."""
    for unit, size in _SPANS:
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return format_si(seconds, "s")


def aged(dataset: xr.Dataset, seconds: float, accuracy: float) -> str:
    """Return the line about a test some time after training."""
    change = 100 * (accuracy - float(dataset["accuracy"][-1]))
    return f"  aged      {100 * accuracy:.2f} % of the test samples {_span(seconds)} later ({change:+.2f} points)"


def text(dataset: xr.Dataset) -> str:
    """Return the summary that a person reads."""
    said, attrs = numbers(dataset), dataset.attrs
    threshold = said["update_threshold"]
    rule = said["update_rule"] + (f", threshold {threshold:g} steps" if threshold else "")
    lines = [
        str(attrs["title"]),
        *_accuracy(said),
        f"  update    {rule}: {said['pulses_per_training_sample']:.3g} pulses per training sample "
        f"on {attrs['devices']} devices",
        f"  gradient  {attrs['estimator']}, beta {attrs['beta']:g}; against the exact one{against_exact(dataset)}",
        *_settled(said),
        *(f"  part      {one}" for one in origin.parts_of(attrs)),
        *_neurons(attrs),
        *_circuit(attrs),
        *_unknown(said),
        *(f"  open      {sentence}" for sentence in said["open_points"]),
        _training(said, attrs["train_samples"]),
        *_spikes(dataset),
        *_energy_rows(dataset),
        *_clock_rows(dataset, said),
    ]
    chip = chip_of(dataset)
    if chip is not None:
        lines += [f"  chip      {chip.said}", *(f"            {sentence}" for sentence in chip.merit.beyond)]
    lines += [f"  caution: {sentence}" for sentence in said["cautions"]]
    return "\n".join(lines)
