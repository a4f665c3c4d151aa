"""The page of a study, section by section."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep import plots
from analogep.cards.wording import counted
from analogep.energy import TRAINING
from analogep.report import clock, energy, posterior, provenance, svg
from analogep.report.alternatives import listed, number
from analogep.report.blocks import Block, Drawing, Items, Listing, Page, References, Section, Table, Text, Tile, Tiles
from analogep.results.gradients import NONE, lowest
from analogep.study import StudyCard, recorded, summary
from analogep.study.collect import DONE, FAILED, NOT_RUN
from analogep.study.crossing import crossing
from analogep.study.point import described
from analogep.study.summary import Row
from analogep.study.values import called, spoken

if TYPE_CHECKING:
    import xarray as xr

_MOST_ROWS: Final = 100
_CAPTION: Final = (
    "Along each axis, averaged over the others: accuracy with its standard error over chips and seeds, grey dots are "
    "single points; joules per training sample and per inference."
)
_CHOSEN: Final = (
    "The combination with the highest test accuracy was found by the test samples, so that of other samples it is "
    "likely to have fewer right; with --held-out points are ranked by samples that are not tested on."
)
_TOGETHER: Final = "Mean over chips and seeds; bars: standard error over both."
_SPREAD: Final = (
    "From the lowest to the highest: accuracy of each chip (grey dots: its seeds; dashed: mean), joules per training "
    "sample and per inference. Of a single chip: its seeds."
)


def page(dataset: xr.Dataset) -> Page:
    """Return the page of a study.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `Study.run` returns it and `study.nc` holds it.
    """
    said, attrs = json.loads(dataset.attrs["study"]), dataset.attrs
    samples = ", ".join(counted(dataset.sizes[dim], dim) for dim in ("chip", "seed"))
    moved = {key for axis in _card(dataset).axes for key in axis.values}
    device, circuit = ("as the axis says" if kind in moved else said[kind] for kind in ("device", "circuit"))
    each = " on each drawn card" if "posterior" in attrs else " on each combination of axis values" if moved else ""
    subtitle = (
        f"{counted(dataset['state'].size, 'point')}: {samples}{each}; "
        f"device {device}, circuit {circuit}, data {said['data']}; seeds {attrs['seeds']}."
    )
    builders = SECTIONS if "posterior" not in attrs else (posterior.answer, *_ALWAYS)
    return Page(str(attrs["title"]), subtitle, [section for build in builders if (section := build(dataset))])


def accuracy(row: Row) -> str:
    """Mean accuracy with its standard error, where there is one."""
    if not np.isfinite(row.accuracy):
        return "–"
    error = f" ± {100 * row.error:.2f}" if np.isfinite(row.error) else ""
    return f"{100 * row.accuracy:.2f}{error} %"


def named(row: Row) -> str:
    """Axis values of a row."""
    return ", ".join(f"{key} = {spoken(key, text)}" for key, text in row.said.items())


def _rows(dataset: xr.Dataset) -> list[Row]:
    return list(summary.combinations(_card(dataset), dataset))


def _card(dataset: xr.Dataset) -> StudyCard:
    return recorded.recorded(dataset.attrs)


def headline(dataset: xr.Dataset) -> Section:
    """The combinations with the highest and the lowest accuracy, and what is missing."""
    rows = [row for row in _rows(dataset) if np.isfinite(row.accuracy)]
    state = dataset["state"].values
    done, failed, missing = (int((state == code).sum()) for code in (DONE, FAILED, NOT_RUN))
    tiles, part = [Tile("Points done", f"{done:,}", f"of {state.size:,}")], recorded.judged_by(dataset)
    if rows and not rows[0].said:
        tiles += _of_chips(dataset, rows[0])
    elif rows:
        best, worst = (pick(rows, key=lambda row: row.accuracy) for pick in (max, min))
        least = min(rows, key=lambda row: row.training)
        tiles += [
            Tile(f"Highest {part} accuracy", accuracy(best), named(best)),
            *_tested(dataset, rows, best),
            Tile(f"Lowest {part} accuracy", accuracy(worst), named(worst)),
            Tile("Fewest joules per training sample", _joules(least.training), named(least)),
        ]
    cautions = []
    if part == "test" and len(rows) > 1:
        cautions.append(_CHOSEN)
    if failed:
        cautions.append(f"{counted(failed, 'point')} failed and {_are(failed)} left out of all means; reasons below.")
    if missing:
        cautions.append(f"{counted(missing, 'point')} {_are(missing)} not run yet; the command that began goes on.")
    blocks: list[Block] = [Tiles(tiles)]
    return Section("result", "Result", [*blocks, Items(cautions, caution=True)] if cautions else blocks)


def _tested(dataset: xr.Dataset, rows: list[Row], best: Row) -> list[Tile]:
    """Test accuracy of the combination that the validation samples chose, where they did."""
    if recorded.judged_by(dataset) == "test":
        return []
    tested = dataset.drop_vars("validation_accuracy")
    same = next(row for row in _rows(tested) if row.said == best.said)
    return [Tile("Test accuracy of that", accuracy(same), "test samples chose nothing")]


def _of_chips(dataset: xr.Dataset, row: Row) -> list[Tile]:
    """The mean of a study without axes, and how far its chips or seeds lie apart."""
    spread = summary.spread(dataset)
    levels = spread.levels("accuracy")
    low, middle, high = (f"{100 * levels[name]:.2f} %" for name in ("lowest", "median", "highest"))
    return [
        Tile(f"Mean {recorded.judged_by(dataset)} accuracy", accuracy(row), f"of {spread.done:,} {spread.over}"),
        Tile("Lowest to highest", f"{low} to {high}", f"median {middle}"),
        Tile("Training sample", _joules(row.training), f"inference {_joules(row.inference)}"),
    ]


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def axes(dataset: xr.Dataset) -> Section | None:
    """A figure of all axes, and a table of each."""
    card = _card(dataset)
    if not card.axes or not _measured_accuracy(dataset):
        return None
    margins, part = list(summary.margins(card, dataset)), recorded.judged_by(dataset)
    said = alternative(dataset, margins)
    figure = Drawing(svg.inline(plots.study_axes(dataset), "axes", said), _CAPTION, said)
    tables = [
        _table(axis.name, part, rows, _measured(dataset, axis.name))
        for axis, rows in zip(card.axes, margins, strict=True)
    ]
    return Section("axes", "Along each axis", [figure, *tables])


def together(dataset: xr.Dataset) -> Section | None:
    """Two or three axes at once, ages among them: a figure of lines, and its numbers as a table."""
    found = crossing(dataset)
    if found is None or not _measured_accuracy(dataset):
        return None
    along, lines = found.along, found.lines
    part = "Test" if "aged_accuracy" in dataset else recorded.judged_by(dataset).capitalize()
    tables, said = [], []
    for panel, name in enumerate(found.panels.labels):
        cells = [
            [_share(float(found.mean[panel, k, n]), float(found.error[panel, k, n])) for k in range(len(lines.labels))]
            for n in range(len(along.labels))
        ]
        title = f"{found.panels.name} = {name}" if found.panels.name else f"{part} accuracy"
        rows = [[label, *row] for label, row in zip(along.labels, cells, strict=True)]
        tables.append(Table(f"{title}, for each {lines.name}", [along.name, *lines.labels], rows))
        for k, label in enumerate(lines.labels):
            values = [f"{row[k]} at {at}" for row, at in zip(cells, along.labels, strict=True)]
            said.append(f"{title}, {lines.name} = {label}: {listed(values)}.")
    text = f"{part} accuracy along {along.name}. " + " ".join(said)
    figure = Drawing(svg.inline(plots.study_lines(dataset), "together", text), _TOGETHER, text)
    return Section("together", "Axes together", [figure, *tables])


def _share(mean: float, error: float) -> str:
    if not np.isfinite(mean):
        return "–"
    return f"{100 * mean:.2f}" + (f" ± {100 * error:.2f}" if np.isfinite(error) else "") + " %"


def _measured_accuracy(dataset: xr.Dataset) -> bool:
    return bool(np.isfinite(dataset.get("accuracy", np.array(np.nan))).any())


def chips(dataset: xr.Dataset) -> Section | None:
    """How chips, or seeds, of a study without axes differ: a figure and its quartiles."""
    if _card(dataset).axes or not _measured_accuracy(dataset):
        return None
    spread = summary.spread(dataset)
    names = ("accuracy", "training", "inference")
    test, training, inference = (spread.levels(name) for name in names)
    rows = [
        [level, f"{100 * value:.2f} %" if np.isfinite(value) else "–", _joules(training[level]),
         _joules(inference[level])]
        for level, value in test.items()
    ]  # fmt: skip
    part = recorded.judged_by(dataset)
    heads = [f"of {spread.done:,} {spread.over}", f"{part} accuracy", "J per training sample", "J per inference"]
    said = (
        f"{part.capitalize()} accuracy of {spread.done:,} {spread.over}: lowest {rows[0][1]}, median {rows[2][1]}, "
        f"highest {rows[4][1]}, standard deviation {rows[5][1]}. "
        f"Joules per training sample: {rows[0][2]} to {rows[4][2]}; per inference: {rows[0][3]} to {rows[4][3]}."
    )
    figure = Drawing(svg.inline(plots.study_axes(dataset), "chips", said), _SPREAD, said)
    return Section("chips", f"How {spread.over} differ", [figure, Table("Each number by itself", heads, rows)])


def components(dataset: xr.Dataset) -> Section | None:
    """Joules per training sample and per inference by component, along each axis."""
    if not {"energy", "component", "phase"} <= dataset.variables.keys():
        return None
    kinds = _by_component(dataset)
    names = [str(name) for name in dataset["component"].values]
    tables = []
    for place, axis in enumerate(_card(dataset).axes):
        values = [called(axis.at(number)) for number in range(len(axis))]
        for kind, joules in kinds.items():
            means = np.column_stack([_along(joules[..., k], place) for k in range(len(names))])
            tables.append(energy.along(f"{axis.name}: J per {kind}", values, means, names))
    if not tables:
        means = np.array([[_along(one[..., k][None], 0)[0] for k in range(len(names))] for one in kinds.values()])
        tables.append(energy.along("Mean of all points: J per", list(kinds), means, names))
    words = (
        "Joules of the last epoch by component, averaged over all points that a row stands for; the darker, the larger "
        "the share of its row."
    )
    return Section("energy", "Where the joules go", [Text(words), *tables])


def _by_component(dataset: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Joules of a sample in the last epoch, (axes..., chip, seed, component) [J]."""
    end, phases = recorded.at_the_end(dataset, "energy"), [str(phase) for phase in dataset["phase"].values]
    train, test = (float(dataset.attrs[f"{part}_samples"]) for part in ("train", "test"))
    return {
        "training sample": end[..., [phases.index(name) for name in TRAINING]].sum(axis=-1) / train,
        "inference": end[..., phases.index("inference")] / test,
    }


