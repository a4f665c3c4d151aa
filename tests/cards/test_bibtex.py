"""BibTeX of sources, read back by a parser that knows BibTeX's own rules: braces balance, keys differ, commas part."""

from __future__ import annotations

import re

import pytest

from analogep.cards.bibtex import bibliography, comment, escaped, from_text
from analogep.cards.provenance import Source, is_estimate, used
from analogep.device import DeviceCard


def parsed(text: str) -> dict[str, dict[str, str]]:
    """Entries by key, each with its fields and its type as `entry`; anything that BibTeX would not read fails."""
    entries: dict[str, dict[str, str]] = {}
    at = 0
    while (at := text.find("@", at)) >= 0:
        head = re.compile(r"@([a-z]+)\{([^\s,{}%#'\"]+),").match(text, at)
        assert head, text[at : at + 80]
        fields, at = {"entry": head[1]}, head.end()
        while field := re.compile(r"\s*([a-z]+) = \{").match(text, at):
            start, depth, at = field.end(), 1, field.end()
            while depth:
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
            assert field[1] not in fields
            fields[field[1]] = text[start : at - 1]
            assert text[at] == ","
            at += 1
        closing = re.compile(r"\s*\}").match(text, at)
        assert closing, text[at : at + 80]
        at = closing.end()
        assert head[2].lower() not in {key.lower() for key in entries}
        entries[head[2]] = fields
    return entries


WU = Source(
    cite="W. Wu et al., VLSI Technology 2018",
    author="W. Wu and others",
    title="A methodology to improve linearity of analog RRAM",
    booktitle="Symposium on VLSI Technology",
    year=2018,
    pages="103-104",
    doi="10.1109/VLSIT.2018.8510690",
)


def test_a_conference_paper_has_its_fields() -> None:
    assert parsed(bibliography([("wu2018", WU)])) == {
        "wu2018": {
            "entry": "inproceedings",
            "author": "W. Wu and others",
            "title": "{A methodology to improve linearity of analog RRAM}",
            "booktitle": "Symposium on VLSI Technology",
            "year": "2018",
            "pages": "103--104",
            "doi": "10.1109/VLSIT.2018.8510690",
        }
    }


def test_a_citation_alone_becomes_the_title_of_a_misc_entry() -> None:
    entry = parsed(bibliography([("data", Source(cite="41 cells, 50 % of them & more", url="a folder"))]))["data"]
    assert entry == {"entry": "misc", "title": r"{41 cells, 50 \% of them \& more}", "howpublished": "a folder"}


def test_an_article_is_one_and_a_program_says_which_file() -> None:
    article = Source(cite="x", title="t", journal="Science", year=2019, volume=364, number="6440", pages=570)
    entry = parsed(bibliography([("f", article)]))["f"]
    assert (entry["entry"], entry["volume"], entry["number"], entry["pages"]) == ("article", "364", "6440", "570")
    program = Source(cite="aihwkit, presets/devices.py", title="aihwkit", url="https://github.com/IBM/aihwkit")
    entry = parsed(bibliography([("aihwkit", program)]))["aihwkit"]
    assert (entry["url"], entry["note"]) == ("https://github.com/IBM/aihwkit", "aihwkit, presets/devices.py")


@pytest.mark.parametrize(
    "text", ["{", "}", "}{", "a\\", "\\}", "100 %", "a_b^c~d#e$f&g", "x\ny\tz", "<3>", "@article{x,", "\x00"]
)
def test_whatever_a_source_says_the_entry_stays_valid(text: str) -> None:
    source = Source(
        cite=f"c {text}", author=text, title=text, journal=text, year=2000, volume=text, pages=text, url=text, note=text
    )
    url = Source(cite=f"{text} c", url=f"https://x.org/{text}")
    found = parsed(bibliography([("a", source), ("b", url), (text, Source(cite=f"{text}c{text}"))]))
    assert len(found) == 3
    for fields in found.values():
        for name, value in fields.items():
            if name not in ("doi", "url", "author"):
                assert not re.search(r"(?<!\\)[&%$#_]", value), value


