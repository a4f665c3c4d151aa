"""Learning by equilibrium propagation: phases, gradient estimators, exact references, updates as pulses."""

from analogep.learning.gradient import compare, estimate, product_rule
from analogep.learning.phases import Experimenter, Tally
from analogep.learning.reference import adjoint, cost, exact_gradient
from analogep.learning.update import Updater, active_rule

__all__ = [
    "Experimenter",
    "Tally",
    "Updater",
    "active_rule",
    "adjoint",
    "compare",
    "cost",
    "estimate",
    "exact_gradient",
    "product_rule",
]
