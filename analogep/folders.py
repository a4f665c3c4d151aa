"""Folders of results, opened again, whatever command has made them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from analogep import results
from analogep.budget.budget import BUDGET
from analogep.errors import ResultError
from analogep.run.folder import CHECKPOINT, RESULT
from analogep.run.folder import IDENTITY as RUN
from analogep.run.opened import Opened
from analogep.run.opened import open as open_run
from analogep.study.folder import IDENTITY, STUDY
from analogep.study.study_file import check_study

if TYPE_CHECKING:
    import xarray as xr

_FILES: Final = {
    BUDGET: "a budget",
    "tune.nc": "a search",
    "beta.nc": "a sweep of beta",
    STUDY: "a study",
    RESULT: "a run",
}
"""File of a folder -> what has made it. Folders of a budget hold the file of its study as well."""
_DIMENSIONS: Final = {"tune.nc": {"knob", "trial"}, BUDGET: {"limit"}, "beta.nc": {"estimator", "beta"}}
"""Dimensions by which a file that has another name is known."""
_BEGUN: Final[Mapping[str, str]] = {
    CHECKPOINT: "the run has not finished",
    RUN: "the run has not finished",
    "search.db": "the search has not ended",
    IDENTITY: "the study has not finished",
}
"""File of a folder -> why there is no result yet."""


def open(path: str | Path) -> Opened | xr.Dataset:
    """Open what a command has left in a folder.

    Parameters
    ----------
    path : str or Path
        The folder of a run, a study, a budget, a search (`analogep tune`) or a sweep of beta, or the NetCDF file in it.

    Returns
    -------
    Opened or xarray.Dataset
        Of a run `result`, an `xarray.Dataset`, and `chip`, which predicts on new data and can be trained further; of
        all others the `xarray.Dataset`. A `result.nc` by itself has a chip for reading only.

    Raises
    ------
    ResultError
        If there is no result, or a file of it is damaged or holds what none leaves behind.

    Examples
    --------
    >>> result, chip = analogep.open("runs/mine")  # doctest: +SKIP
    >>> chip.predict(x)  # doctest: +SKIP
    >>> analogep.open("runs/sweep")["accuracy"].mean("seed")  # doctest: +SKIP
    """
    given = Path(path)
    if given.is_dir():
        name = next((name for name in _FILES if (given / name).is_file()), None)
        if name is None:
            raise ResultError(f"{given}: {_lacking(given)}")
        return open_run(given) if name == RESULT else _read(given / name, name)
    dataset = results.read(given)
    if "trace_time" in dataset.variables:
        return open_run(given)
    if "state" in dataset.variables:
        check_study(dataset, given, drawn=False)
        return dataset
    if not any(dimensions <= set(dataset.sizes) for dimensions in _DIMENSIONS.values()):
        raise ResultError(f"{given}: is no result; give the folder that a command has written, or the result in it")
    return dataset


def _read(path: Path, name: str) -> xr.Dataset:
    dataset = results.read(path)
    if name == STUDY:
        check_study(dataset, path, drawn=False)
    elif not _DIMENSIONS[name] <= set(dataset.sizes):
        raise ResultError(f"{path}: is not the result of {_FILES[name]}")
    return dataset


def _lacking(folder: Path) -> str:
    """Why a folder cannot be opened, in a sentence."""
    for name, why in _BEGUN.items():
        if (folder / name).exists():
            return f"{why}; the same command goes on and finishes it"
    kinds = [f"{name} ({kind})" for name, kind in reversed(_FILES.items())]
    return f"holds no result: none of {', '.join(kinds)}"
