"""`analogep repeat PATH`: a run or a study made again from what its result records, and held against it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

HELP = "make a run or a study again from its result alone, and compare the numbers"
DESCRIPTION = (
    "Make the run or the study of a result again: its cards with the values that ran, however they were changed, its "
    "seeds and its data; then say whether all numbers are the same. The result holds all of it but data that are not "
    "the bundled digits."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("path", metavar="PATH", help="folder of a finished run or study, or its result.nc or study.nc")
    add("--data", metavar="SOURCE", help="its data: IDX folder or NPZ file (default: bundled 8x8 digits)")
    add("--out", metavar="DIR", help="output folder (default: runs/, named from the digest and 'again')")
    add("--quiet", action="store_true", help="no progress, no warnings, no text")
    add("--force", action="store_true", help="replace another run or study in the output folder")


def run(parsed: argparse.Namespace) -> int:
    """Make it again and compare; 1 if numbers differ.

    Raises
    ------
    ResultError
        If there is no result, or it does not say how to make it again.
    """
    from analogep import report
    from analogep.errors import ResultError
    from analogep.run import same_version

    source = report.find(Path(parsed.path), report.WORKS)
    before, _ = report.read(source, report.WORKS)
    if not (parsed.quiet or same_version(before.attrs)):
        version = before.attrs.get("analogep_version", "an unknown version")
        print(f"warning: {source} was made by analogep {version}: its numbers may differ", file=sys.stderr)
    try:
        folder, dataset = (_study if "study" in before.attrs else _run)(parsed, before)
    except ResultError as error:
        raise ResultError(f"{source}: {error}") from None
    differing = differences(before, dataset)
    if not parsed.quiet:
        print(f"written to {folder}: {verdict(differing, source)}")
    return 1 if differing else 0


def _run(parsed: argparse.Namespace, before: xr.Dataset) -> tuple[Path, xr.Dataset]:
    from analogep import plots
    from analogep.cli import summary
    from analogep.run import again
    from analogep.run.progress import bar as opened

    job = again(before, parsed.data)
    folder = _folder(parsed, job.default_folder)
    with opened(sys.stderr.isatty() and not parsed.quiet) as bar:
        dataset = job.execute(folder, force=parsed.force, report=bar)
    plots.save(dataset, folder)
    if not parsed.quiet:
        print(summary.text(dataset))
    return folder, dataset


def _study(parsed: argparse.Namespace, before: xr.Dataset) -> tuple[Path, xr.Dataset]:
    from analogep.study import again

    study = again(before, parsed.data)
    folder = _folder(parsed, study.plan.default_folder)
    return folder, study.run(folder, force=parsed.force)


def _folder(parsed: argparse.Namespace, default: Path) -> Path:
    """Where it is made again: never the folder that the first one stands in by default."""
    return Path(parsed.out) if parsed.out else default.with_name(f"{default.name}-again")


def differences(one: xr.Dataset, other: xr.Dataset) -> list[str]:
    """Names of variables and coordinates that two results do not both have with the same values."""
    names = dict.fromkeys([*one.variables, *other.variables])
    return [str(name) for name in names if not _same(one.variables.get(name), other.variables.get(name))]


def _same(one: xr.Variable | None, other: xr.Variable | None) -> bool:
    """Whether two variables have the same dimensions and values; what is no number in both is the same."""
    if one is None or other is None or one.dims != other.dims or one.shape != other.shape:
        return False
    a, b = one.values, other.values
    return bool(((a == b) | ((a != a) & (b != b))).all())


def verdict(differing: list[str], source: Path) -> str:
    """Say whether the numbers are those of the result."""
    if not differing:
        return f"the same numbers as {source}"
    more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
    return f"other numbers than {source} in {', '.join(differing[:5])}{more}"
