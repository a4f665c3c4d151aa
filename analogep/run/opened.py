"""The folder of a finished run, opened again: its result and its trained chip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analogep import results
from analogep.cards.record import card_of
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.display import line, table
from analogep.errors import ResultError
from analogep.run.folder import CHIP, RESULT
from analogep.run.training import kept
from analogep.streams import Seeds
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

    from analogep.chip import Chip


class Opened(NamedTuple):
    """Result and chip of a finished run, the chip as it was at the end of training."""

    result: xr.Dataset
    chip: Chip

    def _shown(self) -> dict[str, str]:
        """What a person wants to see first."""
        last, attrs = self.result.isel(epoch=-1), self.result.attrs
        joules = [format_si(float(f"{float(last[f'{kind}_energy']):.3g}"), "J") for kind in ("training", "inference")]
        return {
            "accuracy": f"{100.0 * float(last['accuracy']):.2f} % of {attrs['test_samples']} test samples",
            "epochs": f"{int(last['epoch'])}",
            "energy": f"{joules[0]} a training sample, {joules[1]} an inference",
            "seeds": str(attrs["seeds"]),
            "version": str(attrs["analogep_version"]),
        }

    def __repr__(self) -> str:
        return line("Opened", str(self.result.attrs["title"]), self._shown())

    def _repr_html_(self) -> str:
        return table(f"Result and chip: {self.result.attrs['title']}", self._shown())


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
