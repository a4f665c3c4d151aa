"""The page of a run, section by section."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep import plots
from analogep.report import clock, energy, health, merit, provenance, svg
from analogep.report.alternatives import ALTERNATIVES, listed, number, percent
from analogep.report.blocks import (
    Block,
    Drawing,
    Items,
    Listing,
    Page,
    References,
    Section,
    Table,
    Text,
    Tile,
    Tiles,
)
from analogep.results.gradients import NONE
from analogep.results.summary import cautions, numbers, open_points, quiet_cosine
from analogep.results.watched import watched, watched_by
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

_ROWS: Final = 25

_CAPTIONS: Final = {
    "accuracy": "Accuracy after each epoch, and of training samples in their free phase; cost of training samples.",
    "gradient": "Estimated against exact gradient on probe samples: cosine, length, and the loop gain.",
    "energy": "Joules per sample of the last epoch by component, and the whole beside digital arithmetic.",
    "pulses": "Programming pulses of each layer, and joules, per training sample.",
    "conductance": "Conductances before (filled) and after training (line); shaded: the card's nominal window.",
    "relaxation": "Node voltages of one training sample after training, free phase, then nudged.",
    "spikes": "Samples looked at for several times: error against spikes and joules, rates against rest.",
}


def page(dataset: xr.Dataset) -> Page:
    """Return the page of a run.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `Run.execute` returns it and `result.nc` holds it.
    """
    attrs = dataset.attrs
    subtitle = (
        f"{attrs['network']} network on circuit card {attrs['circuit']}, devices of card {attrs['device']}, "
        f"{attrs['estimator']} estimator with beta {float(attrs['beta']):g}; seeds {attrs['seeds']}."
    )
    needs = {spikes: "look_time", seconds: "seconds"}
    sections = [build(dataset) for build in SECTIONS if build not in needs or needs[build] in dataset]
    return Page(str(attrs["title"]), subtitle, sections)


def drawing(dataset: xr.Dataset, name: str) -> Drawing:
    """Draw one of the run's figures as a block."""
    alternative = ALTERNATIVES[name](dataset)
    return Drawing(svg.inline(plots.drawable(dataset)[name](dataset), name, alternative), _CAPTIONS[name], alternative)


def headline(dataset: xr.Dataset) -> Section:
    """The numbers that people ask for first, and what to know before believing them."""
    last, attrs = dataset.isel(epoch=-1), dataset.attrs
    pulses = float(dataset["pulses"].sum("layer").mean()) / float(attrs["train_samples"])
    digital = sorted(json.loads(attrs["digital_training_joules"]).values())
    span = f"in digital arithmetic {energy.joules(digital[0])} to {energy.joules(digital[-1])}" if digital else ""
    when = "by layer, last epoch" if int(last["epoch"]) else "by layer"
    tiles = [
        *_accuracy(dataset),
        Tile("Training sample", energy.joules(float(last["training_energy"])), span),
        Tile("Inference", energy.joules(float(last["inference_energy"])), "per test sample"),
        Tile("Gradient cosine", " / ".join(number(one, NONE) for one in last["cosine"].values), when),
        Tile("Pulses", number(pulses), f"per training sample, on {int(attrs['devices']):,} devices"),
        Tile("Update rule", str(attrs["update_rule"]).replace("_", " "), _threshold(float(attrs["update_threshold"]))),
    ]  # fmt: skip
    if "seconds" in dataset:
        sample, latency = (clock.seconds(float(last[f"{name}_seconds"])) for name in ("training", "inference"))
        tiles.insert(3, Tile("Time on the chip", sample, f"per training sample; an inference takes {latency}"))
    warned = cautions(dataset)
    blocks: list[Block] = [Tiles(tiles)]
    if warned:
        blocks.append(Items([f"{sentence[:1].upper()}{sentence[1:]}." for sentence in warned], caution=True))
    return Section("result", "Result", blocks)


def _accuracy(dataset: xr.Dataset) -> list[Tile]:
    """Accuracy of the test samples, for other samples like these, and that of the validation samples where there are.

    An epoch is the best one of validation samples alone: one that test samples chose has seen them.
    """
    said, when = numbers(dataset), "" if int(dataset["epoch"][-1]) else ", before training"
    low, high = (100 * end for end in said["accuracy_interval"])
    text = f"of {said['test_samples']} samples{when}; of others like these {low:.1f} to {high:.1f} %"
    tiles = [Tile("Test accuracy", f"{100 * said['accuracy']:.2f} %", text)]
    if "validation_accuracy" in said:
        best = f"; best {100 * said['best_validation_accuracy']:.2f} % in epoch {said['best_epoch']}"
        text = f"of {said['validation_samples']} held-out samples{when or best}"
        tiles.append(Tile("Validation accuracy", f"{100 * said['validation_accuracy']:.2f} %", text))
    return tiles


