"""A result makes its run again, in a fresh process and from itself alone, however its cards were changed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep import results
from analogep.cards.record import recorded
from analogep.circuit import CircuitCard
from analogep.datasets import Dataset
from analogep.device import DeviceCard
from analogep.errors import AnalogepError, DataError, ResultError, SimulationError, UsageError
from analogep.run import RESULT, Run, again
from analogep.streams import Seeds, Streams
from analogep.study import Study

from ..changes import changed
from ..cli.commands import surroundings
from .test_resume import interrupting
from .tiny import digits, tiny

FRESH = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from analogep import results, run, study
folders, data = json.loads(sys.argv[1]), sys.argv[2]
different = []
for folder in map(Path, folders):
    if (folder / "study.nc").exists():
        before = results.read(folder / "study.nc")
        with ThreadPoolExecutor(1) as pool:
            after = study.again(before, data).run(folder / "again", executor=pool)
    else:
        before = results.read(folder / "result.nc")
        after = run.again(before, data).execute()
    different += [folder.name] * (not before.equals(after) or before.attrs["digest"] != after.attrs["digest"])
print(json.dumps(different))
"""
SHORT = (
    "layers=[64,5,10]",
    "learning={rate: [2, 0.2], batch: 6, epochs: 1, probe: 4, initial_gain: [1, 0.3]}",
    "timing.free.duration=200 ns",
    "timing.nudged.duration=100 ns",
)
FIXED = (
    *("layers", "network", "neurons", "mapping", "solver", "timing"),
    *("learning.epochs", "learning.batch", "learning.rate"),
)
"""Keys whose random values make networks that are long in training, large or unstable."""


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NPZ file with 12 and 6 of the digits."""
    path, few = tmp_path_factory.mktemp("data") / "twelve.npz", digits()
    parts = {"train_x": few.train_x[:12], "train_y": few.train_y[:12]}
    np.savez(path, **parts, test_x=few.test_x[:6], test_y=few.test_y[:6])
    return path


def randomly_changed(draw: random.Random, data: Path) -> Iterator[Run]:
    """Runs of cards that were loaded, some with overrides, and changed at random."""
    while True:
        name = draw.choice(["rram", "ideal", "ecram", "pcm", "fefet"])
        overrides = draw.choice([(), ("read.noise={kind: none}",), ("name=mine", "conductance.levels=64")])
        device = changed(draw, DeviceCard.load(name, overrides), FIXED)
        circuit = changed(draw, CircuitCard.load("digits", SHORT), FIXED)
        seed: Any = draw.choice([draw.randrange(100), Seeds(Streams(3, 2), Streams(4, 1), Streams(5))])
        try:
            yield Run(device, circuit, seed, data)
        except AnalogepError:  # cards that do not go together
            continue


def trained(draw: random.Random, data: Path, folder: Path, count: int) -> list[Path]:
    """Folders of so many finished runs of randomly changed cards."""
    found: list[Path] = []
    for job in randomly_changed(draw, data):
        out = folder / f"run{len(found)}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                job.execute(out)
        except SimulationError:  # unstable, say
            continue
        found.append(out)
        if len(found) == count:
            return found
    raise AssertionError


def made_again(folders: list[Path], data: Path) -> list[str]:
    """Names of the folders whose runs or studies do not give the same arrays in one fresh process."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FRESH, json.dumps(list(map(str, folders))), str(data)],
        env=surroundings(), capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def by_hand(data: Path, folder: Path) -> list[Path]:
    """Runs of a copy, of a card without a text and of one from YAML, one that was resumed, and a study of cards."""
    rram, circuit = DeviceCard.load("rram"), CircuitCard.load("digits", SHORT)
    wider = rram.model_copy(update={"conductance": rram.conductance.model_copy(update={"max": 20e-6})})
    twice = circuit.changed({"learning.epochs": 2, "nudging.beta": 1 / 3})
    jobs = {
        "copy": Run(wider, circuit, 1, data),
        "values": Run(DeviceCard.from_values(wider.values), circuit, 1, data),
        "yaml": Run(DeviceCard.from_text(wider.to_yaml()), CircuitCard.from_text(twice.to_yaml()), 1, data),
        "resumed": Run(wider, twice, 1, data),
    }
    with pytest.raises(KeyboardInterrupt):
        jobs["resumed"].execute(folder / "resumed", report=interrupting(7))
    for name, job in jobs.items():
        job.execute(folder / name)
    study = Study(circuit=circuit, data=data, vary={"device": [rram, wider], "nudging.beta": [1 / 3, np.float32(0.4)]})
    with ThreadPoolExecutor(1) as here:
        study.run(folder / "study", executor=here)
    return [*(folder / name for name in jobs), folder / "study"]


def test_results_of_changed_cards_make_their_runs_again_in_a_fresh_process(twelve: Path, tmp_path: Path) -> None:
    folders = [*trained(random.Random(1), twelve, tmp_path, 14), *by_hand(twelve, tmp_path)]
    assert made_again(folders, twelve) == []


