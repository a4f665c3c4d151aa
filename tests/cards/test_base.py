import json
import pickle
import random
import time
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from analogep.cards.base import Block, Card
from analogep.cards.provenance import Source
from analogep.cards.schema import json_schema
from analogep.errors import CardError, UsageError
from analogep.units import Fraction, Seconds, Siemens, Volts


class Window(Block):
    """A window."""

    min: Siemens = Field(gt=0)
    max: Annotated[Siemens, Field(gt=0)]
    levels: int | None = Field(default=None, ge=2)
    """Number of levels."""

    def rules(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.min >= self.max:
            yield ("min",), "must be below max"


class Linear(Block):
    kind: Literal["linear"]
    linear: float = 1.0


class Sinh(Block):
    kind: Literal["sinh"]
    v0: Volts
    sinh: bool = False


class Fast(Block):
    method: Literal["RK45", "BDF"] = "RK45"
    rate: float | tuple[float, ...] = 0.1
    widths: tuple[Seconds, ...] = Field(default=(), min_length=0, max_length=3)
    law: Annotated[Linear | Sinh, Field(discriminator="kind")] | None = None
    laws: tuple[Annotated[Linear | Sinh, Field(discriminator="kind")], ...] = ()


class Device(Card):
    kind = "device"

    terminals: Literal[2, 3] = 2
    conductance: Window
    iv: Linear | Sinh = Field(discriminator="kind")
    fast: Fast = Fast()
    drift: Fraction | None = None
    point: tuple[Volts, Siemens] | None = None
    scale: Siemens | tuple[Siemens, ...] = (1e-6,)
    sources: Mapping[str, Source] = Field(default_factory=dict)
    provenance: Mapping[str, tuple[str, str]] = Field(default_factory=dict)


class Circuit(Card):
    kind = "circuit"


CARD = """\
schema: analogep.device/1
name: rram
conductance:
  min: 1 uS   # a comment
  max: 10 uS
iv: {kind: sinh, v0: 1.06 V}
fast:
  rate: [1, 0.05]
  widths: [50 ns, 1 us]
  law: {kind: linear}
  laws:
    - {kind: sinh, v0: 1 V}
    - {kind: linear, linear: 2}
drift: 3.7 %
sources:
  a: {cite: "A. Author"}
provenance:
  conductance.min: [a, published]
"""


def problems(text: str, overrides: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(CardError) as caught:
        Device.from_text(text, "my.yaml", overrides)
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> list[str]:
    assert old in CARD
    return problems(CARD.replace(old, new))


def test_a_card_is_si_floats_and_tuples_inside() -> None:
    card = Device.from_text(CARD)
    assert card.conductance.min == 1e-6
    assert card.fast.rate == (1.0, 0.05)
    assert card.fast.widths == (50e-9, 1e-6)
    assert card.iv == Sinh(kind="sinh", v0=1.06)
    assert card.provenance["conductance.min"] == ("a", "published")
    assert (card.text, card.origin, card.overrides) == (CARD, "card", ())
    assert card.raw["conductance"]["min"] == "1 uS"
    assert card.warnings() == []


def test_a_card_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Device.from_text(CARD).name = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  min: 1", "  mim: 1 uS\n  min: 1", "my.yaml:4: conductance.mim: unknown key, did you mean 'min'?"),
        (
            "drift",
            "zzz: 1\ndrift",
            "my.yaml:14: zzz: unknown key, known are 'conductance', 'drift', 'fast', ",
        ),
        ("  min: 1 uS", "", "my.yaml:3: conductance.min: is missing"),
        ("name: rram\n", "", "my.yaml:1: name: is missing"),
        ("1 uS", "10", "my.yaml:4: conductance.min: needs a unit of conductance, such as '10 uS'; got 10"),
        (
            "1 uS",
            "1 V",
            "my.yaml:4: conductance.min: '1 V' is not a conductance; write it in siemens, such as",
        ),
        ("1 uS", "-1 uS", "my.yaml:4: conductance.min: must be greater than 0 S, got -1 uS"),
        ("10 uS", "-1 uS", "my.yaml:5: conductance.max: must be greater than 0 S, got -1 uS"),
        ("10 uS", "0.1 uS", "my.yaml:4: conductance.min: must be below max"),
        ("10 uS", "10 uS\n  levels: 1", "my.yaml:6: conductance.levels: must be at least 2, got 1"),
        ("10 uS", "10 uS\n  levels: 8.0", "my.yaml:6: conductance.levels: needs a whole number, got 8.0"),
        ("10 uS", "10 uS\n  levels: true", "my.yaml:6: conductance.levels: needs a whole number, got true"),
        ("10 uS", "10 uS\n  levels: '8'", "my.yaml:6: conductance.levels: needs a whole number, got '8'"),
        (
            "  rate",
            "  method: rk54\n  rate",
            "my.yaml:8: fast.method: 'rk54' is not one of 'RK45', 'BDF'; did you mean 'RK45'?",
        ),
        ("  rate", "  method: 3\n  rate", "my.yaml:8: fast.method: 3 is not one of 'RK45', 'BDF'"),
        ("drift", "terminals: 4\ndrift", "my.yaml:14: terminals: 4 is not one of 2, 3"),
        (
            "kind: sinh, v0: 1.06 V",
            "kind: sinus",
            "my.yaml:6: iv.kind: unknown kind 'sinus', known are 'linear', 'sinh'; did you mean 'sinh'?",
        ),
        (
            "kind: sinh, v0: 1.06 V",
            "kind: xyz",
            "my.yaml:6: iv.kind: unknown kind 'xyz', known are 'linear', 'sinh'",
        ),
        ("kind: sinh, v0: 1.06 V", "kind: [1]", "my.yaml:6: iv.kind: unknown kind a list of 1, known are"),
        ("kind: sinh, v0: 1.06 V", "", "my.yaml:6: iv: needs a 'kind'"),
        ("{kind: sinh, v0: 1.06 V}", "3", "my.yaml:6: iv: needs a block of keys, got 3"),
        ("v0: 1.06 V", "v1: 1 V, v0: 1 V", "my.yaml:6: iv.v1: unknown key, known are 'kind', 'sinh', 'v0'"),
        ("v0: 1.06 V", "v0: 1 V, sinh: on", "my.yaml:6: iv.sinh: needs true or false, got 'on'"),
        (
            "law: {kind: linear}",
            "law: {kind: linear, linear: x}",
            "my.yaml:10: fast.law.linear: needs a number, got 'x'",
        ),
        (
            "linear: 2",
            "linear: 2 V",
            "my.yaml:13: fast.laws.1.linear: needs a number without a unit, got '2 V'",
        ),
        ("linear: 2", "sinh: 2", "my.yaml:13: fast.laws.1.sinh: unknown key, known are 'kind', 'linear'"),
        ("[1, 0.05]", "[1, x]", "my.yaml:8: fast.rate.1: needs a number, got 'x'"),
        ("[1, 0.05]", "x", "my.yaml:8: fast.rate: needs a number, got 'x'; or: needs a list, got 'x'"),
        ("[50 ns, 1 us]", "50 ns", "my.yaml:9: fast.widths: needs a list, got '50 ns'"),
        (
            "[50 ns, 1 us]",
            "[50 ns, 1 V]",
            "my.yaml:9: fast.widths.1: '1 V' is not a time; write it in seconds",
        ),
        ("[50 ns, 1 us]", "[1 s, 1 s, 1 s, 1 s]", "my.yaml:9: fast.widths: needs at most 3 entries, got"),
        ("name: rram", "name: 010", "my.yaml:2: name: needs text, got 10; put it in quotes"),
        ("name: rram", "name: My Card", "my.yaml:2: name: 'My Card' does not have the form [a-z][a-z0-9_-]*"),
        ("name: rram", 'name: "a\\n"', "my.yaml:2: name: 'a\\n' does not have the form [a-z][a-z0-9_-]*"),
        ('cite: "A. Author"', "cite: ''", "my.yaml:16: sources.a.cite: must not be empty"),
        ('cite: "A. Author"', "url: x", "my.yaml:16: sources.a.cite: is missing"),
        ("[a, published]", "[a]", "my.yaml:18: provenance.conductance.min.1: is missing"),
        (
            "analogep.device/1",
            "analogep.device/2",
            "my.yaml:1: schema: unknown schema 'analogep.device/2', this version reads 'analogep.device/1'",
        ),
    ],
)
def test_one_mistake_is_one_problem_with_its_line_and_key(old: str, new: str, message: str) -> None:
    found = changed(old, new)
    assert [problem[: len(message)] for problem in found] == [message]


