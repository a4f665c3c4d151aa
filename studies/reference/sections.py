"""The sections of the page: what the text says, what was measured, what differs and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import figures
import numpy as np
import words
from experiments import HERE, STUDIES, Experiment, Found, average, growth
from figures import STARTS, SWEEPS, Sweep
from matplotlib.figure import Figure

from analogep.report import svg
from analogep.report.alternatives import listed
from analogep.report.blocks import Block, Drawing, Items, Listing, References, Section, Table, Text, Tile, Tiles
from analogep.report.energy import joules

SHORT = ("Glorot", "0.3")
"""The two starts in heads of tables."""


def _share(value: float) -> str:
    return f"{100.0 * value:.2f} %" if np.isfinite(value) else "–"


def _number(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "–"


def _joules(value: float) -> str:
    return joules(float(value)) if np.isfinite(value) else "–"


def _epochs(found: Experiment) -> str:
    count = found.dataset.sizes["epoch"]
    return f"{count} epoch{'s' * (count != 1)}"


def _span(values: Sequence[float]) -> str:
    return f"from {_number(values[0])} to {_number(values[-1])}"


def _figure(figure: Figure, number: int, caption: str, said: str) -> Drawing:
    return Drawing(svg.inline(figure, f"figure{number}", said), f"The text's figure {number}: {caption}", said)


def _beside(claim: str, found: str) -> Items:
    """What the text says, and what was measured."""
    return Items([f"The text: {claim}", f"Here: {found}"])


def headline(found: Found) -> Section:
    """The numbers that people ask for first."""
    text, lifted = found.studies["epochs"].accuracy()
    limits, curve = found.studies["limits"], found.studies["epochs"]
    silent = average(limits.silent(), (-1,))
    epochs, after = f"after {_epochs(curve)}", f"after {_epochs(limits)}, {limits.card.seeds} seeds"
    tiles = [
        Tile("The text's settings", _share(text), f"{epochs}; the text has {words.TEXT_BEST} %"),
        Tile("Output weights at 0.3", _share(lifted), f"{epochs}, all else as in the text"),
        Tile("Backpropagation", _share(found.backprop.accuracy[-1]), f"{epochs}, same size and cost"),
        Tile("Outputs lost", _number(silent[2]), f"of 10 with Glorot weights and rates 0.1 and 0.05; "
             f"{_number(silent[5])} with output weights at 0.3"),
        Tile("circuits/mnist.yaml", _share(limits.accuracy()[-1]), after),
    ]  # fmt: skip
    rates = [json.loads(one) for one in curve.card.axes[0].values["learning.rate"]]
    return Section("result", "Result", [Tiles(tiles), Text(words.settings(rates))])


def _sweep(sweep: Sweep) -> Callable[[Found], Section]:
    """The section of one curve of accuracy."""

    def build(found: Found) -> Section:
        experiment = found.studies[sweep.study]
        said = _measured(sweep, experiment)
        figure = _figure(
            figures.accuracy(sweep, experiment), sweep.number, f"test accuracy against {sweep.label}.",
            f"Test accuracy: {said}",
        )  # fmt: skip
        blocks: list[Block] = [_beside(sweep.claim, said), figure]
        numbers = f"Figure {sweep.number}"
        if sweep.study == "batch_size":
            time = _time(sweep, experiment)
            numbers, blocks = "Figures 4 and 5", [blocks[0], time[0], figure, time[1]]
        heading = f"{numbers}: {sweep.label.split(' [')[0]}"
        reason = [Text(words.REASONS[sweep.study])] if sweep.study in words.REASONS else []
        return Section(sweep.study, heading, [*blocks, _along(sweep, experiment), *reason, *_failures(experiment)])

    return build


def _measured(sweep: Sweep, experiment: Experiment) -> str:
    """Where the test accuracy of each start is highest, and how far the values of the axis lie apart."""
    out, names = [], [str(value) for value in experiment.card.axes[0].values[sweep.axis]]
    for k, start in enumerate(STARTS):
        values = experiment.accuracy()[:, k]
        known = np.flatnonzero(np.isfinite(values))
        if not known.size:
            out.append(f"with {start} no point ended")
            continue
        highest, lowest = known[np.argmax(values[known])], known[np.argmin(values[known])]
        ends = [f"{_share(values[place])} at {names[place]}" for place in (highest, lowest)]
        out.append(f"with {start} the highest is {ends[0]} and the lowest {ends[1]}")
    return "; ".join(out) + "."


def _along(sweep: Sweep, experiment: Experiment) -> Table:
    """A row a value: accuracy, outputs lost, seconds, for each start."""
    silent = average(experiment.silent(), (-1,))
    heads = [f"{name}: {start}" for name in ("accuracy", "lost", "s") for start in SHORT]
    rows = [
        [text, *map(_share, shares), *map(_number, lost), *map(_number, time)]
        for text, shares, lost, time in zip(
            experiment.card.axes[0].values[sweep.axis], experiment.accuracy(), silent, experiment.time, strict=True
        )
    ]
    title = "Test accuracy, classes that no test image is taken for, seconds of a point, with either initial weights"
    return Table(title, [sweep.axis, *heads], rows)


def _failures(experiment: Experiment) -> list[Block]:
    """Why points have no number."""
    count = int((experiment.dataset["state"] == 2).sum())
    if not count:
        return []
    return [Items([f"{count} of {experiment.dataset['state'].size} points failed: {one}" for one in experiment.failed],
                  caution=True)]  # fmt: skip


def _time(sweep: Sweep, experiment: Experiment) -> tuple[Items, Drawing]:
    """Figure 5."""
    values = experiment.time / experiment.dataset.sizes["epoch"]
    names = experiment.card.axes[0].values[sweep.axis]
    each = [f"{_number(value)} s at {name}" for value, name in zip(values[:, 0], names, strict=True)]
    said = f"with the text's weights an epoch with its test takes {listed(each)} on one core."
    caption = "time against batch size; it holds the pulses on the cells of all weights."
    figure = _figure(figures.seconds(sweep, experiment), 5, caption, f"Time: {said}")
    return _beside(words.TIME_CLAIM, said), figure


def energies(found: Found) -> Section:
    """Figures 10 and 11."""
    values, learned = found.studies["epochs"].dataset["hopfield"].mean(("chip", "seed")).values, found.backprop
    said = "; ".join(
        f"with {start} {_span(parts[0])} on training states, {_span(parts[1])} on test states"
        for start, parts in zip(STARTS, values.transpose(0, 2, 1), strict=True)
    )
    other = f"{_span(learned.train_energy)} on training images, {_span(learned.test_energy)} on test images."
    blocks: list[Block] = [
        _beside(words.ENERGY_CLAIM, f"{said}."),
        _beside(words.BACKPROP_CLAIM, other),
        _figure(figures.hopfield(found), 10, "Hopfield energy of free states per epoch.", f"Hopfield energy: {said}."),
        _figure(
            figures.backprop_energy(found), 11, "the same formula on the activations of the backpropagation network.",
            f"Hopfield energy of the backpropagation network: {other}",
        ),
        Text(words.energies(found.inputs, found.probe)),
    ]  # fmt: skip
    return Section("hopfield", "Figures 10 and 11: Hopfield energy", blocks)


def error(found: Found) -> Section:
    """Figure 12."""
    accuracy = found.studies["epochs"].dataset["accuracy"].mean(("chip", "seed")).values
    rows = [*zip(STARTS, accuracy, strict=True), ("backpropagation", np.array(found.backprop.accuracy))]
    said = "; ".join(
        f"{name} {_share(1 - row[0])} after the first epoch, {_share(1 - row[-1])} after the last" for name, row in rows
    )
    figure = _figure(figures.error(found), 12, "test error per epoch.", f"Error: {said}.")
    numbers = [[str(k + 1), *map(_share, epoch)] for k, epoch in enumerate(zip(*(row for _, row in rows), strict=True))]
    table = Table("Accuracy", ["epoch", *(name for name, _ in rows)], numbers)
    blocks: list[Block] = [_beside(words.ERROR_CLAIM, f"{said}."), figure, table]
    return Section("error", "Figure 12: error", [*blocks, *_failures(found.studies["epochs"])])


def differences(found: Found) -> Section:
    """What limits the text's settings and what lifts them."""
    experiment = found.studies["limits"]
    rows = [
        [name, _share(average(values, (0,)).item()), " / ".join(map(_share, values)), " / ".join(map(_number, lost)),
         _number(loop)]
        for name, values, lost, loop in zip(
            words.CHANGES, experiment.seeds(), experiment.silent(), experiment.end("loop_gain"), strict=True
        )
    ]  # fmt: skip
    heads = ["settings", "accuracy", "of each seed", "outputs lost", "loop gain after training"]
    counts = 100.0 * np.bincount(found.data.test_y, minlength=found.data.classes) / len(found.data.test_y)
    start = growth(found)
    blocks: list[Block] = [
        *map(Text, words.limits(start.gain, start.once, start.twice, counts.min(), counts.max(), rows[1][1])),
        Table(f"After {_epochs(experiment)}, seed by seed", heads, rows),
        *map(Text, words.lifts()),
        *_failures(experiment),
    ]
    return Section("differences", "What differs, and why", blocks)


