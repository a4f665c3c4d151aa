"""Its block."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from analogep import register
from analogep.circuit.kind import Kind


@register
class Leaky(Kind):
    """Networks at virtual ground whose nodes leak more than their neurons say, by a factor."""

    kind: Literal["leaky"]
    factor: Annotated[float, Field(ge=1, le=10)]
    schemes: ClassVar = ("push_pull", "reference")
    neurons: ClassVar[bool] = True

    def builder(self):
        from tests.parts.own.kind.network import LeakyBuilder

        return LeakyBuilder
