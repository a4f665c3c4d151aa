"""A transimpedance amplifier on every summing line."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.columns.amplifier import Amplified
from analogep.columns.base import Response, SummingLines
from analogep.columns.elements import GROUND, Place, Writer, Written, clipped, number
from analogep.units import format_si

Floats = NDArray[np.float64]

_CLAMP: Final = 1e3
"""Conductance of what holds a netlist's amplifier within its swing, over its gm: it goes beyond by a thousandth of its
input, and the output stage cuts that off."""


class Transimpedance(Amplified):
    """An operational amplifier of the open-loop gain A_0 and the gain-bandwidth product GBW with R_f back to its input.

    With the noise gain N = 1 + R_f G of a line whose cells have the sum G, and R_f the weight of a siemens,

        h = 1/(1 + N/A_0),    tau_a = N h/(2 pi GBW),    R_n = h^2 (R_f N + N^2 gamma/gm),    offset N h V_os

    R_f N is the noise of the cells, R_f^2 G, and of the feedback resistor, R_f. The output carries B/R_f, which class
    AB takes from the supply as it flows, and class A all the time, at its largest.

    A line in T tiles has an amplifier on each; an ideal adder sums their outputs. Each has N = 1 + R_f G/T, so that the
    bandwidth that it needs falls with T, noise and offsets add up independently, and the bias is that of T amplifiers.
    Tiles share the line's cells equally here.

    Gain, pole, noise, tiles, peak of a line's capacitance and second poles are held against ngspice
    (`tests/spice/test_column_noise.py`, `test_column_circuits.py`): a node five times as slow moves by 7 %/m of its
    swing where the amplifier has a second pole at m GBW/N, and one twice as slow by 3 % where a tile has 39 % of the
    cells and the other 61 %.
    """

    holds: ClassVar[bool] = True
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

    def elements(self, writer: Writer, at: Place, lines: SummingLines) -> Written:
        """gm into A_0/gm || C_load, a stage that gives what R_f takes, and an inverting adder.

        T equal tiles, each with I/T and G/T, are in parallel one amplifier on the whole line with R_f/T back to it,
        whose output is that of a tile; the adder takes it T times. Each clips at limit/T.

        The amplifier's own node is held at its limit, so that y goes there by hB as if there were none and stops; in
        the equations y approaches the limit itself. They meet again where it comes back.

        Behind a gate C_load is cut off from gm and A_0/gm, and R_f is led from the line to ground, so that none of its
        current reaches the line; an amplifier that holds sends none, and the meter counts none.
        """
        name, tiles, gm = at.line, self.tiles(lines), self.transconductance(self._product(lines))
        inner, stage, back, out = f"{name}_x", f"{name}_amp", f"{name}_back", f"{name}_out"
        held = clipped(f"v({inner})", self.swing / tiles)
        writer.behavioural_current(
            f"{name}_gm", GROUND, inner, at.following(f"{number(gm)}*({number(-at.offset / tiles**0.5)}-v({name}))")
        )
        writer.behavioural_current(f"{name}_clamp", inner, GROUND, f"{number(_CLAMP * gm)}*(v({inner})-{held})")
        at.pole(writer, inner, gm / self.dc_gain, self.load)
        writer.behavioural_voltage(stage, stage, GROUND, held)
        meter = writer.ammeter(back, stage, back)
        self._fed_back(writer, at, back, tiles / lines.feedback)
        writer.amplifier(out, out, stage, -float(tiles))
        if lines.capacitance > 0.0:
            writer.capacitor(name, name, GROUND, lines.capacitance)
        return Written(
            out,
            (at.following(f"{number(0.5 * self.supply)}*abs(i({meter}))"),) if self.output == "ab" else (),
            "amplifiers peak by the capacitance of their lines" if lines.capacitance > 0.0 else "",
        )

    def _fed_back(self, writer: Writer, at: Place, back: str, siemens: float) -> None:
        """R_f/T from the node `back` to the line, or to ground while the circuit holds."""
        name = f"{at.line}_rf"
        if not at.gate:
            writer.resistor(name, back, at.line, siemens)
            return
        across = f"{number(siemens)}*v({back},{at.line})"
        writer.behavioural_current(name, back, at.line, at.following(across), conducts=True)
        writer.behavioural_current(f"{name}_ground", back, GROUND, at.holding(f"{number(siemens)}*v({back})"))

    def remedy(self, lines: SummingLines, lag: float) -> str:
        """A bandwidth, or smaller tiles."""
        n = 1.0 + lines.feedback * lines.design / self.tiles(lines)
        wanted = format_si(n / (2.0 * math.pi * lag), "Hz")
        return f"give column.bandwidth={wanted} or more, or a smaller column.tile"
