"""The chip of a run among published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analogep import plots
from analogep.area import CHIPS, Merit, Published, total, unknown
from analogep.report import svg
from analogep.report.blocks import Block, Drawing, Table, Text
from analogep.results.merit import chip_of
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr


def published(dataset: xr.Dataset) -> list[Block]:
    """Area of the chip by block, and its figures of merit beside those of published chips; none without cards."""
    chip = chip_of(dataset)
    if chip is None:
        return []
    blocks: list[Block] = []
    if chip.areas:
        area = total(chip.areas)
        rows = [
            [one.name, "unknown" if one.each is None else f"{1e6 * one.total:.3g}", f"{one.total / area:.1%}"]
            for one in sorted(chip.areas, key=lambda one: -one.total)
        ]
        rows.append(["total", f"{1e6 * area:.3g}", ""])
        blocks.append(Table("Area", ["block", "mm²", "share"], rows, strong=[len(rows) - 1]))
    alternative = (
        f"TOPS/W over TOPS/mm² of this chip and of published ones: {chip.merit.efficiency / 1e12:.3g} TOPS/W here; the "
        "table below has the numbers"
    )
    caption = "An inference among published chips; filled: measured on silicon."
    blocks.append(Drawing(svg.inline(plots.among_chips(dataset), "merit", alternative), caption, alternative))
    heads = ["chip", "mm²", "latency", "fJ/MAC", "TOPS/W", "TOPS/mm²"]
    named = [(one.name + ("" if one.built else " (design)"), one) for one in CHIPS]
    rows = [_row("this chip", chip.merit), *(_row(name, one) for name, one in named)]
    blocks.append(Table("An inference beside published chips", heads, rows, strong=[0]))
    sentences = [f"{sentence[:1].upper()}{sentence[1:]}." for sentence in chip.merit.beyond]
    if missing := unknown(chip.areas):
        sentences.append(f"Areas are without {', '.join(missing)}, whose size no source was found for.")
    if not chip.areas:
        sentences.append("Areas need a technology: node or adc.node in the circuit card.")
    return [*blocks, Text(" ".join(sentences))] if sentences else blocks


def _row(name: str, one: Merit | Published) -> list[str]:
    def shown(value: float | None, size: float) -> str:
        return "–" if value is None else f"{value / size:.3g}"

    latency = "–" if one.latency is None else format_si(float(f"{one.latency:.3g}"), "s")
    figures = [(one.mac, 1e-15), (one.efficiency, 1e12), (one.density, 1e18)]
    return [name, shown(one.area, 1e-6), latency, *(shown(value, size) for value, size in figures)]
