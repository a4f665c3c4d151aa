"""Searches with an accuracy that is a known function of the settings: they find it, go on, and share their trials."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import analogep
from analogep import CircuitCard, DeviceCard
from analogep.cautions import AnalogepWarning
from analogep.errors import ResultError, UsageError
from analogep.tune import Search, train
from analogep.tune.answer import answer, card_file
from analogep.tune.found import found as collected
from analogep.tune.store import Store
from tests.cli.commands import surroundings

from . import artificial


def search(few: Path, work: Any = artificial.known, **more: Any) -> Search:
    return Search("rram", "digits", few, work=work, **({"names": artificial.KNOBS} | more))


def kept(store: Store) -> list[tuple[Any, ...]]:
    return [(one.number, one.chosen, one.rungs, one.complete) for one in store.trials()]


def test_it_finds_a_summit_that_the_card_is_not_on_and_says_so_in_a_card_that_loads(few: Path, tmp_path: Path) -> None:
    one = search(few)
    store = one.store(tmp_path)
    one.run(store, trials=14)
    assert sum(len(trial.rungs) < 4 for trial in store.trials()) >= 5
    found = collected(one, store)
    best = json.loads(found.attrs["chosen"])[str(found.attrs["best"])]
    assert best["nudging.beta"] == pytest.approx(artificial.BEST_BETA, rel=0.4)
    assert best["learning.rate.0"] == pytest.approx(artificial.BEST_RATE, rel=0.4)
    accuracy = found["confirmed_accuracy"]
    assert (accuracy.sel(which="best") > accuracy.sel(which="card")).all()
    assert found["seed"].values.tolist() == [3, 4, 5]
    text = card_file(one.circuit, found, int(found.attrs["best"]))
    card = CircuitCard.from_text(text)
    assert card.nudging.beta == best["nudging.beta"]
    assert card.name == "digits-rram"
    assert f"nudging.beta={best['nudging.beta']}" in card.changes
    said = " ".join(answer(found))
    assert f"best settings (trial {found.attrs['best']} of 14): " in said
    assert f"nudging.beta={best['nudging.beta']}" in said
    samples = len(one.data.test_y)
    assert f"of {samples} samples (95 % interval of the mean of seeds 3 to 5, which no trial had" in said
    assert "the card as it is: " in said
    assert "(paired)" in said
    assert f"# Data: few (validation), data seed 0: {60 - samples} samples learned" in text


def test_with_joules_the_front_is_cheaper_than_the_card_which_is_trained_to_the_end(few: Path, tmp_path: Path) -> None:
    one = search(few, objectives=("accuracy", "joules"))
    store = one.store(tmp_path)
    one.run(store, trials=9)
    trials = store.trials()
    assert trials[0].is_card
    assert len(trials[0].rungs) == 4
    found = collected(one, store)
    kept_joules = found["joules"].values[found["front"].values]
    assert kept_joules.min() < found["joules"].sel(trial=0)
    assert float(found["confirmed_joules"].sel(which="best").mean()) < 1e-8


def test_the_same_seed_makes_the_same_trials_and_a_search_goes_on_where_it_stood(few: Path, tmp_path: Path) -> None:
    stores = []
    for name, steps in (("whole", [5]), ("parts", [3, 5]), ("other", [2])):
        one = search(few, seed=int(name == "other"))
        stores.append(one.store(tmp_path / name))
        for most in steps:
            one.run(one.store(tmp_path / name), trials=most)
    whole, parts, other = map(kept, stores)
    assert whole == parts
    assert whole[1][1] != other[1][1]


def test_ctrl_c_keeps_what_is_known_and_gives_back_what_was_begun(few: Path, tmp_path: Path) -> None:
    one = search(few, artificial.interrupted)
    store = one.store(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        one.run(store, trials=6)
    assert [trial.is_card for trial in store.trials()] == [True]
    lost = store.study.get_trials()[1].params
    again = search(few)
    again.run(again.store(tmp_path), trials=3)
    assert [trial.chosen for trial in store.trials()][1] == lost


def test_settings_that_cannot_be_trained_end_a_trial_and_not_the_search(few: Path, tmp_path: Path) -> None:
    one = search(few, artificial.refused)
    store = one.store(tmp_path)
    one.run(store, trials=3)
    assert [trial.problem for trial in store.trials()] == ["", *["the circuit is unstable"] * 2]
    assert answer(collected(one, store))[0] == "best settings (trial 0 of 3): those of the card"


def test_no_training_begins_after_the_time_is_up(few: Path, tmp_path: Path) -> None:
    one = search(few, artificial.slow)
    store, began = one.store(tmp_path), time.monotonic()
    one.run(store, minutes=0.01)
    assert time.monotonic() - began < 10.0
    assert store.trials()[0].complete


_SCRIPT = """
import sys
from pathlib import Path
from analogep.tune import Search
from tests.tune import artificial
one = Search("rram", "digits", Path(sys.argv[1]), work=artificial.slow, names=artificial.KNOBS)
one.run(one.store(Path(sys.argv[2])), trials=1000)
"""


def test_a_killed_search_goes_on_and_two_share_its_store(few: Path, tmp_path: Path) -> None:
    """The trial in whose middle it was killed is done again, by one of two who are at work at the same time."""
    command = [sys.executable, "-c", _SCRIPT, str(few), str(tmp_path)]
    first = subprocess.Popen(command, cwd=Path(__file__).parents[2], env=surroundings())
    store = search(few).store(tmp_path)
    _until(lambda: len(store.trials()) >= 2)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    known = [trial for trial in store.trials() if trial.complete]
    several = [search(few, artificial.slow) for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        for job in [both.submit(lambda one: one.run(one.store(tmp_path), trials=8), one) for one in several]:
            job.result()
    trials = store.study.get_trials()
    assert not [trial for trial in trials if trial.state.name == "RUNNING"]
    numbers = [trial.number for trial in store.trials()]
    assert 8 <= len(numbers) <= 9
    assert {trial.number for trial in known} <= set(numbers)
    for lost in (trial for trial in trials if trial.state.name == "FAIL"):
        assert any(lost.params.items() <= trial.params.items() for trial in trials[lost.number + 1 :])


def test_a_trial_that_was_killed_before_it_had_settings_is_done_again(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = search(few)
    store = one.store(tmp_path)
    one.run(store, trials=1)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with monkeypatch.context() as killed:
        killed.setattr("analogep.tune.store._me", lambda: f"{socket.gethostname()} {ended.pid}")
        killed.setattr(store.study.sampler, "infer_relative_search_space", _kill)
        with pytest.raises(_Killed):
            store.ask(one.knobs.all)
    states = [trial.state.name for trial in store.study.get_trials()]
    assert states == ["COMPLETE", "RUNNING"]
    again = search(few)
    again.run(again.store(tmp_path), trials=3)
    assert [trial.state.name for trial in store.study.get_trials()].count("RUNNING") == 0
    assert len(store.trials()) == 3


class _Killed(BaseException):
    """What nothing handles."""


def _kill(*_: Any) -> None:
    raise _Killed


def _until(true: Any) -> None:
    end = time.monotonic() + 60.0
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_several_workers_are_at_work_at_a_time(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In threads: three trials are at work at a time, and each has its own settings."""
    monkeypatch.setattr("analogep.tune.search.LocalWorkers", ThreadPoolExecutor)
    one = search(few, artificial.slow)
    store = one.store(tmp_path)
    one.run(store, trials=6, workers=3)
    settings = {tuple(trial.chosen.values()) for trial in store.trials()}
    assert len(settings) == len(store.trials()) == 6


