"""Files that went wrong become a card or one sentence, never a traceback, and never take long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest

from analogep import fit
from analogep.errors import AnalogepError

from .mutated import mutated, samples


def tried(text: str, fitted: bool) -> tuple[bool, str]:
    """(whether a card was made, what was said instead)."""
    try:
        record = fit.read_text(text, "mine.csv")
        if not fitted:
            return False, ""
        fit.make_card(fit.fit([record], unidirectional=False), fit.Known("mine"))
    except AnalogepError as error:
        return False, str(error)
    return True, ""


def test_the_files_themselves_are_of_their_kinds() -> None:
    kinds = {name: fit.read_text(text).kind for name, text in samples().items()}
    assert set(kinds.values()) == {
        "pulses", "kinetics", "retention", "endurance", "I-V", "device table", "reads", "steps",
    }  # fmt: skip


def test_mutated_files_are_read_or_one_sentence_says_why() -> None:
    rng = np.random.default_rng(8)
    refused = 0
    for name, text in samples().items():
        for _ in range(28):
            changed = mutated(text, rng)
            _, said = tried(changed, False)
            refused += bool(said)
            assert "\n" not in said, (name, said)
    assert 60 < refused < 340


def folder(texts: list[str]) -> tuple[bool, str]:
    """(whether several files together made a card, what was said instead)."""
    try:
        records = [fit.read_text(text, f"mine{k}.csv") for k, text in enumerate(texts)]
        fit.make_card(fit.fit(records), fit.Known("mine"))
    except AnalogepError as error:
        return False, str(error)
    return True, ""


def folders(rng: np.random.Generator, count: int) -> Iterator[list[str]]:
    """Two to five files each, of any layouts, every second one with something wrong."""
    texts = list(samples().values())
    for _ in range(count):
        chosen = rng.choice(len(texts), int(rng.integers(2, 6)))
        yield [mutated(texts[k], rng) if rng.random() < 0.5 else texts[k] for k in chosen]


@pytest.mark.filterwarnings("ignore")
def test_files_that_do_not_belong_together_are_a_card_or_one_sentence() -> None:
    made = [folder(texts) for texts in folders(np.random.default_rng(12), 6)]
    assert all("\n" not in said for _, said in made)
    assert {card for card, _ in made} == {True, False}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_five_hundred_folders_are_cards_or_sentences_within_ten_seconds_each() -> None:
    made = 0
    for texts in folders(np.random.default_rng(13), int(os.environ.get("ANALOGEP_FOLDERS", "500"))):
        began = time.process_time()
        card, said = folder(texts)
        made += card
        assert time.process_time() - began < 10.0, texts
        assert said.count("\n") == 0, said
    assert made > 0


@pytest.mark.filterwarnings("ignore")
def test_a_reading_without_its_decimal_point_is_no_division_by_zero() -> None:
    """833026 in a column of 10 to 83: its law in ln G has a window that reaches down to 0 S."""
    up = [
        "9.47453",
        "18.9019",
        "25.603",
        "33.0087",
        "38.7275",
        "44.3864",
        "48.9606",
        "52.643",
        "57.7274",
        "60.8761",
        "63.8439",
        "66.6747",
        "68.2888",
        "71.5193",
        "71.5193",
        "72.7921",
        "74.6532",
        "76.4861",
        "77.7639",
        "79.3863",
        "79.7372",
        "82.2544",
        "82.427",
        "83.3026",
        "84.3048",
        "85.0765",
    ]
    down = up[::-1]
    down[2], down[11:15] = "833026", ["71.5193", "68.2888", "66.6747", "66.6747"]
    lines = [f"{one},{other}" for one, other in zip(up, down, strict=True)]
    card, said = tried("\n".join(["up [uS],down [uS]", *lines]), True)
    assert not card
    assert said.startswith("the fitted window reaches down to 0 S, more decades than any device has")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_five_thousand_mutated_files_are_cards_or_sentences_within_ten_seconds_each() -> None:
    import resource

    rng = np.random.default_rng(9)
    made, count = 0, 5000
    texts = list(samples().values())
    for k in range(count):
        changed = mutated(texts[k % len(texts)], rng)
        began = time.process_time()
        card, said = tried(changed, True)
        made += card
        assert time.process_time() - began < 10.0, changed
        assert said.count("\n") == 0, said
    assert 0.1 * count < made < 0.95 * count
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000
