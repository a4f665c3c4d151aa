"""`analogep study`: many runs over axes of parameters, chips and seeds, resumable, in one result."""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

    from analogep.study import Study, StudyCard, StudyProgress

HELP = "train over axes of parameters, chips and seeds, resumable, on all cores or a cluster"
DESCRIPTION = (
    "Train over axes of parameters of DEVICE and its circuit (--vary), on several fabricated chips and with several "
    "seeds of operation, or as a study file or a ready study says ('analogep list' names those). The same command "
    "goes on where it was stopped. Values are lists (a,b,c), ranges (0.1..0.5/5), logarithmic ranges (log 10 ns..1 "
    "us/5) or whole cards (device=rram,ecram); keys that move together are joined by ';'."
)
_MOST_POINTS = 40


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from analogep.cli.simulate import _age, _count, _epochs, _held_out, _seed

    add = parser.add_argument
    add("device", nargs="?", metavar="DEVICE|STUDY", help="device card, or study: a YAML file, or the "
        "name of a shipped one, such as rram or beta")  # fmt: skip
    add("--circuit", metavar="CARD", help="circuit card: YAML file or name (default: digits)")
    add("--data", metavar="SOURCE", help="IDX folder or NPZ file (default: bundled 8x8 digits)")
    add("--held-out", type=_held_out, metavar="N", help="hold N training samples out as a validation part (or 'auto'), "
        "by which points are ranked; test samples are read once, at the end of each")  # fmt: skip
    add("--vary", action="append", default=[], metavar="KEY=VALUES", help="axis, such as --vary nudging.beta='log "
        "0.1..1/5' or --vary device=rram,ecram; may be repeated")  # fmt: skip
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of either card for all points; "
        "may be repeated")  # fmt: skip
    add("--chips", type=_count, metavar="N", help="samples of fabrication (default: 1)")
    add("--seeds", type=_count, metavar="N", help="samples of operation and data (default: 1)")
    add("--target", metavar="ERROR", help="instead of --seeds: standard error of the mean accuracy, such as '0.5 %%', "
        "at which a combination needs no further seed")  # fmt: skip
    add("--most-seeds", type=_count, metavar="N", help="seeds at which --target gives up (default: 30)")
    add("--seed", type=_seed, metavar="N", help="seed of all samples (default: 0)")
    add("--epochs", type=_epochs, metavar="N", help="epochs, instead of the circuit card's")
    add("--age", type=_age, action="append", default=[], metavar="TIME", help="test each network again this long "
        "after training; may be repeated")  # fmt: skip
    add("--assume", choices=("generic",), help="fill what no source says of a device with stated values of other "
        "devices, instead of taking it as perfect")  # fmt: skip
    add("--posterior", type=_count, metavar="N", help="N cards drawn from the errors of a card that 'analogep fit' "
        "wrote, and N for each measurement of it: intervals, and the experiment to do next")  # fmt: skip
    add("--keep", action="append", default=[], choices=("conductances", "traces"), help="keep this part of each "
        "result as well")  # fmt: skip
    _running(parser)


def _running(parser: argparse.ArgumentParser) -> None:
    """Arguments that change no number."""
    from analogep.cli.simulate import _count

    add = parser.add_argument
    add("--out", metavar="DIR", help="folder of the study (default: runs/, named from its digest)")
    add("--workers", type=_count, metavar="N", help="worker processes (default: as many as cores)")
    add("--scheduler", metavar="ADDRESS", help="run on the Dask cluster whose scheduler is there")
    add("--shard", type=_shard, metavar="I/N", help="run only the I-th of N parts, for job arrays")
    add("--dry-run", action="store_true", help="list the points, measure one, say how long all would take, and end")
    add("--retry", action="store_true", help="try points again that have failed for good")
    add("--force", action="store_true", help="replace another study in the folder, and points that other code made")
    add("--figure", metavar="FILE", help="draw accuracy over the axes into this .png, .svg or .pdf")
    add("--json", action="store_true", help="print the numbers as JSON instead of a table")
    add("--quiet", action="store_true", help="no progress, no warnings, no text")


