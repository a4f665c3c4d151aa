"""Loss budget: which limit of the hardware costs how much accuracy and how many joules."""

from analogep.budget.budget import AXIS, BUDGET, IDEAL, REAL, Budget
from analogep.budget.deck import Deck
from analogep.budget.limits import LIMITS, Limit
from analogep.budget.paired import Estimate, estimate
from analogep.budget.tally import ranked, tally

__all__ = [
    "AXIS", "BUDGET", "IDEAL", "LIMITS", "REAL", "Budget", "Deck", "Estimate", "Limit", "estimate", "ranked", "tally",
]  # fmt: skip
