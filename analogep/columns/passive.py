"""A resistor to ground on every summing line, and an amplifier that only looks at its voltage."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.columns.amplifier import Amplified
from analogep.columns.base import Response, SummingLines
from analogep.columns.elements import GROUND, Place, Writer, Written, clipped, number
from analogep.units import Siemens, format_si

Floats = NDArray[np.float64]


class Passive(Amplified):
    """Nothing holds the line: it stands at u = I/(G_L + G), and an amplifier of the gain A makes y = A u of it.

    A is made for the cells at their common mode, G_0, so that y is R_f I there:

        A = R_f (G_L + G_0),    h = (G_L + G_0)/(G_L + G),    tau_a = C/(G_L + G) + A/(2 pi GBW),    offset A V_os
        R_n = A^2 (1/(G_L + G) + gamma/gm)

    of the line, A^2 kT/C in all where the amplifier is fast (equipartition), and of the amplifier. Cells are taken at
    the voltage of their driven lines here, which holds while u is far below these: while A is far above 1.
    """

    holds: ClassVar[bool] = True
    kind: Literal["passive"]
    line_load: Annotated[Siemens, Field(ge=0)]
    """G_L of the resistor from the line to ground."""
    example: ClassVar[str] = (
        "{kind: passive, supply: 1.1 V, line_load: 2 mS, load: 0.2 pF, gm_over_id: 15, branches: 4}"
    )

    def _gain(self, lines: SummingLines) -> float:
        """A [1]."""
        return lines.feedback * (self.line_load + lines.design)

    def response(self, lines: SummingLines, g: Floats) -> Response:
        """As the class says, at `g` (lines,) [S]."""
        gain, total = self._gain(lines), self.line_load + g
        product = self.product(gain, lines.tau)
        return Response(
            gain=(self.line_load + lines.design) / total,
            tau=lines.capacitance / total + gain / (2.0 * math.pi * product),
            noise=gain**2 * (1.0 / total + self.excess / self.transconductance(product)),
            offset=np.full_like(g, gain),
            limit=self.swing,
        )

    def bias(self, lines: SummingLines) -> float:
        """Of the amplifier [W]."""
        return self.power(self.product(self._gain(lines), lines.tau))

    def drawn(self, lines: SummingLines) -> float:
        """None: the line's current goes to ground through the resistor [S]."""
        return 0.0

    def elements(self, writer: Writer, at: Place, lines: SummingLines) -> Written:
        """G_L and the line's capacitance; gm into A/gm || C_load, its current no more than what makes the swing.

        Behind a gate C_load is cut off from gm and A/gm.
        """
        name, out, gain = at.line, f"{at.line}_out", self._gain(lines)
        gm = self.transconductance(self.product(gain, lines.tau))
        writer.resistor(name, name, GROUND, self.line_load)
        if lines.capacitance > 0.0:
            writer.capacitor(name, name, GROUND, lines.capacitance)
        seen = clipped(f"v({name})+{number(at.offset)}", self.swing / gain)
        writer.behavioural_current(f"{name}_gm", GROUND, out, at.following(f"{number(gm)}*{seen}"))
        at.pole(writer, out, gm / gain, self.load)
        return Written(out, (), "the poles of lines and amplifiers are taken as one" if lines.capacitance > 0.0 else "")

    def remedy(self, lines: SummingLines, lag: float) -> str:
        """A bandwidth."""
        wanted = self._gain(lines) / (2.0 * math.pi * lag)
        return f"give column.bandwidth={format_si(wanted, 'Hz')} or more"
