"""Networks with column circuits in ngspice: every state and all joules, what the supply gives, what is approximated."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analogep.relaxation.equilibrium import equilibrium
from analogep.spice import Comparison, Netlist, Scene, batch, compare
from analogep.spice.netlist import GROUND

from .scenes import CONSTANT, CONVEYOR, LOADED, MIRRORED, NEGATIVE, SINH_DEVICE, TANH, TIA, UNLIKE, WIRES, held, scene

Floats = NDArray[np.float64]

SCENES = {
    "amplifiers": lambda: scene(*held(TIA)),
    "two tiles, class A, low gain": lambda: scene(
        *held(TIA.replace("10000", "100"), MIRRORED, TANH, more="tile: 3, output: a, bandwidth: 20 MHz")
    ),
    "conveyors, constant nudging": lambda: scene(*held(CONVEYOR, CONSTANT)),
    "resistors and amplifiers, negative nudging": lambda: scene(*held(LOADED, NEGATIVE)),
}

FAINT = (
    "mapping.read_voltage=20 mV", "neurons.hidden.activation.high=20 mV", "neurons.output.activation.low=-10 mV",
    "neurons.output.activation.high=20 mV", "mapping.weight_range=[4]", "learning.initial_gain=[2]",
    "feedback.gain=0.05",
)  # fmt: skip
"""Rails within 20 mV, and weights that ask columns for more."""

pytestmark = pytest.mark.usefixtures("ngspice")


def known(chip: Scene) -> str:
    """What the netlist has and our equations do not."""
    return chip.network().netlist(chip, Netlist()).approximation  # type: ignore[no-any-return]


def columns_of(found: Comparison) -> NDArray[np.bool_]:
    return np.array([node.endswith("_out") for node in found.nodes])


@pytest.mark.parametrize("make", SCENES.values(), ids=list(SCENES))
def test_nodes_columns_and_joules_of_a_network_agree_in_both_phases(make: object) -> None:
    """Everything within 0.1 uV at all times; joules of arrays, leaks, nudging and drivers within 0.03 %, those of the
    columns, whose currents lead their outputs, within 0.1 % of all."""
    chip = make()  # type: ignore[operator]
    assert isinstance(chip, Scene)
    found = compare(chip)
    assert found.components == ("array", "leak", "nudging", "driver", "column", "sample_hold")
    assert found.nodes[:9] == ("h1_1", "h1_2", "h1_3", "h1_4", "out_0", "out_1", "out_2", "a1_1_out", "a1_2_out")
    assert found.nodes[14:] == ("b2_1_out", "b2_2_out", "b2_3_out", "b2_4_out")
    assert found.transient.max() < 0.1e-6
    assert found.final.max() < 0.1e-6
    assert found.equilibrium.max() < 0.1e-6
    assert found.energy[:, :4].max() < 3e-4
    assert found.energy[:, 4].max() < 1e-3
    assert found.disagreements() == []
    assert found.approximation == ""
    assert (found.ours[:, [0, 3]] > 0.0).all()


@pytest.mark.parametrize(
    ("circuit", "device", "reason"),
    [
        ((f"column={TIA}",), None, "amplifiers peak by the capacitance of their lines"),
        ((f"column={CONVEYOR}",), None, "the poles of lines and mirrors are taken as one"),
        ((f"column={LOADED}",), None, "the poles of lines and amplifiers are taken as one"),
        (held(TIA), SINH_DEVICE, "curved cells are taken as if their summing lines stood at ground"),
        (held(TIA, WIRES), None, "columns and drivers are taken to see the cells of their lines without wires"),
        (held(TIA, UNLIKE), None, "offsets of columns are taken to leave the currents of their lines as they are"),
        (
            held(TIA, more="ratio: 500"),
            None,
            "columns more than 50 times as fast as their nodes are taken as 50 times as fast",
        ),
    ],
)
def test_what_our_equations_leave_out_is_said(
    circuit: tuple[str, ...], device: tuple[str, ...] | None, reason: str
) -> None:
    assert known(scene(*circuit) if device is None else scene(*circuit, device=device)) == reason


def test_the_capacitance_of_lines_moves_columns_by_40_and_nodes_by_3_microvolts() -> None:
    """1 fF of ten cells; 11 ps beside the amplifiers' 10 ns."""
    found = compare(scene(f"column={TIA}"))
    columns = columns_of(found)
    assert found.transient[:, ~columns].max() < 5e-6
    assert 10e-6 < found.transient[:, columns].max() < 100e-6
    assert found.final.max() < 0.1e-6
    assert any(sentence.startswith("transient") for sentence in found.disagreements())
    assert found.approximation == "amplifiers peak by the capacitance of their lines"


