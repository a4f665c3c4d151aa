"""Pages that are made from the package say what the package has."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from analogep import DeviceCard
from analogep.cards.docstrings import described
from analogep.cards.locate import keys_of
from analogep.results.schema import SPIKING, VALIDATION, VARIABLES


def test_a_page_of_a_card_has_its_figure_and_each_number_with_its_source(tmp_path: Path) -> None:
    from analogep_docs import gallery

    text = gallery.device("ideal", tmp_path, cells=4)
    assert (tmp_path / "ideal.svg").read_bytes().lstrip().startswith(b"<?xml")
    card = DeviceCard.load("ideal")
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert set(rows) == set(card.provenance)
    assert rows["conductance.max"] == "10 uS"
    assert rows["programming.up.step"] == "0.01 %"
    drawn = (tmp_path / "ideal.svg").stat().st_mtime_ns
    gallery.figure(card, tmp_path / "ideal.svg", 4)
    assert (tmp_path / "ideal.svg").stat().st_mtime_ns == drawn


def test_a_page_of_a_circuit_says_what_it_is_a_limit_of() -> None:
    from analogep_docs import gallery

    limit, chip = gallery.circuit("digits"), gallery.circuit("digits-chip")
    assert limit.count('<rect class="ep-box"') == 2
    assert 'aria-label="digits: arrays of 65 by 128, 129 by 10"' in limit
    assert "| Layers | 64-128-10 |" in limit
    for words in ("no bandwidth", "no noise", "neurons are alike", "no resistance"):
        assert words in limit
        assert words not in chip


@pytest.mark.parametrize("kind", ["device", "circuit", "study"])
def test_every_key_of_every_block_has_its_line(kind: str) -> None:
    from analogep_docs import keys, pages

    card, title, words = pages._KEYS[kind]
    text, found = keys.page(card, title, words), keys.blocks(card)
    assert len(found) > {"device": 50, "circuit": 50, "study": 0}[kind]
    for block in found:
        _, _, rest = text.partition(f"({keys.target(kind, block)})=")
        own = rest.partition("\n(key-")[0]
        for key, field in keys_of(block).items():
            assert field.exclude or f"\n`{key}`\n: " in own, (block, key)
        for key in described(block):
            assert keys_of(block)[key].exclude or f"`{key}`" in own
    links = set(re.findall(r"\(#(key-[^)]+)\)", text))
    assert links <= {keys.target(kind, block) for block in found}


def test_a_key_has_unit_bounds_and_default() -> None:
    from analogep_docs import keys

    from analogep.device.card import Conductance

    text = keys.page(Conductance, "Window", "")
    line = text.partition("\n`min`\n")[2].partition("\n\n")[0]
    assert line.startswith(": conductance \\[S], such as `10 uS`; ")
    assert "**Required.**" in line


def test_every_command_has_every_option() -> None:
    from analogep_docs import commands

    text = commands.page()
    for name, parser in commands.parsers().items():
        assert f"## `analogep {name}`" in text
        for action in parser._actions:
            if action.help != argparse.SUPPRESS and action.option_strings and action.dest != "help":
                assert f"`{action.option_strings[0]}" in text


def test_every_variable_and_name_is_there() -> None:
    from analogep_docs import claims, names, variables

    import analogep

    text = variables.page()
    for name, (_, units, _) in (VARIABLES | VALIDATION | SPIKING).items():
        assert re.search(rf"^`{name}`\n: \(.*\) \\\[{units}\\\]", text, re.MULTILINE), name
    listed = names.page()
    assert all(f"analogep.{name}" in listed for name in analogep.__all__ if name != "__version__")
    assert "the hopfield energy never rises" in claims.page()


def test_words_in_backquotes_stay_and_signs_mean_themselves() -> None:
    from analogep_docs import words

    assert words.inline("a_b * `c_d` | x < 1") == r"a\_b \* `c_d` \| x \< 1"
    assert words.prose("First.\n\nParameters\n----------\nx : float") == "First."
    assert words.prose("So:\n\n    y = 2 x\n\nfor x.") == "So:\n\n```text\ny = 2 x\n```\n\nfor x."


def test_docstrings_mean_themselves_in_restructured_text() -> None:
    from analogep_docs import pages

    lines = ["a, b : float", "|x| * 2 is `|y|`", ">>> f(*x)"]
    pages.restructured(None, "function", "f", None, None, lines)
    assert lines == ["a : float", "b : float", r"\|x\| \* 2 is `|y|`", ">>> f(*x)"]


def test_a_section_is_cut_out_and_its_images_are_found(tmp_path: Path) -> None:
    from analogep_docs import sections

    text = "# T\n\n## A\n\n![x](fig/x.png) [y](Y.md) [`Z.md`](Z.md) [w](https://w)\n\n## B\n\nb\n"
    cut = sections.section(text, "A")
    assert sections.placed(cut, tmp_path, tmp_path / "docs" / "results") == (
        "![x](../../fig/x.png) y (`Y.md`) `Z.md` [w](https://w)\n"
    )
    with pytest.raises(ValueError, match="has no section 'C'; there are A, B"):
        sections.section(text, "C")
