"""What a page of the gallery takes from the tables of results, and how numbers are kept with their units."""

from __future__ import annotations

from pathlib import Path

import pytest

from analogep import CircuitCard, DeviceCard


def test_rows_about_a_card_are_found_with_their_heads(tmp_path: Path) -> None:
    from analogep_docs import outcomes

    (tmp_path / "one.md").write_text(
        "# One\n\n## A chip, or two\n\n| device | accuracy | |\n| --- | --- | --- |\n| rram | 97 % | 3 seeds |\n"
        "| rram_hfo2 | 96 % | |\n\n| mnist-chip, twice | joules |\n|---|---|\n| `rram` | 3 nJ |\n"
    )
    first, second = outcomes.of("rram", tmp_path)
    assert (first.page, first.heading) == ("one.md", "A chip, or two")
    assert outcomes._said(first) == "accuracy 97 %; 3 seeds"
    assert outcomes._said(second) == "mnist-chip, twice: joules 3 nJ"
    assert outcomes._slug(first.heading) == "a-chip-or-two"
    assert outcomes.of("ideal", tmp_path) == []


def test_results_of_shipped_cards_stand_on_their_pages() -> None:
    from analogep_docs import outcomes

    missing = {name for name in DeviceCard.names() if not outcomes.of(name)}
    assert missing <= {"pcm_hermes"}
    assert any("On a chip that could be built" in part for part in outcomes.section("rram"))
    assert any(outcomes.of(name) for name in CircuitCard.names())


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("97.3 +- 0.9 %", "97.3~±~0.9~%"),
        ("500 mV in 3 phases", "500~mV in 3 phases"),
        ("1.3 TOPS/mm^2 of 5 seeds", "1.3 TOPS/mm^2 of 5 seeds"),
        ("0.5 mm^2, 12 V", "0.5~mm^2, 12~V"),
        ("5 mistakes", "5 mistakes"),
    ],
)
def test_a_number_is_kept_with_its_unit(text: str, fixed: str) -> None:
    pytest.importorskip("sphinx")
    from analogep_docs.numbers import joined

    assert joined(text) == fixed.replace("~", "\u00a0")
