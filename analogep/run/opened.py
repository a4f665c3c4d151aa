"""The folder of a finished run, opened again: its result and its trained chip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analogep import results
from analogep.cards.record import card_of
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import ResultError
from analogep.run.folder import CHIP, RESULT
from analogep.run.training import kept
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr

    from analogep.chip import Chip


class Opened(NamedTuple):
    """Result and chip of a finished run, the chip as it was at the end of training."""

    result: xr.Dataset
    chip: Chip


def open(path: str | Path) -> Opened:
    """Open the folder of a finished run.

    Parameters
    ----------
    path : str or Path
        The folder, or a `result.nc` by itself: its chip has the conductances of the result and is for reading only.

    Returns
    -------
    Opened
        `result`, an `xarray.Dataset`, and `chip`, which predicts on new data and can be trained further.

    Raises
    ------
    ResultError
        If there is no finished run, or a file of it is damaged or holds what no run leaves behind.

    Examples
    --------
    >>> result, chip = analogep.open("runs/mine")  # doctest: +SKIP
    >>> chip.predict(x)  # doctest: +SKIP
    """
    given = Path(path)
    file = given / RESULT if given.is_dir() else given
    if given.is_dir() and not file.exists():
        raise ResultError(f"{given}: holds no {RESULT}: the run has not finished, or the folder is no run's")
    result = results.read_run(file)
    cards = card_of(result.attrs, DeviceCard), card_of(result.attrs, CircuitCard)
    # A file by itself may lie beside a chip that is another's.
    path = given / CHIP
    return Opened(result, kept(*cards, Seeds.parse(str(result.attrs["seeds"])), result, path))
