"""A run with a validation part: it is looked at by that, and the test samples are read once, after the last epoch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep.chip import Chip
from analogep.chip.emulator import Emulator
from analogep.circuit import CircuitCard
from analogep.cli import summary
from analogep.datasets import Dataset, HeldOut
from analogep.device import DeviceCard
from analogep.errors import UsageError
from analogep.report.run import headline, reproduction
from analogep.results import together, watched
from analogep.run import Run, again
from analogep.streams import Seeds

from .test_resume import interrupting
from .tiny import CIRCUIT, VARIANTS, digits

HELD = 12
NOT_WATCHED = ("accuracy", "confusion")
"""What a result says of test samples."""


def held(data: Dataset | None = None, held_out: HeldOut = HELD, **more: Any) -> Run:
    settings = (*CIRCUIT, *VARIANTS["equal steps in single precision"])
    cards = DeviceCard.load("rram"), CircuitCard.load("digits", settings)
    return Run(*cards, 1, digits() if data is None else data, held_out=held_out, **more)


def test_the_test_samples_change_nothing_but_their_own_accuracy_and_are_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another test part, of noise and of other classes: every array but those of the test is the same."""
    read: list[int] = []
    test = Emulator.test

    def counted(self: Emulator, x: Any) -> Any:
        read.append(len(x))
        return test(self, x)

    monkeypatch.setattr(Emulator, "test", counted)
    result = held().execute()
    assert read == [20]
    assert np.isnan(result["accuracy"].values[:-1]).all()
    assert np.isfinite(result["accuracy"].values[-1])
    assert np.isfinite(result["validation_accuracy"].values).all()
    assert int(result["confusion"].sum()) == 20
    assert list(result["part"].values) == ["train", "validation"]
    noise = np.random.default_rng(5).random((7, 64))
    other = held(replace(digits(), test_x=noise, test_y=np.arange(7) % 3)).execute()
    assert read == [20, 7]
    xr.testing.assert_equal(result.drop_vars(NOT_WATCHED), other.drop_vars(NOT_WATCHED))


def test_it_is_the_run_on_the_same_parts_with_the_validation_part_in_place_of_the_test() -> None:
    parts = digits().held_out(Seeds.of(1).data.rng("validation"), HELD)
    result, other = held().execute(), held(parts, None).execute()
    np.testing.assert_array_equal(result["validation_accuracy"], other["accuracy"])
    same = [name for name in result.data_vars if name not in (*NOT_WATCHED, "validation_accuracy")]
    for name in same:
        np.testing.assert_array_equal(result[name], other[name], err_msg=str(name))
    assert result.attrs["train_samples"] + result.attrs["validation_samples"] == 60
    assert set(json.loads(result.attrs["part_digests"])) == {"training", "validation", "test"}
    assert json.loads(result.attrs["part_digests"])["test"] == digits().digests["test"]
    assert held().identity["digest"] != held(held_out=None).identity["digest"]


def test_it_stops_goes_on_and_is_made_again_with_the_same_numbers(tmp_path: Path) -> None:
    whole = held().execute()
    with pytest.raises(KeyboardInterrupt):
        held().execute(tmp_path, report=interrupting(9))
    xr.testing.assert_identical(held().execute(tmp_path), whole)
    xr.testing.assert_identical(again(tmp_path, digits()).execute(), whole)
    early = held(on_epoch=lambda chip: True).execute()
    assert early.sizes["epoch"] == 1
    assert np.isfinite(early["accuracy"].values).all()


def test_only_validation_samples_have_a_best_epoch_in_text_json_and_page() -> None:
    result, plain = held().execute(), held(held_out=None).execute()
    shares = watched(result)
    said = summary.numbers(result)
    assert said["best_validation_accuracy"] == shares.max()
    assert said["best_epoch"] == 1 + shares.argmax()
    text, old = summary.text(result), summary.text(plain)
    assert f"% of {int(result.attrs['validation_samples'])} held-out samples after 3 epochs; best" in text
    assert "test samples after 3 epochs; of other samples like these" in text
    assert "best" not in old
    assert not [key for key in summary.numbers(plain) if "best" in key]
    tiles = repr(headline(result)), repr(headline(plain))
    assert ["Validation accuracy" in one for one in tiles] == [True, False]
    assert ["best" in one for one in tiles] == [True, False]
    assert "digest of the validation part" in repr(reproduction(result))
    both = together([result, plain], ["a", "b"])
    np.testing.assert_array_equal(both["accuracy"].values[0], shares)
    assert both.attrs["watched_by"] == "test or validation"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda: held(held_out=60), r"^60 of the 60 training samples of 'few' cannot be held out$"),
        (lambda: held(held_out="all"), r"^held_out is 'all'; give a number of training samples, 'auto', or None"),
        (
            lambda: held(digits().with_validation(np.random.default_rng(0), 9), 9),
            r"^'few' has a validation part already; hold none out, or give data without one$",
        ),
    ],
    ids=["all", "a word", "twice"],
)
def test_what_cannot_be_held_out_is_said(given: Callable[[], Run], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        given()


def test_a_watcher_may_look_at_validation_samples_and_end_the_training() -> None:
    """Early stopping as a user would write it: the last epoch's chip is what is tested."""
    seen: list[float] = []
    data = digits().with_validation(Seeds.of(1).data.rng("validation"), HELD)

    def stop(chip: Chip) -> bool:
        seen.append(chip.accuracy(*data.watched))
        return len(seen) == 2

    result = held(data, None, on_epoch=stop).execute()
    assert result.sizes["epoch"] == 2
    assert np.isnan(result["accuracy"].values).tolist() == [True, False]
    assert result.attrs["held_out"] == ""
