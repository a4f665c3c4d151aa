"""The knobs of two cards: settings that they have, with bounds, and the changes that a choice of them makes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analogep.cards.locate import unit_of
from analogep.cards.wording import listed, near, printable
from analogep.cards.written import shape_in
from analogep.circuit import CircuitCard
from analogep.circuit.tunable import (
    BANDWIDTHS,
    COMMON_MODE,
    MOST,
    RANGE,
    RULE,
    THRESHOLD,
    TUNABLE,
    Scale,
    Tunable,
    Value,
)
from analogep.device import DeviceCard
from analogep.errors import CardError, UsageError
from analogep.rules import RULES
from analogep.study.values import quantity

_LEAST_THRESHOLD = 0.5
"""Least threshold of a rule that has one [steps]."""
_DIGITS = 3
_OF_RULE = (RULE, THRESHOLD, MOST)


@dataclass(frozen=True)
class Knob:
    """One number, or one of several values, that a search chooses.

    Attributes
    ----------
    name : str
        Key of the circuit card, with the layer's index behind a list.
    scale : str
        As in `Tunable`.
    low, high : float
        Bounds, in SI units.
    choices : tuple
    given : float, int, str or None
        Value of the card.
    along : tuple of (str, float)
        As in `Tunable`.
    unit : str
        SI unit, empty for none.
    """

    name: str
    scale: Scale
    low: float
    high: float
    choices: tuple[Value, ...]
    given: Value
    along: tuple[tuple[str, float], ...] = ()
    unit: str = ""

    @property
    def holds_given(self) -> bool:
        """Whether the card's own value is among those that may be chosen."""
        if self.scale == "choice":
            return self.given in self.choices
        return isinstance(self.given, float | int) and self.low <= self.given <= self.high

    def rounded(self, value: Value) -> Value:
        """The value in three digits, which is what is simulated and what the card will say; the card's own as it is."""
        if value == self.given or self.scale == "choice" or isinstance(value, str) or value is None:
            return self.given if value == self.given else value
        return round(value) if self.scale == "integer" else float(f"{value:.{_DIGITS}g}")


