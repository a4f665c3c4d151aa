"""The netlist as a whole: what its head says, how its nodes are named, that it follows chip and card."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from analogep import results
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import ResultError, SimulationError, UsageError
from analogep.run import Run
from analogep.spice import Netlist, deck_of, scene_of, seeds_of
from analogep.streams import Seeds

from ..run.tiny import CIRCUIT, digits, tiny
from .scenes import AMPLIFIERS, IDEAL, PASSIVE, SINH_DEVICE, WIRES, resistive, scene


def elements(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line and line[0] not in "*."]


def test_the_head_says_what_it_is_and_how_to_run_it() -> None:
    text = deck_of(scene())
    head = [line for line in text.splitlines() if line.startswith("*")]
    assert head[0] == "* analogep: 5-4-3 network of device 'rram' in circuit 'digits'"
    assert any("ngspice -b -r out.raw" in line for line in head)
    assert any("v(p_array)" in line and "1 V means 1 uW" in line for line in head)
    assert text.endswith(".end\n")
    assert re.search(r"^\.tran \S+ 9e-07 0 \S+ uic$", text, re.MULTILINE)


def test_nodes_have_names_that_a_designer_understands() -> None:
    nodes = {node for element in elements(deck_of(scene())) for node in element[1:3]}
    assert {"in_1", "in_5", "bias", "h1_1", "h1_4", "h1_4_line", "out_0", "out_2", "out_2_back", "nudge"} <= nodes
    assert not {"in_0", "in_6", "h1_0", "h1_5", "out_3"} & nodes


def test_probes_are_in_the_order_of_the_network() -> None:
    for chip in (scene(), scene(*PASSIVE), scene(*resistive(IDEAL, "doubled", AMPLIFIERS))):
        network = chip.network()
        probes = network.netlist(chip, Netlist())
        assert len(probes.nodes) == network.nodes
        assert len(probes.meters) == len(network.powers_of)
        assert probes.nodes[0].startswith("h1_1")
        assert probes.nodes[4] == "out_0"


def test_every_device_of_the_chip_is_one_element_for_each_read() -> None:
    chip = scene()
    cells = [element for element in elements(deck_of(chip)) if "_cell_" in element[0]]
    # two halves of 6 x 4 and 5 x 3 cells, the second pair read in both directions
    assert len(cells) == 2 * (6 * 4 + 2 * 5 * 3)
    g = chip.hardware.pairs[0].plus.g
    written = {element[0]: 1.0 / float(element[3]) for element in cells}
    for i, j in np.ndindex(g.shape):
        assert written[f"ra1_plus_cell_{i + 1}_{j + 1}"] == pytest.approx(g[i, j], rel=1e-15)


def test_a_dead_cell_is_no_element() -> None:
    chip = scene()
    array = chip.hardware.pairs[0].plus
    g = array.g.copy()
    g[2, 1] = 0.0
    array.show(g)
    chip.hardware.refresh()
    text = deck_of(chip)
    assert "ra1_plus_cell_3_1 " in text
    assert "ra1_plus_cell_3_2 " not in text


def test_devices_with_a_curved_characteristic_are_behavioural() -> None:
    text = deck_of(scene(device=SINH_DEVICE))
    assert len(re.findall(r"^ba1_plus_cell_\d+_\d+ in_\d .*sinh", text, re.MULTILINE)) == 20
    assert "ra1_plus_cell" not in text


def test_wires_of_the_card_are_resistors() -> None:
    assert "_w_1_1 in_1 " not in deck_of(scene())
    text = deck_of(scene(WIRES))
    # driver and first segment; the second segment; a line of its own in the second tile of columns
    assert re.search(r"^ra1_plus_cell_w_1_1 in_1 a1_plus_cell_w_1_1 1300\.0", text, re.MULTILINE)
    assert re.search(r"^ra1_plus_cell_w_1_2 a1_plus_cell_w_1_1 a1_plus_cell_w_1_2 (300\.0|299\.9)", text, re.MULTILINE)
    assert re.search(r"^ra1_plus_cell_w_1_4 in_1 a1_plus_cell_w_1_4 1300\.0", text, re.MULTILINE)
    assert re.search(r"^ra1_plus_cell_b_4_1 a1_plus_1 a1_plus_cell_b_4_1 (700\.0|699\.9)", text, re.MULTILINE)


def test_a_node_that_nothing_holds_is_named() -> None:
    chip = scene(*(text.replace("leak: 0.5 uS", "leak: 0 S") for text in resistive("{kind: none}")))
    chip.hardware.network()
    for store in chip.hardware.stores:
        g = next(iter(store.halves.values())).g.copy()
        g[..., :] = 0.0 if store.layer == 0 else g
        g[2, :] = 0.0 if store.layer == 1 else g[2, :]
        next(iter(store.halves.values())).show(g)
    with pytest.raises(SimulationError, match="disconnected"):
        deck_of(chip)


def run_of(*circuit: str, seed: int = 1) -> Run:
    return Run(DeviceCard.load("rram"), CircuitCard.load("digits", (*CIRCUIT, *circuit)), seed, digits())


def test_a_fresh_chip_shows_one_training_sample() -> None:
    job = run_of()
    found = scene_of(job, 7)
    x = np.rint(np.asarray(job.data.train_x[7]) * 255) / 255 * 0.2
    np.testing.assert_allclose(found.lines[0], x, rtol=1e-14)
    assert found.target[0, job.data.train_y[7]] == 0.2
    assert found.target.sum() == 0.2
    assert found.beta == 0.5
    assert "seeds: fabrication 1, operation 1, data 1" in deck_of(found)
    assert "chip as initialised" in deck_of(found)
    with pytest.raises(UsageError, match="--sample 60: data set 'few' has training samples 0 to 59"):
        scene_of(job, 60)


def test_a_finished_run_gives_its_conductances_and_seeds(tmp_path: Path) -> None:
    job = tiny(seed=Seeds.of(3, data=5))
    result = job.execute(tmp_path / "run")
    stored = results.read(tmp_path / "run" / "result.nc")
    assert seeds_of(stored) == Seeds.of(3, data=5)
    found = scene_of(job, 0, stored)
    np.testing.assert_array_equal(found.hardware.pairs[1].plus.g, result["g_plus_2"].values)
    np.testing.assert_array_equal(found.hardware.pairs[1].weights, scene_of(job, 0, result).hardware.pairs[1].weights)
    assert "chip as trained" in deck_of(found)


def test_a_run_of_other_cards_or_data_is_refused() -> None:
    result = tiny().execute()
    with pytest.raises(UsageError, match="another device card than 'ideal' as it is now: its device was 'rram'"):
        scene_of(tiny(card="ideal"), 0, result)
    other = Run(DeviceCard.load("rram"), CircuitCard.load("digits", CIRCUIT), 1, digits(40))
    with pytest.raises(UsageError, match="trained on other data"):
        scene_of(other, 0, result)
    with pytest.raises(ResultError, match="conductances do not fit this circuit"):
        scene_of(tiny("layers=[64,5,10]"), 0, result)
    del result.attrs["seeds"]
    with pytest.raises(ResultError, match="does not say the seeds"):
        seeds_of(result)
