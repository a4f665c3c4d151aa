"""A run made again from its result: what the result records suffices, but for data that are not the bundled ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import analogep
from analogep import datasets, results
from analogep.cards import origin
from analogep.cards.record import card_of
from analogep.cards.wording import printable
from analogep.circuit import CircuitCard
from analogep.datasets import Dataset, HeldOut, Source
from analogep.device import DeviceCard
from analogep.errors import DataError, ResultError, UsageError
from analogep.run.folder import RESULT
from analogep.run.run import Run, Watcher
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr


def again(
    result: xr.Dataset | str | Path,
    data: Source = None,
    *,
    on_batch: Watcher | None = None,
    on_epoch: Watcher | None = None,
) -> Run:
    """Make the run of a result again: its cards with the values that ran, its seeds, its data.

    Parameters
    ----------
    result : xarray.Dataset, str or Path
        What `Run.execute` returned, its file, or the folder of that.
    data : str, Path, Dataset or None
        The run's data, as in `datasets.load`; not needed for the bundled digits.
    on_batch, on_epoch : callable or None
        What watched the run, if anything did: a result names it, and cannot hold it.

    Returns
    -------
    Run
        With the same `identity` as the run had, if that was of this version.

    Raises
    ------
    ResultError
        If the result is missing, damaged, of another kind, or does not record what ran; or if a part that is not ours
        has another source now.
    UsageError
        If the data are needed.
    DataError
        If other data are given, or they cannot be read.
    CardError
        If this version refuses the cards.

    Examples
    --------
    >>> again("runs/rram-digits-0123456789").execute()  # doctest: +SKIP
    """
    attrs = _attributes(result)
    device, circuit = card_of(attrs, DeviceCard), card_of(attrs, CircuitCard)
    _check_parts(attrs, device, circuit)
    seeds = seeds_of(attrs)
    watched = str(attrs.get("watched_by", ""))
    if watched and on_batch is None and on_epoch is None:
        raise UsageError(
            f"the run was watched from Python ({printable(watched)}), which may have changed it and is not in the "
            "result: give the same functions to analogep.again(result, on_batch=..., on_epoch=...)"
        )
    run = Run(device, circuit, seeds, samples(attrs, seeds, data), on_batch=on_batch, on_epoch=on_epoch)
    run.held_out = held_out(attrs)  # its data have the part already
    digest = str(attrs.get("digest"))
    if same_version(attrs) and run.identity["digest"] != digest:
        raise ResultError(
            f"the result does not record what ran: its digest is {digest[:16]}..., that of its cards, seeds and data "
            f"is {run.identity['digest'][:16]}...; was the file edited?"
        )
    return run


def _check_parts(attrs: Mapping[str, Any], device: DeviceCard, circuit: CircuitCard) -> None:
    """Refuse parts of the user's own whose source is not that of the run."""
    ran = {(one.family, one.name): one for one in origin.parts_of(attrs)}
    for now in origin.origins(device, circuit):
        then = ran.get((now.family, now.name))
        if then is not None and then.digest != now.digest:
            raise ResultError(f"the run used another source of its parts than there is now: then {then}; now {now}")


def same_version(attrs: Mapping[str, Any]) -> bool:
    """Whether a result was made by this version, which gives the same numbers again."""
    return attrs.get("analogep_version") == analogep.__version__


def _attributes(result: xr.Dataset | str | Path) -> Mapping[str, Any]:
    if isinstance(result, str | Path):
        path = Path(result)
        result = results.read_run(path / RESULT if path.is_dir() else path)
    if "device" not in result.attrs or "circuit" not in result.attrs or "study" in result.attrs:
        raise ResultError("is no result of a run: a study is made again by analogep.study.again")
    return result.attrs


def seeds_of(attrs: Mapping[str, Any]) -> Seeds:
    """The three seeds of a result, with their Monte-Carlo samples.

    Raises
    ------
    ResultError
        If the result does not say them.
    """
    said = str(attrs.get("seeds", ""))
    try:
        return Seeds.parse(said)
    except ValueError:
        raise ResultError(f"the result does not say the seeds of its run, got '{printable(said)}'") from None


def held_out(attrs: Mapping[str, Any]) -> HeldOut:
    """What a result says was held out of its training samples, as in `Run`; data that brought their own part: None."""
    said = str(attrs.get("held_out", ""))
    return "auto" if said == "auto" else int(said) if said.isdecimal() else None


def samples(attrs: Mapping[str, Any], seeds: Seeds, data: Source = None) -> Dataset:
    """The data of a result, held against their digest.

    Parameters
    ----------
    attrs : mapping
        Attributes of the result.
    seeds : Seeds
        They split data without a test part.
    data : str, Path, Dataset or None
        As in `again`.

    Raises
    ------
    UsageError
        If the data are needed.
    DataError
        If other data are given, or they cannot be read.
    """
    name, digest = str(attrs.get("data")), str(attrs.get("data_digest"))
    if data is None and name != "digits":
        raise UsageError(
            f"the run was trained on the data '{printable(name)}' (SHA-256 {digest[:16]}...), which its result does "
            "not hold: give their file, folder or arrays as data"
        )
    found = datasets.load(data, seeds.data.rng("split"))
    found = datasets.held(found, seeds.data.rng("validation"), held_out(attrs))
    if found.digest != digest:
        raise DataError(
            f"these are other data than '{printable(name)}' of the run: their SHA-256 is {found.digest[:16]}..., that "
            f"of the run's {digest[:16]}...; give the file, folder or arrays that it was trained on"
        )
    # A file may have been renamed since; its name is part of what identifies a run.
    return found if found.name == name else replace(found, name=name)
