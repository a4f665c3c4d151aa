"""The device card's own rule."""

from __future__ import annotations

from typing import ClassVar, Literal

from analogep.rules.base import Chosen, Recommendation, Rule, rule_named


class DeviceRule(Chosen):
    """The rule that the device card recommends."""

    rule: Literal["device"]
    example: ClassVar[str] = "{rule: device}"

    def active(self, recommended: Recommendation) -> Rule:
        """That of the recommendation."""
        return rule_named(recommended.rule, recommended.threshold, recommended.max_pulses)
