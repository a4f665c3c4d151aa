"""The folder of a run: what is done in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from analogep import results
from analogep.errors import ResultError
from analogep.results import circumstances
from analogep.run.owned import LOCK, Owned

if TYPE_CHECKING:
    import xarray as xr

RESULT = "result.nc"
CHECKPOINT = "checkpoint.nc"
CHIP = "chip.nc"
IDENTITY = "run.json"
_SCRATCH = re.compile(r"\.(run\.json|(result|checkpoint|chip)\.nc|[a-z]+\.png|report\.html)\.\w+\.part$")


class Folder(Owned):
    """A folder that belongs to one run.

    Parameters
    ----------
    path : Path
        Need not exist.
    identity : dict of str
        What decides the numbers, in readable form; `digest` identifies it.
    """

    noun, file = "run", IDENTITY

    def _prepare(self) -> None:
        """Nothing has to be there."""

    def _strange(self, entry: Path) -> bool:
        return entry.name != LOCK and not _SCRATCH.match(entry.name)

    def _clear(self) -> None:
        for name in (RESULT, CHIP, CHECKPOINT):
            (self.path / name).unlink(missing_ok=True)

    def _made_by_others(self) -> bool:
        path = next((self.path / name for name in (RESULT, CHECKPOINT) if (self.path / name).exists()), None)
        try:
            return path is not None and bool(circumstances.differences(results.glance(path).attrs))
        except ResultError:
            return False  # what is damaged is said where it is read

    def _tidy(self) -> None:
        for entry in self.path.iterdir():
            if _SCRATCH.match(entry.name):
                entry.unlink(missing_ok=True)

    def result(self) -> xr.Dataset | None:
        """The finished result, or None."""
        return self._finished(results.read)

    def glance(self) -> xr.Dataset | None:
        """Numbers of the finished result for a summary, or None."""
        return self._finished(results.glance)

    def _finished(self, read: Callable[[Path], xr.Dataset]) -> xr.Dataset | None:
        path = self.path / RESULT
        if not path.exists():
            return None
        found = read(path)
        if found.attrs.get("digest") != self.identity["digest"]:
            raise ResultError(f"{path}: is not the result of the run that {IDENTITY} names; remove it to run again")
        results.check_run(found, path)
        circumstances.warn(found.attrs, path, "--force makes it again")
        return found

    def checkpoint(self) -> xr.Dataset | None:
        """The last epoch's state, or None before the first; a damaged file counts as none."""
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        try:
            return results.read(path)
        except ResultError:
            # Renames are atomic, so only the disk itself can damage it; the epochs are then done again.
            return None

    def keep(self, state: xr.Dataset) -> None:
        """Store the state after an epoch."""
        results.write(state, self.path / CHECKPOINT)

    def finish(self, dataset: xr.Dataset) -> None:
        """Store the result and remove the checkpoint."""
        results.write(dataset, self.path / RESULT)
        (self.path / CHECKPOINT).unlink(missing_ok=True)


def default_path(identity: dict[str, str]) -> Path:
    """Folder named from the cards and the digest: the same command finds it again."""
    return Path("runs") / f"{identity['device']}-{identity['circuit']}-{identity['digest'][:10]}"
