"""A fifth-order I-V curve."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from analogep import register
from analogep.device.iv import Curve, Expansions, polynomial
from analogep.units import Volts


@register
class QuinticIV(Curve):
    kind: Literal["quintic"]
    v0: Annotated[Volts, Field(gt=0.05)]

    def drive(self, v):
        return v * (1.0 + (v / self.v0) ** 4)

    def slope(self, v):
        return 1.0 + 5.0 * (np.asarray(v) / self.v0) ** 4

    def series(self, limit, accuracy):
        return (1.0, 0.0, self.v0**-4)

    def expansions(self):
        s = self.v0**-4
        forms = ({1: 1.0, 5: s}, {0: 1.0, 4: 5.0 * s}, {2: 0.5, 6: s / 6.0}, {2: 1.0, 6: 2.0 * s, 10: s * s})
        return Expansions(*map(polynomial, forms))

    def expression(self, siemens, v):
        return f"{siemens:.17g}*{v}*(1+(({v})/{self.v0:.17g})^4)"
