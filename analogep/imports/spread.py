"""Bounds that spread from cell to cell: in which window they can, and where their distribution has to end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Final

from analogep.device.variation import DeviceToDevice
from analogep.imports.draft import Draft, UntranslatableError

_HIGH: Final = 1e-5
_RATIO: Final = 10.0
_CUTS: Final = tuple(0.05 * k for k in range(60, 11, -1))
"""Truncations that are tried, in standard deviations: 3, 2.95, ... 0.6."""
_ROOM: Final = 0.99


def window(made: Draft, sides: Mapping[str, float]) -> tuple[float, float, float]:
    """(G_min, G_max, truncation of the bounds): the user's window, or 1 to 10 uS.

    A window by default begins higher where the lower bound of a cell would reach 0 S. The truncation is 3 standard
    deviations, or less where the windows of cells would cross before.

    Parameters
    ----------
    made : Draft
    sides : mapping
        Standard deviation of `min` and `max` as a share of the window [window].

    Raises
    ------
    UntranslatableError
        If the spread does not fit into the window that was asked for, or into any.
    """
    cut = next((one for one in _CUTS if _reach(sides["min"], one) + _reach(sides["max"], one) < _ROOM), None)
    if cut is None:
        name = "w_min_dtod" if sides["min"] >= sides["max"] else "w_max_dtod"
        raise made.refused(name, "the bounds of cells would cross whatever their distribution; a card cannot hold that")
    if made.known.window is not None:
        low, high = made.known.window
        if _reach(sides["min"], cut) * (high - low) >= low:
            raise UntranslatableError(
                f"{made.file}: w_min_dtod: {made.value('w_min_dtod'):g}: in a window of {low:g} to {high:g} S the "
                f"lower bound of some cells would be below 0 S; with this upper end the lower one must be above "
                f"{_lowest(sides['min'], cut, high):.3g} S"
            )
        return low, high, cut
    low = max(_HIGH / _RATIO, _lowest(sides["min"], cut, _HIGH) / 0.9)
    return float(f"{math.ceil(low * 1e7) * 1e-7:.3g}"), _HIGH, cut


def bounded(
    made: Draft,
    sides: Mapping[str, float],
    ends: tuple[float, float],
    cut: float,
    fields: Mapping[str, tuple[str, ...]],
) -> None:
    """Write the spread of the bounds, and where it is cut off.

    Parameters
    ----------
    sides : mapping
        Standard deviations as a share of the window [window].
    ends : tuple of float
        The window [S].
    cut : float
        Truncation [standard deviations].
    fields : mapping
        Fields of the file that say each.
    """
    path, span = "variation.device_to_device", ends[1] - ends[0]
    made.word(f"{path}.distribution", "normal")
    made.told(f"{path}.truncate", None, 3.0, "")
    for end, value in zip(("min", "max"), ends, strict=True):
        made.put(f"{path}.{end}", sides[end] * span / value, "%", fields[end], "derived")
    if cut < _CUTS[0]:
        for end in ("min", "max"):
            made.put(
                f"{path}.truncations.{end}", round(cut, 2), "", fields[end], "derived; beyond it windows could cross"
            )
        made.remarks.append(
            f"bounds are cut off at {cut:.3g} standard deviations, beyond which windows could cross; what is left has "
            "the standard deviation of the file"
        )
    made.word(f"{path}.stated", "after")


def shortened(made: Draft, quantity: str, sigma: float, name: str) -> None:
    """Cut a normal factor of standard deviation `sigma` off before it reaches zero, where 3 sigma are too far.

    Parameters
    ----------
    quantity : str
        `step` or `asymmetry`.
    sigma : float
        Standard deviation that is to be left [1].
    name : str
        The field that says it.

    Raises
    ------
    UntranslatableError
        If no distribution of positive factors is so wide.
    """
    cut = next((one for one in _CUTS if _reach(sigma, one) < _ROOM), None)
    if cut is None:
        raise made.refused(name, "a normal factor of that spread is negative for some cells; a card cannot hold that")
    if cut < _CUTS[0]:
        path = "variation.device_to_device.truncations"
        made.put(f"{path}.{quantity}", round(cut, 2), "", (name,), "derived; beyond it factors reach zero")


def _reach(side: float, cut: float) -> float:
    """Largest deviation of a distribution that has the standard deviation `side` once it is truncated."""
    return cut * _before(cut) * side


def _lowest(side: float, cut: float, high: float) -> float:
    """Lower end of a window up to `high` at which the lowest cell reaches 0 S: r (high - low) = low."""
    reach = _reach(side, cut)
    return reach * high / (1.0 + reach)


def _before(cut: float) -> float:
    """Standard deviation before a truncation that leaves 1."""
    one = partial(DeviceToDevice, distribution="normal", max=0.0, min=0.0, step=0.0, asymmetry=0.0, stated="after")
    return one(truncate=cut).whole(1.0, "normal")
