"""A column that is late by one time constant and takes a power, and is perfect otherwise."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from analogep import register
from analogep.columns import Column, Response
from analogep.units import Seconds, Watts


@register
class Follower(Column):
    """y follows R_f I with the time constant `lag`."""

    kind: Literal["follower"]
    lag: Annotated[Seconds, Field(gt=0)]
    watts: Annotated[Watts, Field(ge=0)]
    example: ClassVar[str] = "{kind: follower, lag: 5 ns, watts: 1 uW}"

    def response(self, lines, g):
        one = np.ones_like(g)
        return Response(one, self.lag * one, lines.feedback**2 * g, one, 0.5)

    def bias(self, lines):
        return self.watts

    def drawn(self, lines):
        return 1.0 / lines.feedback

    @property
    def rail(self):
        return 1.1