@pytest.mark.slow
def test_two_hundred_results_of_changed_cards_make_their_runs_again(twelve: Path, tmp_path: Path) -> None:
    folders = [*trained(random.Random(2), twelve, tmp_path, 200), *by_hand(twelve, tmp_path)]
    assert made_again(folders, twelve) == []


@pytest.fixture(scope="module")
def result(twelve: Path) -> xr.Dataset:
    """Result of a changed card."""
    card = DeviceCard.load("rram", ["read.voltage=0.3 V"]).changed({"conductance.max": 20e-6 / 3 + 1e-5})
    return Run(card, CircuitCard.load("digits", SHORT), 5, twelve).execute()


def test_a_copy_of_a_card_trains_the_device_that_its_result_records() -> None:
    """The reported case: it ran at 20 uS, and the result said 10 uS and no change."""
    job = tiny("learning.epochs=1")
    wider = job.device.model_copy(update={"conductance": job.device.conductance.model_copy(update={"max": 20e-6})})
    made = Run(wider, job.circuit, 1, digits()).execute()
    assert made.attrs["window_max"] == json.loads(made.attrs["device_values"])["conductance"]["max"] == 20e-6
    assert json.loads(made.attrs["device_changes"]) == ["conductance={min: 1 uS, max: 20 uS, levels: 128}"]
    assert json.loads(made.attrs["device_overrides"]) == []
    run = again(made, digits())
    assert run.device.conductance.max == 20e-6
    assert run.identity["digest"] == made.attrs["digest"]


def test_data_are_found_by_their_content_under_any_name(result: xr.Dataset, twelve: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "other.npz"
    renamed.write_bytes(twelve.read_bytes())
    run = again(result, renamed)
    assert run.data.name == "twelve"
    assert run.identity["digest"] == result.attrs["digest"]
    assert again(result, run.data).identity == run.identity


def test_the_bundled_digits_need_not_be_given() -> None:
    job = Run(DeviceCard.load("ideal"), CircuitCard.load("digits", ["learning.epochs=1"]), Seeds.of(1, data=7))
    attrs = {
        **tiny().execute().attrs,
        "data": "digits",
        "data_digest": job.data.digest,
        "digest": job.identity["digest"],
    }
    attrs |= {"seeds": job.identity["seeds"], "device": "ideal"}

    run = again(xr.Dataset(attrs=attrs | recorded(job.device) | recorded(job.circuit)))
    assert run.identity == job.identity


def edited(**attributes: Any) -> Callable[[xr.Dataset], xr.Dataset]:
    """What gives a result other attributes; None takes one away."""

    def edit(dataset: xr.Dataset) -> xr.Dataset:
        attrs = {key: value for key, value in (dataset.attrs | attributes).items() if value is not None}
        return xr.Dataset(dict(dataset.variables), attrs=attrs)

    return edit


def narrower(dataset: xr.Dataset) -> xr.Dataset:
    values = dataset.attrs["device_values"].replace('"levels":128', '"levels":64')
    return edited(device_values=values)(dataset)


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (narrower, ResultError, "the result does not record what ran: its digest is "),
        (edited(seeds="fabrication 6, operation 5, data 5"), ResultError, "the result does not record what ran"),
        (edited(seeds="soon"), ResultError, "the result does not say the seeds of its run, got 'soon'"),
        (edited(seeds=None), ResultError, "the result does not say the seeds of its run"),
        (edited(device_values="{"), ResultError, "the result's 'device_values' is not JSON"),
        (edited(circuit_card=None), ResultError, "the result records no circuit card"),
        (edited(device=None), ResultError, "is no result of a run"),
        (edited(study="{}"), ResultError, "is no result of a run"),
    ],
)  # fmt: skip
def test_a_result_that_does_not_say_what_ran_is_refused_with_a_sentence(
    edit: Callable[[xr.Dataset], xr.Dataset], error: type[Exception], message: str, result: xr.Dataset, twelve: Path
) -> None:
    with pytest.raises(error) as caught:
        again(edit(result), twelve)
    assert str(caught.value).startswith(message)


def test_another_version_is_made_again_with_what_this_one_computes(result: xr.Dataset, twelve: Path) -> None:
    run = again(edited(analogep_version="0.0.1", digest="f" * 64)(result), twelve)
    assert run.device.digest == again(result, twelve).device.digest


def test_data_that_are_missing_or_others_are_refused_with_a_sentence(result: xr.Dataset) -> None:
    with pytest.raises(UsageError, match=r"^the run was trained on the data 'twelve' \(SHA-256 [0-9a-f]{16}\.\.\.\)"):
        again(result)
    few = digits()
    other: Dataset = replace(few, train_y=(few.train_y + 1) % 10)
    with pytest.raises(DataError, match=r"^these are other data than 'twelve' of the run: their SHA-256 is"):
        again(result, other)


def test_folders_and_files_are_results_too(result: xr.Dataset, twelve: Path, tmp_path: Path) -> None:
    results.write(result, tmp_path / RESULT)
    for path in (tmp_path, str(tmp_path), tmp_path / RESULT):
        assert again(path, twelve).identity["digest"] == result.attrs["digest"]
    with pytest.raises(ResultError, match="no such result"):
        again(tmp_path / "none", twelve)