def test_offsets_of_amplifiers_are_those_of_nodes_and_move_the_lines() -> None:
    """5 mV at the inputs: voltages agree within 0.1 uV, drivers give 0.8 % more than to lines at ground."""
    found = compare(scene(*held(TIA, UNLIKE)))
    assert max(found.transient.max(), found.final.max(), found.equilibrium.max()) < 0.1e-6
    assert 1e-3 < found.energy[:, 3].max() < 2e-2


@pytest.mark.parametrize(("column", "most"), [(TIA, 10e-3), (CONVEYOR, 0.1e-6), (LOADED, 0.1e-6)])
def test_columns_at_their_limits_rest_where_ours_do(column: str, most: float) -> None:
    """Outputs within 20 mV: those of amplifiers go there faster than ours, by up to 7 mV, and settle to the same."""
    chip = scene(*held(column, *FAINT, more="headroom: 0.53 V"))
    found = compare(chip)
    network = chip.network()
    drive = network.drive(chip.lines)
    rest, _ = equilibrium(network, drive, np.zeros((1, network.nodes)))
    assert (np.abs(rest[:, columns_of(found)]) > 0.02 - 1e-9).any()
    assert (np.abs(rest[:, columns_of(found)]) < 0.019).any()
    assert found.equilibrium.max() < 0.1e-6
    assert found.final.max() < 1e-6
    assert found.transient.max() < most


class Railed(Netlist):
    """Every source that drives something is a stage of class B: what it gives it takes from the positive rail, and what
    it takes it leads to the negative one, so that nothing of it comes from the ground."""

    def ammeter(self, name: str, a: str, b: str) -> str:
        return super().source(name, a, b, 0.0)

    def source(self, name: str, a: str, b: str, volts: float) -> str:
        return self.stage(super().source(name, a, b, volts))

    def amplifier(self, name: str, out: str, node: str, gain: float) -> str:
        return self.stage(super().amplifier(name, out, node, gain))

    def behavioural_voltage(self, name: str, a: str, b: str, expression: str) -> str:
        return self.stage(super().behavioural_voltage(name, a, b, expression))

    def stage(self, label: str) -> str:
        self.behavioural_current(f"up_{label}", "vdd", GROUND, f"max(0,-i({label}))")
        self.behavioural_current(f"down_{label}", GROUND, "vss", f"max(0,i({label}))")
        return label


def rails(chip: Scene, supply: float) -> tuple[float, float]:
    """Currents that leave the positive supply and enter the negative one at rest [A]."""
    netlist = Railed()
    chip.network().netlist(chip, netlist)
    up = Netlist.source(netlist, "vdd", "vdd", GROUND, 0.5 * supply)
    down = Netlist.source(netlist, "vss", GROUND, "vss", 0.5 * supply)
    Netlist.source(netlist, "nudge", "nudge", GROUND, 0.0)
    options = ".options reltol=1e-10 vntol=1e-12 abstol=1e-16 gmin=1e-18 itl1=1000"
    plots, _ = batch(f"* rails\n{netlist.text()}{options}\n.op\n.end\n")
    point = plots["Operating Point"].values
    return -float(point[f"i({up})"][0]), -float(point[f"i({down})"][0])


def taken(chip: Scene) -> tuple[float, float]:
    """What arrays, drivers and columns take at rest [W] by our equations, and what the columns take of it."""
    network, drive = chip.network(), chip.network().drive(chip.lines)
    rest, _ = equilibrium(network, drive, np.zeros((1, network.nodes)))
    powers = dict(zip(network.powers_of, network.powers(rest, drive)[0], strict=True))
    return float(powers["array"] + powers["driver"] + powers["column"]), float(powers["column"])


def test_one_supply_gives_what_arrays_drivers_and_columns_take() -> None:
    """V_dd times its current, within 1e-9: amplifiers take what drivers give, and the ground carries nothing."""
    chip = scene(*held(TIA.replace("10000", "1e9"), "bias=false"))
    (up, down), (ours, columns) = rails(chip, 1.1), taken(chip)
    assert columns > 0.01 * ours
    assert up == pytest.approx(down, rel=1e-9)
    assert 1.1 * up == pytest.approx(ours, rel=1e-9)


@pytest.mark.parametrize(
    ("column", "within", "ground"), [(TIA.replace("10000", "1e9"), 1e-9, 4e-5), (LOADED, 5e-5, 0.058)]
)
def test_two_halves_of_a_supply_do_where_the_ground_carries_something(
    column: str, within: float, ground: float
) -> None:
    """Bias lines, which end at ground in reverse, or all currents of passive lines, 6 % of those of a half here.

    A stage that holds the ground between the ends of one supply would give the difference as well.
    """
    chip = scene(*held(column))
    (up, down), (ours, _) = rails(chip, 1.1), taken(chip)
    assert 0.55 * (up + down) == pytest.approx(ours, rel=within)
    assert abs(up / down - 1.0) == pytest.approx(ground, rel=0.2)
