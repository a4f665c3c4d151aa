"""Running ngspice on a netlist, and what it says when that fails."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from analogep.errors import SimulationError
from analogep.spice.raw import Plot, read_raw

_LAST_LINES = 8


def program() -> str:
    """Path of ngspice.

    Raises
    ------
    SimulationError
        If it is not installed.
    """
    found = shutil.which("ngspice")
    if found is None:
        raise SimulationError(
            "ngspice is not installed: install your system's package (Debian, Ubuntu: apt-get install ngspice), "
            "or leave out --run to write the netlist alone"
        )
    return found


def batch(text: str) -> tuple[dict[str, Plot], str]:
    """Run ngspice in batch mode on a netlist.

    Parameters
    ----------
    text : str
        Netlist with its analyses.

    Returns
    -------
    dict of Plot, str
        What it wrote, by the names of the analyses, such as `Operating Point`; what it printed.

    Raises
    ------
    SimulationError
        If ngspice is missing, fails, or leaves a damaged file, or numbers that are not finite; with its last lines.
    """
    command = program()
    with tempfile.TemporaryDirectory(prefix="analogep-") as name:
        folder = Path(name)
        (folder / "net.cir").write_text(text, encoding="utf-8")
        # -n: no settings of the user's, which may change the dialect or the format of the raw file
        done = subprocess.run(
            [command, "-b", "-n", "-r", "out.raw", "net.cir"],
            cwd=folder, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        if done.returncode != 0:
            raise _failed(f"ended with {_exit(done.returncode)}", said)
        raw = folder / "out.raw"
        data = raw.read_bytes() if raw.exists() else b""
    try:
        plots = {plot.name: plot for plot in read_raw(data)}
    except SimulationError as error:
        raise _failed(f"left a damaged {error}", said) from None
    for plot in plots.values():
        for variable, values in plot.values.items():
            if not np.isfinite(values).all():
                raise _failed(f"gave numbers that are not finite for {variable} ({plot.name.lower()})", said)
    return plots, said


def simulate(text: str, end: float) -> tuple[Plot, Plot]:
    """Run ngspice on a netlist with one `.op` and one `.tran`.

    Parameters
    ----------
    text : str
        Netlist.
    end : float [s]
        Time at which the transient should arrive.

    Returns
    -------
    operating point, transient : Plot

    Raises
    ------
    SimulationError
        As `batch`, and if ngspice finds no operating point or stops early.
    """
    plots, said = batch(text)
    point, transient = plots.get("Operating Point"), plots.get("Transient Analysis")
    if point is None or point.points != 1:
        raise _failed("found no operating point", said)
    if transient is None or transient.points == 0:
        raise _failed("gave no transient", said)
    last = float(transient.values["time"][-1])
    if last < end * (1.0 - 1e-9):
        raise _failed(f"stopped at {last:.4g} s of {end:.4g} s", said)
    return point, transient


def _exit(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _failed(what: str, said: str) -> SimulationError:
    lines = [line.rstrip() for line in said.splitlines() if line.strip()][-_LAST_LINES:]
    quoted = "\n".join(f"  | {line[:200]}" for line in lines) or "  | (nothing)"
    return SimulationError(f"ngspice {what}; its last lines were\n{quoted}")
