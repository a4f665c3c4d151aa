"""Whatever a card says, it is a card or a CardError: shipped cards and others, mutated by a seeded generator."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.device import DIRECTIONS, DeviceCard
from analogep.device.laws import InverseCdf
from analogep.errors import CardError

PULSES = "amplitude: 1 V, width: 10 ns"
BACK = "amplitude: -1 V, width: 10 ns"
OTHERS = (
    f"programming:\n  model: power\n  up: {{step: 1 %, exponent: 2, {PULSES}}}\n"
    f"  down: {{step: 2 %, exponent: 0.5, {BACK}}}",
    f"programming:\n  model: logistic\n  up: {{pulses: 100, curvature: 3, {PULSES}}}\n"
    f"  down: {{pulses: 50, curvature: 5, {BACK}}}",
    f"programming:\n  model: soft_bounds_reference\n  symmetry_point: 40 %\n  up: {{step: 1 %, {PULSES}}}\n"
    f"  down: {{step: 1 %, {BACK}}}",
    f"programming:\n  model: piecewise\n  up: {{nodes: [0 %, 30 %, 100 %], steps: [2 %, 1 %, 0 %], {PULSES}}}\n"
    f"  down: {{nodes: [0 %, 100 %], steps: [0 %, -3 %], {BACK}}}",
    f"programming:\n  model: kinetic\n  rate: {{kind: vteam, k_on: 10 MHz, v_on: 0.5 V, a_on: 2, k_off: 5 MHz, "
    f"v_off: -0.4 V, a_off: 3}}\n  window: {{kind: joglekar, p: 2}}\n  up: {{{PULSES}}}\n  down: {{{BACK}}}",
    f"programming:\n  model: kinetic\n  rate: {{kind: sinh, k: 1 kHz, v_s: 0.1 V}}\n  window: {{kind: linear}}\n"
    f"  up: {{{PULSES}}}\n  down: {{{BACK}}}",
    f"programming:\n  model: constant\n  up: {{step: 1 %, {PULSES}}}\n  down: {{step: 1 %, {BACK}}}\n  kinetics:\n"
    f"    rate: {{kind: yakopcic, a_p: 1 MHz, v_p: 0.2 V, a_n: 1 MHz, v_n: 0.2 V}}\n"
    f"    up: {{amplitude: 1.2 V, width: 20 ns}}\n    down: {{amplitude: -1.1 V, width: 30 ns}}\n"
    "temperature: {reference: 300 K, kind: arrhenius, operating: 350 K, retention: 1.1 eV, conductance_min: 0.1 eV}",
)
"""Laws that no shipped card has, and what else none of them has, each for the `programming` of the ideal card."""


def texts(kind: type[DeviceCard] | type[CircuitCard]) -> list[str]:
    """Texts of the shipped cards of a kind, and of one card for each other law."""
    shipped = [kind.load(name).text for name in kind.names()]
    if kind is CircuitCard:
        return shipped
    head, _, tail = DeviceCard.load("ideal").text.partition("programming:\n")
    tail = tail[tail.index("variation:") :]
    made = [f"{head}{block}\n{tail}" for block in OTHERS]
    for k, text in enumerate(made):
        for _ in range(60):
            try:
                DeviceCard.from_text(made[k], f"other {k}")
                break
            except CardError as error:
                made[k] = _sourced(made[k], error)
        else:
            raise AssertionError(text)
    return shipped + made


def _sourced(text: str, error: CardError) -> str:
    """The card with the provenance that its error asks for, and without what names no value."""
    for problem in error.problems:
        if asked := re.search(r"add '(.*)' under provenance", problem.message):
            text += f"  {asked[1].replace('[source, status]', '[assumed, default]')}\n"
        elif "there is no such value" in problem.message:
            text = text.replace(f"  {problem.key.removeprefix('provenance.')}: [assumed, default]\n", "")
        else:
            raise AssertionError(str(problem))
    return text


TEXTS = {kind: texts(kind) for kind in (DeviceCard, CircuitCard)}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
UNIT = re.compile(r"(?<=\d )(?:[afpnumkMG]?[SVsFJKW]|Hz|MHz|%)(?!\w)")
WORD = re.compile(r"[a-z_]{3,}")
NUMBERS = (
    "0", "-0", "-1", "1", "2", "0.5", "1e300", "-1e300", "1e-300", "1e308", "1e999", "5e-324", "9" * 30, "010", "0x10",
    "1e6", "-9.98", "9.98", "100", "1000", "32", ".nan", ".inf", "1,5", "1_000", "null", "true", "x", "''",
    "[1, 2]", "{}",
)  # fmt: skip
UNITS = (
    "S", "uS", "MS", "V", "mV", "kV", "s", "ns", "ps", "d", "%", "F", "aF", "J", "fJ", "Hz", "K", "eV", "", "furlong",
    "\u00b5S", "TV",
)  # fmt: skip
GARBAGE = (
    "{", "}", "[", "]", ":", "- ", "#", "'", '"', "&a ", "*a", "!!int ", "%", "\t", "\x00", "\x1b", "\ud800", "\ufeff",
    "é", "\u202e", "kind: step", "model: constant", "null", "x" * 3000, "[" * 60, "? ", "| ", "<<: ", "---\n", "...\n",
    "\n\n",
)  # fmt: skip


def mutated(text: str, draw: random.Random) -> str:
    """One change: of a number, a unit, a word, a line, or anything."""
    lines = text.splitlines(keepends=True)
    match draw.randrange(9):
        case 0 | 1:
            return substituted(NUMBER, text, draw, draw.choice(NUMBERS))
        case 2:
            number = f"{draw.choice((-1, 1)) * 10.0 ** draw.uniform(-30, 30):.4g}"
            return substituted(NUMBER, text, draw, number)
        case 3:
            return substituted(UNIT, text, draw, draw.choice(UNITS))
        case 4:
            return substituted(WORD, text, draw, draw.choice(WORD.findall(text)))
        case 5:
            del lines[draw.randrange(len(lines))]
        case 6:
            lines.insert(draw.randrange(len(lines)), draw.choice(lines))
        case 7:
            one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
        case _:
            start = draw.randrange(len(text))
            return text[:start] + draw.choice(GARBAGE) + text[start + draw.choice((0, 0, 1, 5, 30)) :]
    return "".join(lines)


def substituted(pattern: re.Pattern[str], text: str, draw: random.Random, new: str) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    where = draw.choice(found)
    return text[: where.start()] + new + text[where.end() :]


def mutants(texts: list[str], count: int, seed: int) -> Iterator[str]:
    draw = random.Random(seed)
    for _ in range(count):
        text = draw.choice(texts)
        for _ in range(draw.choice((1, 1, 1, 2, 4))):
            text = mutated(text, draw) or text
        yield text


def use(card: DeviceCard | CircuitCard) -> None:
    """Ask a valid card for all that it computes."""
    assert card.understood()
    assert len(card.digest) == 64
    for warning in card.warnings():
        assert str(warning).replace("\n", "").isprintable()
    if isinstance(card, DeviceCard):
        assert card.step > 0.0
        use_law(card)
        use_state(card)
    else:
        assert card.nudging.stencil()
        assert card.neurons is None or card.neurons.hidden.amplifier.power >= 0.0
        assert len(card.shapes) == card.depth
        assert card.target_voltage > 0.0
        assert len(card.per_layer(card.mapping.weight_range)) == card.depth


def use_law(card: DeviceCard) -> None:
    """Steps go their way and end within the window; what the kernels get is finite."""
    law, x = card.programming, np.linspace(0.0, 1.0, 5)
    deviates = card.variation.device_to_device.shape * np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    for direction in law.directions:
        sign = 1.0 if direction == "up" else -1.0
        steps = law.step(direction, x)
        assert np.isfinite(steps).all()
        assert (sign * steps >= -1e-9 * np.abs(steps).max()).all()
        assert 0.0 <= law.nominal_step(direction) < np.inf
        for n in (0, 1, 7):
            after = law.after(direction, x, n)
            assert ((after >= 0.0) & (after <= 1.0)).all()
        assert law.path(direction, 0.5, 3).shape == (4,)
        assert all(np.isfinite(one).all() for one in law.cell(direction, np.full(5, 1.5), deviates))
        assert all(np.isfinite(number).all() for number in law.numbers())
        if isinstance(law, InverseCdf):
            assert (law.variance(direction, x) >= 0.0).all()
    for direction in DIRECTIONS:
        assert card.branch(direction).width > 0.0
        assert 0.0 <= card.energy.joules(card.branch(direction), direction, 2.0, card.conductance.max) < np.inf


def use_state(card: DeviceCard) -> None:
    """Noise is not negative, currents and aged conductances are numbers."""
    window = card.conductance
    g, xi = np.linspace(window.min, window.max, 5), np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    for direction in card.programming.directions:
        sd = card.variation.cycle_to_cycle.deviation(card.programming, direction, np.linspace(0.0, 1.0, 5), window)
        assert ((sd >= 0.0) & (sd < np.inf)).all()
    spread = card.variation.device_to_device
    for sigma in (spread.max, spread.min, spread.step, spread.asymmetry):
        assert (spread.factor(sigma, np.clip(xi, -spread.truncate, spread.truncate)) > 0.0).all()
    for elapsed in (None, 1.0, 1e7):
        variance = card.read.noise.variance(g, window.max, elapsed)
        assert ((variance >= 0.0) & (variance < np.inf)).all()
    assert np.isfinite(card.read.noise.sample(g, window.max, np.random.default_rng(0))).all()
    v = np.array([-1.0, 0.0, 1.0]) * min(card.read.voltage, 0.5)
    assert np.isfinite(card.read.iv.drive(v)).all()
    assert (card.read.iv.slope(v) > 0.0).all()
    low, high = np.full(5, window.min), np.full(5, window.max)
    speed = card.temperature.acceleration() if card.temperature else 1.0
    for seconds in (0.0, 1.0, 1e8):
        aged = card.retention.aged(g, low, high, window.max, seconds * speed, xi)
        assert np.isfinite(aged).all()
        if seconds == 0.0:
            np.testing.assert_allclose(aged, g, rtol=1e-12, atol=1e-12 * window.max)
    if card.temperature:
        assert all(0.0 < factor < np.inf for factor in card.temperature.window())


def outcomes(kind: type[DeviceCard] | type[CircuitCard], count: int, seed: int) -> Counter[str]:
    """Count cards and refusals; every mutant takes less than a second of processor time."""
    found: Counter[str] = Counter()
    for text in mutants(TEXTS[kind], count, seed):
        start, message = time.process_time(), ""
        try:
            use(kind.from_text(text, "my.yaml"))
        except CardError as error:
            message = str(error)
        found["refused" if message else "card"] += 1
        assert message.replace("\n", "").isprintable() or not message, message
        assert time.process_time() - start < 1.0, text
    return found


@pytest.mark.parametrize(("kind", "count"), [(DeviceCard, 400), (CircuitCard, 400)])
def test_a_mutated_card_is_a_card_or_a_card_error(kind: type[DeviceCard] | type[CircuitCard], count: int) -> None:
    found = outcomes(kind, count, seed=1)
    assert found["card"] > 25
    assert found["refused"] > 200


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("kind", "count"), [(DeviceCard, 10_000), (CircuitCard, 5000)])
def test_ten_thousand_mutated_cards_are_cards_or_card_errors(
    kind: type[DeviceCard] | type[CircuitCard], count: int
) -> None:
    found = outcomes(kind, count, seed=2)
    assert found["card"] > 250
    assert found["refused"] > 1500
