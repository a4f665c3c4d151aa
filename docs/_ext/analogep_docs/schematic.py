"""A drawing of a circuit card: its arrays in proportion, the neurons between them, and what stands at their lines."""

from __future__ import annotations

import html
import math
from typing import Final

from analogep import CircuitCard

_LARGEST: Final = 120.0
_LEAST: Final = 8.0
"""Sides of an array in the drawing: the root of its lines, so that ten lines still show beside a thousand."""
_GAP: Final = 64.0
_TOP: Final = 34.0


def schematic(card: CircuitCard) -> str:
    """The drawing as SVG with the classes of the site's style sheet."""
    largest = max(max(shape) for shape in card.shapes)
    sides = [tuple(max(_LEAST, _LARGEST * math.sqrt(side / largest)) for side in shape) for shape in card.shapes]
    middle, x, parts = _TOP + _LARGEST / 2.0, _GAP, []
    parts.append(_text(_GAP / 2.0 - 6.0, middle - 8.0, "inputs"))
    for number, ((rows, columns), (height, width)) in enumerate(zip(card.shapes, sides, strict=True)):
        parts.append(_line(x - _GAP + 14.0, x - 2.0, middle))
        box = f'x="{x:.1f}" y="{middle - height / 2.0:.1f}" width="{width:.1f}" height="{height:.1f}"'
        parts.append(f'<rect class="ep-box" {box} rx="2"/>')
        parts.append(_text(x + width / 2.0, _TOP - 14.0, f"{rows} × {columns}"))
        x += width + _GAP
        centre = x - _GAP / 2.0
        parts.append(f'<path class="ep-line" d="M{x - _GAP + 2.0:.1f} {middle:.1f}H{centre - 13.0:.1f}"/>')
        parts.append(f'<circle class="ep-node" cx="{centre:.1f}" cy="{middle:.1f}" r="13"/>')
        parts.append(f'<path class="ep-rate" d="M{centre - 7.0:.1f} {middle + 5.0:.1f}h4l6 -10h4"/>')
        last = number == len(card.shapes) - 1
        parts.append(_text(centre, middle + 30.0, "outputs" if last else "neurons"))
        x += 0.0 if last else 14.0
    width, height = x + 8.0, _TOP + _LARGEST + 12.0
    said = html.escape(f"{card.name}: arrays of {', '.join(f'{rows} by {columns}' for rows, columns in card.shapes)}")
    head = f'viewBox="0 0 {width:.0f} {height:.0f}" style="max-width: {width:.0f}px" role="img" aria-label="{said}"'
    return f'<figure class="ep-circuit"><svg {head}>{"".join(parts)}</svg></figure>'


def _line(start: float, end: float, y: float) -> str:
    return f'<path class="ep-line" d="M{start:.1f} {y:.1f}H{end:.1f}"/>'


def _text(x: float, y: float, words: str) -> str:
    return f'<text class="ep-small ep-mid" x="{x:.1f}" y="{y:.1f}">{html.escape(words)}</text>'
