"""The table of all cards on MNIST: what its search does, what it learns from, and that it goes on after a stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Run, datasets
from analogep.energy import Ledger
from analogep.learning import Updater
from analogep.network import Hardware
from analogep.streams import Seeds

from .conftest import load_study

NETWORKS = [(784, 1024, 10), (784, 512, 512, 10), (784, 500, 500, 500, 10)]
SMALL = ["--data", "digits", "--layers", "64-8-10", "--samples", "100", "--search", "60"]


@pytest.fixture(scope="module")
def study() -> ModuleType:
    return load_study("mnist_devices")


def peak(setting: Any) -> float:
    """Largest, 1, at reach 1/4, speed 2, patience 1."""
    places = (setting.reach / 0.25, setting.speed / 2.0, setting.patience)
    return 1.0 - 0.1 * float(np.abs(np.log2(places)).sum())


def test_the_search_finds_the_top_of_a_hill_and_keeps_the_estimator_that_is_as_good(study: ModuleType) -> None:
    found = study.search(peak, study.Setting(), study.FACTORS)
    assert found == study.Setting(reach=0.25, speed=2.0)


def test_the_search_takes_the_other_estimator_where_it_is_better(study: ModuleType) -> None:
    found = study.search(lambda one: peak(one) + (one.estimator == "random_sign"), study.Setting(), study.FACTORS)
    assert found.estimator == "random_sign"


def test_the_search_ends_after_some_steps_of_a_setting_and_leaves_others_alone(study: ModuleType) -> None:
    found = study.search(lambda one: one.reach + one.patience, study.Setting(), ("reach",))
    assert found == study.Setting(reach=2.0**study.MOST_STEPS)


def test_the_search_holds_a_gain_within_the_margin_for_chance(study: ModuleType) -> None:
    def score(setting: Any) -> float:
        return 0.5 * study.MARGIN * float(np.log2(setting.reach))

    assert study.search(score, study.Setting(), study.FACTORS) == study.Setting()


def test_settings_are_found_without_test_images_and_judged_by_others_than_they_learn_from(study: ModuleType) -> None:
    data = datasets.digits.load(np.random.default_rng(0))
    trials = study.held_out(data, 10**6)
    number = len(data.train_y)
    assert len(trials.train_y) + len(trials.test_y) == number
    assert np.array_equal(np.concatenate([trials.train_x, trials.test_x]), data.train_x)
    assert np.array_equal(np.concatenate([trials.train_y, trials.test_y]), data.train_y)
    fewer = study.held_out(data, 50)
    assert np.array_equal(fewer.train_x, data.train_x[:50])
    assert np.array_equal(fewer.test_x, trials.test_x)


@pytest.mark.parametrize("layers", NETWORKS)
def test_every_network_of_the_study_starts_with_a_loop_gain_below_1(study: ModuleType, layers: tuple[int, ...]) -> None:
    hardware = Hardware(DeviceCard.load("ideal"), study.Network(layers).circuit(study.Setting(), 1), Seeds.of(0))
    Updater(hardware).start(Ledger(), np.random.default_rng(0))
    assert hardware.network().loop_gain_bound() < 0.9


def test_only_what_is_searched_differs_from_the_circuit_card(study: ModuleType) -> None:
    """Where the search starts this is the weight range alone."""
    shipped = CircuitCard.load("mnist")
    built = study.Network(shipped.layers).circuit(study.Setting(), shipped.learning.epochs)
    assert built.nudging.estimator == shipped.nudging.estimator
    for block in ("timing", "learning", "neurons", "adc", "solver", "feedback"):
        assert getattr(built, block) == getattr(shipped, block), block


def test_a_threshold_is_changed_for_rules_that_have_one(study: ModuleType) -> None:
    assert [name for name in study.every_card() if not study.patient(name)] == ["ideal", "ecram", "capacitor"]
    halved = study.device_card("rram", replace(study.Setting(), patience=0.5)).recommended
    whole = DeviceCard.load("rram").recommended
    assert (halved.threshold, halved.rule) == (whole.threshold / 2.0, whole.rule)


def test_the_table_has_every_card_of_the_library_once(study: ModuleType) -> None:
    assert sorted(study.every_card()) == sorted(DeviceCard.names())
    assert study.every_card()[:2] == ["ideal", "rram"]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Devices of the runs that are executed."""
    executed: list[str] = []
    whole: Callable[[Run], Any] = Run.execute

    def execute(run: Run) -> Any:
        executed.append(run.device.name)
        return whole(run)

    monkeypatch.setattr(Run, "execute", execute)
    return executed


def test_the_same_command_repeats_its_table_from_its_file_and_a_new_card_adds_a_row(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], counted: list[str]
) -> None:
    command = [*SMALL, "--seeds", "2", "--out", str(tmp_path / "out")]
    assert study.main([*command, "--devices", "rram"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert len(table) == 3
    assert all(line.count("|") == len(study.HEADS) + 1 for line in table)
    assert "closed loop 4/1" in table[2]
    assert counted.count("rram") > 6
    counted.clear()
    assert study.main([*command, "--devices", "rram,ideal"]) == 0
    again = capsys.readouterr().out.splitlines()
    assert again[:3] == table
    assert len(again) == 4
    assert set(counted) == {"ideal"}


def test_pulses_are_counted_for_each_device_and_a_search_may_be_left_out(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*SMALL[:-1], "0", "--epochs", "2", "--devices", "ideal", "--out", str(tmp_path)]
    assert study.main(command) == 0
    cells = [cell.strip() for cell in capsys.readouterr().out.splitlines()[2].split("|")[1:-1]]
    row = dict(zip(study.HEADS, cells, strict=True))
    card = study.Network((64, 8, 10)).circuit(study.Setting(), 2)
    data = study.first(datasets.digits.load(np.random.default_rng(0)), 100)
    result = Run(DeviceCard.load("ideal"), card, 0, data).execute()
    devices = 2 * (65 * 8 + 9 * 10)
    assert float(row["pulses per device in all"]) == pytest.approx(float(result["pulses"].sum()) / devices, rel=5e-3)
    assert float(row["pulses per device and epoch"]) == pytest.approx(
        float(result["pulses"].sum()) / devices / 2, rel=5e-3
    )
    assert row["accuracy, mean of seeds (worst)"] == f"{100 * float(result['accuracy'][-1]):.2f} %"


def test_a_missing_folder_is_one_line_and_status_1(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert study.main(["--data", str(tmp_path / "no"), "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("mnist_devices.py: ")
