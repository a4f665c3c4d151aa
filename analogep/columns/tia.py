"""A transimpedance amplifier on every summing line."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.columns.amplifier import Amplified
from analogep.columns.base import Response, SummingLines
from analogep.units import format_si

Floats = NDArray[np.float64]


class Transimpedance(Amplified):
    """An operational amplifier of the open-loop gain A_0 and the gain-bandwidth product GBW with R_f back to its input.

    With the noise gain N = 1 + R_f G of a line whose cells have the sum G, and R_f the weight of a siemens,

        h = 1/(1 + N/A_0),    tau_a = N h/(2 pi GBW),    R_n = h^2 (R_f N + N^2 gamma/gm),    offset N h V_os

    R_f N is the noise of the cells, R_f^2 G, and of the feedback resistor, R_f. The output carries B/R_f, which class
    AB takes from the supply as it flows, and class A all the time, at its largest.

    A line in T tiles has an amplifier on each; an ideal adder sums their outputs. Each has N = 1 + R_f G/T, so that
    bandwidth falls with T, noise and offsets add up independently, and the bias is that of T amplifiers. Tiles share
    the line's cells equally here.

    Gain, pole, noise and peak of a line's capacitance are held against ngspice (`tests/spice/test_column_noise.py`).
    """

    kind: Literal["tia"]
    dc_gain: Annotated[float, Field(gt=1)]
    """A_0."""
    output: Literal["ab", "a"] = "ab"
    """Class of the output stage."""
    tile: Annotated[int | None, Field(ge=1)] = None
    """Most cells of a line on one amplifier; null for all of a line, or of a tile where wires have some."""
    example: ClassVar[str] = (
        "{kind: tia, supply: 1.1 V, dc_gain: 10000, load: 0.2 pF, gm_over_id: 15, branches: 4, tile: 128}"
    )

    def tiles(self, lines: SummingLines) -> int:
        """Amplifiers of one line."""
        return -(-lines.cells // min(lines.tile, self.tile or lines.tile))

    def noise_gain(self, lines: SummingLines, g: Floats) -> Floats:
        """N (lines,) [1] of every tile at `g` (lines,) [S]."""
        return np.asarray(1.0 + lines.feedback * g / self.tiles(lines))

    def _product(self, lines: SummingLines) -> float:
        """GBW of every amplifier [Hz]."""
        return self.product(1.0 + lines.feedback * lines.design / self.tiles(lines), lines.tau)

    def response(self, lines: SummingLines, g: Floats) -> Response:
        """As the class says, at `g` (lines,) [S]."""
        n, tiles, product = self.noise_gain(lines, g), self.tiles(lines), self._product(lines)
        gain = 1.0 / (1.0 + n / self.dc_gain)
        white = lines.feedback * n + np.square(n) * self.excess / self.transconductance(product)
        return Response(
            gain=gain,
            tau=n * gain / (2.0 * math.pi * product),
            noise=tiles * np.square(gain) * white,
            offset=math.sqrt(tiles) * n * gain,
            limit=self.swing,
        )

    def bias(self, lines: SummingLines) -> float:
        """Of all tiles of a line, and of the largest current in class A [W]."""
        still = self.supply * self.swing / lines.feedback if self.output == "a" else 0.0
        return self.tiles(lines) * self.power(self._product(lines)) + still

    def drawn(self, lines: SummingLines) -> float:
        """1/R_f where the output stage is of class AB [S]."""
        return 1.0 / lines.feedback if self.output == "ab" else 0.0

    def remedy(self, lines: SummingLines, lag: float) -> str:
        """A bandwidth, or smaller tiles."""
        n = 1.0 + lines.feedback * lines.design / self.tiles(lines)
        wanted = format_si(n / (2.0 * math.pi * lag), "Hz")
        return f"give column.bandwidth={wanted} or more, or a smaller column.tile"
