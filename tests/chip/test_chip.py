"""The handle: what a person does with a chip, and that a run is nothing but a loop over it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analogep import Chip, Run, load_data
from analogep.datasets import Dataset
from analogep.errors import CardError, ResultError, UsageError
from analogep.kinds.rc.network import LayeredRC

from ..run.tiny import digits

SMALL: Mapping[str, Any] = {
    "layers": [64, 6, 10],
    "learning.epochs": 2,
    "learning.batch": 20,
    "learning.probe": 4,
    "solver.method": "euler",
    "timing.free.duration": 200e-9,
    "timing.nudged.duration": 100e-9,
}
QUIET: Mapping[str, Any] = {"sample_hold.noise": 0.0}
KINDS = {
    "closed loop": ("rram", SMALL),
    "mirrored, mixed precision": (
        "rram",
        {**SMALL, "feedback": {"kind": "mirrored", "gain": 0.5}, "update": {"rule": "mixed_precision", "threshold": 3}},
    ),
    "single precision, random sign, dropout": (
        "ideal",
        {**SMALL, "solver.precision": "single", "nudging.estimator": "random_sign", "learning.input_dropout": 0.2},
    ),
    "wires": (
        "ideal",
        {**SMALL, "wires": {"kind": "exact", "word": "1 ohm", "bit": "1 ohm", "driver": "10 ohm", "sense": "10 ohm",
         "tile": [65, 10], "refresh": 3}},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def data() -> Dataset:
    return digits()


def same(one: Chip, other: Chip) -> None:
    """Both chips have the same cells, joules and random streams."""
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.conductances().identical(other.conductances())
    np.testing.assert_array_equal(one.joules.values, other.joules.values)


def go_on(chip: Chip, data: Dataset) -> np.ndarray[Any, Any]:
    """Some of everything that draws random numbers or moves cells; returns scores."""
    x, y = data.train_x[:20], data.train_y[:20]
    chip.train(x, y)
    chip.program([-0.1 * slope for slope in chip.gradient(x, y)])
    return chip.scores(data.test_x)


def test_a_run_is_a_loop_over_the_handle(data: Dataset) -> None:
    run = Run("rram", "digits", 3, data, set={**SMALL, "learning.epochs": 1})
    result = run.execute()
    chip = Chip("rram", "digits", 3, set={**SMALL, "learning.epochs": 1})
    for x, y in data.batches(20, seed=3):
        chip.train(x, y)
    for name in chip.conductances():
        np.testing.assert_array_equal(chip.conductances()[name], result[name])
    trained = chip.joules.sel(phase=["initial", "free", "nudged", "update", "verify"])
    np.testing.assert_array_equal(trained, result["energy"][0].sel(phase=trained.phase))


def test_a_gradient_that_is_programmed_is_what_training_does_where_nothing_is_noisy(data: Dataset) -> None:
    own, other = (Chip("ideal", "digits", 2, set={**SMALL, **QUIET}) for _ in range(2))
    x, y = data.train_x[:20], data.train_y[:20]
    own.train(x, y)
    other.program([-rate * g for rate, g in zip(own.circuit.learning.rate, other.gradient(x, y), strict=True)])
    for a, b in zip(own.weights, other.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_whoever_watches_a_run_does_not_change_it(data: Dataset) -> None:
    seen = []

    def look(chip: Chip) -> None:
        seen.append(chip.accuracy(data.test_x, data.test_y))
        chip.gradient(data.train_x[:5], data.train_y[:5])
        chip.relax(data.test_x[:2])

    alone = Run("rram", "digits", 1, data, set=SMALL).execute()
    watched = Run("rram", "digits", 1, data, set=SMALL, on_batch=look, on_epoch=look)
    result = watched.execute()
    assert len(seen) == 2 * 3 + 2
    for name in alone.variables:
        np.testing.assert_array_equal(alone[name], result[name])
    assert float(watched.chip.joules.sum()) > float(result["energy"].sum())
    assert "on_batch=" in result.attrs["watched_by"]


def test_training_ends_when_on_epoch_says_so(data: Dataset) -> None:
    run = Run("ideal", "digits", 1, data, set={**SMALL, "learning.epochs": 5}, on_epoch=lambda chip: True)
    assert run.execute().sizes["epoch"] == 1
    assert run.chip.emulator.done == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_chip_that_was_saved_goes_on_as_the_one_that_was_not(kind: str, data: Dataset, tmp_path: Path) -> None:
    device, settings = KINDS[kind]
    chip = Chip(device, "digits", 4, set=settings)
    chip.train(data.train_x[:20], data.train_y[:20])
    loaded = Chip.load(chip.save(tmp_path / "chip.nc"))
    copied = pickle.loads(pickle.dumps(chip))
    same(chip, loaded)
    scores = go_on(chip, data)
    for other in (loaded, copied):
        np.testing.assert_array_equal(go_on(other, data), scores)
        same(chip, other)


# The card's nudging sources outweigh the ten cells on an output: negative nudging has no stable state there.
RESISTIVE = {"network.nudging_conductance": 5e-6, "network.target": 0.04, "nudging.beta": 0.1}


@pytest.mark.parametrize("circuit", ["resistive-digits", "passive-digits", "spiking-digits"])
def test_other_networks_are_saved_as_well(circuit: str, data: Dataset, tmp_path: Path) -> None:
    settings = RESISTIVE if circuit == "resistive-digits" else {}
    chip = Chip("ideal", circuit, 4, set={"layers": [64, 6, 10], **settings})
    chip.train(data.train_x[:5], data.train_y[:5])
    loaded = Chip.load(chip.save(tmp_path / "chip.nc"))
    for one in (chip, loaded):
        one.train(data.train_x[5:10], data.train_y[5:10])
    same(chip, loaded)
    np.testing.assert_array_equal(chip.predict(data.test_x[:5]), loaded.predict(data.test_x[:5]))


def test_the_exact_gradient_is_the_slope_of_the_cost(data: Dataset) -> None:
    """Central differences of the cost of free equilibria, weights placed exactly; ten weights of each layer."""
    chip = Chip(
        "ideal", "digits", 1, set={**SMALL, **QUIET, "solver.method": "newton", "dac.bits": None, "dac.booked": 8}
    )
    x, y = data.train_x[:4], data.train_y[:4]
    exact, weights, step = chip.exact_gradient(x, y), chip.weights, 1e-4
    target = np.eye(10)[y] * chip.circuit.target_voltage

    def cost() -> float:
        scores = chip.relax(x)["score"].values[0]
        return float(0.5 * np.square((scores - target) / chip.circuit.target_voltage).sum(axis=1).mean())

    rng = np.random.default_rng(0)
    for k in range(2):
        rows, columns = (rng.integers(size, size=10) for size in weights[k].shape)
        for i, j in zip(rows, columns, strict=True):
            found = []
            for sign in (1.0, -1.0):
                moved = [np.array(w) for w in weights]
                moved[k][i, j] += sign * step
                chip.place(moved, exact=True)
                found.append(cost())
            assert (found[0] - found[1]) / (2.0 * step) == pytest.approx(exact[k][i, j], rel=2e-3, abs=2e-6)


def test_placed_weights_are_there_and_rules_do_not_pull_them_back(data: Dataset) -> None:
    chip = Chip("rram", "digits", 1, set={**SMALL, "conductance.levels": None})
    teacher = Chip("ideal", "digits", 2, set=SMALL)
    wanted = teacher.weights
    exact = chip.place(wanted, exact=True)
    assert (exact.pulses, exact.joules) == (0.0, 0.0)
    for found, asked in zip(chip.weights, wanted, strict=True):
        # Upper ends of windows have a spread of 16 %: every pair holds half of the largest weight.
        small = np.abs(asked) < 0.15
        assert small.sum() > 40
        np.testing.assert_allclose(found[small], asked[small], atol=1e-12)
    by_pulses = chip.place(wanted)
    assert by_pulses.joules > 0.0
    before = chip.weights
    nothing = chip.program([np.zeros_like(w) for w in wanted])
    assert nothing.pulses == 0.0
    for a, b in zip(chip.weights, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_stuck_cells_stay_where_they_are() -> None:
    chip = Chip("rram", "digits", 1, set={**SMALL, "faults": {"stuck_min": 0.2, "stuck_max": 0.1}})
    before = chip.conductances()
    chip.place([np.full_like(w, 0.1) for w in chip.weights], exact=True)
    stays = (before["g_plus_1"] == chip.conductances()["g_plus_1"]).mean()
    assert 0.25 < float(stays) < 0.35


def test_what_was_written_is_reported(data: Dataset) -> None:
    chip = Chip("rram", "digits", 1, set={**SMALL, "update": {"rule": "stochastic"}})
    before, spent = chip.weights, float(chip.joules.sum())
    done = chip.program([np.full(w.shape, 0.02) for w in before])
    for change, old, new in zip(done.change, before, chip.weights, strict=True):
        np.testing.assert_array_equal(change, new - old)
        assert change.mean() == pytest.approx(0.02, rel=0.3)
    assert done.joules == pytest.approx(float(chip.joules.sum()) - spent)
    assert done.pulses > 0


def test_weights_cannot_be_written_by_hand() -> None:
    chip = Chip("ideal", "digits", set=SMALL)
    with pytest.raises(ValueError, match="read-only"):
        chip.weights[0][0, 0] = 1.0
    network = chip.network()
    assert isinstance(network, LayeredRC)
    with pytest.raises(ValueError, match="read-only"):
        network.layers[0].weights[0, 0] = 1.0


def test_a_recorded_relaxation_has_both_phases(data: Dataset) -> None:
    chip = Chip("ideal", "digits", set=SMALL)
    seen = chip.relax(data.test_x[:3], target=data.test_y[:3], record=True)
    assert seen["path"].dims == ("time", "sample", "node")
    assert float(seen["time"][-1]) == pytest.approx(float(seen["duration"].sum()))
    np.testing.assert_array_equal(seen["path"][-1], seen["voltage"].sel(phase="nudged"))
    # Nudging lifts the right output.
    scores = seen["score"].values[:, np.arange(3), data.test_y[:3]]
    assert (scores[1] > scores[0]).all()
    assert {array.attrs["units"] for array in seen.data_vars.values()} == {"V", "1", "s", "J"}


def test_phases_and_gradient_take_another_estimator_and_beta(data: Dataset) -> None:
    chip = Chip("ideal", "digits", set={**SMALL, **QUIET})
    x, y = data.train_x[:3], data.train_y[:3]
    seen = chip.phases(x, y, estimator="richardson", beta=0.1)
    np.testing.assert_allclose(seen["beta"], [0.1, -0.1, 0.2, -0.2])
    assert float(seen["weight"].sum()) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(CardError, match=r"nudging\.estimator"):
        chip.gradient(x, y, estimator="backprop")
    with pytest.raises(CardError, match=r"nudging\.beta"):
        chip.gradient(x, y, beta=-1.0)


def test_an_aged_chip_is_for_reading_only(data: Dataset) -> None:
    chip = Chip("pcm", "digits", set=SMALL)
    old = chip.aged("1 y")
    assert float(old.conductances()["g_plus_1"].mean()) < float(chip.conductances()["g_plus_1"].mean())
    assert 0.0 <= old.accuracy(data.test_x, data.test_y) <= 1.0
    with pytest.raises(UsageError, match=r"for reading only: it shows the chip 31\.56 Ms after it was written"):
        old.program(chip.weights)
    with pytest.raises(UsageError, match="give a time from 0 s on"):
        chip.aged(-1.0)


def test_windows_hold_the_conductances() -> None:
    chip = Chip("rram", "digits", set=SMALL)
    cells, ends = chip.conductances(), chip.windows()
    for half in ("plus_1", "minus_2"):
        assert bool((cells[f"g_{half}"] >= ends[f"low_{half}"]).all())
        assert bool((cells[f"g_{half}"] <= ends[f"high_{half}"]).all())


def test_joules_are_booked_for_whatever_the_chip_does(data: Dataset) -> None:
    chip, last = Chip("rram", "digits", set=SMALL), 0.0
    x, y = data.train_x[:5], data.train_y[:5]
    for act in (lambda: chip.relax(x), lambda: chip.gradient(x, y), lambda: chip.predict(x), lambda: chip.train(x, y)):
        act()
        total = float(chip.joules.sum())
        assert total > last
        last = total
    chip.exact_gradient(x, y)
    assert float(chip.joules.sum()) == last


BAD_INPUTS = {
    "a single sample": (np.zeros(64), r"x has the shape \(64,\); give \(samples, 64\)"),
    "another width": (
        np.zeros((3, 63)),
        r"x has the shape \(3, 63\); circuit 'digits', 64-6-10, takes \(samples, 64\)",
    ),
    "none": (np.zeros((0, 64)), r"x has the shape \(0, 64\)"),
    "too large": (np.full((2, 64), 16.0), "x has values from 16 to 16; inputs are shares of the read voltage"),
    "no number": (np.full((2, 64), np.nan), "x has values from nan to nan"),
    "text": (np.full((2, 64), "a"), "x has values of type <U1"),
}
BAD_TARGETS = {
    "text": (np.array(["a", "b"]), "number the classes from 0"),
    "fractions": (np.array([0.5, 1.0]), r"classes, whole numbers from 0 to 9; got 0\.5 to 1"),
    "beyond": (np.array([3, 10]), "whole numbers from 0 to 9; got 3 to 10"),
    "too few": (np.array([3]), r"for 2 samples give classes \(2,\)"),
    "one-hot of another width": (np.eye(2), r"shares of the target voltage \(2, 10\)"),
    "volts": (np.full((2, 10), 2.0), "from 0 to 1; got 2 to 2"),
    "no number": (np.array([np.nan, 1.0]), "whole numbers from 0 to 9"),
}


@pytest.fixture(scope="module")
def plain() -> Chip:
    return Chip("ideal", "digits", set=SMALL)


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_inputs_that_do_not_fit_are_refused(case: str, plain: Chip) -> None:
    x, message = BAD_INPUTS[case]
    with pytest.raises(UsageError, match=message):
        plain.predict(x)


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_targets_that_do_not_fit_are_refused(case: str, plain: Chip) -> None:
    target, message = BAD_TARGETS[case]
    with pytest.raises(UsageError, match=message):
        plain.train(np.zeros((2, 64)), target)


def test_classes_one_hot_rows_and_images_say_the_same(data: Dataset, plain: Chip) -> None:
    x, y = data.train_x[:4], data.train_y[:4]
    exact = plain.exact_gradient(x, y)
    for other in (
        plain.exact_gradient(x.reshape(4, 8, 8), y.astype(float)),
        plain.exact_gradient(x, np.eye(10)[y]),
        plain.exact_gradient(x.tolist(), np.eye(10, dtype=bool)[y]),
    ):
        for a, b in zip(exact, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_arrays_of_weights_that_do_not_fit_are_refused(plain: Chip) -> None:
    first, last = (np.zeros(w.shape) for w in plain.weights)
    with pytest.raises(UsageError, match=r"change: 1 arrays; give 2, of the shapes \(65, 6\), \(7, 10\)"):
        plain.program([first])
    with pytest.raises(UsageError, match=r"change\[1\]: an array of shape \(6, 10\)"):
        plain.program([first, last[:-1]])
    with pytest.raises(UsageError, match=r"weights\[0\]: 1 values are NaN or infinite"):
        plain.place([np.where(np.arange(first.size).reshape(first.shape) == 3, np.nan, 0.0), last])
    with pytest.raises(UsageError, match="no targets to nudge to"):
        plain.relax(np.zeros((1, 64)), beta=0.3)


def test_inputs_are_centred_only_where_their_mean_is_known(data: Dataset) -> None:
    chip = Chip("ideal", "digits", set={**SMALL, "learning.center_inputs": 0.0})
    with pytest.raises(UsageError, match=r"learning\.center_inputs: the mean of the training inputs is not known"):
        chip.train(data.train_x[:5], data.train_y[:5])
    with pytest.raises(UsageError, match=r"mean_input has the shape \(3,\); give \(64,\)"):
        chip.mean_input = np.zeros(3)
    chip.mean_input = data.train_x.mean(axis=0)
    chip.train(data.train_x[:5], data.train_y[:5])


def test_another_mean_input_is_heard_between_two_batches(data: Dataset) -> None:
    settings = {**SMALL, **QUIET, "learning.center_inputs": 0.0}
    same, other = (Chip("ideal", "digits", set=settings) for _ in range(2))
    for chip in (same, other):
        chip.mean_input = data.train_x.mean(axis=0)
        chip.train(data.train_x[:20], data.train_y[:20])
    other.mean_input = np.zeros(64)
    for chip in (same, other):
        chip.train(data.train_x[20:40], data.train_y[20:40])
    assert not np.array_equal(same.weights[0], other.weights[0])


def test_a_copy_and_the_original_agree_between_two_looks_at_the_wires(data: Dataset) -> None:
    chip = Chip(KINDS["wires"][0], "digits", 4, set=KINDS["wires"][1])
    for start in (0, 20):
        chip.train(data.train_x[start : start + 20], data.train_y[start : start + 20])
    copied = pickle.loads(pickle.dumps(chip))
    np.testing.assert_array_equal(go_on(chip, data), go_on(copied, data))
    same(chip, copied)


def test_problems_of_both_cards_are_said_at_once() -> None:
    with pytest.raises(CardError) as caught:
        Chip("rram", "digits", set={"conductance.mxa": 1e-5, "nudging.beta": -1.0, "nonsense.key": 1})
    said = str(caught.value)
    assert "did you mean 'max'" in said
    assert "nudging.beta" in said
    assert "no card has a section 'nonsense'" in said


def test_a_file_that_is_no_chip_is_refused(tmp_path: Path, data: Dataset) -> None:
    with pytest.raises(ResultError, match="no such result"):
        Chip.load(tmp_path / "none.nc")
    Run("ideal", "digits", data=data, set={**SMALL, "learning.epochs": 1}).execute(tmp_path / "run")
    with pytest.raises(ResultError, match="is not a chip"):
        Chip.load(tmp_path / "run" / "result.nc")


def test_notebooks_show_what_it_is() -> None:
    chip = Chip("rram", "digits", 5, set=SMALL)
    assert repr(chip).startswith("<Chip rram in digits: layers 64-6-10, devices 920, update rule closed_loop")
    assert "<table>" in chip._repr_html_()
    assert "seeds" in chip._repr_html_()


def test_the_data_of_a_seed_are_those_of_its_run() -> None:
    assert load_data("digits", seed=7).digest == Run("ideal", "digits", seed=7).data.digest
