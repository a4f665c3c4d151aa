"""Shim."""

from __future__ import annotations

import json
from typing import Any


def recorded(card: Any) -> dict[str, str]:
    """Shim."""
    return {f"{card.kind}_card": card.text, f"{card.kind}_overrides": json.dumps(card.overrides)}


def card_of(attrs: Any, kind: str) -> Any:
    """Shim."""
    from analogep.circuit import CircuitCard
    from analogep.device import DeviceCard

    family = {"device": DeviceCard, "circuit": CircuitCard}[kind]
    return family.from_text(attrs[f"{kind}_card"], "x", json.loads(attrs[f"{kind}_overrides"]))
