"""Runs of passive and resistive networks, and of networks with wires: what they learn, return, and agree in."""

from __future__ import annotations

import functools
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import results
from analogep.crossbar import threads
from analogep.errors import SimulationError
from analogep.network import Hardware

from .tiny import NETWORKS, network, wires

RESISTIVE = {"g_1": (2 * 64 + 2, 8), "g_2": (8 + 2, 2 * 10)}
"""Inputs doubled and two bias lines in each array; outputs doubled."""
PAIRS = {f"g_{half}_{layer}": shape for half in ("plus", "minus") for layer, shape in ((1, (65, 6)), (2, (7, 10)))}
MIRRORS = {f"mirror_g_{half}_2": (7, 10) for half in ("plus", "minus")}
WIRED = [name for name in NETWORKS if "wires" in name]
LONG = ("timing.free.duration=2 us", "timing.nudged.duration=2 us")


@functools.cache
def trained(name: str, *circuit: str) -> xr.Dataset:
    return network(name, *circuit).execute()


def joules(dataset: xr.Dataset, component: str, *phases: str) -> float:
    return float(dataset["energy"].sel(component=component, phase=list(phases)).sum())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_result_holds_the_conductances_of_every_array_and_nothing_without_a_unit(name: str) -> None:
    found = trained(name)
    expected = RESISTIVE if "resistive" in name else PAIRS | (MIRRORS if "mirrored" in name else {})
    conductances = {key: found[key].shape for key in set(found.data_vars) - set(results.VARIABLES)}
    assert conductances == expected
    assert {found[key].attrs["units"] for key in conductances} == {"S"}
    for key in conductances:
        assert ((found[key] >= 1e-6) & (found[key] <= 10e-6)).all(), "inside the ideal device's window"
    results.describe(found)
    # The Hopfield energy is that of RC networks.
    whole = found if found.attrs["network"] == "rc" else found.drop_vars("hopfield")
    assert all(np.isfinite(part.values).all() for part in whole.data_vars.values())
    assert found.attrs["network"] == name.partition(",")[0]
    cells = sum(rows * columns for rows, columns in expected.values())
    assert found.attrs["devices"] == cells
    assert int(found["conductance_count"].isel(stage=1).sum()) == cells


