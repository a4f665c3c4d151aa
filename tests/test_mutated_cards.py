"""Whatever a card says, it is a card or a CardError: shipped cards, mutated by a seeded generator."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError

TEXTS: dict[type[DeviceCard] | type[CircuitCard], list[str]] = {
    kind: [kind.load(name).text for name in kind.names()] for kind in (DeviceCard, CircuitCard)
}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
UNIT = re.compile(r"(?<=\d )(?:[afpnumkMG]?[SVsFJKW]|Hz|MHz|%)(?!\w)")
WORD = re.compile(r"[a-z_]{3,}")
NUMBERS = (
    "0", "-0", "-1", "1", "2", "0.5", "1e300", "-1e300", "1e-300", "1e308", "1e999", "5e-324", "9" * 30, "010", "0x10",
    "1e6", "-9.98", "9.98", "100", "1000", "32", ".nan", ".inf", "1,5", "1_000", "null", "true", "x", "''",
    "[1, 2]", "{}",
)  # fmt: skip
UNITS = (
    "S",
    "uS",
    "MS",
    "V",
    "mV",
    "kV",
    "s",
    "ns",
    "ps",
    "%",
    "F",
    "aF",
    "J",
    "fJ",
    "Hz",
    "K",
    "",
    "furlong",
    "\u00b5S",
    "TV",
)
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
        assert card.programming.affine("up").offset >= 0.0
    else:
        assert card.nudging.stencil()
        assert card.neurons.hidden.amplifier.power >= 0.0
        assert len(card.per_layer(card.mapping.weight_range)) == card.depth


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


@pytest.mark.parametrize("kind", [DeviceCard, CircuitCard])
def test_a_mutated_card_is_a_card_or_a_card_error(kind: type[DeviceCard] | type[CircuitCard]) -> None:
    found = outcomes(kind, 1000, seed=1)
    assert found["card"] > 50
    assert found["refused"] > 300


@pytest.mark.slow
@pytest.mark.parametrize("kind", [DeviceCard, CircuitCard])
def test_ten_thousand_mutated_cards_are_cards_or_card_errors(kind: type[DeviceCard] | type[CircuitCard]) -> None:
    found = outcomes(kind, 5000, seed=2)
    assert found["card"] > 250
    assert found["refused"] > 1500
