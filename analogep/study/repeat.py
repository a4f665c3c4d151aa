"""A study made again from its result: what the result records suffices, but for data that are not the bundled ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import analogep
from analogep import results
from analogep.errors import DataError, ResultError, UsageError
from analogep.study.folder import STUDY
from analogep.study.recorded import recorded
from analogep.study.study import Study
from analogep.study.study_file import check_study
from analogep.study.work import Work, train

if TYPE_CHECKING:
    import xarray as xr


def again(result: xr.Dataset | str | Path, data: str | Path | None = None, work: Work = train) -> Study:
    """Make a study again from its result, with the cards as they were.

    Parameters
    ----------
    result : xarray.Dataset, str or Path
        What `Study.run` returned, its file, or the folder of that.
    data : str, Path or None
        The study's data, as in `datasets.load`; not needed for the bundled digits.
    work : callable
        What made a result of a point, if it was not training.

    Returns
    -------
    Study
        Whose plan has the same digest, if the result is of this version.

    Raises
    ------
    ResultError
        If the result is missing, damaged, of another kind, or does not record what ran.
    UsageError
        If data or work are needed.
    DataError
        If other data are given, or they cannot be read.
    """
    if isinstance(result, str | Path):
        path = Path(result)
        path = path / STUDY if path.is_dir() else path
        result = results.read(path)
        check_study(result, path, drawn=False)
    if "study" not in result.attrs or "axes" not in result.attrs:
        raise ResultError("is no result of a study; a run is made again by analogep.run.again")
    attrs, said = result.attrs, json.loads(result.attrs["study"])
    card = recorded(attrs)
    if said["data"] != "digits":
        if data is None:
            raise UsageError(
                f"the study was made on the data '{said['data']}' (SHA-256 {said['data digest'][:16]}...), which its "
                "result does not hold: give their file or folder as data"
            )
        card = card.changed({"data": str(data)})
    study = Study(card, work=work)
    _check(attrs, said, study.plan.identity)
    return study


def _check(attrs: Mapping[str, Any], said: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Refuse a plan that is not the one of the result."""
    if found["work"] != said["work"]:
        raise UsageError(
            f"the study's points were made by '{said['work'] or 'training'}', not by '{found['work'] or 'training'}'; "
            "give that function as work"
        )
    if found["data digest"] != said["data digest"]:
        raise DataError(
            f"these are other data than '{said['data']}' of the study: their SHA-256 is "
            f"{found['data digest'][:16]}..., that of the study's {said['data digest'][:16]}..."
        )
    if attrs.get("analogep_version") == analogep.__version__ and found["cards"] != said["cards"]:
        raise ResultError(
            f"the result does not record what ran: its cards have the digest {found['cards'][:16]}..., those that ran "
            f"{said['cards'][:16]}...; was the file edited?"
        )
