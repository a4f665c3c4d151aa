"""What a page needs of the result that it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from analogep.errors import ResultError

if TYPE_CHECKING:
    import xarray as xr


def check(dataset: xr.Dataset, path: Path, variables: Iterable[str], attributes: Iterable[str], maker: str) -> None:
    """Refuse a result without what its page shows.

    Parameters
    ----------
    dataset : xarray.Dataset
        Read from `path`.
    path : Path
    variables, attributes : iterable of str
        Names that the page needs.
    maker : str
        What makes the result again, in words.

    Raises
    ------
    ResultError
        If one is missing.
    """
    lacking = [name for name in variables if name not in dataset]
    lacking += [key for key in attributes if key not in dataset.attrs]
    if lacking:
        raise ResultError(f"{path}: lacks '{lacking[0]}'; it was made by another version, run {maker} again")
