"""A current conveyor on every summing line: a regulated cascode that takes the current in, and mirrors that copy it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.columns.base import Column, Response, SummingLines
from analogep.columns.elements import GROUND, Place, Writer, Written, clipped, number
from analogep.units import Amperes, Hertz, Volts, format_si

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]


class Conveyor(Column):
    """A cascode of the transconductance gm, regulated by a gain A, holds the line at the resistance r = 1/(gm (1 + A)).

    Mirrors of the pole f_m copy its current into the node. With gm = (gm/I_d) I of the bias current I,

        h = 1/(1 + r G),    tau_a = r C_line/(1 + r G) + 1/(2 pi f_m),    offset R_f G h V_os
        R_n = R_f^2 (h^2 G + h^2 G^2 gamma/gm + n gamma gm)

    of the cells, of the regulating amplifier (with the gm of the cascode) and of n transistors that carry the bias. Of
    a class AB input the largest current is `peak` times the bias, which limits y to R_f times that. The two time
    constants add up to the pole of what they are together as long as their product is far below the square of the
    node's, and the amplifier's noise is as white as this while C_line/G is far below tau_a, as of lines of cells alone
    (`tests/spice/test_column_circuits.py`).

    Source of the circuit: Saeckinger and Guggenbuehl 1990, doi 10.1109/4.50316 (regulated cascode).
    """

    holds: ClassVar[bool] = True
    from_node: ClassVar[tuple[str, ...]] = ("supply", "gm_over_id")
    kind: Literal["conveyor"]
    supply: Annotated[Volts, Field(gt=0)]
    """V_dd, in the middle of which the ground of all signals lies."""
    bias_current: Annotated[Amperes, Field(gt=0)]
    """I of each branch."""
    gm_over_id: Annotated[float, Field(gt=0, le=40)]
    """Transconductance per current [1/V]."""
    regulation: Annotated[float, Field(ge=0)]
    """A, the gain of the regulating amplifier; 0 for a plain cascode."""
    mirror: Annotated[Hertz, Field(gt=0)]
    """f_m, pole of the current mirrors."""
    peak: Annotated[float, Field(ge=1, le=100)]
    """Largest current that the input carries over its bias: 1 in class A, more in class AB."""
    branches: Annotated[int, Field(ge=1, le=100)]
    """Number of equal current branches."""
    noisy: Annotated[int, Field(ge=0, le=100)] = 2
    """n, transistors whose own noise current reaches the node."""
    excess: Annotated[float, Field(ge=0, le=100)] = 2.0 / 3.0
    """gamma of a transistor, 2/3 in strong inversion."""
    headroom: Annotated[Volts, Field(ge=0)] = 0.1
    """Between the node and either end of the supply, at least."""
    example: ClassVar[str] = (
        "{kind: conveyor, supply: 1.1 V, bias_current: 20 uA, gm_over_id: 15, regulation: 100, mirror: 200 MHz, "
        "peak: 10, branches: 4}"
    )

    @property
    def rail(self) -> float:
        """V_dd [V]."""
        return self.supply

    @property
    def swing(self) -> float:
        """Of the node around the ground [V]."""
        return 0.5 * self.supply - self.headroom

    @property
    def transconductance(self) -> float:
        """gm [S]."""
        return self.gm_over_id * self.bias_current

    @property
    def resistance(self) -> float:
        """r at which the line is held [ohm]."""
        return 1.0 / (self.transconductance * (1.0 + self.regulation))

    def response(self, lines: SummingLines, g: Floats) -> Response:
        """As the class says, at `g` (lines,) [S]."""
        r, gm, feedback = self.resistance, self.transconductance, lines.feedback
        gain = 1.0 / (1.0 + r * g)
        line = np.square(gain) * (g + np.square(g) * self.excess / gm)
        return Response(
            gain=gain,
            tau=r * lines.capacitance * gain + 1.0 / (2.0 * math.pi * self.mirror),
            noise=feedback**2 * (line + self.noisy * self.excess * gm),
            offset=feedback * g * gain,
            limit=min(self.swing, feedback * self.peak * self.bias_current),
        )

    def bias(self, lines: SummingLines) -> float:
        """V_dd times branches times the bias current [W]."""
        return self.supply * self.branches * self.bias_current

    def drawn(self, lines: SummingLines) -> float:
        """1/R_f of the input [S]; none beyond the bias in class A. The leak books what its copy sends into the node."""
        return 1.0 / lines.feedback if self.peak > 1.0 else 0.0

    def elements(self, writer: Writer, at: Place, lines: SummingLines) -> Written:
        """r from the line to the input's ground, no more than the peak current through it, and its copy into R_f in
        parallel with a capacitor of the mirrors' pole, where it stands as y.

        Behind a gate the capacitor is cut off from the copy and from R_f, and the cascode holds its line at ground.
        """
        name, half = at.line, number(0.5 * self.supply)
        level, sunk, out = f"{name}_level", f"{name}_sunk", f"{name}_out"
        current = f"v({name},{level})*{number(1.0 / self.resistance)}"
        if at.gate:
            writer.behavioural_voltage(level, level, GROUND, at.following(number(-at.offset)))
        else:
            writer.source(level, level, GROUND, -at.offset)
        meter = writer.ammeter(sunk, name, sunk)
        taken = clipped(current, self.peak * self.bias_current)
        writer.behavioural_current(f"{name}_r", sunk, level, taken, conducts=True)
        limit = self.response(lines, np.array([lines.design])).limit
        copied = clipped(f"i({meter})", limit / lines.feedback)
        writer.behavioural_current(f"{name}_copy", GROUND, out, at.following(copied))
        at.pole(writer, out, 1.0 / lines.feedback, 1.0 / (2.0 * math.pi * self.mirror * lines.feedback))
        if lines.capacitance > 0.0:
            writer.capacitor(name, name, GROUND, lines.capacitance)
        return Written(
            out,
            (at.following(f"{half}*abs(i({meter}))"),) if self.peak > 1.0 else (),
            "the poles of lines and mirrors are taken as one" if lines.capacitance > 0.0 else "",
        )

    def remedy(self, lines: SummingLines, lag: float) -> str:
        """Faster mirrors, or more bias."""
        return (
            f"give column.mirror={format_si(1.0 / (2.0 * math.pi * lag), 'Hz')} or more, and a larger "
            "column.bias_current"
        )

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.swing <= 0.0:
            yield (
                ("headroom",),
                f"leaves no swing: must be below half of the supply, {format_si(0.5 * self.supply, 'V')}, got "
                f"{format_si(self.headroom, 'V')}",
            )
