"""What learning minimises, and how outputs are nudged towards it: one class a cost, one file a class."""

from typing import Annotated

from analogep.costs.base import COSTS, Cost
from analogep.costs.softmax import SoftmaxCrossEntropy
from analogep.costs.squared import SQUARED_ERROR, SquaredError

__all__ = ["SQUARED_ERROR", "AnyCost", "Cost", "SoftmaxCrossEntropy", "SquaredError"]

AnyCost = Annotated[Cost, COSTS]
"""Any cost; `kind` names it."""