def _threshold(steps: float) -> str:
    return f"threshold {steps:g} steps" if steps else ""


def learning(dataset: xr.Dataset) -> Section:
    """Accuracy and cost per epoch."""
    return Section("learning", "Accuracy and cost", [drawing(dataset, "accuracy"), _epochs(dataset)])


def _epochs(dataset: xr.Dataset) -> Table:
    """A row an epoch; of many epochs a selection that holds the first, the last, and the best of validation samples."""
    count, held = dataset.sizes["epoch"], watched_by(dataset.attrs) != "test"
    best = {int(watched(dataset).argmax())} if held else set()
    chosen = sorted({*np.linspace(0, count - 1, min(count, _ROWS)).astype(int)} | best)
    names = (*["validation_accuracy"] * held, "accuracy", "train_accuracy")
    rows = []
    for one in (dataset.isel(epoch=k) for k in chosen):
        shares = [_percent(float(one[name])) for name in names]
        joules = [energy.joules(float(one[name])) for name in ("training_energy", "inference_energy")]
        since = [clock.seconds(float(one["elapsed"]))] if "elapsed" in dataset else []
        rows.append([str(int(one["epoch"])), *shares, number(float(one["train_cost"])), *joules, *since])
    title = "Per epoch" if len(chosen) == count else f"Per epoch, {len(chosen)} of {count}"
    heads = [
        "epoch",
        *["validation accuracy"] * held,
        "test accuracy",
        "training accuracy",
        "training cost",
        "J per training sample",
        "J per inference",
    ]
    return Table(title, heads + ["time until then"] * ("elapsed" in dataset), rows)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if np.isfinite(share) else number(share)


def gradients(dataset: xr.Dataset) -> Section:
    """How near the estimate came to the gradient."""
    last, quiet = dataset.isel(epoch=-1), quiet_cosine(dataset)
    rows = [
        [str(layer), *(number(float(value), NONE) for value in
         (last["cosine"][k], dataset["cosine"][:, k].min(), quiet[k], last["gain"][k]))]
        for k, layer in enumerate(dataset["layer"].values)
    ]  # fmt: skip
    heads = ["layer", "cosine, last epoch", "cosine, lowest", "cosine without noise", "gain, last epoch"]
    table = Table("Against the exact gradient", heads, rows)
    return Section("gradient", "Gradient", [drawing(dataset, "gradient"), table])


def joules(dataset: xr.Dataset) -> Section:
    """Joules by component and phase against the digital yardstick."""
    blocks: list[Block] = [
        energy.of_training(dataset),
        drawing(dataset, "energy"),
        energy.by_component(dataset),
        energy.yardsticks(dataset),
        *merit.published(dataset),
    ]
    return Section("energy", "Energy", blocks)


def seconds(dataset: xr.Dataset) -> Section:
    """Seconds on the chip by span and phase, watts, and what was reached when."""
    return Section("time", "Time", clock.blocks(dataset))


def devices(dataset: xr.Dataset) -> Section:
    """Pulses, and what they did to the conductances."""
    return Section("devices", "Pulses and conductances", [drawing(dataset, name) for name in ("pulses", "conductance")])


def relaxation(dataset: xr.Dataset) -> Section:
    """A relaxation, and how long the phases took."""
    rows = [
        [str(name), format_si(float(f"{dataset['duration'].values[0, k]:.4g}"), "s"),
         format_si(float(f"{dataset['duration'].values[-1, k]:.4g}"), "s")]
        for k, name in enumerate(dataset["relaxation"].values)
    ]  # fmt: skip
    table = Table("Mean circuit time of a phase", ["phase", "first epoch", "last epoch"], rows)
    return Section("relaxation", "Relaxation", [drawing(dataset, "relaxation"), table])