def _shard(text: str) -> tuple[int, int]:
    first, slash, last = text.partition("/")
    digits = all(part.isascii() and part.isdigit() and len(part) < 10 for part in (first, last))
    if not (slash and digits and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"needs the form 2/8, the second of eight parts, got '{text[:40]}'")
    return int(first), int(last)


def run(parsed: argparse.Namespace) -> int:
    """Run the study, or say what it would be."""
    from analogep.cli import figure, posterior, study_table
    from analogep.study import Study, progress

    figure.check(parsed.figure)
    study = Study(_card(parsed)) if parsed.posterior is None else posterior.study_of(parsed, _given(parsed))
    if not parsed.quiet:
        for warning in study.plan.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    folder = Path(parsed.out) if parsed.out else study.plan.default_folder
    if parsed.dry_run:
        _dry(parsed, study, folder)
        return 0
    with progress.bar(sys.stderr.isatty() and not parsed.quiet) as bar:
        try:
            dataset = study.run(
                folder,
                workers=parsed.workers,
                scheduler=parsed.scheduler,
                shard=parsed.shard,
                force=parsed.force,
                retry=parsed.retry,
                report=bar,
            )
        except KeyboardInterrupt:
            # At exit Python looks for cycles among all objects, the longest part of a Ctrl-C; none of them matters now.
            gc.freeze()
            raise KeyboardInterrupt(_kept(bar.last)) from None
    if study.card.posterior is not None:
        posterior.answer(parsed, dataset, folder)
        return 0
    if parsed.figure:
        _draw(dataset, parsed.figure)
    study_table.answer(parsed, study.card, dataset, folder)
    return 0


def _draw(dataset: xr.Dataset, name: str) -> None:
    """Two or three axes as lines, one or many each by itself."""
    from analogep import plots
    from analogep.cli import figure
    from analogep.study.crossing import crossing

    figure.save(plots.study_lines(dataset) if crossing(dataset) else plots.study_axes(dataset), name)


def _kept(last: StudyProgress | None) -> str:
    if last is None:
        return " before the first point"
    return f" after {last.done + last.failed} of {last.total} points; the same command goes on from there"


def _card(parsed: argparse.Namespace) -> StudyCard:
    """The study of the command line, of a file or a ready one, or of both."""
    from analogep.errors import UsageError
    from analogep.study import StudyCard

    given = _given(parsed)
    name = parsed.device
    if name is not None and _is_study(name):
        card = StudyCard.load(name)
        return card.changed(given) if given else card
    if name is not None:
        _known(name)
        given["device"] = name
    if not (parsed.vary or (parsed.chips or 1) > 1 or (parsed.seeds or 1) > 1 or parsed.target):
        raise UsageError(
            "what varies? Give --vary key=a,b,c, --chips or --seeds, or a ready study or study file, such as beta"
        )
    given["name"] = _name(name, parsed.circuit)
    return StudyCard.of(given)


def _is_study(name: str) -> bool:
    """Whether the argument means a study file or a ready study, rather than a device."""
    from analogep.cards import reader
    from analogep.device import DeviceCard
    from analogep.study import StudyCard

    if name.endswith((".yaml", ".yml")):
        schema = reader.read_file(name).data.get("schema")
        return isinstance(schema, str) and schema.startswith("analogep.study")
    return name in StudyCard.names() and name not in DeviceCard.names() and not os.path.isfile(name)


def _known(name: str) -> None:
    """Refuse a word that is neither a device nor a study, with the nearest name of either."""
    from analogep.cards.wording import listed, near, printable
    from analogep.device import DeviceCard
    from analogep.errors import UsageError
    from analogep.study import StudyCard

    devices, studies = DeviceCard.names(), StudyCard.names()
    if name in devices or "/" in name or "\\" in name or name.endswith((".yaml", ".yml")) or os.path.isfile(name):
        return
    best = near(name, [*devices, *studies])
    kind = "study" if best in studies else "device"
    hint = f"; did you mean the {kind} '{best}'?" if best else ""
    raise UsageError(
        f"{printable(name, 200)}: is neither a device nor a ready study; devices are {listed(devices)}; studies are "
        f"{listed(studies)}{hint}"
    )


