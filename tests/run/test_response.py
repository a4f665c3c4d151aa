"""What a chip does not answer: stuck devices as fabricated, neurons that say the same to every input."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import xarray as xr

from analogep import report
from analogep.cli import compare_runs, summary
from analogep.network import Hardware
from analogep.report import run
from analogep.report.blocks import Page
from analogep.run.response import silent, stuck
from tests.run.tiny import QUIET, tiny

RAIL = "neurons.hidden.activation={kind: hard_clip, low: 0.199 V, high: 0.2 V}"


def test_dead_and_stuck_devices_are_counted_in_their_layers() -> None:
    job = tiny(device=("faults={dead: 5 %, stuck_min: 5 %, stuck_max: 5 %, stuck_random: 5 %}",))
    hardware = Hardware(job.device, job.circuit, job.seeds)
    counts = stuck(hardware.stores, 2)
    cells = np.array([2 * 65 * 6, 2 * 7 * 10])
    np.testing.assert_array_equal(counts, np.rint(counts))
    # 20 % of the cells, within four standard deviations of a binomial count
    assert (abs(counts - 0.2 * cells) < 4.0 * np.sqrt(0.2 * 0.8 * cells)).all()
    perfect = tiny()
    assert not stuck(Hardware(perfect.device, perfect.circuit, perfect.seeds).stores, 2).any()


def test_a_stuck_device_is_one_that_pulses_do_not_move() -> None:
    job = tiny(device=("faults.stuck_random=30 %",), card="ideal")
    hardware = Hardware(job.device, job.circuit, job.seeds)
    before = [array.g.copy() for store in hardware.stores for array in store.halves.values()]
    for store in hardware.stores:
        store.program(np.full(store.shape, 3, dtype=np.int32), job.seeds.operation, 0, 0)
    after = [array.g for store in hardware.stores for array in store.halves.values()]
    still = sum(int((a == b).sum()) for a, b in zip(before, after, strict=True))
    assert still == stuck(hardware.stores, 2).sum()


def test_neurons_that_do_not_differ_between_samples_are_silent_at_rest_and_at_either_rail() -> None:
    job = tiny()
    network = Hardware(job.device, job.circuit, job.seeds).network()
    v = np.zeros((3, 16))  # six hidden neurons with rails at 0 V and 0.2 V, ten outputs
    v[:, 0], v[:, 1], v[:, 2] = [-0.1, -0.2, -0.3], [0.3, 0.4, 0.5], 0.1
    v[:, 3:] = np.linspace(0.0, 0.1, 3)[:, None]
    np.testing.assert_allclose(silent(network, v), [0.5, 0.0])
    assert np.isnan(silent(network, v[:1])).all()


@pytest.fixture(scope="module")
def railed() -> xr.Dataset:
    """Hidden neurons at their lower rail whatever the inputs, on a device with faults."""
    still = ("learning.rate=[1e-12, 1e-12]", "learning.epochs=1", "learning.initial_gain=[0.01, 1]")
    device = ("faults.dead=1 %", "faults.stuck_max=2 %")
    return tiny(RAIL, *still, *QUIET, device=device).execute()


def test_a_layer_at_its_rail_has_no_gradient_and_is_silent(railed: xr.Dataset) -> None:
    assert railed["silent"].values[0, 0] == 1.0
    assert railed["exact_length"].values[0, 0] == 0.0
    assert railed["exact_length"].values[0, 1] > 0.0
    assert np.isnan(railed["cosine"].values[0, 0])
    assert railed["stuck"].values.sum() > 0


def test_the_summary_names_the_layer_without_a_gradient_and_why_and_the_stuck_devices(railed: xr.Dataset) -> None:
    text = summary.text(railed)
    assert not re.search(r"\bnan\b", text)
    assert re.search(r"exact one, in layer 2: cosine [01]\.\d{3}; gain \d\.\d\d; no gradient in layer 1\n", text)
    assert (
        "caution: no gradient in layer 1: the neurons behind layer 1 rest, or stand at a rail, on all probe samples"
    ) in text
    assert "caution: no neuron behind layer 1 answered to the probe samples" in text
    first, second = (int(count) for count in railed["stuck"].values)
    assert (
        f"caution: {first + second} of 920 devices are dead or stuck and ignore pulses, as the card's faults have it: "
        f"{first} in layer 1, {second} in layer 2"
    ) in text
    said = json.loads(summary.as_json(summary.numbers(railed)), parse_constant=pytest.fail)
    assert said["cosine"][0] is None
    assert said["stuck_devices"] == [first, second]
    assert said["silent_neurons"] == railed["silent"].values[-1].tolist()
    assert said["no_gradient"][0].startswith("no gradient in layer 1: ")
    assert [f"caution: {sentence}" in text for sentence in said["cautions"]] == [True] * len(said["cautions"])


def test_tables_and_pages_say_none_where_a_layer_has_no_cosine(railed: xr.Dataset) -> None:
    row = compare_runs._row("a", summary.numbers(railed), held=False)
    assert re.fullmatch(r"none / [01]\.\d{3}", row[8])
    page = report.html(Page("title", "subtitle", [run.headline(railed), run.troubles(railed)]))
    assert re.search(r"<strong>none / [01]", page)
    for words in (
        "No gradient in layer 1: the neurons behind layer 1 rest",
        "There is no cosine of layer 1 in 1 of 1 epoch",
        "Devices that ignore pulses, dead or stuck as fabricated: ",
        "silent neurons, layer 1 [%]",
    ):
        assert words in page