def test_all_problems_come_at_once_in_the_order_of_the_lines() -> None:
    text = CARD.replace("rram", "R").replace("1 uS", "1").replace("linear: 2", "linear: x")
    assert [line.split(": ")[0] for line in problems(text)] == ["my.yaml:2", "my.yaml:4", "my.yaml:13"]


MANY = {
    "unknown keys": CARD + "".join(f"terminal{k}: 1\n" for k in range(1500)),
    "unknown keys far down": CARD.replace("  widths", "".join(f"  width{k}: 1\n" for k in range(1500)) + "  widths"),
    "wrong members of a union": CARD.replace("rate: [1, ", "rate: [" + "x, " * 1500),
    "wrong blocks": CARD.replace("  laws:\n", "  laws:\n" + "    - {kind: linear, linear: x}\n" * 1500),
    "unknown kinds": CARD.replace("  laws:\n", "  laws:\n" + "    - {kind: sin}\n" * 1500),
    "quantities": CARD + "scale: [" + "1 V, " * 1500 + "1 uS]\n",
    "sources": CARD.replace("  a: {", "".join(f"  s{k}: {{author: x}}\n" for k in range(1500)) + "  a: {"),
}


@pytest.mark.parametrize("kind", MANY)
def test_of_thousands_of_problems_the_first_hundred_are_told_at_once(kind: str) -> None:
    """Each was put into words before all but fifty were thrown away: 42 s for 80,000 of them."""
    found = problems(MANY[kind])
    assert len(found) == 101
    assert found[-1] == "and more; these are the first 100 problems"
    lines = [int(problem.split(":")[1]) for problem in found[:-1]]
    assert lines == sorted(lines)


