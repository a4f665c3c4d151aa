"""`analogep compare CARD CARD...` and `analogep compare RUN RUN...`: devices over one another, runs side by side."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from analogep.cli import show

if TYPE_CHECKING:
    import xarray as xr

HELP = "put several device cards, or several runs, side by side"
DESCRIPTION = (
    "Overlay two to eight device cards in one figure, in units of their own windows: response, step, noise of a pulse "
    "against step, window, retention, energy per pulse; and print a table of the same. Or print a table of runs: "
    "accuracy, joules, cosine, and the settings that differ; with --save also a figure."
)
_CELLS = 1000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("cards", nargs="+", metavar="CARD|RUN", help="device cards: YAML files, or names of shipped "
        "ones; or runs: folders, or their result.nc")  # fmt: skip
    show.drawing(parser, "compare.png")
    parser.add_argument("--assume", choices=("generic",), help="of cards: fill what no source says with stated values "
        "of other devices")  # fmt: skip
    # Of cards only, so that it must be told whether they were given.
    parser.set_defaults(cells=None, seed=None)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON instead of text")


def run(parsed: argparse.Namespace) -> int:
    """Compare cards or runs, as the arguments are.

    Raises
    ------
    UsageError
        If there are both, or only one, or options that are not for runs.
    """
    from analogep.cli import compare_runs
    from analogep.errors import UsageError

    runs = [given for given in parsed.cards if compare_runs.is_run(given)]
    if runs and len(runs) < len(parsed.cards):
        kind = "folder" if os.path.isdir(runs[0]) else "result"
        raise UsageError(
            f"{runs[0]}: is a {kind}; compare takes device cards, such as 'rram' and 'ecram', not runs beside them; "
            "or runs alone"
        )
    if len(parsed.cards) < 2:
        raise UsageError(_alone(parsed.cards[0], is_run=bool(runs)))
    if not runs:
        return _cards(parsed)
    for option in ("cells", "seed", "assume"):
        if getattr(parsed, option) is not None:
            raise UsageError(
                f"--{option} {getattr(parsed, option)}: is for experiments on device cards; runs are compared as they "
                "are, leave it out"
            )
    return compare_runs.run(parsed)


def _alone(given: str, *, is_run: bool) -> str:
    """What is said to a single argument."""
    if is_run:
        return f"compare needs two runs or more; 'analogep report {given}' writes a page about one"
    show.load(given)  # a card that does not exist is the greater mistake
    return f"compare needs two cards or more; 'analogep show {given}' draws one"


def _cards(parsed: argparse.Namespace) -> int:
    """Characterise all cards, draw them together, print a table."""
    from analogep.device.generic import filled

    cards = [filled(card) if parsed.assume else card for card in map(show.load, parsed.cards)]
    path = show.target(parsed.save, "compare.png", force=parsed.force)
    # What a mistake above needs none of.
    from analogep.characterise import characterise, together
    from analogep.cli import device_summary, summary
    from analogep.plots import comparison

    cells, seed = parsed.cells or _CELLS, parsed.seed or 0
    found = [characterise(card, cells=cells, traces=1, seed=seed) for card in cards]
    show.save(comparison(together(found)), path)
    if parsed.json:
        print(summary.as_json({"cards": [device_summary.numbers(one) for one in found], "figure": str(path)}))
    else:
        print(_table(found))
        print(f"figure: {path}")
    return 0


def _table(found: list[xr.Dataset]) -> str:
    """One row a card; steps, noise and joules of a pulse up in the middle of the window."""
    from analogep.cli import device_summary

    rows: list[tuple[str, ...]] = [
        ("card", "window", "on/off", "pulses", "step", "noise", "energy", "window after 10 y", "unknown")
    ]
    rows += [_row(device_summary.numbers(one)) for one in found]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(said: dict[str, Any]) -> tuple[str, ...]:
    from analogep.device.unknown import told
    from analogep.units import format_si

    span, up, unknown = said["window_max"] - said["window_min"], said["up"], said["unknown"]
    down = "reset" if said["unidirectional"] else f"{said['down']['pulses']:,}"
    return (
        said["name"],
        f"{format_si(said['window_min'], 'S')} to {format_si(said['window_max'], 'S')}",
        f"{said['on_off_ratio']:.4g}",
        f"{up['pulses']:,} / {down}",
        f"{100 * abs(up['step']) / span:.3g} %",
        "-" if "pulse noise" in unknown else f"{100 * up['noise'] / span:.3g} %",
        "-" if "energy of a pulse" in unknown else format_si(up["joules_per_pulse"], "J"),
        "-" if "retention" in unknown else f"{100 * said['window_left_after_10_years']:.3g} %",
        told(unknown),
    )
