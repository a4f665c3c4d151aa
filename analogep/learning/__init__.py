"""Learning by equilibrium propagation: phases, gradient estimators, exact references, updates as pulses."""

from analogep.learning.gradient import compare, estimate, factored, product_rule
from analogep.learning.outer import Outer
from analogep.learning.phases import Experimenter, Tally
from analogep.learning.reference import adjoint, exact_gradient
from analogep.learning.update import Updater, active_rule

__all__ = [
    "Experimenter",
    "Outer",
    "Tally",
    "Updater",
    "active_rule",
    "adjoint",
    "compare",
    "estimate",
    "exact_gradient",
    "factored",
    "product_rule",
]
