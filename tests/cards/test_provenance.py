from typing import Any

import pytest
from pydantic import ValidationError

from analogep.cards.provenance import Source, problems

SOURCES = {"wu2018": Source(cite="W. Wu et al."), "assumed": Source(cite="estimate")}
DATA: dict[str, Any] = {
    "schema": "analogep.device/1",
    "terminals": 2,
    "conductance": {"min": "1 uS", "max": "10 uS", "levels": None},
    "table": {"nodes": ["0 uS", "5 uS"], "zeros": [0, 0.0]},
    "faults": {"stuck": "0 %"},
    "kind": "range",
    "flag": True,
}
GOOD = {
    "conductance.min": ("wu2018", "published"),
    "conductance.max": ("wu2018", "derived from Ron"),
    "table.nodes": ("assumed", "estimate"),
}


def found(
    data: dict[str, Any] = DATA, provenance: dict[str, tuple[str, str]] = GOOD, **more: Any
) -> list[tuple[Any, str]]:
    return list(problems(data, SOURCES, provenance, **more))


def test_every_number_with_a_source_is_no_problem() -> None:
    assert found() == []


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_number_without_an_entry_is_a_problem(name: str) -> None:
    rest = {key: entry for key, entry in GOOD.items() if key != name}
    message = f"has no provenance; add '{name}: [source, status]' under provenance"
    assert found(provenance=rest) == [(tuple(name.split(".")), message)]


def test_who_overrides_a_number_is_its_source() -> None:
    data = {**DATA, "faults": {"stuck": "9 %"}}
    assert [path for path, _ in found(data)] == [("faults", "stuck")]
    assert found(data, overridden={("faults", "stuck")}) == []
    assert found(data, overridden={("faults",)}) == []


@pytest.mark.parametrize(
    "status",
    ["fit; dw_min 0.01", "published, sign in own-direction convention", "default 0", "Measured", "projected"],
)
def test_a_status_may_say_more_after_its_first_word(status: str) -> None:
    assert found(provenance={**GOOD, "conductance.min": ("wu2018", status)}) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"conductance.mim": ("wu2018", "fit")},
            r"there is no such value in this card, did you mean 'conductance.min'\?$",
        ),
        ({"conductance": ("wu2018", "fit")}, r"there is no such value in this card, "),
        ({"kind": ("wu2017", "fit")}, r"unknown source 'wu2017', did you mean 'wu2018'\?$"),
        ({"kind": ("zz", "fit")}, r"unknown source 'zz', known are 'assumed', 'wu2018'$"),
        (
            {"kind": ("wu2018", "guess")},
            r"status 'guess' must begin with one of measured, fit, published, derived, ",
        ),
        ({"kind": ("wu2018", "")}, r"status '' must begin with one of"),
    ],
)
def test_an_entry_that_names_nothing_is_a_problem(entry: dict[str, tuple[str, str]], message: str) -> None:
    ((path, text),) = found(provenance={**GOOD, **entry})
    assert path == ("provenance", *entry)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(text)


def test_an_entry_for_a_zero_or_a_word_is_fine() -> None:
    more = {"faults.stuck": ("wu2018", "default"), "kind": ("wu2018", "published")}
    assert found(provenance={**GOOD, **more}) == []


@pytest.mark.parametrize("cite", ["", "  "])
def test_a_source_without_a_citation_is_refused(cite: str) -> None:
    with pytest.raises(ValidationError, match="cite"):
        Source(cite=cite)


def test_a_block_that_an_override_replaces_needs_no_sources_for_what_it_replaced() -> None:
    from analogep.device import DeviceCard

    card = DeviceCard.load("rram", ["read.noise={kind: none}", "read.iv={kind: linear}"])
    assert card.read.noise.kind == "none"
    assert card.read.iv.kind == "linear"
