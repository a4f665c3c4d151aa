"""One look for all figures: colours for colour-blind readers, dashes and markers that survive grey print."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import math
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import xarray as xr

SIZE: Final = (7.0, 4.3)
"""Width and height [inch]."""

BLACK, ORANGE, SKY, GREEN, BLUE, VERMILLION, PURPLE = (
    "#000000",
    "#C08400",
    "#2F95D0",
    "#009E73",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
"""Okabe and Ito, Color Universal Design, 2008; without its yellow, which is lost on white paper; orange and sky, whose
contrast with it is 2.3:1, are as dark as 3:1 asks for."""

GREY: Final = "#8c8c8c"

STYLE: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.labelsize": 9.5,
    "axes.titlesize": 9.5,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
    "legend.title_fontsize": 9.0,
    "legend.frameon": False,
    "figure.titlesize": 11.0,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.which": "major",
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "savefig.facecolor": "white",
    "savefig.bbox": None,
    # Names are what people called things: a '$' in one begins no formula.
    "text.parse_math": False,
    "text.usetex": False,
    "axes.formatter.use_mathtext": False,
}

_TITLE_CHARACTERS_PER_INCH: Final = 12
_TITLE_CHARACTERS: Final = 300
_LABEL_CHARACTERS: Final = 80
"""Letters of a title, and of a label in a legend, that leave room for the panels."""
_PREFIX: Final = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


@dataclass(frozen=True)
class Look:
    """Colour, dashes and marker of one line."""

    color: str
    dashes: str | tuple[int, tuple[float, ...]]
    marker: str


LOOKS: Final = (
    Look(BLUE, "-", "o"),
    Look(VERMILLION, (0, (5.0, 1.5)), "s"),
    Look(GREEN, (0, (1.0, 1.2)), "^"),
    Look(ORANGE, (0, (6.0, 1.5, 1.0, 1.5)), "P"),
    Look(PURPLE, (0, (6.0, 1.5, 1.0, 1.5, 1.0, 1.5)), "v"),
    Look(SKY, (0, (9.0, 2.0)), "X"),
    Look(BLACK, "-", "D"),
)


def look(index: int) -> Look:
    """Look of line `index`; they repeat after seven."""
    return LOOKS[index % len(LOOKS)]


@contextlib.contextmanager
def styled(more: dict[Any, Any] | None = None) -> Iterator[None]:
    """The style of all figures, and `more` of it, while something is drawn; nothing is said of missing glyphs."""
    with warnings.catch_warnings(), matplotlib.rc_context(STYLE | (more or {})):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def drawn(draw: Callable[[xr.Dataset], Figure]) -> Callable[[xr.Dataset], Figure]:
    """Run `draw` in the style of all figures and put the run's title, `dataset.attrs["title"]`, above it."""

    @functools.wraps(draw)
    def whole(dataset: xr.Dataset) -> Figure:
        with styled():
            figure = _titled(draw, dataset)
            # Ticks are made when first drawn and would else take the style that the caller has then.
            figure.draw_without_rendering()
        return figure

    return whole


def png(draw: Callable[[xr.Dataset], Figure], dataset: xr.Dataset, dpi: int) -> bytes:
    """PNG file of what a function that was `drawn` draws; laid out and drawn once, where `savefig` does both twice."""
    buffer = io.BytesIO()
    with styled():
        figure = _titled(inspect.unwrap(draw), dataset)
        figure.set_dpi(dpi)
        FigureCanvasAgg(figure).print_png(buffer)  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def _titled(draw: Callable[[xr.Dataset], Figure], dataset: xr.Dataset) -> Figure:
    figure, title = draw(dataset), short(str(dataset.attrs["title"]), _TITLE_CHARACTERS)
    figure.suptitle(textwrap.fill(title, int(_TITLE_CHARACTERS_PER_INCH * figure.get_figwidth())))
    return figure


def blank(height: float = SIZE[1]) -> Figure:
    """Return an empty figure of the common width [inch] that lays itself out."""
    figure = Figure(figsize=(SIZE[0], height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def short(text: str, most: int) -> str:
    """The text, or its beginning and dots if it is longer than `most` letters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def legend(figure: Figure, handles: Iterable[Artist], columns: int, title: str | None = None) -> None:
    """Explain `handles` below the panels."""
    handles = list(handles)
    if handles:
        columns = min(columns, len(handles))
        for one in handles:
            one.set_label(short(str(one.get_label()), _LABEL_CHARACTERS))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=title)


def note(axes: Axes, text: str) -> None:
    """Say in a panel, above its middle, why nothing is drawn in it."""
    axes.text(0.5, 0.75, text, transform=axes.transAxes, ha="center", va="center", color="#555555")


def epochs(axes: Axes, numbers: ArrayLike) -> None:
    """Set the x axis of a panel to the epochs `numbers` (epochs,), integers, with room around a single one."""
    first, last = float(np.min(numbers)), float(np.max(numbers))
    room = max(0.5, 0.02 * (last - first))
    axes.set_xlim(first - room, last + room)
    ticks = MaxNLocator(nbins=7, integer=True, steps=[1, 2, 5, 10]).tick_values(first, max(last, first + 1.0))
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if first <= tick <= last]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.set_xlabel("epoch" if first > 0.0 else "epoch (0: untrained)")


def series(axes: Axes, x: ArrayLike, y: NDArray[np.float64], index: int, label: str) -> bool:
    """Draw the finite values of one quantity, with markers; return whether there were any.

    `x` (epochs,) are the indices of the epochs, `y` (epochs,) the values, in the unit of the axis.
    """
    finite = np.isfinite(y)
    kind = look(index)
    axes.plot(
        np.asarray(x)[finite],
        y[finite],
        color=kind.color,
        linestyle=kind.dashes,
        marker=kind.marker,
        markevery=max(1, math.ceil(int(finite.sum()) / 30)),
        label=label,
    )
    return bool(finite.any())


def logarithmic(axes: Axes, values: NDArray[np.float64]) -> None:
    """Make the y axis logarithmic and label it with plain numbers: every decade, below two decades also 2 and 5.

    Within a factor of five, where those could leave a single label, labels are evenly spaced numbers. `values` are what
    it is to show, of any shape, in the unit of the axis.
    """
    axes.set_yscale("log")
    positive = values[values > 0.0]
    span = positive.max() / positive.min() if positive.size else 10.0
    if span < 5.0:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if span < 100.0 else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def scale(values: ArrayLike, unit: str) -> tuple[float, str]:
    """(factor, unit with prefix): `values` [unit], any shape, times the factor suit the largest of them."""
    sizes = np.abs(np.asarray(values, dtype=np.float64))
    largest = float(sizes[np.isfinite(sizes)].max(initial=0.0))
    if largest == 0.0:
        return 1.0, unit
    power = 3 * math.floor(math.log10(largest) / 3.0 + 1e-9)
    power = min(max(power, min(_PREFIX)), max(_PREFIX))
    return 10.0**-power, f"{_PREFIX[power]}{unit}"


def engineering(value: float, unit: str) -> str:
    """Three significant digits with a prefix: `1.23 pJ`."""
    value = float(f"{value:.3g}")
    factor, unit = scale(value, unit)
    return f"{value * factor:.3g} {unit}"
