"""What no source says of a device: it counts as perfect in a simulation, so that it is counted and said.

A card writes `unknown` for a number (a spread, a yield, an endurance) and `{kind: unknown}` for a block. It has the
effect of 0, of `{kind: none}`, of a linear I-V curve: numbers are those of a card that says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from analogep.units import UNKNOWN_WORD, Unknown

QUANTITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "pulse noise": ("variation.cycle_to_cycle",),
    "spread of windows": ("variation.device_to_device.max", "variation.device_to_device.min"),
    "spread of steps": ("variation.device_to_device.step", "variation.device_to_device.asymmetry"),
    "read noise": ("read.noise",),
    "I-V curve": ("read.iv",),
    "retention": ("retention",),
    "disturb": ("disturb",),
    "yield": ("faults.dead",),
    "endurance": ("endurance.pulses",),
    "energy of a pulse": ("energy",),
}
"""What a comparison of devices needs to know, with the keys that say it; without a window and a pulse there is no
card."""


def unknown_keys(card: BaseModel) -> dict[str, list[str]]:
    """Quantity -> keys of a device card at which nothing is known; quantities of which all is known are left out."""
    found = {name: [key for key in keys if _unknown(card, key)] for name, keys in QUANTITIES.items()}
    return {name: keys for name, keys in found.items() if keys}


def _unknown(card: BaseModel, key: str) -> bool:
    value: object = card
    for part in key.split("."):
        value = getattr(value, part, None)
    if key == "faults.dead" and isinstance(value, Unknown):
        # Who states one kind of fault has counted the others.
        faults = getattr(card, "faults", None)
        return not any(getattr(faults, name) for name in ("stuck_min", "stuck_max", "stuck_random"))
    if key == "disturb" and _rate_law(card):
        return False
    if isinstance(value, tuple):
        return any(_says_unknown(one) for one in value)
    return isinstance(value, Unknown) or _says_unknown(value)


def _rate_law(card: BaseModel) -> bool:
    """Whether a rate at every voltage is known, from which what half-selecting and reading do follows."""
    law = getattr(card, "programming", None)
    return getattr(law, "kinetics", None) is not None or getattr(law, "rate", None) is not None


def _says_unknown(block: object) -> bool:
    return UNKNOWN_WORD in (getattr(block, "kind", None), getattr(block, "write", None))


def told(names: tuple[str, ...] | list[str]) -> str:
    """How many quantities are unknown and which, for people: `2 of 9: read noise, yield`; `0 of 9` without any."""
    return f"{len(names)} of {len(QUANTITIES)}" + (f": {', '.join(names)}" if names else "")
