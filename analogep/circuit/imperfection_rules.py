"""Rules of a circuit card about noise and mismatch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analogep.circuit.kind import kinds_with
from analogep.units import format_si

Path = tuple[str | int, ...]


def noise_rules(card: Any) -> Iterator[tuple[Path, str]]:
    """Less noise than physics gives, and what has no thermal noise yet."""
    if card.noise.thermal == "off":
        return
    stated, floor = card.sample_hold.noise, card.sample_hold.thermal_noise(card.noise.temperature)
    # Stated with two digits, as people do.
    if stated is not None and stated < 0.98 * floor:
        yield (
            ("sample_hold", "noise"),
            f"must be at least kT/C of its capacitor, {format_si(floor, 'V')} at "
            f"{format_si(card.noise.temperature, 'K')}, got {format_si(stated, 'V')}; leave it out to have that, "
            "or set noise.thermal=off for a limit without",
        )
    if not card.network.thermal:
        known = kinds_with("thermal")
        yield ("noise", "thermal"), f"needs a network of kind {known}; '{card.network.kind}' has none so far"
    if not card.nudging.chosen.real:
        yield ("noise", "thermal"), "needs real voltages; 'holomorphic' has complex ones, which no circuit has"


def mismatch_rules(card: Any) -> Iterator[tuple[Path, str]]:
    """Keys of the mismatch that the network's neurons do not have, or its solver cannot follow."""
    spread, kind = () if card.mismatch is None else card.mismatch.spread, card.network
    for key in spread:
        if key not in kind.mismatches:
            known = ", ".join(f"'{name}'" for name in kind.mismatches) or "no mismatch"
            yield (
                ("mismatch", key),
                f"is none of a network of kind '{kind.kind}', which has {known}; remove it",
            )
        elif key != "offset" and not card.nudging.chosen.real:
            yield (
                ("mismatch", key),
                f"is not written for complex voltages; leave 'offset' alone, or take an estimator other than "
                f"'{card.nudging.estimator}'",
            )
