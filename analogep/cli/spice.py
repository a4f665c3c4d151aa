"""`analogep spice DEVICE --out FILE`: the chip as a netlist, and ngspice's answer to it held against ours."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from analogep.run import Run
    from analogep.spice import Comparison

APPROXIMATED = 3
"""Exit code: ngspice and we differ, where our equations are known to be approximate."""
HELP = "write the circuit as a netlist for ngspice, and compare"
DESCRIPTION = (
    "Write the network of DEVICE in a circuit as a SPICE netlist: devices with their present conductances and I-V "
    "curves, wires, neurons, nudging source, one training sample at the inputs, .op and .tran over the free and the "
    "nudged phase. With --run, ngspice simulates it, and the largest differences to analogep's own answer are printed."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("device", metavar="DEVICE", help="device card: YAML file, or the name of a shipped one")
    add("--circuit", default="digits", metavar="CARD", help="circuit card: YAML file or name (default: digits)")
    add("--data", metavar="SOURCE", help="IDX folder (MNIST, Fashion-MNIST) or NPZ file (default: bundled 8x8 digits)")
    add("--sample", type=_whole, default=0, metavar="K", help="training sample at the inputs, from 0 (default: 0)")
    add("--seed", type=_whole, metavar="N", help="seed of fabrication, operation and data (default: 0)")
    add("--trained", metavar="DIR", help="folder of a finished run of these cards: its conductances, overrides, seeds")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of either card, such as "
        "--set 'layers=[64,16,10]'; may be repeated")  # fmt: skip
    add("--out", required=True, metavar="FILE", help="netlist to write, such as net.cir")
    add("--run", action="store_true", help="run ngspice on it and print the differences; exit code 1 if they are "
        "large, 3 if they are and our equations are known to be approximate there; 20 000 devices take ngspice some "
        "minutes, --set 'layers=[64,16,10]' makes a smaller chip")  # fmt: skip
    add("--force", action="store_true", help="replace the file if it exists")


def _whole(text: str) -> int:
    # int() alone takes '1_000', and refuses what is too long with another error than what is no number
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"needs a whole number from 0, got '{text[:40]}'")
    return value


def run(parsed: argparse.Namespace) -> int:
    """Write the netlist; run and compare it if asked to."""
    from analogep import results, spice
    from analogep.chip.threads import one_blas_thread

    path = _target(parsed.out, force=parsed.force)
    if parsed.run:
        spice.program()
    result = _trained(parsed)
    job = _job(parsed, result)
    with one_blas_thread():
        scene = spice.scene_of(job, parsed.sample, result)
        results.write_bytes(path, spice.deck_of(scene).encode())
        print(f"written to {path}: {_size(job)}, sample {parsed.sample}")
        if not parsed.run:
            print(f"  run it with: ngspice -b -r out.raw {path}")
            return 0
        comparison = spice.compare(scene)
    print(_text(comparison))
    return _judged(comparison)


def _judged(comparison: Comparison) -> int:
    """Say what is beyond its limit, and why if that is known; returns the exit code."""
    wrong, reason = comparison.disagreements(), comparison.approximation
    if wrong and reason:
        print(f"analogep: approximated: {reason}; {'; '.join(wrong)}", file=sys.stderr)
        return APPROXIMATED
    for sentence in wrong:
        print(f"analogep: ngspice disagrees: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


def _target(given: str, *, force: bool) -> Path:
    """Where the netlist goes; checked before anything is computed.

    Raises
    ------
    UsageError
        If the folder does not exist, or the file does and `force` does not allow it.
    """
    from analogep.errors import UsageError

    path = Path(given)
    # os.path answers False where pathlib raises: a name too long for the file system
    if not os.path.isdir(path.parent):
        raise UsageError(f"--out {path}: the folder {path.parent} does not exist; make it first")
    if os.path.isdir(path):
        raise UsageError(f"--out {path}: is a folder; name a file in it, such as {path / 'net.cir'}")
    if os.path.exists(path) and not force:
        raise UsageError(f"{path}: exists; --force replaces it, --out writes to another file")
    return path


def _trained(parsed: argparse.Namespace) -> xr.Dataset | None:
    """The finished run, if one is named.

    Raises
    ------
    UsageError
        If a seed is given as well.
    ResultError
        If there is no result in the folder, or it holds what no run leaves behind.
    """
    from analogep import results
    from analogep.errors import UsageError
    from analogep.run.folder import RESULT

    if parsed.trained is None:
        return None
    if parsed.seed is not None:
        raise UsageError(f"--seed {parsed.seed}: the run in {parsed.trained} has its own seeds; leave one of them out")
    return results.read_run(Path(parsed.trained) / RESULT)


def _job(parsed: argparse.Namespace, result: xr.Dataset | None) -> Run:
    """Cards, data and seeds; those of the finished run if there is one."""
    from analogep.cli import overrides
    from analogep.network import suspicious
    from analogep.run import Run
    from analogep.spice import seeds_of
    from analogep.streams import Seeds

    before = [] if result is None else json.loads(result.attrs.get("overrides", "[]"))
    # Names decide no numbers, and of a run it is not known which card was given one.
    numbers = [text for text in before if text.partition("=")[0] not in ("name", "title")]
    device, circuit = overrides.load(parsed.device, parsed.circuit, [*numbers, *parsed.set])
    for warning in suspicious(device, circuit):
        print(f"warning: {warning}", file=sys.stderr)
    seeds = Seeds.of(parsed.seed or 0) if result is None else seeds_of(result)
    return Run(device, circuit, seeds, parsed.data)


def _size(job: Run) -> str:
    return f"{job.circuit.outline} network of '{job.device.name}' in '{job.circuit.name}'"


def _text(found: Comparison) -> str:
    """The differences in a few lines, with the node at which each is largest."""
    from analogep.spice import limits
    from analogep.units import format_si

    def volts(values: NDArray[np.float64]) -> str:
        worst = int(values.argmax())
        return f"{format_si(float(f'{values[worst]:.2g}'), 'V')} ({found.nodes[worst]})"

    rows = [
        ["", "free", "nudged", "allowed"],
        ["operating point", volts(found.equilibrium), "", format_si(limits.FINAL, "V")],
        ["transient", *map(volts, found.transient), format_si(limits.TRANSIENT, "V")],
        ["end of the phase", *map(volts, found.final), format_si(limits.FINAL, "V")],
    ]
    for k, component in enumerate(found.components):
        joules = zip(found.ours[:, k], found.energy[:, k], strict=True)
        of = " of all" if component in found.among else ""
        cells = [f"{format_si(float(ours), 'J')}, off by {100.0 * off:.2g} %{of}" for ours, off in joules]
        rows.append([f"{component} joules", *cells, f"{100.0 * limits.ENERGY:.2g} %"])
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    table = "\n".join(("  " + "  ".join(map(str.ljust, row, widths))).rstrip() for row in rows)
    return f"largest difference of ngspice and analogep, {len(found.nodes)} nodes at {found.points} times\n{table}"
