"""A run of no epochs: the chip as its initial weights make it, tested, and said to be untrained wherever it is told."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import plots, results
from analogep.chip.emulator import inference
from analogep.cli import summary
from analogep.energy import Ledger
from analogep.learning import Experimenter, Updater
from analogep.network import Hardware
from analogep.report import run as page
from analogep.report.alternatives import ALTERNATIVES
from analogep.report.energy import of_training
from analogep.results import together
from analogep.run import Progress

from .tiny import digits, network, tiny

NONE = "learning.epochs=0"


@pytest.fixture(scope="module")
def result() -> xr.Dataset:
    return tiny(NONE).execute()


def test_it_is_the_test_of_the_initial_weights(result: xr.Dataset) -> None:
    run = tiny()
    hardware = Hardware(run.device, run.circuit, run.seeds)
    Updater(hardware).start(Ledger(), run.seeds.operation.rng("start"))
    for store, layer in zip(hardware.stores, (1, 2), strict=True):
        for half, array in store.halves.items():
            np.testing.assert_array_equal(result[results.conductance_name(layer, half)], array.g)
    experimenter = Experimenter(hardware, Ledger(), run.seeds.operation.rng("inference", 0))
    right = inference(experimenter, digits().test_x) == digits().test_y
    assert float(result["accuracy"][0]) == np.mean(right)
    assert int(result["confusion"].sum()) == len(right)
    np.testing.assert_array_equal(*result["conductance_count"].values)


def test_it_has_one_entry_of_epoch_0_in_which_nothing_was_trained(result: xr.Dataset) -> None:
    assert result["epoch"].values.tolist() == [0]
    assert result["pulses"].values.sum() == 0
    assert float(result["training_energy"][0]) == 0.0
    assert np.isnan([float(result[name][0]) for name in ("train_accuracy", "train_cost")]).all()
    spent = result["energy"].sum(("epoch", "component"))
    assert [str(name) for name in spent["phase"].values if spent.sel(phase=name) > 0.0] == ["initial", "inference"]
    assert float(result["inference_energy"][0]) == float(spent.sel(phase="inference")) / 20
    assert np.isfinite(result["cosine"]).all()
    assert np.isfinite(result["quiet_cosine"]).all()
    assert float(result["duration"].sel(relaxation="free")[0]) == pytest.approx(200e-9)


def test_the_numbers_and_the_text_say_that_nothing_was_trained(result: xr.Dataset) -> None:
    said = summary.numbers(result)
    assert (said["epochs"], said["joules_of_training"], said["joules_per_training_sample"]) == (0, 0.0, 0.0)
    assert said["joules_initial"] > 0.0
    text = summary.text(result)
    assert "few, before training\n" in text
    assert "% of 20 test samples before training; of other samples" in text
    assert "  training  none; " in text
    assert "joules per sample, before training" in text
    assert "epoch" not in text
    assert "no test sample was classified" not in text


def test_figures_and_the_page_say_so_and_hold_nothing_that_is_no_number(result: xr.Dataset) -> None:
    for name, draw in plots.drawable(result).items():
        figure = draw(result)
        assert "before training" in figure.get_suptitle(), name
        words = ALTERNATIVES[name](result)
        assert not re.search(r"\bnan\b", words), name
    assert "Test accuracy before training: " in ALTERNATIVES["accuracy"](result)
    assert not re.search(r"\bnan\b", repr(page.page(result)))
    assert "samples, before training; of others like these" in repr(page.headline(result))
    assert "Nothing was trained. Writing the initial weights took " in repr(of_training(result))


def test_beside_a_trained_run_it_stands_before_the_first_epoch(result: xr.Dataset) -> None:
    both = together([result, tiny("learning.epochs=1").execute()], ["none", "one"])
    assert both["epoch"].values.tolist() == [0, 1]
    known = np.isfinite(both["accuracy"].values)
    assert known.tolist() == [[True, False], [False, True]]


def test_a_folder_answers_and_progress_ends(tmp_path: Path) -> None:
    seen: list[Progress] = []
    run = tiny(NONE)
    first = run.execute(tmp_path, report=seen.append)
    assert [(one.stage, one.epochs) for one in seen] == [("start", 0), ("test", 0), ("done", 0)]
    xr.testing.assert_identical(first, tiny(NONE).execute(tmp_path, report=seen.append))
    assert len(seen) == 3
    assert 0.0 <= run.aged(first, 1e6) <= 1.0


@pytest.mark.parametrize("kind", ["resistive", "passive, push-pull"])
def test_networks_of_every_kind_are_tested_untrained(kind: str) -> None:
    found = network(kind, NONE).execute()
    assert found["epoch"].values.tolist() == [0]
    assert 0.0 <= float(found["accuracy"][0]) <= 1.0


def test_the_path_of_a_stiff_network_is_followed_though_newton_has_none() -> None:
    """It ended hours of training: the figure's relaxation took more than a hundred thousand explicit evaluations."""
    stiff, plain = (network("resistive", NONE, f"network.hidden.capacitance={c}").execute() for c in ("1 aF", "1 pF"))
    assert stiff.sizes["point"] < 500
    # Where it comes to rest the capacitances no longer matter.
    off = stiff["trace_voltage"].values[-1] - plain["trace_voltage"].values[-1]
    assert np.abs(off).max() < 0.02 * np.abs(plain["trace_voltage"].values).max()
