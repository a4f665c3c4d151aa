"""What voltages below those of pulses do to states: half-selected cells, and cells that are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from analogep.cards import Block
from analogep.device.laws import DIRECTIONS, Law
from analogep.device.laws.kinetic import Kinetic
from analogep.device.laws.rates import Rate
from analogep.units import Fraction, Hertz

if TYPE_CHECKING:
    from analogep.device.card import DeviceCard


class NoDisturb(Block):
    """States stand still unless they are pulsed."""

    kind: Literal["none"]
    known: ClassVar[bool] = True


class UnknownDisturb(NoDisturb):
    """By the rate law of the card's pulses where it has one (`disturbance`); else no source says, and states stand."""

    kind: Literal["unknown"]  # type: ignore[assignment]
    known: ClassVar[bool] = False


class StatedDisturb(Block):
    """Measured or assumed: what an exposure is worth, in pulses of the card, whose size at the state it has."""

    kind: Literal["stated"]
    half_select: Annotated[Fraction, Field(ge=0, le=1)] = 0.0
    """Share of a pulse that moves a half-selected cell, in the pulse's direction; without a selector."""
    read: Hertz = 0.0
    """Pulses a second that the read voltage is worth: above 0 up, below 0 down."""
    known: ClassVar[bool] = True


Disturb = Annotated[NoDisturb | UnknownDisturb | StatedDisturb, Field(discriminator="kind")]


class Disturbance(NamedTuple):
    """Exposures in pulses.

    Attributes
    ----------
    half : (float, float) [pulses]
        What half-selecting a cell once is worth, up and down, in pulses of that direction.
    read : float [pulses/s]
        What being read is worth: above 0 in pulses up, below 0 down.
    verify : float [pulses]
        What a verify read is worth, with the same signs.
    """

    half: tuple[float, float]
    read: float
    verify: float = 0.0


def disturbance(card: DeviceCard, volts: float) -> Disturbance | None:
    """What exposures move, as pulses of the card; None where nothing is known to move.

        half-selected     r(share V) / r(V)            the same width as the pulse
        read              r(V_read) / |r(V) t|         a second of it, V of the direction in which it moves
        verify            r(V_r) t_r / |r(V) t|        `read.voltage` for `read.width`

    by the card's own numbers, or by its rate law r (`programming.kinetics`, or the rate of the kinetic law). Cells with
    a selector or a separate gate are never half-selected.

    Parameters
    ----------
    card : DeviceCard
    volts : float [V]
        At which cells are read in phases.
    """
    share, said = card.energy.half_select or 0.0, card.disturb
    half, read, verify = (0.0, 0.0), 0.0, 0.0
    if isinstance(said, StatedDisturb):
        half, read, verify = (said.half_select, said.half_select) if share else half, said.read, said.read
    elif not said.known:
        half, read = _by_rates(card, share, volts)
        verify = _by_rates(card, share, card.read.voltage)[1]
    return Disturbance(half, read, verify * card.read.width) if any(half) or read or verify else None


def untold(card: DeviceCard) -> bool:
    """Whether nothing is known of what reads do to states: `unknown`, and no rate law either."""
    return not card.disturb.known and _rate(card.programming) is None


def reads_move(card: DeviceCard) -> bool:
    """Whether reading moves states at some voltage: by a stated number, or by a rate law."""
    said = card.disturb
    return (
        bool(said.read) if isinstance(said, StatedDisturb) else not said.known and _rate(card.programming) is not None
    )


def _rate(law: Law) -> Rate | None:
    if isinstance(law, Kinetic):
        return law.rate
    return None if law.kinetics is None else law.kinetics.rate


def _by_rates(card: DeviceCard, share: float, volts: float) -> tuple[tuple[float, float], float]:
    law, rate = card.programming, _rate(card.programming)
    if rate is None:
        return (0.0, 0.0), 0.0
    ways = [law.branch(direction) if direction in law.directions else None for direction in DIRECTIONS]
    up, down = (0.0 if way is None else rate.rate(share * way.amplitude) / rate.rate(way.amplitude) for way in ways)
    speed = rate.rate(volts)
    way = ways[0 if speed > 0.0 else 1]
    read = 0.0 if way is None else speed / (abs(rate.rate(way.amplitude)) * way.width)
    return (up, down), read