def _name(device: str | None, circuit: str | None) -> str:
    """Name of a study without a file, for its folder."""
    import re

    stem = "-".join(Path(part).stem for part in (device, circuit) if part)
    name = re.sub(r"[^a-z0-9_-]+", "_", stem.lower())[:60]
    return name if name[:1].isalpha() else "study"


def _given(parsed: argparse.Namespace) -> dict[str, Any]:
    """What options say, as a study file would."""
    from analogep.errors import UsageError

    given: dict[str, Any] = {
        key: getattr(parsed, key)
        for key in ("circuit", "data", "chips", "seeds", "seed", "assume", "held_out")
        if getattr(parsed, key) is not None
    }
    if parsed.vary:
        given["vary"] = dict(_axis(text) for text in parsed.vary)
        if len(given["vary"]) < len(parsed.vary):
            raise UsageError("--vary: a key stands on two axes")
    sets = _sets(parsed)
    if sets:
        given["set"] = sets
    if parsed.target is not None:
        most = {"most": parsed.most_seeds} if parsed.most_seeds else {}
        given["target"] = {"standard_error": parsed.target, **most}
    elif parsed.most_seeds:
        raise UsageError("--most-seeds goes with --target")
    if parsed.age:
        given["ages"] = [f"{age!r} s" for age in parsed.age]
    if parsed.keep:
        given["keep"] = sorted(set(parsed.keep))
    return given


def _sets(parsed: argparse.Namespace) -> dict[str, Any]:
    from analogep.cards.overrides import parse

    texts: Sequence[str] = [*parsed.set, *([] if parsed.epochs is None else [f"learning.epochs={parsed.epochs}"])]
    return {".".join(one.path): one.value for one in map(parse, texts)}


def _axis(text: str) -> tuple[str, Any]:
    """(name, values) of one `--vary`; the first key names what moves together."""
    from analogep.errors import UsageError
    from analogep.study.values import split

    found: dict[str, str] = {}
    for part in split(text, ";"):
        key, equals, values = (piece.strip() for piece in part.partition("="))
        if not (key and equals and values):
            raise UsageError(f"--vary {text}: needs the form key=a,b,c, such as nudging.beta=0.1,0.3,1")
        found[key] = values
    first = next(iter(found))
    return first, found if len(found) > 1 else found[first]


def _dry(parsed: argparse.Namespace, study: Study, folder: Path) -> None:
    """Print points and expected time."""
    from analogep.crossbar import threads
    from analogep.errors import AnalogepError

    plan, card = study.plan, study.card
    points = plan.round(0) if card.target else plan.points
    if parsed.shard:
        points = points[parsed.shard[0] - 1 :: parsed.shard[1]]
    missing = study.missing(points, folder)
    workers = parsed.workers or threads.count()
    seconds: float | None = None
    try:
        seconds = study.seconds(folder)
        said = f"one takes {seconds:.3g} s, measured on the first; the others on {workers} workers: about "
    except AnalogepError as error:  # A study goes on where a point fails, and so does its list.
        said = f"the first fails, so that it is not known how long one takes: {error}"
    expected = None if seconds is None else seconds * math.ceil(len(missing) / workers)
    each = " for each of its seeds" if card.target else ""
    if parsed.json:
        print(json.dumps({"points": len(points), "missing": len(missing), "seconds_per_point": seconds,
                          "workers": workers, "expected_seconds": expected, "folder": str(folder)}))  # fmt: skip
    elif not parsed.quiet:
        for point in points[:_MOST_POINTS]:
            print(point)
        if len(points) > _MOST_POINTS:
            print(f"and {len(points) - _MOST_POINTS} more")
        print(f"{len(points)} points{each}, {len(points) - len(missing)} of them done in {folder}")
        print(said if expected is None else f"{said}{_time(expected)}{each}")


def _time(seconds: float) -> str:
    """Two units at most: `2 h 05 min`, `3 min 20 s`, `4.2 s`."""
    if seconds < 60.0:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
