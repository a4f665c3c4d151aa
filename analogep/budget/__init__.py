"""Which limit of the hardware costs how much, and how large each may be: budgets and specifications by paired runs."""

from analogep.budget.budget import BUDGET, IDEAL, Budget, contrasts
from analogep.budget.deck import Deck
from analogep.budget.limits import LIMITS, Limit
from analogep.budget.looks import Effect, effect
from analogep.budget.paired import Estimate, estimate
from analogep.budget.question import AXIS, BETA, PAIRS, REAL
from analogep.budget.specification import SPECIFICATION, Specification
from analogep.budget.tally import tally

__all__ = [
    "AXIS", "BETA", "BUDGET", "IDEAL", "LIMITS", "PAIRS", "REAL", "SPECIFICATION", "Budget", "Deck", "Effect",
    "Estimate", "Limit", "Specification", "contrasts", "effect", "estimate", "tally",
]  # fmt: skip
