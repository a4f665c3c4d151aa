"""A summing line that stands at ground whatever flows, at no cost: a limit."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from analogep.columns.base import Column, Response, SummingLines

Floats = NDArray[np.float64]


class Ideal(Column):
    """A virtual ground without bandwidth, gain error, swing, noise and power of its own. A limit, and no circuit.

    What lines take is then r I, the heat of the cells alone.
    """

    kind: Literal["ideal"]
    limiting: ClassVar[bool] = True
    example: ClassVar[str] = "{kind: ideal}"

    def response(self, lines: SummingLines, g: Floats) -> Response:
        """All of the current at once, with the noise of the cells `g` (lines,) [S] alone: R_f^2 G."""
        return Response(np.ones_like(g), np.zeros_like(g), lines.feedback**2 * g, np.ones_like(g), np.inf)

    def bias(self, lines: SummingLines) -> float:
        """None [W]."""
        return 0.0

    def drawn(self, lines: SummingLines) -> float:
        """None [S]."""
        return 0.0

    @property
    def rail(self) -> float:
        """None: cells take what they dissipate [V]."""
        return 0.0


IDEAL: Final = Ideal(kind="ideal")
