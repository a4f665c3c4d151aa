"""Learning by equilibrium propagation: phases, gradient estimators, exact references, updates as pulses."""

from analogep.learning.gradient import compare
from analogep.learning.phases import Experimenter
from analogep.learning.tally import Tally
from analogep.learning.update import Updater, active_rule

__all__ = [
    "Experimenter",
    "Tally",
    "Updater",
    "active_rule",
    "compare",
]