def solver(found: Found) -> Section:
    """The same run by SciPy's adaptive solver."""
    experiment = found.studies["solver"]
    shares, time, energy = experiment.accuracy(), experiment.time, experiment.end("hopfield")
    silent = average(experiment.silent(), (-1,))
    rows = [
        [f"{name}, {start}", _share(shares[k, n]), *map(_number, (silent[k, n], energy[k, n, 1], time[k, n]))]
        for k, name in enumerate(("projected Euler steps", "adaptive, RK23"))
        for n, start in enumerate(STARTS)
    ]
    heads = ["solver", "test accuracy", "outputs lost", "Hopfield energy, test states", "seconds of a point"]
    blocks: list[Block] = [Text(words.SOLVER), Table("Side by side", heads, rows), *_failures(experiment)]
    return Section("solver", "Fixed and adaptive steps", blocks)


def in_joules(found: Found) -> Section:
    """Joules of the analog chip, and multiply-accumulates of backpropagation times published energies."""
    result = found.studies["epochs"].dataset
    training = result["training_energy"].mean(("chip", "seed", "epoch")).values
    inference = result["inference_energy"].mean(("chip", "seed")).values[:, -1]
    rows = [
        [f"analog chip, {name}", _joules(a), _joules(b)] for name, a, b in zip(STARTS, training, inference, strict=True)
    ]
    digital = [json.loads(result.attrs[f"digital_{kind}_joules"]) for kind in ("training", "inference")]
    rows += [[f"backpropagation, {name}", joules(digital[0][name]), joules(digital[1][name])] for name in digital[0]]
    table = Table("Energy per sample", ["per sample", "training", "inference"], rows)
    return Section("joules", "Joules", [Text(words.JOULES), table])


def again(_found: Found) -> Section:
    """How to make it again."""
    commands = ["python studies/reference/page.py --data DIR"]
    commands += [f"analogep study studies/reference/{name}.yaml --data DIR" for name in STUDIES]
    blocks = [
        Listing("All, or one study at a time; DIR holds MNIST's IDX files", "\n".join(commands)),
        Listing("The circuit card", (HERE / "circuit.yaml").read_text(encoding="utf-8")),
    ]
    return Section("again", "To make it again", blocks)


def sources(_found: Found) -> Section:
    """What the page refers to."""
    return Section("sources", "Sources", [References(words.SOURCES)])


SECTIONS: Sequence[Callable[[Found], Section]] = (
    headline,
    differences,
    *(_sweep(sweep) for sweep in SWEEPS),
    energies,
    error,
    solver,
    in_joules,
    again,
    sources,
)
"""Sections of the page in their order."""
