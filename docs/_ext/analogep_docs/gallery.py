"""One page for each shipped card: its figure, its numbers with source and status, what it leaves open, its text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analogep import CircuitCard, DeviceCard
from analogep.cards.fields import shapes
from analogep.cards.locate import unit_of
from analogep.cli import library
from analogep.device.unknown import unknown_keys
from analogep.units import format_si
from analogep_docs import outcomes
from analogep_docs.schematic import schematic
from analogep_docs.words import inline

_MNIST = 784
"""Inputs of circuits for images that are not bundled."""
_RAW = "```{{raw}} html\n{}\n```"


def device(name: str, folder: Path, *, cells: int = 300) -> str:
    """The page of a device card, in MyST; its figure is drawn into `folder`.

    Parameters
    ----------
    name : str
        A shipped card.
    folder : Path
        Where `NAME.svg` is written.
    cells : int
        Cells of each experiment of the figure.
    """
    card = DeviceCard.load(name)
    figure(card, folder / f"{name}.svg", cells)
    return "\n\n".join(
        [
            f"# {name}",
            inline(card.title),
            f"![What the simulator believes of {name}: pulses, steps, I-V curve, spread, retention, joules]"
            f"({name}.svg){{.figure}}",
            f"`analogep show {name}` draws this figure from {cells} simulated cells; `analogep simulate {name}` trains "
            "the bundled digits on it.",
            "## Chosen by",
            _chosen(library.device(card)),
            *_unknown(card),
            *_open(card),
            *outcomes.section(name),
            "## Numbers, each with its source",
            _numbers(card),
            "## Sources",
            _sources(card),
            "## The card",
            f"```{{literalinclude}} ../../devices/{name}.yaml\n:language: yaml\n```",
        ]
    )


def figure(card: DeviceCard, path: Path, cells: int) -> None:
    """Draw a device, unless that was done for the same card."""
    stamp = f"{card.digest}-{cells}"
    mark = path.with_suffix(".digest")
    if path.exists() and mark.exists() and mark.read_text() == stamp:
        return
    from analogep.characterise import characterise
    from analogep.plots import characteristics, render

    path.write_bytes(render(characteristics(characterise(card, cells=cells, seed=0)), ".svg"))
    mark.write_text(stamp)


def circuit(name: str) -> str:
    """The page of a circuit card, in MyST."""
    card = CircuitCard.load(name)
    data = " --data DIR" if card.sizes[0] == _MNIST else ""
    weights = sum(rows * columns for rows, columns in card.shapes)
    rows = {
        "Network": f"`{card.network.kind}`",
        "Layers": card.outline,
        "Weights": f"{weights}",
        "Estimator, beta": f"`{card.nudging.estimator}`, {card.nudging.beta:g}",
        "Free, nudged phase": f"{format_si(card.timing.free.duration, 's')}, "
        f"{format_si(card.timing.nudged.duration, 's')}",
        "Solver": f"`{card.solver.method}`",
        "Epochs, batch": f"{card.learning.epochs}, {card.learning.batch}",
        "Column circuit": f"`{card.column.kind}`",
    }
    return "\n\n".join(
        [
            f"# {name}",
            inline(card.title),
            _RAW.format(schematic(card)),
            "Arrays of pairs, rows times columns; their sides are drawn by the roots of these. `analogep simulate "
            f"ideal --circuit {name}{data}` trains it.",
            "\n".join(["| | |", "| --- | --- |", *(f"| {head} | {text} |" for head, text in rows.items())]),
            *_open(card),
            *_limits(card),
            *outcomes.section(name),
            "## As understood",
            f"`analogep check {name}` prints every value, defaults included:",
            _RAW.format("<details><summary>all values</summary>"),
            f"```text\n{card.understood()}\n```",
            _RAW.format("</details>"),
            "## The card",
            f"```{{literalinclude}} ../../circuits/{name}.yaml\n:language: yaml\n```",
        ]
    )


def _limits(card: CircuitCard) -> list[str]:
    """What is ideal by assumption and no circuit."""
    said = {
        "what holds the lines has no bandwidth, noise, swing and power (`column: {kind: ideal}`)": card.column.limiting,
        "conductances make no noise (`noise: {thermal: off}`)": card.noise.thermal == "off",
        "neurons are alike (no `mismatch`)": card.mismatch is None,
        "lines have no resistance (`wires: {kind: none}`)": card.wires.kind == "none",
    }
    found = [f"- {words}" for words, holds in said.items() if holds]
    return ["## What is a limit here, and no circuit", "\n".join(found)] if found else []


def _chosen(numbers: Mapping[str, Any]) -> str:
    levels = "analog" if numbers["levels"] is None else numbers["levels"]
    endurance = "not stated" if numbers["endurance"] is None else f"{numbers['endurance']:.3g} pulses"
    rows = {
        "Technology": f"{numbers['technology']}, {numbers['terminals']} terminals",
        "Window": f"{format_si(numbers['min'], 'S')} to {format_si(numbers['max'], 'S')}, on/off "
        f"{numbers['on_off']:.3g}",
        "States": levels,
        "Pulse law": f"`{numbers['law']}`",
        "Mean step in the middle": _directions(numbers["step"], "%"),
        "Noise of a pulse": _directions(numbers["noise"], "%"),
        "Read noise": f"`{numbers['read_noise']}`",
        "Retention": f"`{numbers['retention']}`",
        "Endurance": endurance,
        "Joules of a pulse": _directions(numbers["energy"], "J"),
        "Width of a pulse": _directions(numbers["width"], "s"),
        "Update rule": f"`{numbers['rule']}`",
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {head} | {text} |" for head, text in rows.items())])


def _directions(values: Mapping[str, float], unit: str) -> str:
    return ", ".join(f"{format_si(float(f'{value:.3g}'), unit)} {name}" for name, value in values.items())


def _open(card: DeviceCard | CircuitCard) -> list[str]:
    """What the simulation has to assume, and what is suspicious."""
    said = [*card.remarks(), *(str(problem) for problem in card.warnings())]
    return ["## What the card leaves open", "\n".join(f"- {inline(text)}" for text in said)] if said else []


def _unknown(card: DeviceCard) -> list[str]:
    """Quantities that no source gives."""
    found = unknown_keys(card)
    if not found:
        return []
    said = "\n".join(f"- {name}: " + ", ".join(f"`{key}`" for key in keys) for name, keys in found.items())
    return ["## What nobody has published", "In a simulation these count as perfect, and every command says so:", said]


def _numbers(card: DeviceCard) -> str:
    lines = ["| number | value | source | status |", "| --- | --- | --- | --- |"]
    for path, (source, status) in card.provenance.items():
        lines.append(f"| `{path}` | {_value(card, path)} | {inline(source)} | {inline(status)} |")
    return "\n".join(lines)


def _value(card: DeviceCard, path: str) -> str:
    value: Any = card.values
    keys = path.split(".")
    for key in keys:
        value = value[int(key)] if isinstance(value, list) else value[key]
    unit = next((unit for shape in shapes(type(card), keys) if (unit := unit_of(shape))), "")
    if isinstance(value, list):
        several = [format_si(one, unit) for one in value if isinstance(one, int | float)]
        return ", ".join(several[:4]) + (f", ... {len(several)} in all" if len(several) > 4 else "")
    return format_si(value, unit) if isinstance(value, int | float) else inline(str(value))


def _sources(card: DeviceCard) -> str:
    lines = []
    for name, source in card.sources.items():
        links = [f"[{source.doi}](https://doi.org/{source.doi})"] if source.doi else []
        links += [f"<{source.url}>"] if source.url else []
        note = f" {inline(source.note)}." if source.note else ""
        lines.append(f"`{name}`\n: {inline(source.cite)}. {' '.join(links)}{note}")
    return "\n\n".join(lines)


def index() -> str:
    """The page of all cards, in MyST."""
    devices = [library.device(DeviceCard.load(name)) for name in DeviceCard.names()]
    heads = "| | technology | window | on/off | states | law | joules of a pulse up |\n|" + " --- |" * 7
    rows = [
        f"| [{one['name']}](device-{one['name']}.md) | {one['technology']} | {format_si(one['min'], 'S')} to "
        f"{format_si(one['max'], 'S')} | {one['on_off']:.3g} | {one['levels'] or 'analog'} | `{one['law']}` | "
        f"{format_si(float(format(one['energy']['up'], '.3g')), 'J')} |"
        for one in devices
    ]
    circuits = [
        f"| [{name}](circuit-{name}.md) | {card.outline} | `{card.network.kind}` | {inline(card.title)} |"
        for name in CircuitCard.names()
        for card in [CircuitCard.load(name)]
    ]
    return "\n\n".join(
        [
            "# Gallery of devices and circuits",
            "Every card that comes with the package, drawn and listed by the package itself. The status of a number "
            "says how it came out of its source: `measured`, `fit`, `published`, `derived`, `surrogate` (of another "
            "device), `estimate`, `default`, `secondary`, `projected`.",
            "## Devices",
            "\n".join([heads, *rows]),
            "## Circuits",
            "\n".join(["| | layers | network | |\n| --- | --- | --- | --- |", *circuits]),
            _toctree([f"device-{name}" for name in DeviceCard.names()], "Devices"),
            _toctree([f"circuit-{name}" for name in CircuitCard.names()], "Circuits"),
        ]
    )


def _toctree(names: list[str], caption: str) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```"])
