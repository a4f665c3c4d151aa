import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analogep.cards.overrides import apply, parse
from analogep.cards.reader import read
from analogep.errors import CardError, UsageError

CARD = "conductance:\n  min: 1 uS\n  max: 10 uS\nrates: [0.1, 0.2]\nreset: null\n"


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("conductance.max=20 uS", ("conductance", "max"), "20 uS"),
        ("conductance.max='20 uS'", ("conductance", "max"), "20 uS"),
        ("learning.rate=[0.1, 0.05]", ("learning", "rate"), [0.1, 0.05]),
        ("a={b: on}", ("a",), {"b": "on"}),
        ("a=1e-6", ("a",), 1e-6),
        ("a = null", ("a",), None),
        ("title=a=b", ("title",), "a=b"),
    ],
)
def test_override_is_a_path_and_a_yaml_value(text: str, path: tuple[str, ...], value: Any) -> None:
    override = parse(text)
    assert (override.path, override.value, override.text) == (path, value, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foo", r"^--set foo: needs the form key=value, such as conductance.max='20 uS'$"),
        ("=3", r"^--set =3: needs a key before the equals sign"),
        ("a..b=1", r"^--set a..b=1: 'a..b' has an empty key; join keys with single dots$"),
        (".a=1", r"has an empty key"),
        ("a. b=1", r"has an empty key"),
        ("a=", r"^--set a=: needs a value after the equals sign; null removes one$"),
        ("a=# x", r"needs a value"),
        ("a=[1,", r"^--set a=\[1,: is not valid YAML"),
        ("a=b: c", r"is a block, not a value; put text with ': ' or '- ' in quotes$"),
        ("a=1\nb: 2", r"the value must stand on one line$"),
        ("a=&x 1", r"anchors are not read"),
        ("a=.nan", r"\.nan is not a finite number"),
        ("a" + ".a" * 50 + "=1", r"is nested deeper than 40 levels$"),
        ("\ud800=1", r"the key is not valid text$"),
    ],
)
def test_malformed_override_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(text)


def test_apply_returns_a_new_document_and_leaves_the_old_one() -> None:
    old = read(CARD, "my.yaml")
    new = apply(old, [parse("conductance.max=20 uS"), parse("rates.1=3"), parse("learning.rate.w=1")])
    assert old.data == read(CARD, "my.yaml").data
    assert new.data == {
        "conductance": {"min": "1 uS", "max": "20 uS"},
        "rates": [0.1, 3],
        "reset": None,
        "learning": {"rate": {"w": 1}},
    }


def test_problems_at_an_overridden_path_name_the_override() -> None:
    document = apply(read(CARD, "my.yaml"), [parse("conductance.max=20 uS"), parse("learning.rate=1")])
    assert document.where(("conductance", "max")) == "--set conductance.max=20 uS"
    assert document.where(("conductance", "min")) == "my.yaml:2"
    assert document.where(("conductance", "step")) == "my.yaml:1"
    assert document.where(("learning", "kind")) == "--set learning.rate=1"
    assert ("conductance", "max") not in document.lines


def test_a_later_override_of_the_same_key_wins() -> None:
    document = apply(read(CARD, "my.yaml"), [parse("rates.0=1"), parse("rates=[5]")])
    assert document.data["rates"] == [5]
    assert document.where(("rates", 0)) == "--set rates=[5]"


def test_null_gives_way_to_a_block() -> None:
    assert apply(read(CARD, "my.yaml"), [parse("reset.to=1 uS")]).data["reset"] == {"to": "1 uS"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conductance.max.x=1", r"conductance.max is '10 uS', which has no keys below it$"),
        ("rates.2=1", r"rates is a list of 2, so 2 must be an index below$"),
        ("rates.x=1", r"rates is a list of 2, so x must be an index below$"),
        ("rates.-1=1", r"must be an index below$"),
        ("rates.\u00b2=1", r"must be an index below$"),
    ],
)
def test_a_path_that_cannot_exist_is_a_card_error(text: str, message: str) -> None:
    with pytest.raises(CardError, match=message) as caught:
        apply(read(CARD, "my.yaml"), [parse(text)])
    assert caught.value.problems[0].where == f"--set {text}"


@settings(deadline=None)
@given(st.text() | st.text().map(lambda text: f"conductance.{text}") | st.text().map(lambda text: f"a={text}"))
def test_any_override_is_applied_or_an_error_for_people(text: str) -> None:
    with contextlib.suppress(UsageError, CardError):
        apply(read(CARD, "my.yaml"), [parse(text)])