class Knobs:
    """The knobs of a device in a circuit.

    Parameters
    ----------
    device : DeviceCard
    circuit : CircuitCard
    names : sequence of str or None
        Keys to choose, of a list all layers or one; None for all that the cards have.
    bounds : mapping or None
        Key -> `low..high` with units, or choices as `a|b|c`. It may name any number of the circuit card.

    Raises
    ------
    UsageError
        If a key is no knob of these cards, or bounds make no sense.
    """

    def __init__(
        self,
        device: DeviceCard,
        circuit: CircuitCard,
        names: Sequence[str] | None = None,
        bounds: Mapping[str, str] | None = None,
    ) -> None:
        self.device, self.circuit = device, circuit
        self._values = _tree(device, circuit)
        had = [knob for one in TUNABLE for knob in self._of(one)]
        given = bounds or {}
        bounded = {knob.name: knob for key, text in given.items() for knob in self._bounded(key, text, had)}
        chosen = had if names is None else [knob for name in names for knob in self._named(name, had, bounded)]
        self.all = tuple({knob.name: bounded.get(knob.name, knob) for knob in [*chosen, *bounded.values()]}.values())
        for knob in bounded.values():
            self._check(knob)

    def _of(self, one: Tunable) -> Iterator[Knob]:
        """A knob for each number that the key has in these cards."""
        for name, given in self._numbers(one.key):
            if one.scale == "choice":
                choices = one.choices if given in one.choices else (*one.choices, given)
                yield Knob(name, one.scale, 0.0, 0.0, choices, given, one.along)
            elif isinstance(given, float | int) and not isinstance(given, bool):
                unit = 1.0 if one.absolute else float(given)
                low, high = min(one.low * unit, given), max(one.high * unit, given)
                low = max(low, min(_LEAST_THRESHOLD, given)) if name == THRESHOLD else low
                yield Knob(name, one.scale, float(low), float(high), (), given, one.along, self._unit(name))

    def _unit(self, name: str) -> str:
        """SI unit of a number of the card; lists of a single number have that of their first."""
        for path in (name, f"{_base(name)}.0"):
            if (shape := shape_in(self.circuit, path.split("."))) is not None:
                return unit_of(shape)
        return ""

    def _numbers(self, key: str) -> Iterator[tuple[str, Any]]:
        """Names and values below a key: itself, or its entries, one for each layer where it is such a list."""
        parent, found = _at(self._values, key.split("."))
        if not parent:
            return
        if isinstance(found, list):
            several = found * self.circuit.depth if len(found) == 1 else found
            yield from ((f"{key}.{k}", value) for k, value in enumerate(several))
        elif not isinstance(found, Mapping):
            yield key, found

    def _named(self, name: str, had: Sequence[Knob], bounded: Mapping[str, Knob]) -> list[Knob]:
        found = [knob for knob in [*had, *bounded.values()] if name == knob.name or _base(knob.name) == name]
        if found:
            return found
        keys = list(dict.fromkeys(_base(knob.name) for knob in had))
        if name in {one.key for one in TUNABLE}:
            raise UsageError(
                f"'{self.device.name}' in '{self.circuit.name}' has no knob '{name}', which other cards have; knobs "
                f"are {listed(keys)}"
            )
        best = near(name, [*keys, *(knob.name for knob in had)])
        hint = f"; did you mean '{best}'?" if best else ""
        raise UsageError(
            f"no card has the knob '{printable(name)}'; '{self.device.name}' in '{self.circuit.name}' has "
            f"{listed(keys)}{hint}"
        )

    def _bounded(self, key: str, text: str, had: Sequence[Knob]) -> list[Knob]:
        """The knobs of a key with bounds of the user's own."""
        known = [knob for knob in had if key in (knob.name, _base(knob.name))]
        if not known:
            base, _, index = key.rpartition(".")
            several = list(self._numbers(key)) or [
                (name, value) for name, value in self._numbers(base) if index.isdigit() and name == key
            ]
            known = [
                Knob(name, "integer" if isinstance(value, int) else "log", 0.0, 0.0, (), value, unit=self._unit(name))
                for name, value in several
                if isinstance(value, float | int) and not isinstance(value, bool)
            ]
        if not known:
            return self._named(key, had, {})
        return [_within(knob, text) for knob in known]

    def _check(self, knob: Knob) -> None:
        """Refuse choices, and ends of a range, that the card does not take, before a search spends its time on them."""
        for value in knob.choices if knob.scale == "choice" else (knob.low, knob.high):
            whole = round(value) if knob.scale == "integer" and isinstance(value, float) else value
            try:
                self.circuit.changed(self.settings({knob.name: whole}))
            except CardError as error:
                reasons = [one.message for one in error.problems if _base(one.key) == _base(knob.name)]
                if reasons:
                    raise UsageError(f"--knob {knob.name}: {_word(whole)} is no value of it: {reasons[0]}") from None

    def settings(self, chosen: Mapping[str, Value]) -> dict[str, Any]:
        """Changes of the circuit card, by its keys, that a choice of the knobs makes.

        Parameters
        ----------
        chosen : mapping
            Name of a knob -> value in SI units.
        """
        changes: dict[str, Any] = {}
        lists: dict[str, list[Any]] = {}
        for knob in self.all:
            value = knob.rounded(chosen[knob.name]) if knob.name in chosen else knob.given
            if value == knob.given or knob.name in _OF_RULE:
                continue
            base = _base(knob.name)
            if base != knob.name:
                _, whole = _at(self._values, base.split("."))
                entries = lists.setdefault(base, list(whole) if len(whole) > 1 else list(whole) * self.circuit.depth)
                entries[int(knob.name.rpartition(".")[2])] = value
            else:
                changes[knob.name] = value
            changes |= self._followers(knob, value)
        amplifiers = self._amplifiers(lists.get(RANGE), changes)
        return changes | lists | amplifiers | self._converters(changes) | self._update(chosen)

    def _amplifiers(self, ranges: Sequence[float] | None, changes: Mapping[str, Any]) -> dict[str, float]:
        """Bandwidths of neurons' amplifiers that hold the lines themselves, with other weight ranges or common modes.

        Such an amplifier closes at f = GBW/N behind a line of n pairs, N = 1 + R_f G = 1 + w n 2 G_0/(G_max - G_min)
        for the weight range w and the common mode G_0. To be as fast as before it needs GBW'/GBW = N'/N, of the
        layer that needs most.

        Parameters
        ----------
        ranges : sequence of float (layers,) [1]
            None where they are those of the card.
        changes : mapping
            That other knobs have made.

        Returns
        -------
        dict
            Key -> bandwidth [Hz].
        """
        circuit, window = self.circuit, self.device.conductance
        moved = changes.get(COMMON_MODE, circuit.mapping.common_mode)
        same = ranges is None and moved == circuit.mapping.common_mode
        if same or circuit.neurons is None or circuit.column.kind != "ideal":
            return {}
        own = circuit.per_layer(circuit.mapping.weight_range)
        before, after = (
            [
                1.0 + w * pairs * 2.0 * self.device.standing(share) / window.span
                for w, (pairs, _) in zip(values, circuit.shapes, strict=True)
            ]
            for values, share in ((own, circuit.mapping.common_mode), (ranges or own, moved))
        )
        hidden = max(after[:-1], default=1.0) / max(before[:-1], default=1.0)
        out: dict[str, float] = {}
        for key, ratio in zip(BANDWIDTHS, (hidden, after[-1] / before[-1]), strict=True):
            value = changes.get(key, _at(self._values, key.split("."))[1])
            out |= {} if ratio == 1.0 else {key: float(f"{value * ratio:.4g}")}
        return out

    def _followers(self, knob: Knob, value: Value) -> dict[str, Any]:
        """What changes with a knob."""
        out: dict[str, Any] = {}
        for key, power in knob.along:
            found, old = _at(self._values, key.split("."))
            if found and isinstance(old, float) and isinstance(value, float) and isinstance(knob.given, float):
                new = float(f"{old * (value / knob.given) ** power:.4g}")
                out |= {} if new == old else {key: new}
        return out

    def _converters(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """A converter that converts once a phase does so in shorter phases, too, and takes what that takes."""
        rate = self.circuit.adc.rate
        keys = ("timing.free.duration", "timing.nudged.duration")
        if rate is None or not any(key in changes for key in keys):
            return {}
        before = min(self.circuit.timing.free.duration, self.circuit.timing.nudged.duration)
        after = min(changes.get(key, _at(self._values, key.split("."))[1]) for key in keys)
        return {} if after == before else {"adc.rate": float(f"{rate * before / after:.4g}")}

    def _update(self, chosen: Mapping[str, Value]) -> dict[str, Any]:
        """The update rule, if it is another than the card's."""
        known = {knob.name: knob for knob in self.all}
        asked = {name: known[name].rounded(chosen[name]) for name in _OF_RULE if name in known and name in chosen}
        if all(value == known[name].given for name, value in asked.items()):
            return {}
        active = self.circuit.update.active(self.device.recommended)
        rule = str(asked.get(RULE, active.rule))
        fields = RULES.find(rule).model_fields if RULES.knows(rule) else ("rule",)
        advised = self.device.recommended
        said = {
            "threshold": asked.get(THRESHOLD, getattr(active, "threshold", advised.threshold)),
            "max_pulses": asked.get(MOST, getattr(active, "max_pulses", advised.max_pulses)),
        }
        own = active.model_dump(mode="json")
        made = {key: value for key, value in {**own, "rule": rule, **said}.items() if key in fields}
        return {} if made == active.model_dump(mode="json") else {"update": made}


def _tree(device: DeviceCard, circuit: CircuitCard) -> dict[str, Any]:
    """Values of the circuit card, with the update rule that is followed on this device."""
    active = circuit.update.active(device.recommended)
    advised = device.recommended
    rule = {
        "rule": active.rule,
        "threshold": getattr(active, "threshold", advised.threshold),
        "max_pulses": getattr(active, "max_pulses", advised.max_pulses),
    }
    return circuit.values | {"update": rule}


def _at(values: Any, path: Sequence[str]) -> tuple[bool, Any]:
    """(whether the keys lead somewhere, what stands there)."""
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return False, None
        values = values[key]
    return True, values


def _base(name: str) -> str:
    """Key without the index of a layer."""
    head, _, last = name.rpartition(".")
    return head if last.isdigit() else name


def _within(knob: Knob, text: str) -> Knob:
    """The knob with the bounds or choices of a text."""
    said = f"--knob {knob.name}={printable(text, 80)}"
    if knob.scale == "choice":
        choices: list[Value] = [part.strip() for part in text.split("|")]
        choices = [None if one == "null" else int(str(one)) if str(one).isdigit() else one for one in choices]
        known = next(one.choices for one in TUNABLE if one.key == knob.name)
        wrong = [one for one in choices if isinstance(one, str) and not any(isinstance(k, str) for k in known)]
        if wrong or len(set(choices)) < 2 or ".." in text:
            raise UsageError(f"{said}: needs at least two values, such as {'|'.join(map(_word, knob.choices))}")
        return Knob(knob.name, "choice", 0.0, 0.0, tuple(choices), knob.given, knob.along)
    ends = [quantity(part.strip()) for part in text.split("..")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0][1] != ends[1][1]:
        raise UsageError(f"{said}: needs the form low..high with units, such as timing.free.duration='100 ns..1 us'")
    if ends[0][1] != knob.unit:
        raise UsageError(f"{said}: the card's value has {_unit_word(knob.unit)}; write bounds as it is written")
    low, high = ends[0][0], ends[1][0]
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError(f"{said}: the bounds are the wrong way round or equal; the lower one comes first")
    scale: Scale = "integer" if knob.scale == "integer" else "log" if low > 0.0 else "linear"
    return Knob(knob.name, scale, low, high, (), knob.given, knob.along, knob.unit)


def _unit_word(unit: str) -> str:
    return f"the unit {unit}" if unit else "no unit"


def _word(value: Value) -> str:
    return "null" if value is None else str(value)
