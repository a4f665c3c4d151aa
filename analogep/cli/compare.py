"""`analogep compare CARD CARD...`: devices over one another."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from analogep.cli import show

if TYPE_CHECKING:
    import xarray as xr

HELP = "draw several device cards over one another"
DESCRIPTION = (
    "Overlay two to eight device cards in one figure, in units of their own windows: response, step, noise of a pulse "
    "against step, window, retention, energy per pulse; and print a table of the same."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("cards", nargs="+", metavar="CARD", help="device cards: YAML files, or names of shipped ones")
    show.drawing(parser, "compare.png")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON instead of text")


def run(parsed: argparse.Namespace) -> int:
    """Characterise all cards, draw them together, print a table."""
    from analogep.characterise import characterise, together
    from analogep.cli import device_summary, summary
    from analogep.errors import UsageError
    from analogep.plots import comparison

    for given in parsed.cards:
        if os.path.isdir(given):
            raise UsageError(f"{given}: is a folder; compare takes device cards, such as 'rram' and 'ecram', not runs")
    if len(parsed.cards) < 2:
        raise UsageError(f"compare needs two cards or more; 'analogep show {parsed.cards[0]}' draws one")
    cards = [show.load(given) for given in parsed.cards]
    path = show.target(parsed.save, "compare.png", force=parsed.force)
    found = [characterise(card, cells=parsed.cells, traces=1, seed=parsed.seed) for card in cards]
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
        ("card", "window", "on/off", "pulses", "step", "noise", "energy", "window after 10 y")
    ]
    rows += [_row(device_summary.numbers(one)) for one in found]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(said: dict[str, Any]) -> tuple[str, ...]:
    from analogep.units import format_si

    span, up = said["window_max"] - said["window_min"], said["up"]
    down = "reset" if said["unidirectional"] else f"{said['down']['pulses']:,}"
    return (
        said["name"],
        f"{format_si(said['window_min'], 'S')} to {format_si(said['window_max'], 'S')}",
        f"{said['on_off_ratio']:.4g}",
        f"{up['pulses']:,} / {down}",
        f"{100 * abs(up['step']) / span:.3g} %",
        f"{100 * up['noise'] / span:.3g} %",
        format_si(up["joules_per_pulse"], "J"),
        f"{100 * said['window_left_after_10_years']:.3g} %",
    )