def test_a_group_of_authors_keeps_the_braces_that_hold_it_together() -> None:
    entry = parsed(bibliography([("a", Source(cite="c", author="{The maintainers} and A. Other"))]))["a"]
    assert entry["author"] == "{The maintainers} and A. Other"
    assert parsed(bibliography([("a", Source(cite="c", author="} {"))]))["a"]["author"] == (
        r"\textbraceright{} \textbraceleft{}"
    )


def test_one_work_is_one_entry_and_its_notes_are_joined() -> None:
    url = "https://github.com/IBM/aihwkit"
    presets = [("aihwkit", Source(cite=f"preset {k}", title="aihwkit", url=url)) for k in (1, 2, 1)]
    again = WU.model_copy(update={"doi": "10.1109/vlsit.2018.8510690", "note": "see there"})
    found = parsed(bibliography([*presets, ("wu2018", WU), ("other", again)]))
    assert list(found) == ["aihwkit", "wu2018"]
    assert found["aihwkit"]["note"] == "preset 1; preset 2"
    assert found["wu2018"]["note"] == "see there"


def test_keys_that_would_be_equal_are_numbered() -> None:
    """BibTeX does not tell cases apart."""
    sources = [
        ("a b", Source(cite="1")),
        ("A-b", Source(cite="2")),
        ("a-b", Source(cite="3")),
        ("{}", Source(cite="4")),
    ]
    assert list(parsed(bibliography(sources))) == ["a-b", "A-b-2", "a-b-3", "source"]


@pytest.mark.parametrize(
    ("cite", "doi"),
    [
        ("UCI (1998), doi 10.24432/C50P49 (CC BY 4.0)", "10.24432/C50P49"),
        ("IEEE 86 (1998) 2278-2324, doi 10.1109/5.726791.", "10.1109/5.726791"),
        ("arXiv:1708.07747 (2017)", None),
    ],
)
def test_the_doi_in_a_citation_is_found(cite: str, doi: str | None) -> None:
    assert from_text(cite) == Source(cite=cite, doi=doi)


def test_a_comment_opens_no_entry_and_stays_on_its_line() -> None:
    assert comment("a @misc{x}\nb") == "% a (at)misc{x} b"
    assert escaped("a\n b") == "a b"


def test_what_an_override_replaced_needs_no_source() -> None:
    provenance = {"a.min": ("x", "fit"), "a.max": ("y", "fit"), "b": ("y", "estimate"), "ab": ("z", "fit")}
    assert used(provenance) == {"x": {"a.min": "fit"}, "y": {"a.max": "fit", "b": "estimate"}, "z": {"ab": "fit"}}
    assert used(provenance, [("a",)]) == {"y": {"b": "estimate"}, "z": {"ab": "fit"}}
    assert used(provenance, [("a", "max"), ("b",)]) == {"x": {"a.min": "fit"}, "z": {"ab": "fit"}}


def test_an_estimate_is_a_source_without_a_place_whose_numbers_are_all_estimates() -> None:
    bare = Source(cite="ours")
    assert is_estimate(bare, ["estimate", "default; as usual"])
    assert not is_estimate(bare, ["estimate", "measured"])
    assert not is_estimate(Source(cite="paper", doi="10.1000/1"), ["estimate"])


def test_every_shipped_card_makes_a_bibliography() -> None:
    references = []
    for name in DeviceCard.names():
        sources = DeviceCard.load(name).sources
        assert set(parsed(bibliography(sources.items()))) <= set(sources)
        references += sources.items()
    found = parsed(bibliography(references))
    assert len({fields["doi"] for fields in found.values() if "doi" in fields}) > 15
    assert {"article", "inproceedings", "misc"} == {fields["entry"] for fields in found.values()}


@pytest.mark.parametrize("doi", ["doi:10.1/x", "https://doi.org/10.1000/1", "10.1000/ 1", "10.1000"])
def test_a_doi_that_is_none_is_refused(doi: str) -> None:
    with pytest.raises(ValueError, match="doi"):
        Source(cite="x", doi=doi)
