"""Members of families as blocks: what their `example` says, read as a card reads it."""

from __future__ import annotations

import json
from typing import Any

from analogep.cards.block import broken_rules
from analogep.cards.family import Family
from analogep.cards.reader import read
from analogep.circuit.activation import ACTIVATIONS
from analogep.circuit.kind import KINDS
from analogep.circuit.phases import SOLVERS
from analogep.columns import COLUMNS
from analogep.costs import COSTS
from analogep.device.iv import CURVES
from analogep.device.laws import LAWS
from analogep.device.read import READ_NOISES
from analogep.device.variation import PULSE_NOISES
from analogep.estimators import ESTIMATORS
from analogep.rules import RULES
from analogep.units import CARD

ALL = (ACTIVATIONS, COLUMNS, COSTS, CURVES, ESTIMATORS, KINDS, LAWS, PULSE_NOISES, READ_NOISES, RULES, SOLVERS)


def block(part: type, text: str = "") -> Any:
    """A member as its example, or another text, says it."""
    data = read(f"it: {text or part.example}\n", "example").data["it"]  # type: ignore[attr-defined]
    made = part.model_validate_json(json.dumps(data), context=CARD)  # type: ignore[attr-defined]
    assert not list(broken_rules(made))
    return made


def members(family: Family) -> list[Any]:
    """Every member of a family as its example says it."""
    return [block(part) for part in family.classes()]