def spikes(dataset: xr.Dataset) -> Section:
    """Accuracy of a spiking network against time, spikes and joules."""
    heads = ["time", f"{watched_by(dataset.attrs)} accuracy", "spikes", "J per inference", "rates off rest"]
    rows = [
        [format_si(float(f"{float(one['look_time']):.4g}"), "s"), percent(float(one["look_accuracy"])),
         number(float(one["look_spikes"])), energy.joules(float(one["look_energy"])),
         f"{100 * float(one['look_distance']):.2g} %"]
        for one in (dataset.isel(look=k) for k in range(dataset.sizes["look"]))
    ]  # fmt: skip
    table = Table(f"The first {watched_by(dataset.attrs)} samples after training", heads, rows)
    return Section("spikes", "Spikes", [drawing(dataset, "spikes"), table])


def confusion(dataset: xr.Dataset) -> Section:
    """Which classes are taken for which."""
    counts = dataset["confusion"].transpose("true", "predicted").values
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    heads = ["class", *map(str, range(counts.shape[1]))]
    rows = [[str(k), *map(str, row)] for k, row in enumerate(counts)]
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    worst = [np.unravel_index(k, wrong.shape) for k in np.argsort(-wrong, axis=None, kind="stable")[:3]]
    said = [f"{true} taken for {other} ({wrong[true, other]} times)" for true, other in worst if wrong[true, other]]
    right = percent(float(np.trace(counts)) / max(int(counts.sum()), 1))
    text = f"{right} of {counts.sum()} test samples are right. "
    text += f"Most frequent mistakes: {listed(said)}." if said else "There are no mistakes."
    table = Table(
        "Test samples by true class (rows) and most active output (columns)", heads, rows, shades=shares.tolist()
    )
    return Section("confusion", "Confusion matrix", [Text(text), table])


def troubles(dataset: xr.Dataset) -> Section:
    """Sentences and a table about what was unsettled, worn or inexact."""
    said = [*health.sentences(dataset), *(f"{one[:1].upper()}{one[1:]}." for one in open_points(dataset))]
    return Section("health", "Unsettled, worn, inexact", [Items(said), health.table(dataset)])


def reproduction(dataset: xr.Dataset) -> Section:
    """The command, and what decides its numbers."""
    attrs = dataset.attrs
    command, needs = provenance.command(attrs)
    blocks: list[Block] = [Listing("Command", command)]
    if needs:
        blocks.append(Items([f"It needs {need}." for need in needs]))
    rows = [
        ["version", str(attrs["analogep_version"])],
        ["seeds", str(attrs["seeds"])],
        ["data", f"{attrs['data']}, {_sizes(attrs)}"],
        ["digest of the data", str(attrs["data_digest"])],
        *([f"digest of the {part} part", text] for part, text in json.loads(attrs.get("part_digests", "{}")).items()),
        ["digest of the run", str(attrs["digest"])],
        *map(list, provenance.made_by(attrs)),
    ]
    return Section("reproduce", "To make it again", [*blocks, Items([": ".join(row) for row in rows])])


def _sizes(attrs: Mapping[str, Any]) -> str:
    """Samples of the parts."""
    held = int(attrs.get("validation_samples", 0))
    validation = f", {held} validation" if held else ""
    return f"{attrs['train_samples']} training{validation} and {attrs['test_samples']} test samples"


def sources(dataset: xr.Dataset) -> Section:
    """Citations of the cards and the data."""
    return Section("sources", "Sources", [References(provenance.references(dataset.attrs))])


def cards(dataset: xr.Dataset) -> Section:
    """Both cards in full, and what was changed on the command line and in Python."""
    attrs = dataset.attrs
    texts = [str(text) for text in json.loads(attrs["overrides"])]
    blocks: list[Block] = [Listing("Changed on the command line", "\n".join(f"--set {text}" for text in texts))]
    if not texts:
        blocks = [Text("Nothing was changed on the command line.")]
    names = {kind: f"{kind.capitalize()} card: {attrs[kind]}" for kind in ("device", "circuit")}
    for kind, name in names.items():
        if changes := provenance.changes(attrs, kind):
            blocks.append(Listing(f"{kind.capitalize()} card, changed in Python", "\n".join(changes)))
        if values := provenance.values(attrs, kind):
            blocks.append(Listing(f"{name}, the values that ran", values))
        if text := str(attrs[f"{kind}_card"]):
            blocks.append(Listing(f"{name}, as it was loaded" if values else name, text))
    return Section("cards", "Cards", blocks)


SECTIONS: Final[tuple[Callable[[xr.Dataset], Section], ...]] = (
    headline,
    learning,
    gradients,
    joules,
    seconds,
    devices,
    relaxation,
    spikes,
    confusion,
    troubles,
    reproduction,
    sources,
    cards,
)
"""Sections of the page in their order."""
