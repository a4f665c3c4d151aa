"""Update rules: how many pulses a wanted weight change becomes; one class a rule, one file a class."""

from typing import Annotated

from analogep.rules.accumulating import Accumulating
from analogep.rules.base import MOST_PULSES, RULES, Chosen, Rule, rule_named
from analogep.rules.closed_loop import ClosedLoop
from analogep.rules.fixed_pulse import FixedPulse
from analogep.rules.mixed_precision import MixedPrecision
from analogep.rules.recommended import DeviceRule
from analogep.rules.stochastic import Stochastic

__all__ = [
    "MOST_PULSES",
    "RULES",
    "Accumulating",
    "Chosen",
    "ClosedLoop",
    "DeviceRule",
    "FixedPulse",
    "MixedPrecision",
    "Rule",
    "Stochastic",
    "UpdateRule",
    "rule_named",
]

UpdateRule = Annotated[Chosen, RULES]
"""Any update rule; `rule` names it."""