def alternative(dataset: xr.Dataset, margins: Sequence[Sequence[Row]]) -> str:
    """What the figure of all axes shows, in a sentence an axis."""
    out = []
    for axis, rows in zip(_card(dataset).axes, margins, strict=True):
        values = [f"{accuracy(row)} and {_joules(row.training)} at {called(row.said)}" for row in rows]
        out.append(f"Along {axis.name}: accuracy and joules per training sample {listed(values)}.")
    return " ".join(out)


def _measured(dataset: xr.Dataset, axis: str) -> dict[str, list[str]]:
    """Cosine and unsettled shares along an axis, averaged over all else, where the study holds them."""
    place = list(dataset["state"].dims).index(axis)
    out = {}
    if "cosine" in dataset:
        cosines = lowest(recorded.at_the_end(dataset, "cosine"))
        out["cosine, lowest"] = [number(float(value), NONE) for value in _along(cosines, place)]
        lacking = _without_gradient(dataset)
        if lacking.any():
            counts = np.moveaxis(lacking, place, 0).reshape(lacking.shape[place], -1).sum(axis=1)
            out["points with no gradient in a layer"] = [str(int(count)) for count in counts]
    if "unsettled" in dataset:
        shares = 100 * recorded.at_the_end(dataset, "unsettled")
        phases = [_along(shares[..., k], place) for k in range(shares.shape[-1])]
        names = " / ".join(map(str, dataset["relaxation"].values))
        out[f"unsettled, {names} [%]"] = [" / ".join(map(number, values)) for values in zip(*phases, strict=True)]
    return out


