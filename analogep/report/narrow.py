"""Figures made narrower than they were drawn: their words are wrapped, their legends get fewer columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from analogep.plots.style import legend, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

_LEAST_CHARACTERS: Final = 8


def narrow(figure: Figure, width: float, height: float) -> None:
    """Give a figure another size [inch] and let its words fit it.

    Titles and labels longer than their panel are wrapped; legends wider than the figure get fewer columns; words with
    a halo get a patch of paper instead, since with a halo a file holds their outlines and no text.
    """
    from matplotlib.text import Text

    figure.set_size_inches(width, height)
    for text in figure.findobj(Text):
        _on_paper(text)
    # Ticks are made when first drawn and would else take the style that the caller has then.
    with styled():
        figure.draw_without_rendering()
        for axes in figure.axes:
            panel = axes.get_window_extent()
            _wrap(axes.title, panel.width)
            _wrap(axes.xaxis.label, panel.width)
            _wrap(axes.yaxis.label, panel.height)
        for shown in list(figure.legends):
            _fit(figure, shown)


def _on_paper(text: Text) -> None:
    if text.get_path_effects():
        text.set_path_effects([])
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.6})


def _wrap(text: Text, room: float) -> None:
    """Break a line that is longer than `room` [pixel]; what is broken already stays."""
    extent = text.get_window_extent()
    length, words = max(extent.width, extent.height), text.get_text()
    if length > room and "\n" not in words:
        text.set_text(textwrap.fill(words, max(int(len(words) * room / length), _LEAST_CHARACTERS)))


def _fit(figure: Figure, shown: Legend) -> None:
    """Replace a legend that is wider than its figure by one of two columns, or of one."""
    handles = [handle for handle in shown.legend_handles if handle is not None]
    for handle, text in zip(handles, shown.get_texts(), strict=True):
        handle.set_label(text.get_text())
    title = shown.get_title().get_text() or None
    for columns in (2, 1):
        if shown.get_window_extent().width <= figure.bbox.width:
            return
        shown.remove()
        legend(figure, handles, columns, title)
        shown = figure.legends[-1]
        figure.draw_without_rendering()
