"""Files that went wrong become a card or one sentence, never a traceback, and never take long."""

from __future__ import annotations

import time

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
