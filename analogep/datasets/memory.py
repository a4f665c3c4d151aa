"""How much memory is free: asked before images are unpacked, so that a run is refused with a number and not killed."""

from __future__ import annotations

from pathlib import Path

from analogep.errors import DataError

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def available() -> int | None:
    """Memory that can be had without swapping [bytes], by the machine and by the container's limit; None if unknown."""
    known = [found for found in (_machine(), _container()) if found is not None]
    return min(known) if known else None


def require(size: int, name: str, what: str) -> None:
    """Refuse what does not fit into the memory that is free.

    Parameters
    ----------
    size : int
        Memory that is needed [bytes].
    name, what : str
        Source as messages call it, and what it would become.

    Raises
    ------
    DataError
        If less is available.
    """
    free = available()
    if free is not None and size > free:
        raise DataError(
            f"{name}: {what} take {size / 2**30:.3g} GiB of memory, and {free / 2**30:.3g} GiB are free; take fewer "
            "samples, or smaller ones"
        )


def _machine() -> int | None:
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _container() -> int | None:
    """Limit of the control group less what it uses; files that were read count as used, and can be dropped."""
    try:
        limit, used = ((_GROUP / name).read_text(encoding="ascii") for name in ("memory.max", "memory.current"))
        kept = dict(line.split() for line in (_GROUP / "memory.stat").read_text(encoding="ascii").splitlines())
        return int(limit) - int(used) + int(kept.get("inactive_file", 0))
    except (OSError, ValueError):
        return None
