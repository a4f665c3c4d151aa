"""`analogep simulate DEVICE`: from two cards to a trained network, its accuracy and its joules."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from analogep.bars import Bar
    from analogep.run import Run

HELP = "train a classifier by equilibrium propagation and report accuracy and joules"
DESCRIPTION = (
    "Train a classifier by equilibrium propagation on simulated crossbars of DEVICE, and report how accurate it "
    "became, what it cost in joules, and how close each update was to the true gradient."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("device", nargs="?", metavar="DEVICE", help="device card: YAML file, or the name of a shipped one")
    add("--circuit", default="digits", metavar="CARD", help="circuit card: YAML file or name (default: digits)")
    add("--data", metavar="SOURCE", help="IDX folder (MNIST, Fashion-MNIST) or NPZ file (default: bundled 8x8 digits)")
    add("--held-out", type=_held_out, metavar="N", help="hold N training samples out as a validation part, or 'auto' "
        "for as many as the test part has, a quarter at most; the training is then looked at by these, and the test "
        "samples are read once, at the end")  # fmt: skip
    add("--out", metavar="DIR", help="output folder (default: runs/, named from the cards' digest)")
    add("--seed", type=_seed, default=0, metavar="N", help="seed of fabrication, operation and data (default: 0)")
    for name in ("fabrication", "operation", "data"):
        add(f"--{name}-seed", type=_seed, metavar="N", help=f"seed of {name} alone")
    add(
        "--epochs", type=_epochs, metavar="N", help="epochs, instead of the circuit card's; 0 tests the initial weights"
    )
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of either card, such as "
        "--set update.rule=stochastic or --set conductance.max='20 uS'; may be repeated")  # fmt: skip
    add("--assume", choices=("generic",), help="fill what no source says of the device with stated values of other "
        "devices, which the result names, instead of taking it as perfect")  # fmt: skip
    add("--age", type=_age, action="append", default=[], metavar="TIME", help="test the trained network again this "
        "long after training, such as '1 d' or '10 y', by the card's retention; may be repeated")  # fmt: skip
    add("--json", action="store_true", help="print the numbers as JSON instead of text")
    add("--quiet", action="store_true", help="no progress, no warnings, no text")
    add(
        "--force",
        action="store_true",
        help="replace another run in the output folder, or one that other code made",
    )
    add("--list", action="store_true", help="list the shipped cards, as `analogep list` does, and exit")


def _whole(text: str, least: int) -> int:
    # int() alone takes '1_000', and refuses what is too long with another error than what is no number
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if not least <= value < 2**63:
        raise argparse.ArgumentTypeError(f"needs a whole number from {least}, got '{text[:40]}'")
    return value


def _seed(text: str) -> int:
    return _whole(text, 0)


def _count(text: str) -> int:
    return _whole(text, 1)


def _held_out(text: str) -> int | str:
    return text if text == "auto" else _count(text)


def _epochs(text: str) -> int:
    return _whole(text, 0)


def _age(text: str) -> float:
    from analogep.units import TIME

    try:
        seconds = TIME.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if seconds < 0.0:
        raise argparse.ArgumentTypeError(f"needs a time from 0 s, got '{text[:40]}'")
    return seconds


def run(parsed: argparse.Namespace) -> int:
    """Simulate, or list the cards.

    Raises
    ------
    UsageError
        If no device is given.
    """
    from analogep.errors import UsageError

    if parsed.list:
        from analogep.cli import library

        return library.run(parsed)
    if parsed.device is None:
        raise UsageError(
            "which device? Give a card, such as 'devices/rram.yaml' or 'rram'; --list shows the shipped ones"
        )
    from analogep.device.retention import NoRetention
    from analogep.run.progress import bar as opened

    with opened(sys.stderr.isatty() and not parsed.quiet) as bar:
        job = _job(parsed, bar)
        folder = Path(parsed.out) if parsed.out else job.default_folder
        try:
            # Ages ask the chip itself, figures the whole result.
            found = None if parsed.age else job.glance(folder, force=parsed.force)
            if found is None or not _drawn(found, folder):
                found = job.execute(folder, force=parsed.force, report=bar)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_kept(folder, None if bar.last is None else bar.last.epochs)) from None
    if parsed.age and not parsed.quiet and isinstance(job.device.retention, NoRetention):
        print(
            f"warning: device card '{job.device.name}' has no retention law: an old chip stands as it was written",
            file=sys.stderr,
        )
    aged = {age: job.aged(found, age) for age in parsed.age}
    _answer(parsed, found, folder, aged, answered=bar.last is None)
    return 0


def _kept(folder: Path, epochs: int | None) -> str:
    """What an interrupted run leaves; before the first report the folder may be another's."""
    from analogep import results
    from analogep.errors import ResultError
    from analogep.run import CHECKPOINT

    if epochs is None:
        return " before training began"
    if epochs == 0:
        return " before the test was done"
    try:
        kept = results.read(folder / CHECKPOINT).sizes["epoch"]
    except (ResultError, KeyError):
        kept = 0
    return f" after {kept} of {epochs} epochs; the same command goes on from there"


def _job(parsed: argparse.Namespace, bar: Bar) -> Run:
    """Cards, data and seeds, checked before anything runs."""
    from analogep.cli import overrides
    from analogep.cli.progress import say
    from analogep.device.generic import filled
    from analogep.network.fit import suspicious
    from analogep.run import Run
    from analogep.streams import Seeds

    texts = list(parsed.set)
    if parsed.epochs is not None:
        texts.append(f"learning.epochs={parsed.epochs}")
    device, circuit = overrides.load(parsed.device, parsed.circuit, texts)
    if parsed.assume:
        device = filled(device)
    if not parsed.quiet:
        for warning in suspicious(device, circuit):
            say(bar, f"warning: {warning}")
    seeds = Seeds.of(
        parsed.seed, fabrication=parsed.fabrication_seed, operation=parsed.operation_seed, data=parsed.data_seed
    )
    return Run(device, circuit, seeds, parsed.data, held_out=parsed.held_out)


def _answer(
    parsed: argparse.Namespace, dataset: xr.Dataset, folder: Path, aged: dict[float, float], *, answered: bool
) -> None:
    """Draw the figures and print the summary."""
    from analogep.cli import summary

    if not (answered and _drawn(dataset, folder)):
        from analogep import plots

        plots.save(dataset, folder)
    if parsed.json:
        found = [{"seconds": age, "accuracy": accuracy} for age, accuracy in aged.items()]
        print(summary.as_json(summary.numbers(dataset) | {"folder": str(folder)} | ({"aged": found} if aged else {})))
    elif not parsed.quiet:
        print(summary.text(dataset))
        for age, accuracy in aged.items():
            print(summary.aged(dataset, age, accuracy))
        source = "answered from" if answered else "written to"
        print(f"  {source} {folder}: result.nc, chip.nc and {len(_figures(dataset, folder))} figures")


def _figures(dataset: xr.Dataset, folder: Path) -> list[Path]:
    """Files of the figures that a run has data for."""
    from analogep.results import figures

    return [folder / f"{name}.png" for name in figures.drawable(dataset)]


def _drawn(dataset: xr.Dataset, folder: Path) -> bool:
    return all(figure.exists() for figure in _figures(dataset, folder))
