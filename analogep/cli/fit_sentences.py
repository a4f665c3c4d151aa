"""What `analogep fit` says last: what was read, what was fitted, what to watch out for, a sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analogep.fit import Fit, LaboratoryFit, Written

_MISSES: Final = 1.5
"""Residual in units of the noise from which on a law is said to miss what was measured."""


def sentences(found: LaboratoryFit, card: Written, warnings: int) -> list[str]:
    """Return the three sentences.

    Parameters
    ----------
    found : LaboratoryFit
    card : Written
    warnings : int
        How many follow on stderr.
    """
    return [_read(found), _fitted(found), _watch(found, card, warnings)]


def counts(found: Fit) -> str:
    """Ramps, pulses and devices of a measurement."""
    parts = []
    for way in found.directions:
        pulses = [ramp.pulses for ramp in found.measurement.ramps if ramp.direction == way]
        size = f"{min(pulses)}" if min(pulses) == max(pulses) else f"{min(pulses)}-{max(pulses)}"
        parts.append(f"{len(pulses)} ramp{'s' if len(pulses) > 1 else ''} {way} of {size} pulses")
    devices = f" on {len(found.devices)} devices" if len(found.devices) > 1 else ""
    return ", ".join(parts) + devices


def deviations(found: Fit) -> tuple[float, float]:
    """Residual of the law, and what noise alone would leave: means of devices, shares of the measured range [1]."""
    devices = found.devices
    return sum(one.rmse for one in devices) / len(devices), sum(one.noise for one in devices) / len(devices)


def _read(found: LaboratoryFit) -> str:
    parts = [counts(found.pulses)] if found.pulses is not None else []
    # Ramps are counted above; what else was read says it by itself.
    parts += [f"{one.said} ({one.kind})" for one in found.records if found.pulses is None or one.kind != "pulses"]
    names = dict.fromkeys(one.source.name for one in found.records)
    if found.pulses is not None:
        names |= dict.fromkeys(one.name for one in found.pulses.measurement.sources)
    return f"Read:      {'; '.join(parts)}, from {len(names)} file{'s' * (len(names) != 1)}."


def _fitted(found: LaboratoryFit) -> str:
    parts = []
    if found.pulses is not None:
        residual, noise = (f"{100.0 * share:.2g} %" for share in deviations(found.pulses))
        parts.append(
            f"the law {found.pulses.law} to the pulses, which leaves {residual} of the measured range where noise "
            f"alone would leave {noise}"
        )
    parts += [f"{one.model} to the {one.kind}" for one in found.findings]
    return f"Fitted:    {'; '.join(parts)}." if parts else "Fitted:    nothing."


def _watch(found: LaboratoryFit, card: Written, warnings: int) -> str:
    number = len(card.defaults)
    parts = [f"{number} entries of the card are defaults that nobody has measured (under 'to do')"] if number else []
    if found.pulses is not None:
        residual, noise = deviations(found.pulses)
        if noise > 0.0 and residual > _MISSES * noise:
            parts.append(f"the law misses the ramps by {residual / noise:.2g} times their noise, see --figure")
    if warnings:
        parts.append(f"{warnings} warning{'s' * (warnings != 1)} below")
    return f"Watch out: {'; '.join(parts) or 'nothing was left open'}."
