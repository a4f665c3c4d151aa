"""Small results of studies, kept in `studies/results`, and the marks by which a figure says which result it shows.

A figure holds the digest of its result in the text of its PNG file. A table is text, and is compared as such.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import xarray as xr

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = Path("studies") / "results"
FIGURES: Final = Path("studies") / "figures"
MOST_BYTES: Final = 100_000
"""Size of a result that is kept among the sources."""
_MARK: Final = "Results"


def place(name: str, root: Path = ROOT) -> Path:
    """File of a stored result."""
    return root / RESULTS / f"{name}.nc"


def keep(dataset: xr.Dataset, name: str, command: str, root: Path = ROOT) -> None:
    """Store the result of a study, with the command that made it, the commit, the libraries and the date.

    Raises
    ------
    ValueError
        If it is larger than `MOST_BYTES`.
    """
    import analogep
    from analogep import results
    from analogep.results import circumstances

    said = {"command": command, "analogep_version": analogep.__version__, "date": circumstances.clock.date()}
    path = place(name, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    results.write(dataset.assign_attrs(circumstances.made_by() | said), path)
    if path.stat().st_size > MOST_BYTES:
        size = path.stat().st_size
        path.unlink()
        raise ValueError(f"{path}: {size} bytes are too many to keep, {MOST_BYTES} at most; keep fewer numbers")


def read(name: str, root: Path = ROOT) -> xr.Dataset:
    """A stored result."""
    from analogep import results

    return results.read(place(name, root))


def mark(name: str, root: Path = ROOT) -> str:
    """What a figure of a stored result says: its name and the SHA-256 of its file."""
    return f"{name} {hashlib.sha256(place(name, root).read_bytes()).hexdigest()}"


def save(figure: Any, name: str, root: Path = ROOT) -> None:
    """Write the figure of a stored result as PNG, with its mark."""
    path = root / FIGURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, metadata={_MARK: mark(name, root)})


def marked(path: Path) -> str:
    """What a PNG file says it shows; nothing where it says none."""
    from PIL import Image

    with Image.open(path) as image:
        return str(image.info.get(_MARK, ""))