@pytest.mark.parametrize("line", ["terminal{}: 1\n", "- {}\n", "scale: [{}]\n"])
def test_a_card_of_a_megabyte_of_problems_is_refused_in_a_fraction_of_a_second(line: str) -> None:
    text = CARD + ("more:\n" if line.startswith("-") else "")
    text += "".join(line.format(k) for k in range((999_000 - len(text)) // (len(line) + 3)))
    start = time.process_time()
    problems(text)
    assert time.process_time() - start < 3


def test_many_overrides_of_a_long_table_replace_their_lines_and_leave_the_others() -> None:
    text = CARD + "scale: [" + "1 uS, " * 900 + "1 uS]\n"
    card = Device.from_text(text, "my.yaml", [f"scale.{k}=2 uS" for k in range(500)])
    assert card.scale == (2e-6,) * 500 + (1e-6,) * 401
    assert len(card.overridden) == 500
    wheres = [card.warning(("scale", k), "").where for k in (0, 499, 500, 900)]
    assert wheres == ["--set scale.0=2 uS", "--set scale.499=2 uS", "my.yaml:19", "my.yaml:19"]


def test_rules_wait_for_valid_fields_and_then_come_together() -> None:
    text = CARD.replace("10 uS", "0.1 uS")
    assert problems(text) == ["my.yaml:4: conductance.min: must be below max"]
    assert "must be below max" not in "\n".join(problems(text.replace("rram", "R")))


def test_a_card_of_the_other_kind_is_one_clear_problem() -> None:
    with pytest.raises(CardError, match=r"needed, 'analogep\.device/1'$") as caught:
        Device.from_text("schema: analogep.circuit/1\nwhatever: 1\n", "my.yaml")
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith("my.yaml:1: schema: this is a circuit card, 'analogep.circuit/1'; a device")


def test_overrides_obey_the_same_rules_and_are_named_in_problems() -> None:
    card = Device.from_text(CARD, overrides=["conductance.max=20 uS", "fast.laws.1.linear=3"])
    assert card.conductance.max == 20e-6
    assert card.overrides == ("conductance.max=20 uS", "fast.laws.1.linear=3")
    assert card.overridden == {
        ("conductance", "max"): card.overrides[0],
        ("fast", "laws", 1, "linear"): card.overrides[1],
    }
    assert card.text == CARD
    assert problems(CARD, ("conductance.max=20",)) == [
        "--set conductance.max=20: conductance.max: needs a unit of conductance, such as '10 uS'; got 20"
    ]
    assert problems(CARD, ("conductance.mux=20 uS",)) == [
        "--set conductance.mux=20 uS: conductance.mux: unknown key, did you mean 'max'?"
    ]
    with pytest.raises(UsageError, match="needs the form key=value"):
        Device.from_text(CARD, overrides=["foo"])


def test_digest_depends_on_values_and_not_on_their_spelling() -> None:
    digest = Device.from_text(CARD).digest
    assert len(digest) == 64
    spelled = CARD.replace("1 uS   # a comment", "1000 nS").replace("[1, 0.05]", "[1.0, 5e-2]")
    assert Device.from_text(spelled + "terminals: 2\n", "other").digest == digest
    assert Device.from_text(CARD, overrides=["conductance.max=10e3 nS"]).digest == digest
    assert Device.from_text(CARD, overrides=["conductance.max=11 uS"]).digest != digest
    assert Device.from_text(CARD.replace("drift: 3.7 %", "")).digest != digest


def test_a_card_survives_pickling() -> None:
    card = Device.from_text(CARD)
    again = pickle.loads(pickle.dumps(card))
    assert (again, again.text, again.digest) == (card, card.text, card.digest)


def test_python_makes_blocks_from_si_numbers_and_obeys_the_rules() -> None:
    assert Window(min=1e-6, max=1e-5).levels is None
    with pytest.raises(ValidationError, match="min: must be below max"):
        Window(min=1e-5, max=1e-6)
    with pytest.raises(ValidationError, match="valid integer"):
        Window(min=1e-6, max=1e-5, levels=True)


def test_understood_lists_defaults_and_engineering_units() -> None:
    assert (
        Device.from_text(CARD, overrides=["fast.law=null", "point=[1 V, 2 uS]"]).understood()
        == """\
schema: analogep.device/1
name: rram
title: ""
terminals: 2
conductance:
  min: 1 uS
  max: 10 uS
  levels: null
iv:
  kind: sinh
  v0: 1.06 V
  sinh: false
fast:
  method: RK45
  rate: [1, 0.05]
  widths: [50 ns, 1 us]
  law: null
  laws:
    -
      kind: sinh
      v0: 1 V
      sinh: false
    -
      kind: linear
      linear: 2
drift: 3.7 %
point: [1 V, 2 uS]
scale: [1 uS]
sources:
  a:
    cite: A. Author
provenance:
  conductance.min: [a, published]
changes:
  - "fast.law=null"
  - "point=[1 V, 2 uS]\""""
    )


def test_fields_carry_their_docstrings_into_the_json_schema() -> None:
    schema = json_schema(Device)
    assert schema["$defs"]["Window"]["properties"]["levels"]["description"] == "Number of levels."
    assert schema["$defs"]["Window"]["properties"]["min"]["examples"] == ["10 uS"]
    assert "schema" in schema["properties"]


def test_warning_names_file_and_line() -> None:
    warning = Device.from_text(CARD, "my.yaml").warning(("conductance", "min"), "is small")
    assert str(warning) == "my.yaml:4: conductance.min: is small"


EDITS = (
    *"[]{}:- \n~\x1b\ud800\u00b5\u202e",
    "9" * 400,
    "1e999",
    "0x",
    "null",
    "true",
    "''",
    "&a ",
    "*a",
    ".nan",
)
EDITS += (
    "[" * 50,
    "- " * 50,
    "x" * 10_000,
    "kind",
    "sinh",
    "min",
    "1e308 V",
    "1e-320 aS",
    "{a: {b: [{}]}}",
    "-0",
)


def mutants(count: int, seed: int) -> Iterator[str]:
    draw = random.Random(seed)
    for _ in range(count):
        text = CARD
        for _ in range(draw.randint(1, 5)):
            start = draw.randrange(len(text))
            end = min(len(text), start + draw.choice((0, 1, 3, 10, 40)))
            text = text[:start] + draw.choice(EDITS) + text[end:]
        yield text


def replaced(draw: random.Random, value: Any) -> Any:
    """Plain data with one value exchanged for something odd."""
    odd: Any = draw.choice(
        (None, True, -1, 0, 2**64 - 1, 1e308, "", "x", "1 V", "9" * 5000, [], {}, [[1]], {"kind": 1})
    )
    if isinstance(value, dict) and value and draw.random() < 0.8:
        key = draw.choice(sorted(value))
        return {**value, draw.choice((key, key, key, "kind", "linear", "é")): replaced(draw, value[key])}
    if isinstance(value, list) and value and draw.random() < 0.8:
        index = draw.randrange(len(value))
        return [*value[:index], replaced(draw, value[index]), *value[index + 1 :]]
    return odd


def attempt(text: str) -> None:
    start = time.process_time()
    try:
        card = Device.from_text(text, "my.yaml")
    except CardError as error:
        message = str(error)
        assert message.replace("\n", "").isprintable(), message
    else:
        assert card.understood()
        assert card.digest
    assert time.process_time() - start < 1


def test_mutated_text_is_a_card_or_a_card_error() -> None:
    for text in mutants(1500, seed=1):
        attempt(text)


def test_mutated_values_are_a_card_or_a_card_error() -> None:
    draw = random.Random(2)
    data = Device.from_text(CARD).raw
    for _ in range(1500):
        attempt(json.dumps(replaced(draw, replaced(draw, dict(data)))))
