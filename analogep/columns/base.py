"""What every column circuit can say of itself.

Cells between driven lines and a summing line put the current I = sum g_j r_j into it; G is their sum. A column circuit
holds the line and gives y = -R_f I to the node behind it, R_f the weight of a siemens. No circuit does that exactly:

    tau_a dy/dt = clip(h B, +-limit) - y + noise,      B = R_f I

with what is left of the current h, a time constant tau_a, a swing, white noise of the one-sided density 4kT R_n
[V^2/Hz] in y, and the bias and signal currents that its supply gives. The two cells of a pair stand on one summing line
and are driven in opposite directions, r and -r, so that their difference is the current and their sum is in G.

Signals lie around a ground between two halves of the supply, V_dd/2 each. A driver or column takes its current from the
upper half where it gives and leads it through the lower one where it takes: V_dd/2 times its magnitude. Outputs of
amplifiers take what drivers give; then the ground carries nothing, the same current flows through both halves, half the
sum of all magnitudes, and one supply will do. Else a stage that holds the ground would give the sum of all currents as
well, which is not counted: of bias lines in reverse, of passive lines, of what conveyors send into the nodes' leaks.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from analogep.cards import Block, Family
from analogep.columns.elements import Place, Writer, Written
from analogep.errors import UsageError

Floats = NDArray[np.float64]

COLUMNS: Final = Family(
    "column circuit",
    tag="kind",
    home="analogep.columns",
    members={
        "ideal": "ideal.Ideal",
        "tia": "tia.Transimpedance",
        "conveyor": "conveyor.Conveyor",
        "passive": "passive.Passive",
        "charge": "charge.Charge",
    },
)
"""Every column circuit, by the `kind` of a circuit card's `column`."""


@dataclass(frozen=True)
class SummingLines:
    """The summing lines of one array in one direction, as a designer knows them.

    Attributes
    ----------
    design : float [S]
        Conductance of all cells of a line, each at the common mode of its pair: what a circuit is made for.
    cells : int
        Cells of a line; the two of a pair are one.
    tile : int
        Most of them that meet on one piece of the line.
    feedback : float [ohm]
        R_f, the weight of a siemens.
    tau : float [s]
        Time constant of the node behind, or width of the pulses that arrive: what the circuit has to follow.
    leak : float [S]
        Of the node behind.
    capacitance : float [F]
        Of a line.
    window : float [s]
        Length of the turns in which the lines are read; 0 of lines that are read all the time.
    """

    design: float
    cells: int
    tile: int
    feedback: float
    tau: float
    leak: float
    capacitance: float
    window: float = 0.0


@dataclass(frozen=True)
class Response:
    """What column circuits do to the lines of an array that have certain conductances.

    Attributes
    ----------
    gain : ndarray (lines,) [1]
        h, what is left of the current.
    tau : ndarray (lines,) [s]
        tau_a.
    noise : ndarray (lines,) [ohm]
        R_n: 4kT times it is the one-sided density of the noise of y [V^2/Hz], that of the cells included. A column that
        integrates for a window T has the mean of that over T in each sample, 2 kT R_n/T [V^2].
    offset : ndarray (lines,) [1]
        y over the input-referred offset of the circuit.
    limit : float [V]
        Largest |y|.
    """

    gain: Floats
    tau: Floats
    noise: Floats
    offset: Floats
    limit: float


class Column(Block, ABC):
    """A column circuit: the card's block, and its equations.

    Attributes
    ----------
    limiting : bool
        Whether it is a limit and no circuit that could be built.
    holds : bool
        Whether its `elements` heed the gate of their place.
    windowed : bool
        Whether it integrates for the window of a turn, and shows the result when that is over.
    """

    family: ClassVar[Family] = COLUMNS
    limiting: ClassVar[bool] = False
    holds: ClassVar[bool] = False
    windowed: ClassVar[bool] = False
    kind: str

    @abstractmethod
    def response(self, lines: SummingLines, g: Floats) -> Response:
        """What it does to `lines` whose cells have the sums `g` (lines,) [S] now."""

    @abstractmethod
    def bias(self, lines: SummingLines) -> float:
        """Power of one line's circuit without signal [W]."""

    @abstractmethod
    def drawn(self, lines: SummingLines) -> float:
        """Current that its supply gives in the mean for each volt of |y| [S]."""

    @property
    @abstractmethod
    def rail(self) -> float:
        """V_dd [V], from which lines are driven as well."""

    @property
    def paced(self) -> bool:
        """Whether its time constant is its own, and not made for the node behind it."""
        return not self.limiting

    @property
    def wanted(self) -> float:
        """Ratio of a node's time constant and its own that a design aims at [1]."""
        return 5.0

    @property
    def bearable(self) -> float:
        """Capacitance that an output is made to drive [F]; infinite where it is made for none in particular."""
        return math.inf

    @property
    def swing(self) -> float:
        """Largest voltage of an output by the supply alone [V]."""
        return math.inf

    def elements(self, writer: Writer, at: Place, lines: SummingLines) -> Written:
        """Write the circuit of one of `lines` into a netlist.

        Where nothing saturates its elements do what `response` says, and with a gate, which goes with `holds`, what
        `Place` says. Cells, wires and the node behind are written by others.

        Raises
        ------
        UsageError
            If the circuit does not say its elements.
        """
        raise UsageError(
            f"no netlist is written of column circuits of the kind '{self.kind}': the class {type(self).__name__} has "
            "no method 'elements'"
        )

    def time_constant(self, lines: SummingLines) -> float:
        """Its time constant where cells are at their common mode [s]."""
        return float(self.response(lines, np.array([lines.design])).tau[0])

    def slowness(self, lines: SummingLines) -> float:
        """Its time constant over `SummingLines.tau` [1]."""
        return self.time_constant(lines) / lines.tau

    def remedy(self, lines: SummingLines, lag: float) -> str:
        """What would give it the time constant `lag` [s] on `lines`, in words."""
        return "give nodes longer time constants and phases"
