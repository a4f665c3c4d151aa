"""The section of a page that a study of fitted errors has in place of those of its axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analogep import plots
from analogep.errors import UsageError
from analogep.report import svg
from analogep.report.blocks import Drawing, Items, Section, Table, Text, Tile, Tiles
from analogep.study import told
from analogep.study.posterior import posterior_parts

if TYPE_CHECKING:
    import xarray as xr

_CAPTION: Final = (
    "Left: drawn cards from the lowest to the highest, each the mean over chips and seeds, with the 95 % interval "
    "because "
    "of what was not measured; dashed: the card as it is. Right: standard deviation that each measurement leaves, with "
    "whiskers of one standard error of its variance."
)
_WORDS: Final = "95 %, because of what was not measured"


def answer(dataset: xr.Dataset) -> Section:
    """Intervals, the experiment to do next, and the part of each measurement."""
    heading = "What was not measured"
    try:
        found = posterior_parts(dataset)
    except UsageError as error:
        return Section("open", heading, [Text(f"Nothing can be said yet: {error}.")])
    alternative = f"Accuracy {told.interval(found, 'accuracy')}. {found.attrs['next']}"
    drawing = Drawing(svg.inline(plots.posterior_parts(dataset), "open", alternative), _CAPTION, alternative)
    tiles = [
        Tile("Accuracy", told.interval(found, "accuracy"), _WORDS),
        Tile("Training sample", told.interval(found, "training_energy"), _WORDS),
        Tile("Inference", told.interval(found, "inference_energy"), _WORDS),
        Tile("Chips and seeds", told.scatter(found), "standard deviations of the accuracy, in no interval"),
    ]
    rows = told.rows(found)
    table = Table("Standard deviation that each measurement leaves", told.HEADS, rows, strong=[len(rows) - 1])
    remarks = told.remarks(found)
    more = [Items(remarks)] if remarks else []
    return Section("open", heading, [Tiles(tiles), Text(found.attrs["next"]), drawing, table, *more])
