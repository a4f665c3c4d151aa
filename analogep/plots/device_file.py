"""A figure as the bytes of a file: PNG, SVG or PDF, the same bytes for the same figure."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg", ".pdf")
"""Kinds of file."""

_DPI: Final = 180
_STABLE: Final[dict[str, dict[str, Any]]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def render(figure: Figure, suffix: str) -> bytes:
    """Write a figure into memory.

    Parameters
    ----------
    figure : Figure
    suffix : str
        One of `SUFFIXES`. Text stays text in SVG and PDF.
    """

    from analogep.plots.style import styled

    buffer = io.BytesIO()
    # Without a salt of its own matplotlib names the parts of an SVG anew each time.
    fixed: dict[Any, Any] = {"svg.hashsalt": "analogep", "svg.fonttype": "none", "pdf.fonttype": 42}
    with styled(fixed):
        figure.savefig(buffer, format=suffix[1:], dpi=_DPI, metadata=_STABLE[suffix])
    return buffer.getvalue()