@pytest.mark.parametrize("name", NETWORKS)
def test_without_noise_the_estimate_points_along_the_exact_gradient_and_the_cost_falls(name: str) -> None:
    found = trained(name)
    assert (found["cosine"] > 0.99).all()
    np.testing.assert_allclose(found["gain"], 1.0, atol=0.2)
    assert (found["unsettled"] < 0.02).all()
    assert found["train_cost"][-1] < 0.98 * found["train_cost"][0]
    assert (found["pulses"] > 0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_joules_are_booked_where_they_arise(name: str) -> None:
    """Arrays, nudging, lines and converters everywhere; leaks and neurons where there are some; diodes that conduct."""
    found = trained(name)
    for phase in ("free", "nudged", "inference"):
        assert joules(found, "array", phase) > 0.0
        assert joules(found, "lines", phase) > 0.0
        assert joules(found, "dac", phase) > 0.0
        assert (joules(found, "leak", phase) > 0.0) == ("resistive" not in name)
        # Ideal diodes hold their node at ground, where nothing is lost.
        assert (joules(found, "diode", phase) > 0.0) == ("antiparallel" in name)
        assert (joules(found, "amplifier", phase) > 0.0) == ("antiparallel" not in name)
    assert joules(found, "nudging", "nudged") > 0.0
    assert joules(found, "nudging", "free", "inference") == 0.0
    assert joules(found, "programming", "initial") > 0.0
    assert joules(found, "programming", "update") > 0.0
    assert (found["energy"] >= 0.0).all()


@pytest.mark.parametrize("name", ["resistive", "passive, push-pull"])
def test_a_network_that_is_integrated_in_time_learns_what_newtons_method_lets_it_learn(name: str) -> None:
    """Phases of 2 us, tens of time constants: a pulse or two differ where rounding tips the balance, and the joules are
    those at rest within 1 %."""
    given = (*LONG, "learning.epochs=1")
    tight = ("solver.method=LSODA", "solver.relative_tolerance=1e-5", "solver.absolute_tolerance=100 nV")
    direct, slow = trained(name, *given, "solver.method=newton"), trained(name, *given, *tight)
    for key in RESISTIVE if name == "resistive" else PAIRS:
        off = np.rint(abs(slow[key] - direct[key]) / 0.9e-9)  # steps of 1e-4 of 9 uS
        assert off.max() <= 2
        assert (off > 0).mean() < 0.01
    np.testing.assert_array_equal(slow["accuracy"], direct["accuracy"])
    np.testing.assert_allclose(slow["train_cost"], direct["train_cost"], rtol=1e-4)
    np.testing.assert_allclose(slow["trace_voltage"][-1], direct["trace_voltage"][-1], atol=20e-6)
    for component in ("array", "amplifier"):
        for phase in ("free", "nudged"):
            assert joules(slow, component, phase) == pytest.approx(joules(direct, component, phase), rel=1e-2)


@pytest.mark.parametrize("name", ["resistive", "passive, push-pull"])
def test_the_trace_is_a_path_in_time_though_newtons_method_trains_without_one(name: str) -> None:
    """Hidden nodes, then every output, doubled ones as two halves; and the target of their difference."""
    found = trained(name)
    assert found["trace_time"].size > 10
    assert (np.diff(found["trace_time"]) >= 0.0).all()
    assert float(found["trace_time"][-1]) == pytest.approx(400e-9)
    np.testing.assert_array_equal(found["trace_voltage"][0], 0.0)
    outputs = [f"output {k}" for k in range(10)]
    halves = [f"output {k}, negative half" for k in range(10)] if name == "resistive" else []
    assert list(found["node"].values[5:]) == outputs + halves
    assert found.attrs["target_voltage"] == pytest.approx(0.04 if name == "resistive" else 0.2)


def test_halves_of_ideal_cells_that_are_read_in_reverse_from_a_mirror_learn_as_shared_ones() -> None:
    """The mirror gets the pulses of the array and has no spread: the same numbers, twice the pulses behind layer 1."""
    shared, mirrored = trained("passive, separate"), trained("passive, separate, mirrored")
    for key in PAIRS:
        np.testing.assert_allclose(mirrored[key], shared[key], rtol=1e-12)
    for half in ("plus", "minus"):
        np.testing.assert_array_equal(mirrored[f"mirror_g_{half}_2"], mirrored[f"g_{half}_2"])
    np.testing.assert_allclose(mirrored["pulses"], shared["pulses"] * np.array([1.0, 2.0]))


def test_separate_halves_start_as_the_pairs_of_push_pull() -> None:
    """The same initial weights: each half takes one half, within the two steps that writing leaves."""
    chips = []
    for name in ("passive, push-pull", "passive, separate"):
        run = network(name)
        chips.append(Hardware(run.device, run.circuit, run.seeds))
        chips[-1].initialise()
    pairs, singles = ([array.g for array in chip.arrays()] for chip in chips)
    for one, other in zip(pairs, singles, strict=True):
        np.testing.assert_allclose(other, one, atol=2 * 0.9e-9, rtol=0)
        assert np.ptp(one) > 100e-9


def test_push_pull_moves_both_halves_against_each_other_and_a_reference_stays() -> None:
    """g_plus + g_minus is kept by pairs that ideal pulses move in opposite directions; separate halves change it."""
    sums = {name: trained(f"passive, {name}") for name in ("push-pull", "reference", "separate")}
    np.testing.assert_allclose(sums["push-pull"]["g_plus_1"] + sums["push-pull"]["g_minus_1"], 11e-6, rtol=1e-6)
    np.testing.assert_allclose(sums["reference"]["g_minus_1"], 5.5e-6, rtol=1e-9)
    moved = sums["separate"]["g_plus_1"] + sums["separate"]["g_minus_1"] - 11e-6
    assert abs(moved).max() > 20e-9


@pytest.mark.parametrize("name", NETWORKS)
def test_the_wire_error_is_zero_without_wires_and_small_between_reductions(name: str) -> None:
    error = trained(name)["wire_error"]
    assert ((error > 0.0) & (error < 1e-2)).all() if name in WIRED else (error == 0.0).all()


@pytest.mark.parametrize("name", WIRED)
def test_arrays_that_are_reduced_at_each_update_have_no_wire_error_and_rarer_reductions_a_larger_one(name: str) -> None:
    assert (trained(name, wires(1))["wire_error"] == 0.0).all()
    often, rarely = trained(name), trained(name, wires(3))
    assert float(rarely["wire_error"].max()) > float(often["wire_error"].max())
    # The first epoch's free phases; later ones follow from pulses that rounding may tip.
    assert float(rarely["train_cost"][0]) == pytest.approx(float(trained(name, wires(1))["train_cost"][0]), rel=1e-3)


@pytest.mark.parametrize("name", WIRED)
def test_wires_of_next_to_no_resistance_are_none(name: str) -> None:
    """At 1 micro-ohm, after one epoch."""
    thin, none = (trained(name, kind, "learning.epochs=1") for kind in (wires(1, 1e-6), "wires={kind: none}"))
    np.testing.assert_array_equal(thin["accuracy"], none["accuracy"])
    np.testing.assert_allclose(thin["trace_voltage"][-1], none["trace_voltage"][-1], atol=20e-6)
    assert joules(thin, "array", "free") == pytest.approx(joules(none, "array", "free"), rel=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_the_same_arrays_and_another_one_others(name: str) -> None:
    noisy = [network(name, seed=seed, quiet=False).execute() for seed in (1, 1, 2)]
    xr.testing.assert_identical(noisy[0], noisy[1])
    key = "g_1" if "resistive" in name else "g_plus_1"
    assert not noisy[0][key].equals(noisy[2][key])


def execute(name: str) -> xr.Dataset:
    return network(name, quiet=False).execute()


def test_two_workers_give_the_arrays_of_one() -> None:
    names = ["resistive", "resistive, wires", "passive, separate, mirrored"]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(execute, names))
    for name, dataset in zip(names, found, strict=True):
        xr.testing.assert_identical(dataset, execute(name))


@pytest.mark.parametrize("name", ["resistive", "passive, separate"])
def test_two_threads_that_program_one_array_change_no_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small arrays have one thread: here 130 or 65 rows are three or two blocks of rows.
    monkeypatch.setattr(threads, "LEAST_CELLS", 1)
    found = []
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        found.append(network(name, card="rram", seed=3, quiet=False).execute())
    xr.testing.assert_identical(*found)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_chip_comes_back_from_its_result_and_is_as_accurate_as_it_was(name: str) -> None:
    run, result = network(name), trained(name)
    before = result.copy(deep=True)
    assert run.aged(result, 0.0) == float(result["accuracy"][-1])
    assert result.identical(before)


def test_a_resistive_network_whose_cells_all_drift_alike_classifies_as_before() -> None:
    """Voltages of a network of resistors, ideal diodes and no leak depend on ratios of conductances alone; those of a
    passive network with a leak do not."""
    drift = "retention={kind: power_law, t0: 1 s, nu_offset: 0.5}"
    run = network("resistive", device=(drift,))
    result = run.execute()
    kept = [run.aged(result, seconds) for seconds in (0.0, 1e2, 1e8)]
    assert kept == [float(result["accuracy"][-1])] * 3
    # 1e-5 of the conductances against 20 uS of leak: all outputs are at ground, and the first class is taken.
    lost = network("passive, reference", device=(drift,))
    assert lost.aged(lost.execute(), 1e10) == pytest.approx(np.mean(lost.data.test_y == 0), abs=0.051)


def test_a_finished_network_is_answered_from_its_folder(tmp_path: Path) -> None:
    first = network("resistive, wires").execute(tmp_path)
    xr.testing.assert_identical(network("resistive, wires").execute(tmp_path), first)
    xr.testing.assert_identical(results.read(tmp_path / "result.nc"), trained("resistive, wires"))


@pytest.mark.parametrize("phase", ["free", "nudged"])
def test_newtons_method_is_refused_where_a_node_would_not_come_to_rest(phase: str) -> None:
    """It takes the equilibrium however short a phase is; what follows the path in time is let begin."""
    other = "nudged" if phase == "free" else "free"
    slow = "network.output.capacitance=1 pF"
    short = (f"timing.{phase}.duration=150 ns", f"timing.{other}.duration=1 us")
    said = rf"timing\.{phase}\.duration: 150 ns are too short .* constant of \d.* ns, to 1 % in (\S+) ns, .*"
    with pytest.raises(SimulationError, match=said) as caught:
        trained("resistive", slow, *short)
    found = re.search(r"to 1 % in (\S+) ns", str(caught.value))
    assert found is not None
    enough = 1.01 * float(found[1])
    trained("resistive", slow, f"timing.free.duration={enough} ns", f"timing.nudged.duration={enough} ns")
