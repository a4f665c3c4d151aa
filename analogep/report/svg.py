"""Figures as SVG that stands inside a page: text stays text, colours follow the page, names do not clash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from analogep.plots import render
from analogep.plots.style import SIZE
from analogep.report.narrow import narrow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH: Final = 4.9
"""Width [inch]: on a telephone 400 pixels wide, letters are then as large as drawn, 9 pixels."""

_PAGE_COLORS: Final = {
    "#000000": "ink",
    "#333333": "ink",
    "#555555": "faint",
    "#8c8c8c": "dim",
    "#bbbbbb": "grid",
    "#dddddd": "grid",
    "#e8e8e8": "band",
    "#ffffff": "paper",
    "#0072b2": "blue",
    "#d55e00": "vermillion",
    "#009e73": "green",
}
"""Colours of the figures that a dark page draws otherwise, and their names in the page's style."""

_COLOR = re.compile(r"(?<=: )(#[0-9a-f]{6})\b")
_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r"\s*<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_OPENING = re.compile(r"<svg[^>]*?viewBox=\"([^\"]*)\"[^>]*>")
_ID = re.compile(r"\bid=\"([^\"]+)\"")
_REFERENCE = re.compile(r"(?:url\(#|xlink:href=\"#)([^)\"]+)")
_TAG = re.compile(r"<[^>]*>")
_POINTS = re.compile(r"-?\d+\.\d{3,}")
_FONT = re.compile(r"font-family: [^;\"]*;? ?")


def inline(figure: Figure, name: str, alternative: str) -> str:
    """Draw a figure, without the title that the page already has, as an SVG element.

    Parameters
    ----------
    figure : Figure
        Is made narrower, as `narrow` does.
    name : str
        Set before all names inside, so that they differ from those of the other figures of the page.
    alternative : str
        What the figure shows, in a sentence.
    """
    figure.suptitle("")
    width, height = figure.get_size_inches()
    usual = 0.84 * WIDTH if height <= SIZE[1] else height
    narrow(figure, WIDTH, max(height, WIDTH) if height > width else usual)
    return embedded(render(figure, ".svg").decode(), name, alternative)


def embedded(svg: str, name: str, alternative: str) -> str:
    """Turn a file's SVG into an element of a page.

    Parameters
    ----------
    svg : str
        As matplotlib writes it.
    name, alternative : str
        As in `inline`.
    """
    for unwanted in (_HEAD, _METADATA, _STYLE):
        svg = unwanted.sub("", svg, count=1)
    used = set(_REFERENCE.findall(svg))
    svg = _ID.sub(lambda found: f'id="{name}-{found[1]}"' if found[1] in used else "", svg)
    svg = svg.replace("url(#", f"url(#{name}-").replace('xlink:href="#', f'href="#{name}-')
    svg = _FONT.sub("", svg)
    svg = _COLOR.sub(_named, svg)
    # Hundredths of a point cannot be seen, and half of the file is digits; those between tags are read.
    svg = _TAG.sub(lambda tag: _POINTS.sub(lambda found: f"{float(found[0]):.2f}", tag[0]), svg)
    label = alternative.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return _OPENING.sub(lambda found: f'<svg viewBox="{found[1]}" role="img" aria-label="{label}">', svg, count=1)


def _named(found: re.Match[str]) -> str:
    name = _PAGE_COLORS.get(found[1])
    return f"var(--{name})" if name else found[1]
