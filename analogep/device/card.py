"""The device card: all that a YAML file says about one device technology."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from analogep.cards import Block, Card, Names, overrides, provenance, written
from analogep.cards.block import broken_rules
from analogep.cards.provenance import Source
from analogep.device import uncertainty
from analogep.device.disturb import Disturb, UnknownDisturb
from analogep.device.energy import CapacitiveEnergy, OhmicEnergy, TableEnergy, UnknownEnergy, WriteEnergy
from analogep.device.laws import DIRECTIONS, Branch, Direction, Programming
from analogep.device.read import Read
from analogep.device.retention import Retention, Temperature, UnknownRetention
from analogep.device.uncertainty import Uncertainty
from analogep.device.unknown import unknown_keys
from analogep.device.variation import Variation
from analogep.errors import Problem
from analogep.rules.base import RULES
from analogep.units import CARD, UNKNOWN, Fraction, Knowable, Siemens, Unknown, format_si

Path = tuple[str | int, ...]

_MOST_SIEMENS = 1e6
"""Largest conductance of a card: beyond it squares of conductances overflow sooner or later."""
_MOST_PLAUSIBLE = 0.01
"""Conductance [S] above which a card is doubted: a hundred cells of it on a line of 1 ohm take all of its voltage."""
_LEAST_READ = 1e-12
"""Current [A] of a cell that is fully on below which a card is doubted: switches on the same line leak as much."""


class Conductance(Block):
    """The nominal window, and how many states can be told apart within it."""

    min: Annotated[Siemens, Field(gt=0, le=_MOST_SIEMENS)]
    max: Annotated[Siemens, Field(gt=0, le=_MOST_SIEMENS)]
    levels: Annotated[int | None, Field(ge=2, le=10**9)] = None
    """Number of equally spaced states that the cell shows; the state that pulses move is continuous. Null: analog."""

    @property
    def span(self) -> float:
        """Width of the window [S]."""
        return self.max - self.min

    def at(self, share: float) -> float:
        """The conductance at a `share` of the window [1], from its lower end [S]."""
        return self.min + share * self.span

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.min >= self.max:
            low, high = format_si(self.min, "S"), format_si(self.max, "S")
            yield ("max",), f"must be greater than 'min' ({low}), got {high}"


class Faults(Block):
    """Cells that ignore pulses: open, stuck at an end of their window, or anywhere within it."""

    dead: Annotated[Fraction, Field(ge=0, le=1), Knowable()] = UNKNOWN
    """Open cells: they conduct nothing. Unknown, as is the yield, where a card says nothing; that counts as none."""

    stuck_min: Annotated[Fraction, Field(ge=0, le=1)] = 0.0
    stuck_max: Annotated[Fraction, Field(ge=0, le=1)] = 0.0
    stuck_random: Annotated[Fraction, Field(ge=0, le=1)] = 0.0

    def rules(self) -> Iterator[tuple[Path, str]]:
        total = self.dead + self.stuck_min + self.stuck_max + self.stuck_random
        if total > 1.0 + 1e-12:  # 33 %, 56 % and 11 % add up to 1 and a rounding error
            yield (), f"the fractions of dead and stuck cells add up to {100 * total:g} %, more than all cells"


class Endurance(Block):
    """How many pulses a cell survives."""

    pulses: Annotated[float, Field(ge=1), Knowable()]
    """Number, or `unknown`: cells are not counted as worn then."""


class Recommended(Block):
    """The update rule that serves this device best; a circuit card may choose another."""

    rule: Annotated[str, Names(RULES, without=("device",))]
    threshold: Annotated[float, Field(ge=0.5, le=10**6)] = 1.0
    """Residual that triggers pulses, in steps of a pair (mixed precision and closed loop)."""
    max_pulses: Annotated[int | None, Field(ge=1, le=10**6)] = None
    """Most pulses in one write (mixed precision and closed loop); null for no limit."""


class DeviceCard(Card):
    """All that is known about a device: window, pulses, spread, reading, energy, and where each number is from."""

    kind: ClassVar[Literal["device"]] = "device"

    technology: str
    terminals: Annotated[int, Field(ge=2, le=4)]
    sources: dict[str, Source]
    conductance: Conductance
    programming: Programming
    variation: Variation
    read: Read
    retention: Retention = UnknownRetention(kind="unknown")
    disturb: Disturb = UnknownDisturb(kind="unknown")
    faults: Faults = Faults()
    endurance: Endurance | None = Endurance(pulses=UNKNOWN)
    """Null for cells that never wear."""
    energy: WriteEnergy
    temperature: Temperature | None = None
    recommended: Recommended = Recommended(rule="stochastic")
    provenance: dict[str, tuple[str, str]] = Field(default_factory=dict)
    uncertainty: Annotated[dict[str, Uncertainty], Field(exclude=True)] = Field(default_factory=dict)
    """Source -> standard errors of the numbers that were fitted to it, and their correlations, as `analogep fit` writes
    them. No simulation reads it, and it is not part of the digest: `analogep study --posterior` draws cards from it."""

    def branch(self, direction: Direction) -> Branch:
        """The pulse of one direction."""
        return self.programming.branch(direction)

    @property
    def threshold(self) -> float:
        """Smallest write amplitude [V]: reading must stay below it."""
        return min(abs(self.branch(direction).amplitude) for direction in DIRECTIONS)

    @property
    def step(self) -> float:
        """Mean size of a pulse in the middle of the window, of both gradual directions, as a fraction of the window."""
        return self.step_at(0.5)

    def stands(self, common_mode: float) -> float:
        """Where in the window circuits expect the cells of pairs with this common mode [1]: there, or in the middle
        where pulses only go up, which begin at their reset state whatever the circuit says."""
        return 0.5 if self.programming.unidirectional else common_mode

    def standing(self, common_mode: float) -> float:
        """Conductance of a cell that stands there [S]."""
        return self.conductance.at(self.stands(common_mode))

    def step_at(self, share: float) -> float:
        """The same at a `share` of the window [1], from its lower end."""
        law, state = self.programming, np.array(share)
        return float(np.mean([abs(float(law.step(direction, state))) for direction in law.directions]))

    @property
    def lifetime(self) -> float | None:
        """Pulses that a cell survives; None where it never wears, or nobody knows."""
        unknown = self.endurance is None or isinstance(self.endurance.pulses, Unknown)
        return None if self.endurance is None or unknown else float(self.endurance.pulses)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Quantities of which no source says anything, and which count as perfect (`unknown.QUANTITIES`)."""
        return tuple(unknown_keys(self))

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from self._window_rules()
        if next(broken_rules(self.programming), None) is None:
            yield from self._programming_rules()
        if self.terminals >= 3 and isinstance(self.energy, OhmicEnergy) and self.energy.half_select is not None:
            yield (
                ("energy", "half_select"),
                "a device with a separate gate has no half-selected cells; remove it",
            )
        if self._document.lines:  # numbers that a file holds; what Python gives is its caller's
            yield from provenance.problems(self.raw, self.sources, self.provenance, self.overridden)
            yield from uncertainty.problems(self, self.uncertainty, self.sources, self.overridden)

    def _plain(self) -> dict[str, Any]:
        return written.data(self, self.provenance) | self._errors()

    def understood(self) -> str:
        """Write the validated card as an indented list that is a card again."""
        return f"{super().understood()}\n{written.document(self._errors()).rstrip()}".rstrip()

    @property
    def certain(self) -> Self:
        """The same card, of whose numbers no errors are said."""
        data = {key: value for key, value in self.raw.items() if key != "uncertainty"}
        return self._built(replace(self._document, data=data), CARD, self.overrides, self.origin)

    def _errors(self) -> dict[str, Any]:
        """What is known of errors, as a file holds it."""
        found = {source: written.data(one) for source, one in self.uncertainty.items()}
        return {"uncertainty": found} if found else {}

    def _unsourced(self, data: Mapping[str, Any], changed: Collection[Path]) -> Iterator[Path]:
        for path, _ in provenance.problems(data, self.sources, self.provenance, changed):
            if path[0] != "provenance":
                yield path
            elif whole := overrides.missing(data, str(path[-1]).split(".")):
                yield whole

    def _programming_rules(self) -> Iterator[tuple[Path, str]]:
        """Rules between the law and other sections; they need a law that is whole."""
        law = self.programming
        if self.read.voltage >= self.threshold:
            yield (
                ("read", "voltage"),
                f"must be below the smallest write amplitude ({format_si(self.threshold, 'V')}), "
                f"got {format_si(self.read.voltage, 'V')}: reading would program",
            )
        if law.draws and self.variation.cycle_to_cycle.kind != "none":
            yield (
                ("variation", "cycle_to_cycle", "kind"),
                f"must be 'none' for the law '{law.model}', which draws its steps with their noise; got "
                f"'{self.variation.cycle_to_cycle.kind}'",
            )
        if self.variation.device_to_device.shape and not law.shape_name:
            yield (
                ("variation", "device_to_device", "shape"),
                f"the law '{law.model}' has no shape parameter to spread; remove it",
            )
        one = np.ones((1, 1))
        if (
            self.variation.device_to_device.reference == "nominal"
            and law.referred("up", one, 0.0 * one, 0.0 * one, one) is None
        ):
            yield (
                ("variation", "device_to_device", "reference"),
                f"the law '{law.model}' has no state that could stand still while windows move; it must be 'own' (laws "
                "with such a state are soft_bounds_reference, linear and exp_step)",
            )
        if isinstance(self.energy, TableEnergy):
            needed, other = ("reset", "down") if law.unidirectional else ("down", "reset")
            if getattr(self.energy, needed) is None:
                yield ("energy", needed), "is missing: table energy needs an entry for each kind of pulse"
            if getattr(self.energy, other) is not None:
                yield ("energy", other), f"this device has no such pulse; remove it ('{needed}' is its own)"
        if not self.step > 0.0:
            yield ("programming",), "a pulse in the middle of the window must move the state; it does not"

    def _window_rules(self) -> Iterator[tuple[Path, str]]:
        spread = self.variation.device_to_device
        highest_min = float(self.conductance.min * spread.factor(spread.min, spread.cut("min"), "min"))
        lowest_max = float(self.conductance.max * spread.factor(spread.max, -spread.cut("max"), "max"))
        if self.conductance.min >= self.conductance.max:
            return
        if highest_min >= lowest_max:
            yield (
                ("variation", "device_to_device"),
                f"windows can cross: 'min' reaches {format_si(highest_min, 'S')} and 'max' falls to "
                f"{format_si(lowest_max, 'S')} at {max(spread.cut('min'), spread.cut('max')):g} sigma; use a smaller "
                "spread or 'truncate'",
            )
        elif self.temperature is not None:
            cold, warm = self.temperature.window()
            if not highest_min * cold < lowest_max * warm <= _MOST_SIEMENS:
                yield (
                    ("temperature",),
                    f"at the operating temperature 'min' reaches {format_si(highest_min * cold, 'S')} and 'max' "
                    f"falls to {format_si(lowest_max * warm, 'S')}; use smaller activation energies",
                )

    def remarks(self) -> list[str]:
        """Return what its sources leave open and the simulation has to assume, one sentence each."""
        said = []
        if self.read.saturation is not None:
            volts = format_si(self.read.saturation, "V")
            said.append(
                f"a cell is a transistor in weak inversion: its current saturates within some {volts} of its drain "
                "(read.saturation) and has no way back, so that analog inputs on drains and reverse reads are a limit "
                "and no circuit; such an array takes pulses of one height, whose width is the input, read one way"
            )
        if isinstance(self.energy, UnknownEnergy):
            said.append("no source says what a pulse takes: the joules of programming count as 0")
        apart = self.variation.between_ramps
        if apart is not None:
            said.append(
                f"ramps differ as a whole, their steps by {100 * apart.up:.3g} % up and {100 * apart.down:.3g} % down "
                "(variation.between_ramps): that is a record of a measurement and is not simulated"
            )
        if not self.read.components.unstated:
            return said
        taken, other = self.read.between_phases, {"fresh": "common", "common": "fresh"}[self.read.between_phases]
        words = {"fresh": "drawn anew in each phase of a sample", "common": "common to all phases of a sample"}
        return [
            *said,
            f"the source of read.noise does not state the spacing of its reads, so that the noise is taken to be "
            f"{words[taken]} (read.between_phases: {taken}); read.between_phases={other} takes the other limit",
        ]

    def _window_warning(self) -> str:
        """Why a window is unlikely to be that of a cell; empty if it is not."""
        most = self.conductance.max
        if most > _MOST_PLAUSIBLE:
            ohms, least = format_si(1.0 / most, "ohm"), format_si(1.0 / _MOST_PLAUSIBLE, "ohm")
            return f"is {format_si(most, 'S')}, a cell of {ohms}, below {least}: lines would lose more than cells say"
        current = most * self.read.voltage
        if current < _LEAST_READ:
            return f"gives {format_si(current, 'A')} at read.voltage, below {format_si(_LEAST_READ, 'A')}"
        return ""

    def warnings(self) -> list[Problem]:
        """Return what is allowed but suspicious about the device."""
        found: list[tuple[Path, str]] = []
        ratio = self.conductance.max / self.conductance.min
        if ratio < 2.0:
            found.append((("conductance",), f"on/off ratio is {ratio:.3g}, below 2"))
        if doubt := self._window_warning():
            found.append((("conductance", "max"), f"{doubt}; is the prefix of the unit right?"))
        middle = 0.5 * (self.conductance.min + self.conductance.max)
        for direction in DIRECTIONS:
            branch = self.branch(direction)
            joules = self.energy.joules(branch, direction, 1.0, middle)
            reset = direction == "down" and self.programming.unidirectional
            path: Path = ("programming", "reset" if reset else direction)
            if joules > 1e-6:
                found.append((path, f"a pulse takes {format_si(joules, 'J')}, above 1 uJ"))
            if branch.width > 1.0:
                found.append(((*path, "width"), f"a pulse lasts {format_si(branch.width, 's')}, above 1 s"))
            if self.read.voltage > 0.5 * abs(branch.amplitude):
                found.append((("read", "voltage"), f"is above half of the {path[1]} amplitude"))
        if isinstance(self.energy, CapacitiveEnergy) and self.energy.capacitance < 1e-17:
            found.append((("energy", "gate_capacitance"), "is below 10 aF: no wiring is counted"))
        return [*super().warnings(), *(self.warning(path, message) for path, message in found)]
