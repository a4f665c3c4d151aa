"""What arrays with wires take in a march, whose steps look at one line at a time.

The lines of an array share the resistance of those that they cross: at curved line voltages q it takes r' Y q, with the
block Y of its exact reduction. The steps book l_j r_j q_j of each line instead, l = Y 1, which is all where lines stand
at one voltage. At the end of a phase both are known, and their ratio, which moves little while the nodes settle,
corrects the joules of the phase:

    E = E_lines (r' Y q)/(sum_j l_j r_j q_j),      and likewise the currents, sum |Y q| over sum l_j |q_j|.

Voltages are exact: what arrives at virtual grounds is T' q, in weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.layer import Layer, PairWires

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WiredLines:
    """Lines with wires of the arrays behind the first, whose inputs stand still.

    Attributes
    ----------
    network : RCEquations
        With wires in front of every layer.
    """

    network: RCEquations

    @cached_property
    def _loads(self) -> list[tuple[Floats, Floats]]:
        """l of all word lines (rows,) and of all bit lines (columns,) [S] of each array behind the first."""
        found = []
        for layer in self.network.layers[1:]:
            forward, reverse = _wires(layer)
            found.append((forward.row_sums(), reverse.column_sums()))
        return found

    def load(self, k: int) -> tuple[Floats, Floats]:
        """Conductance that each node before layer `k` drives forward (nodes before,), and each of its own neurons in
        reverse (neurons,) [S]."""
        rows, columns = self._loads[k - 1]
        return rows[: len(rows) - int(self.network.bias)], columns

    @property
    def bias(self) -> float:
        """Conductance that the bias lines drive [S]."""
        return float(sum(rows[-1] for rows, _ in self._loads)) if self.network.bias else 0.0

    def ratios(self, v: Floats, shares: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """Ratios of the powers and of the currents of lines (phases, samples) [1] at `v` (phases, samples, nodes) [V].

        Parameters
        ----------
        v : ndarray (phases, samples, nodes) [V]
        shares : tuple of ndarray (phases,) [s]
            For how long lines are driven forward and in reverse.
        """
        forward, reverse = (share[:, None] for share in shares)
        network, rates = self.network, self.network.rates(v)
        totals = np.zeros((4, *v.shape[:2]))
        for k, (rows, columns) in enumerate(self._loads, 1):
            ahead, behind = _wires(network.layers[k])
            r, s = network.rows(rates[k - 1]), network.gains[k] * rates[k]
            q, p = (np.asarray(network.iv.drive(lines)) for lines in (r, s))
            totals[0] += forward * ahead.row_power(r, q) + reverse * behind.column_power(s, p)
            totals[1] += forward * ((r * q) @ rows) + reverse * ((s * p) @ columns)
            totals[2] += forward * ahead.row_current(q) + reverse * behind.column_current(p)
            totals[3] += forward * (np.abs(q) @ rows) + reverse * (np.abs(p) @ columns)
        power, current = (_ratio(totals[i], totals[i + 1]) for i in (0, 2))
        return power, current

    def books(self, energy: Floats, v: Floats, still: Floats, seconds: tuple[Floats, Floats], driver: Any) -> None:
        """Correct the joules of phases, and add those of lines that stand still.

        Parameters
        ----------
        energy : ndarray (phases, samples, 3 or 6) [J]
            As the steps have booked it; changed.
        v : ndarray (phases, samples, nodes) [V]
            Where the phases have ended.
        still : ndarray (2, phases or 1, samples) [W], [A]
            Power and current of the inputs' lines.
        seconds : tuple of ndarray (phases,) [s]
            For how long lines are driven forward and in reverse.
        driver : float or None [W/A]
            What the current of a line takes from the supply; None where lines are held ideally.
        """
        network, on = self.network, seconds[0][:, None]
        power, current = self.ratios(v, seconds)
        q = network.bias_drive
        lines = (energy[..., 0] + network.read_voltage * q * self.bias * on) * power + still[0] * on
        if driver is not None:
            drawn = (energy[..., 3] + energy[..., 0] + driver * q * self.bias * on) * current + driver * still[1] * on
            energy[..., 3] = drawn - lines
        energy[..., 0] = lines


def wired_lines(network: RCEquations) -> WiredLines | None:
    """Lines with wires of a network; None where they are perfect."""
    return WiredLines(network) if any(layer.forward_wires is not None for layer in network.layers) else None


def _wires(layer: Layer) -> tuple[PairWires, PairWires]:
    assert layer.forward_wires is not None
    assert layer.reverse_wires is not None
    return layer.forward_wires, layer.reverse_wires


def _ratio(true: Floats, booked: Floats) -> Floats:
    """`true` over `booked` (phases, samples) [u], 1 [1] where nothing was booked."""
    return np.divide(true, booked, out=np.ones_like(true), where=booked > 0.0)
