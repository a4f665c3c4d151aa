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
from analogep.spice import Netlist, batch, deck_of, scene_of, seeds_of
from analogep.streams import Seeds

from ..run.tiny import CIRCUIT, digits, tiny
from .scenes import AMPLIFIERS, IDEAL, LINEAR_DEVICE, MIRRORED, PASSIVE, SINH_DEVICE, WIRES, resistive, scene


def elements(text: str) -> list[list[str]]:
    """Words of each element outside of subcircuits."""
    return [line.split() for line in within(text, "") if line[0] not in "*."]


def within(text: str, wanted: str) -> list[str]:
    """Lines of the subcircuit of a name; of the circuit itself with an empty one."""
    found, here = [], ""
    for line in text.replace("\n+ ", " ").splitlines():
        here = line.split()[1] if line.startswith(".subckt") else here
        if line and here == wanted and not line.startswith((".subckt", ".ends")):
            found.append(line)
        here = "" if line.startswith(".ends") else here
    return found


def flat(text: str) -> str:
    """The same netlist with the elements of its subcircuits written out in place; a prefix keeps names apart."""
    bodies, out = {}, []
    for line in text.replace("\n+ ", " ").splitlines():
        if line.startswith(".subckt"):
            _, name, *ports = line.split()
            bodies[name] = (ports, within(text, name))
    for line in within(text, ""):
        if line[0] != "x":
            out.append(line)
            continue
        label, *nodes, name = line.split()
        ports, body = bodies[name]
        joined = dict(zip(ports, nodes, strict=True)) | {"0": "0"}
        for words in map(str.split, body):
            ends = [joined.get(node, f"{label}_{node}") for node in words[1:3]]
            value = " ".join(words[3:]).replace(f"v({words[1]},{words[2]})", f"v({ends[0]},{ends[1]})")
            out.append(f"{words[0][0]}{label}_{words[0]} {' '.join(ends)} {value}")
    return "\n".join(out) + "\n"


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


def test_every_device_of_the_chip_is_one_element_of_a_subcircuit_for_its_array() -> None:
    chip = scene()
    text = deck_of(chip)
    used = {words[0]: words[-1] for words in elements(text) if words[0][0] == "x"}
    # The second pair is read in both directions.
    assert used == {
        "xa1_plus": "cells_1_plus", "xa1_minus": "cells_1_minus", "xa2_plus": "cells_2_plus",
        "xa2_minus": "cells_2_minus", "xb2_plus": "cells_2_plus", "xb2_minus": "cells_2_minus",
    }  # fmt: skip
    for pair in chip.hardware.pairs:
        for half, array in pair.halves.items():
            cells = [line.split() for line in within(text, f"cells_{pair.layer + 1}_{half}")]
            assert len(cells) == array.g.size
            written = {element[0]: 1.0 / float(element[3]) for element in cells}
            for i, j in np.ndindex(array.g.shape):
                assert written[f"r{i + 1}_{j + 1}"] == pytest.approx(array.g[i, j], rel=1e-15)


def test_a_mirrored_array_is_another_subcircuit() -> None:
    text = deck_of(scene(MIRRORED))
    used = {words[0]: words[-1] for words in elements(text) if words[0][0] == "x"}
    assert (used["xa2_plus"], used["xb2_plus"]) == ("cells_2_plus", "mirror_2_plus")
    assert within(text, "cells_2_plus") != within(text, "mirror_2_plus")


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize(
    "circuit", [(), (WIRES,), PASSIVE, (WIRES, *resistive(IDEAL, "doubled", AMPLIFIERS))],
    ids=["rc", "rc, wires", "passive", "resistive, wires"],
)  # fmt: skip
@pytest.mark.parametrize("device", [LINEAR_DEVICE, SINH_DEVICE], ids=["linear", "sinh"])
def test_ngspice_gives_the_same_voltages_without_subcircuits(circuit: tuple[str, ...], device: tuple[str, ...]) -> None:
    """Operating point and transient within 1 pV + 1e-9; order and grouping of elements move the last digits."""
    text = deck_of(scene(*circuit, "timing.free.duration=40 ns", "timing.nudged.duration=20 ns", device=device))
    plain = flat(text)
    assert "\nx" not in plain
    assert ".subckt" not in plain
    (one, _), (other, _) = batch(text), batch(plain)
    end = one["Transient Analysis"].values["time"][-1]
    for name in (key for key in one["Operating Point"].values if key.startswith("v(")):
        points = [found["Operating Point"].values[name][0] for found in (one, other)]
        ends = [found["Transient Analysis"].values[name][-1] for found in (one, other)]
        assert points[0] == pytest.approx(points[1], rel=1e-9, abs=1e-12), name
        assert ends[0] == pytest.approx(ends[1], rel=1e-9, abs=1e-12), name
    assert other["Transient Analysis"].values["time"][-1] == end


def test_a_dead_cell_is_no_element() -> None:
    chip = scene()
    array = chip.hardware.pairs[0].plus
    g = array.g.copy()
    g[2, 1] = 0.0
    array.show(g)
    chip.hardware.refresh()
    names = [line.split()[0] for line in within(deck_of(chip), "cells_1_plus")]
    assert "r3_1" in names
    assert "r3_2" not in names


def test_devices_with_a_curved_characteristic_are_behavioural() -> None:
    cells = within(deck_of(scene(device=SINH_DEVICE)), "cells_1_plus")
    assert len(cells) == 24
    assert all(re.match(r"b\d_\d w(\d) b(\d) i=.*sinh\(v\(w\1,b\2\)", line) for line in cells)


def test_wires_of_the_card_are_resistors() -> None:
    assert not any(line.startswith("rw") for line in deck_of(scene()).splitlines())
    text = deck_of(scene(WIRES))
    # driver and first segment; the second segment; a line of its own in the second tile of columns
    first, second = within(text, "cells_1_plus_t1_1"), within(text, "cells_1_plus_t1_2")
    assert any(line.startswith("rw1_1 w1 w1_1 1300.0") for line in first)
    assert any(re.match(r"rw1_2 w1_1 w1_2 (300\.0|299\.9)", line) for line in first)
    assert any(line.startswith("rw1_1 w1 w1_1 1300.0") for line in second)
    assert any(re.match(r"rb4_1 b1 b4_1 (700\.0|699\.9)", line) for line in first)
    assert any(line.startswith("xa1_plus_t1_2 in_1 in_2 in_3 in_4 a1_plus_4 ") for line in text.splitlines())


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