def _without_gradient(dataset: xr.Dataset) -> NDArray[np.bool_]:
    """Whether the estimated or the exact gradient of some layer is zero in the last epoch (axes..., chip, seed)."""
    found = np.zeros(dataset["state"].shape, dtype=bool)
    for name in ("estimated_length", "exact_length"):
        if name in dataset:
            found |= (recorded.at_the_end(dataset, name) == 0.0).any(axis=-1)
    return found


def _along(values: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    """Mean of what is known, of each position of one dimension."""
    flat = np.moveaxis(values, place, 0).reshape(values.shape[place], -1)
    known = np.isfinite(flat)
    counted = np.maximum(known.sum(axis=1), 1)
    return np.where(known.any(axis=1), np.where(known, flat, 0.0).sum(axis=1) / counted, np.nan)


def _table(title: str, part: str, rows: Sequence[Row], more: Mapping[str, Sequence[str]] | None = None) -> Table:
    """A row for each value or combination; `more` are further columns by their heads."""
    columns = {
        "value": [called(row.said) for row in rows],
        f"{part} accuracy": [accuracy(row) for row in rows],
        "J per training sample": [_joules(row.training) for row in rows],
        "J per inference": [_joules(row.inference) for row in rows],
        "time per training sample": [_seconds(row.training_seconds) for row in rows],
        "time per inference": [_seconds(row.latency) for row in rows],
        **(more or {}),
        "points": [_points(row) for row in rows],
    }
    return Table(title, list(columns), list(zip(*columns.values(), strict=True)))


def _joules(value: float) -> str:
    return energy.joules(value) if np.isfinite(value) else "–"


def _seconds(value: float) -> str:
    return clock.seconds(value) if np.isfinite(value) else "–"


def _points(row: Row) -> str:
    return f"{row.done}" + (f", {row.failed} failed" if row.failed else "")


def combinations(dataset: xr.Dataset) -> Section | None:
    """All combinations of axis values; of many, the most accurate."""
    rows = _rows(dataset)
    if len(_card(dataset).axes) < 2:
        return None
    ranked = sorted(rows, key=lambda row: -row.accuracy if np.isfinite(row.accuracy) else np.inf)[:_MOST_ROWS]
    shown = rows if len(rows) <= _MOST_ROWS else ranked
    title = "All combinations" if shown is rows else f"The {_MOST_ROWS} most accurate of {len(rows):,} combinations"
    table = _table(f"{title}: {', '.join(rows[0].said)}", recorded.judged_by(dataset), shown)
    return Section("combinations", "Combinations", [table])


def troubles(dataset: xr.Dataset) -> Section:
    """Points that failed, and why."""
    failed: list[dict[str, Any]] = json.loads(dataset.attrs["failed"])
    if not failed:
        return Section("failed", "Failed points", [Text(f"None of {dataset['state'].size:,} points failed.")])
    lines = [f"{described(one, ' = ')}: {one['reason']}" for one in failed[:_MOST_ROWS]]
    if len(failed) > _MOST_ROWS:
        lines.append(f"and {len(failed) - _MOST_ROWS} more, listed in the attribute 'failed' of study.nc")
    return Section("failed", "Failed points", [Items(lines)])


def reproduction(dataset: xr.Dataset) -> Section:
    """The study file, and what decides its numbers."""
    attrs = dataset.attrs
    said = json.loads(attrs["study"])
    lines = [
        f"version: {attrs['analogep_version']}",
        f"seeds: {attrs['seeds']}",
        f"data: {said['data']}, digest {said['data digest']}",
        f"digest of the study: {attrs['digest']}",
        *(": ".join(one) for one in provenance.made_by(attrs)),
    ]
    if said["data"] != "digits":
        lines.insert(0, f"Put the path of the data '{said['data']}' into the file.")
    listing = Listing("Saved as study.yaml, for 'analogep study study.yaml'", recorded.file_text(attrs))
    return Section("reproduce", "To make it again", [listing, Items(lines)])


def sources(dataset: xr.Dataset) -> Section:
    """Citations of the cards and the data."""
    return Section("sources", "Sources", [References(provenance.references(dataset.attrs))])


def cards(dataset: xr.Dataset) -> Section:
    """All cards in full."""
    found = [(kind, json.loads(dataset.attrs[f"{kind}_cards"])) for kind in ("device", "circuit")]
    listings = [
        Listing(f"{kind.capitalize()} card: {name}", text) for kind, texts in found for name, text in texts.items()
    ]
    return Section("cards", "Cards", listings)


_ALWAYS: Final[tuple[Callable[[xr.Dataset], Section | None], ...]] = (troubles, reproduction, sources, cards)
SECTIONS: Final[tuple[Callable[[xr.Dataset], Section | None], ...]] = (
    headline,
    axes,
    together,
    chips,
    combinations,
    components,
    *_ALWAYS,
)
"""Sections of the page in their order; what a study does not hold is left out."""
