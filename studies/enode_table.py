"""Make the tables of devices/enode.yaml from the full inverse-CDF tables of CrossSim's data (ENODe).

    python studies/enode_table.py FOLDER

FOLDER holds dG_increasing.txt and dG_decreasing.txt of sandialabs/cross-sim-data, lookup_tables/ENODe: conductances,
122 probabilities, and one row per probability with the change of conductance by a pulse at each conductance. They are
resampled on 21 conductances and 17 probabilities. At each node the resampled distribution is then shifted and stretched
to the mean and the standard deviation of the full table there. What is printed is the `programming` block of the card.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NODES = (0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35, 38, 40, 42, 43, 44, 45, 47)
"""Columns of the full table that become nodes; closer together at the ends, where the curves bend."""

QUANTILES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)


@dataclass(frozen=True)
class Table:
    """Inverse CDF of the change by one pulse.

    Parameters
    ----------
    g : ndarray (nodes,) [S]
        Conductances.
    quantiles : ndarray (quantiles,) [1]
        Probabilities from 0 to 1.
    steps : ndarray (quantiles, nodes) [S]
        Change of conductance that is not exceeded with that probability.
    """

    g: Floats
    quantiles: Floats
    steps: Floats

    def moments(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation at each node, exact for the piecewise linear inverse CDF [S]."""
        low, high, width = self.steps[:-1], self.steps[1:], np.diff(self.quantiles)[:, None]
        mean = (width * 0.5 * (low + high)).sum(axis=0)
        square = (width * (low * low + low * high + high * high) / 3.0).sum(axis=0)
        return mean, np.sqrt(np.maximum(square - mean * mean, 0.0))


def read(path: Path) -> Table:
    """Read one of CrossSim's tables: a line of words, conductances, probabilities, then the changes."""
    rows = [[float(word) for word in line.split(",")] for line in path.read_text().splitlines()[1:] if line.strip()]
    table = Table(np.array(rows[0]), np.array(rows[1]), np.array(rows[2:]))
    if table.steps.shape != (table.quantiles.size, table.g.size):
        raise ValueError(f"{path}: {table.steps.shape} changes, expected {(table.quantiles.size, table.g.size)}")
    return table


def resampled(full: Table) -> Table:
    """The table on `NODES` and `QUANTILES`, with the mean and the standard deviation of the full one at each node."""
    chosen, q = list(NODES), np.array(QUANTILES)
    steps = np.array([np.interp(q, full.quantiles, full.steps[:, k]) for k in chosen]).T
    few = Table(full.g[chosen], q, steps)
    (mean, sd), (wanted_mean, wanted_sd) = few.moments(), full.moments()
    return Table(few.g, q, wanted_mean[chosen] + (steps - mean) * (wanted_sd[chosen] / sd))


def _list(values: Floats, digits: int, head: str) -> str:
    """A YAML list of percentages, wrapped below 120 characters."""
    words = [f"{100.0 * value + 0.0:.{digits}f} %" for value in values]
    indent, lines, line = " " * 6, [], head + "["
    for k, word in enumerate(words):
        piece = word + (", " if k < len(words) - 1 else "]")
        if len(line) + len(piece) > 116:
            lines.append(line.rstrip())
            line = indent + "  "
        line += piece
    return "\n".join([*lines, line])


def branch(table: Table, direction: str, amplitude: str, width: str) -> str:
    """YAML of one direction."""
    span = table.g[-1] - table.g[0]
    parts = [
        f"  {direction}:",
        f"    amplitude: {amplitude}",
        f"    width: {width}",
        _list((table.g - table.g[0]) / span, 3, "    nodes: "),
        _list(table.quantiles, 0, "    quantiles: "),
        "    steps:",
        *(_list(row / span, 4, "      - ") for row in table.steps),
    ]
    return "\n".join(parts)


def main() -> None:
    """Print the block."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    up, down = (resampled(read(folder / f"dG_{name}.txt")) for name in ("increasing", "decreasing"))
    print("programming:\n  model: inverse_cdf")
    print(branch(up, "up", "1 V", "20 ns"))
    print(branch(down, "down", "-1 V", "20 ns"))


if __name__ == "__main__":
    main()
