"""What a run returns: complete, described, and consistent with itself."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import analogep
from analogep import results
from analogep.energy import COMPONENTS, MAC_JOULES, PHASES, TRAINING
from analogep.errors import CardError, SimulationError, UsageError
from analogep.network import Hardware
from analogep.run import Progress, Run

from .tiny import EPOCHS, VARIANTS, digits, tiny


@pytest.fixture(scope="module")
def run() -> Run:
    return tiny(seed=5, device=("conductance.max=12 uS",))


@pytest.fixture(scope="module")
def dataset(run: Run) -> xr.Dataset:
    return run.execute()


def test_every_variable_of_the_schema_is_there_with_its_dimensions_unit_and_name(dataset: xr.Dataset) -> None:
    for name, (dims, units, long_name) in results.VARIABLES.items():
        assert dataset[name].dims == dims, name
        assert dataset[name].attrs == {"units": units, "long_name": long_name}
    others = set(dataset.data_vars) - set(results.VARIABLES)
    assert others == {"g_plus_1", "g_minus_1", "g_plus_2", "g_minus_2"}
    assert all(dataset[name].attrs["units"] == "S" and dataset[name].attrs["long_name"] for name in others)


def test_the_numbers_are_finite_and_the_shares_are_shares(dataset: xr.Dataset) -> None:
    assert all(np.isfinite(array.values).all() for array in dataset.data_vars.values())
    for name in ("accuracy", "train_accuracy", "unsettled"):
        assert ((dataset[name] >= 0) & (dataset[name] <= 1)).all(), name
    assert (abs(dataset["cosine"]) <= 1 + 1e-12).all()


def test_the_coordinates_name_epochs_layers_components_and_phases(dataset: xr.Dataset) -> None:
    assert list(dataset["epoch"].values) == list(range(1, EPOCHS + 1))
    assert list(dataset["layer"].values) == ["layer 1", "layer 2"]
    assert tuple(dataset["component"].values) == COMPONENTS
    assert tuple(dataset["phase"].values) == PHASES
    assert list(dataset["relaxation"].values) == ["free", "nudged"]
    assert list(dataset["stage"].values) == ["before", "after"]
    assert list(dataset["node"].values)[-1] == "output 9"


def test_joules_per_sample_are_the_ledger_over_the_samples(dataset: xr.Dataset) -> None:
    energy = dataset["energy"]
    training = energy.sel(phase=list(TRAINING)).sum(["component", "phase"]) / len(digits().train_y)
    inference = energy.sel(phase="inference").sum("component") / len(digits().test_y)
    np.testing.assert_allclose(dataset["training_energy"], training, rtol=1e-12)
    np.testing.assert_allclose(dataset["inference_energy"], inference, rtol=1e-12)
    assert (energy >= 0).all()
    assert (dataset["training_energy"] > dataset["inference_energy"]).all()


def test_the_initial_writes_are_booked_once_in_the_first_epoch(dataset: xr.Dataset) -> None:
    initial = dataset["energy"].sel(phase="initial").sum("component").values
    assert initial[0] > 0
    np.testing.assert_array_equal(initial[1:], 0)


def test_the_confusion_matrix_counts_the_test_samples_and_its_trace_is_the_last_accuracy(dataset: xr.Dataset) -> None:
    confusion = dataset["confusion"].values
    np.testing.assert_array_equal(confusion.sum(axis=1), np.bincount(digits().test_y, minlength=10))
    assert np.trace(confusion) / confusion.sum() == dataset["accuracy"].values[-1]


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_layer_gets_pulses_and_they_take_joules(variant: tuple[str, ...]) -> None:
    found = tiny(*variant, seed=2).execute()
    # A rule that accumulates may stay below its threshold for an epoch of three updates.
    assert (found["pulses"].sum("epoch") > 0).all()
    np.testing.assert_array_equal(found["pulses"].values % 1, 0)
    update = found["energy"].sel(phase="update", component="programming")
    np.testing.assert_array_equal(update.values > 0, found["pulses"].sum("layer").values > 0)
    reads = found["energy"].sel(phase="verify", component="adc")
    if "closed" in str(variant):
        np.testing.assert_array_equal(reads.values > 0, found["pulses"].sum("layer").values > 0)
    else:
        assert not reads.any()


def test_the_histogram_counts_every_device_before_and_after(dataset: xr.Dataset) -> None:
    devices = [2 * 65 * 6, 2 * 7 * 10]
    np.testing.assert_array_equal(dataset["conductance_count"].sum("bin"), [devices, devices])
    assert dataset.attrs["devices"] == sum(devices)
    for layer in (1, 2):
        g = np.concatenate([dataset[f"g_plus_{layer}"].values.ravel(), dataset[f"g_minus_{layer}"].values.ravel()])
        counts = np.histogram(g, dataset["conductance_edge"])[0]
        np.testing.assert_array_equal(dataset["conductance_count"][1, layer - 1], counts)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_the_final_conductances_stand_inside_each_devices_own_window(variant: tuple[str, ...]) -> None:
    run = tiny(*variant, seed=2)
    found = run.execute()
    for k, pair in enumerate(Hardware(run.device, run.circuit, run.seeds).pairs, 1):
        for name, array in (("plus", pair.plus), ("minus", pair.minus)):
            g = found[f"g_{name}_{k}"].values
            assert ((g >= array.g_min) & (g <= array.g_max)).all()


def test_the_trace_is_a_free_and_then_a_nudged_relaxation(dataset: xr.Dataset) -> None:
    time, beta = dataset["trace_time"].values, dataset["trace_beta"].values
    assert time[0] == 0
    assert (np.diff(time) >= 0).all()
    assert time[-1] == pytest.approx(300e-9)
    assert set(beta[time < 200e-9]) == {0.0}
    assert set(beta[time > 200e-9]) == {0.5}
    np.testing.assert_array_equal(dataset["trace_voltage"][0], 0)
    assert dataset.attrs["trace_class"] == digits().train_y[0]


def test_the_attributes_say_all_that_is_needed_to_run_it_again(run: Run, dataset: xr.Dataset) -> None:
    attrs = dataset.attrs
    assert attrs["device_card"] == run.device.text
    assert attrs["circuit_card"] == run.circuit.text
    assert "\nschema: analogep.device/1\n" in attrs["device_card"]
    assert json.loads(attrs["overrides"])[0] == "conductance.max=12 uS"
    assert "layers=[64,6,10]" in json.loads(attrs["overrides"])
    assert attrs["seeds"] == "fabrication 5, operation 5, data 5"
    assert attrs["analogep_version"] == analogep.__version__
    assert attrs["digest"] == run.identity["digest"]
    assert len(attrs["digest"]) == 64
    assert "the digits" in json.loads(attrs["citations"])
    assert any("VLSI" in cite for cite in json.loads(attrs["citations"]))
    assert attrs["train_samples"] == 60
    assert attrs["test_samples"] == 20
    # forwards and for the weights every device, for the deltas all but the biases
    digital = json.loads(attrs["digital_training_joules"])
    assert digital == {
        name: pytest.approx((2 * (65 * 6 + 7 * 10) + 64 * 6 + 6 * 10) * joules) for name, joules in MAC_JOULES.items()
    }


def test_the_cards_in_the_attributes_and_the_overrides_make_the_same_run_again(dataset: xr.Dataset) -> None:
    attrs = dataset.attrs
    overrides = json.loads(attrs["overrides"])
    device = analogep.DeviceCard.from_text(attrs["device_card"], overrides=overrides[:1])
    circuit = analogep.CircuitCard.from_text(attrs["circuit_card"], overrides=overrides[1:])
    again = Run(device, circuit, 5, digits())
    assert again.identity["digest"] == attrs["digest"]
    xr.testing.assert_equal(again.execute(), dataset)


def test_a_run_in_a_folder_gives_what_a_run_in_memory_gives_and_so_does_its_file(
    run: Run, dataset: xr.Dataset, tmp_path: Path
) -> None:
    xr.testing.assert_identical(run.execute(tmp_path / "a"), dataset)
    xr.testing.assert_identical(run.execute(tmp_path / "a"), dataset)
    with h5py.File(tmp_path / "a" / "result.nc") as file:
        np.testing.assert_array_equal(file["g_plus_1"][:], dataset["g_plus_1"].values)
        assert file["energy"].attrs["units"] == "J"


def test_progress_is_reported_from_the_start_through_every_batch_to_the_end(run: Run) -> None:
    seen: list[Progress] = []
    run.execute(report=seen.append)
    assert [p.stage for p in seen] == ["start"] + EPOCHS * (4 * ["train"] + ["test", "done"])
    assert [p.batch for p in seen[1:5]] == [0, 1, 2, 3]
    assert {p.batches for p in seen if p.stage == "train"} == {3}
    assert [p.epoch for p in seen if p.stage == "done"] == [1, 2, 3]
    assert seen[1].accuracy is None
    assert seen[-1].accuracy is not None


def test_data_that_do_not_fit_the_circuit_are_refused_with_the_layers_that_would() -> None:
    with pytest.raises(
        UsageError, match=r"data set 'few' has 64 inputs and 10 classes, circuit 'digits' is 32-8-10: .*64,128,10"
    ):
        tiny("layers=[32,8,10]")


def test_cards_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(CardError, match=r"mapping\.read_voltage: must be below the smallest write amplitude"):
        tiny(device=("programming.up.amplitude=0.2 V", "read.voltage=0.1 V"))


def test_a_circuit_that_is_unstable_as_written_is_refused_before_training() -> None:
    with pytest.raises(SimulationError, match=r"unstable as written: its loop gain is \d[\d.]*, it must be below 1"):
        tiny("learning.initial_gain=[1,20]", "mapping.weight_range=[5,5]").execute()
