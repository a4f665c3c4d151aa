"""The table of settings found for each card: what it keeps, what it says, and which samples a search may see."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from analogep import CircuitCard, datasets

from .conftest import load_study


@pytest.fixture(scope="module")
def study() -> ModuleType:
    return load_study("tuned")


def plan(study: ModuleType, out: Path, **other: Any) -> Any:
    of = {"circuit": "digits-chip", "source": None, "trials": 9, "search_epochs": 1, "search_seeds": 1, "images": None,
          "held_out": None, "epochs": 2, "seeds": 2, "out": out}  # fmt: skip
    return study.Plan(**of | other)


def made(study: ModuleType, accuracies: list[float], said: list[str]) -> dict[str, Any]:
    found = {"changes": {}, "said": said, "trials": 9, "card": 0.8, "best": 0.9}
    card, best = (
        [{"accuracy": one + gain, "training": 2e-8, "inference": 7e-9, "sample": 1e-6} for one in accuracies]
        for gain in (0.0, 0.01 * bool(said))
    )
    return {"found": found, "card": card, "best": best, "words": "; ".join(said) or "the card's, none better"}


def test_a_search_sees_no_test_sample(study: ModuleType, tmp_path: Path) -> None:
    """Test, training and validation samples together are all of the digits, each of them once where it is alone."""
    mine = plan(study, tmp_path, images=300, held_out=100)
    seen = datasets.load_validation(mine.shown, study.DATA_SEED, mine.held_out)
    assert (len(seen.train_y), len(seen.test_y)) == (300, 100)
    known = {one.tobytes() for one in (*seen.train_x, *seen.test_x)}
    assert not known & {one.tobytes() for one in mine.data.test_x}
    whole = datasets.load_data(None, study.DATA_SEED)
    assert np.array_equal(whole.test_x, mine.data.test_x)


def test_a_row_is_done_once_and_for_its_plan_alone(study: ModuleType, tmp_path: Path) -> None:
    mine = plan(study, tmp_path)
    assert study.finished("rram", mine) is None
    place = study._row_file("rram", mine)
    place.parent.mkdir(parents=True)
    row = made(study, [0.9, 0.92], ["nudging.beta=0.2"])
    place.write_text(study.json.dumps({"plan": mine.said, **row}), encoding="utf-8")
    assert study.row("rram", mine) == row
    assert study.finished("rram", plan(study, tmp_path, trials=30)) == row, "more trials begin no new row"
    assert study.finished("rram", plan(study, tmp_path, epochs=3)) is None


def test_the_table_has_the_best_first_and_says_where_nothing_better_was_found(
    study: ModuleType, tmp_path: Path
) -> None:
    """Two seeds 2 points apart: half of the interval of their mean is 12.71 times a point; differences are the same."""
    rows = {"pcm": made(study, [0.80, 0.82], []), "rram": made(study, [0.90, 0.92], ["nudging.beta=0.2"])}
    kept = study.dataset(rows, {"logistic regression": [0.95, 0.95]}, plan(study, tmp_path))
    stored = load_study("stored")
    stored.keep(kept, "tuned", "python studies/tuned.py --keep", tmp_path)
    lines = study.table(stored.read("tuned", tmp_path)).splitlines()
    assert lines[2] == (
        "| rram | nudging.beta=0.2 | 91.00 +- 12.71 % | 92.00 +- 12.71 % | +1.00 +- 0.00 points | 20 nJ | 20 nJ | 7 nJ "
        "| 7 nJ | 1 us |"
    )
    assert lines[3].startswith("| pcm | the card's, none better | 81.00 +- 12.71 % | 81.00 +- 12.71 % | - |")
    assert lines[4].startswith("| logistic regression | scikit-learn's |  | 95.00 % |")


def test_what_was_found_is_said_in_words_and_as_a_command(study: ModuleType, tmp_path: Path) -> None:
    changes = {"nudging.beta": 0.25, "update": {"rule": "closed_loop", "threshold": 2.0, "max_pulses": 5}}
    said = list(CircuitCard.load("digits-chip").changed(changes).changes)
    found = study.Found(changes, said, 9, 0.8, 0.9)
    mine = plan(study, tmp_path)
    assert study.words("rram", mine, found) == "closed loop 2/5; beta 0.25"
    command = study.command("rram", found, mine)
    assert command.startswith("analogep simulate rram --circuit digits-chip --set ")
    texts = study.shlex.split(command)[5:-2]
    again = CircuitCard.load("digits-chip", texts[1::2])
    assert again.digest == CircuitCard.load("digits-chip").changed(changes).digest