def test_test_samples_are_not_looked_at(few: Path, tmp_path: Path) -> None:
    """A training on data whose test images and labels are others: its accuracy and joules are the same to the bit."""
    with np.load(few) as archive:
        arrays = dict(archive)
    arrays["test_x"], arrays["test_y"] = arrays["test_x"] * 0 + 0.5, arrays["test_y"] * 0
    np.savez(tmp_path / "few.npz", **arrays)
    small = {"layers": [64, 16, 10], "solver.method": "euler"}
    several = [Search("rram", "digits", path, names=[], set=small) for path in (few, tmp_path / "few.npz")]
    one, other = (train(search.training({}, 5, 0.1, None)) for search in several)
    assert one.values == other.values
    assert one.values["joules"] > 0.0
    late = train(several[0].training({}, 5, 0.1, time.time()))
    assert late.late
    bad = train(replace(several[0].training({}, 5, 0.1, None), changes={"nudging.beta": -1.0}))
    assert "nudging.beta" in bad.problem


def test_a_store_of_another_search_or_version_is_refused(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(few).store(tmp_path)
    with pytest.raises(
        ResultError, match=r"search.db: holds the trials of another search \(knobs: .*choose another --o"
    ):
        search(few, names=["nudging.beta"]).store(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("analogep.results.circumstances.code", lambda: "f" * 64)
        patched.setattr("analogep.cautions._said", set())
        with pytest.warns(AnalogepWarning, match=r"search.db was made by other code .*; its trials are compared with"):
            search(few).store(tmp_path)
    there = re.escape(analogep.__version__)
    monkeypatch.setattr("analogep.__version__", "9.9")
    said = rf"search.db: was written by another version \(version: {there} there, 9.9 here\); choose another --out$"
    with pytest.raises(ResultError, match=said):
        search(few).store(tmp_path)


def test_what_is_no_store_is_refused(few: Path, tmp_path: Path) -> None:
    (tmp_path / "search.db").write_text("no database")
    with pytest.raises(ResultError, match=r"search.db: cannot be used as a store of trials \(file is not a database\)"):
        search(few).store(tmp_path)
    with pytest.raises(ResultError, match=r"^nonsense: cannot be used as a store of trials \("):
        search(few).store(tmp_path / "new", "nonsense")


def test_without_optuna_a_sentence_says_what_to_install(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("analogep.tune.store", "analogep.tune.sampler"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        UsageError, match=r"^a search needs Optuna \(optuna is missing\): pip install 'analogep\[tune\]'$"
    ):
        search(few).store(tmp_path)


def test_data_that_do_not_fit_are_refused(few: Path) -> None:
    with pytest.raises(
        UsageError, match=r"data set 'few \(validation\)' has 64 inputs and 10 classes, circuit 'digits' is"
    ):
        Search(DeviceCard.load("rram"), "digits", few, set={"layers": [64, 16, 4]})


def test_bounds_that_leave_the_card_out_leave_it_to_be_compared_with(few: Path, tmp_path: Path) -> None:
    one = search(few, names=[], bounds={"nudging.beta": "0.1..0.4"})
    store = one.store(tmp_path)
    one.run(store, trials=2)
    assert not any(trial.is_card for trial in store.trials())
    assert all(0.1 <= trial.chosen["nudging.beta"] <= 0.4 for trial in store.trials())
    assert not np.isnan(collected(one, store)["confirmed_accuracy"]).any()
