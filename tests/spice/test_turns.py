"""Netlists of arrays that are read one way and then the other: lines in their turns, columns that hold beside them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analogep.circuit.mapping import Turns
from analogep.columns.tia import Transimpedance
from analogep.errors import UsageError
from analogep.kinds.rc.columned import ColumnedRC
from analogep.kinds.rc.turn_netlist import Gates
from analogep.relaxation.equilibrium import equilibrium
from analogep.spice import Netlist, Plot, Scene, compare, deck_of, simulate
from analogep.spice.parts import WATTS_PER_VOLT

from .scenes import CONSTANT, CONVEYOR, LOADED, NEGATIVE, TIA, UNLIKE, held, scene

Floats = NDArray[np.float64]


def alternating(forward: str = "50 ns", reverse: str = "60 ns", guard: str = "3 ns", droop: str = "2 us") -> str:
    turns = f"forward: {forward}, reverse: {reverse}, guard: {guard}, hold: 0.1 pF, droop: {droop}"
    return f"feedback={{kind: alternating, gain: 0.5, turns: {{{turns}}}}}"


def lasting(free: str, nudged: str) -> tuple[str, str]:
    return f"timing.free.duration={free}", f"timing.nudged.duration={nudged}"


SCENES = {
    "amplifiers": lambda: scene(*held(TIA, alternating()), *lasting("180 ns", "125 ns")),
    "conveyors, constant nudging": lambda: scene(
        *held(CONVEYOR, alternating(), CONSTANT), *lasting("116.000001 ns", "125 ns")
    ),
    "resistors and amplifiers, negative nudging, no guard": lambda: scene(
        *held(LOADED, alternating(guard="0 s"), NEGATIVE), *lasting("220 ns", "100 ns")
    ),
}
"""Free phases end in a forward turn, in one of 1 fs, and between two turns."""


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("make", SCENES.values(), ids=list(SCENES))
def test_nodes_columns_and_joules_of_turns_agree_in_both_phases(make: object) -> None:
    """Everything within 0.05 uV at all times, borders of turns among them; joules of arrays and drivers within 0.04 %,
    of leaks, nudging and the capacitors that hold within 1e-6. Those of the columns lead ours, by up to 1 % of all in
    phases as short as these (`test_the_currents_of_columns_lead_their_outputs_in_every_turn`)."""
    chip = make()  # type: ignore[operator]
    assert isinstance(chip, Scene)
    found = compare(chip)
    assert found.components == ("array", "leak", "nudging", "driver", "column", "sample_hold")
    assert found.nodes[14:] == ("b2_1_out", "b2_2_out", "b2_3_out", "b2_4_out")
    assert found.transient.max() < 0.05e-6
    assert found.final.max() < 0.05e-6
    assert found.equilibrium.max() < 1e-9
    assert found.energy[:, [0, 3]].max() < 4e-4
    assert found.energy[:, [1, 2, 5]].max() < 1e-6
    assert found.energy[:, 4].max() < 1e-2
    assert (found.ours[:, [0, 1, 3, 5]] > 0.0).all()
    assert found.approximation == ""


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("column", [TIA, CONVEYOR], ids=["amplifiers", "conveyors"])
def test_offsets_of_columns_stay_out_of_what_they_hold(column: str) -> None:
    """5 mV at the inputs, which are 20 mV and more at the outputs."""
    found = compare(scene(*held(column, alternating(), UNLIKE), *lasting("120 ns", "70 ns")))
    assert found.transient.max() < 0.05e-6


def run(chip: Scene) -> tuple[Floats, Plot]:
    """Times (points,) [s] and what ngspice has then."""
    _, plot = simulate(deck_of(chip), chip.free + chip.nudged)
    return plot.values["time"], plot


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("column", [TIA, CONVEYOR], ids=["amplifiers", "conveyors"])
def test_columns_fade_beside_their_turns_and_nodes_go_on_in_guards(column: str) -> None:
    """From turn to turn a column falls by exp(-t/droop) within 1e-6, 3 % here; in a guard, with s = a + b of its
    beginning, v = v_0 e^(-t/tau) + s [e^(-t/droop) - e^(-t/tau)]/(1 - tau/droop) within 0.01 uV.
    No line is driven then, and array and driver take nothing, while the capacitors that hold are booked all the time.
    """
    droop, chip = 2e-6, scene(*held(column, alternating(guard="20 ns")), *lasting("220 ns", "80 ns"))
    network, (times, plot) = chip.network(), run(chip)
    assert isinstance(network, ColumnedRC)

    def at(name: str, when: float) -> float:
        return float(plot.values[f"v({name})"][np.searchsorted(times, when - 1e-15)])

    # Forward to 50 ns, guard, reverse from 70 to 130 ns, guard, forward from 150 to 200 ns, guard.
    for name, start, end in (("a1_1_out", 50e-9, 150e-9), ("a2_2_out", 50e-9, 150e-9), ("b2_2_out", 130e-9, 220e-9)):
        assert abs(at(name, start)) > 1e-5
        assert at(name, end) / at(name, start) == pytest.approx(np.exp(-(end - start) / droop), rel=1e-6)
    y0, tau, t = at("h1_1", 50e-9), float(network.between.tau[0]), 20e-9
    both = at("a1_1_out", 50e-9) + at("b2_1_out", 50e-9)
    gone, faded = np.exp(-t / tau), np.exp(-t / droop)
    expected = y0 * gone + both * (faded - gone) / (1.0 - tau / droop)
    assert at("h1_1", 70e-9) == pytest.approx(expected, abs=1e-8)
    assert abs(expected - y0) > 1e-3
    watts = {name: plot.values[f"v(p_{name})"] for name in ("array", "driver", "sample_hold")}
    for start, end in ((50e-9, 70e-9), (130e-9, 150e-9), (200e-9, 220e-9)):
        guard = (times > start + 1e-12) & (times < end - 1e-12)
        assert guard.any()
        for name in ("array", "driver"):
            assert np.abs(watts[name][guard]).max() < 1e-9 * watts[name].max()
        assert watts["sample_hold"][guard].min() > 0.0


@pytest.mark.usefixtures("ngspice")
def test_the_currents_of_columns_lead_their_outputs_in_every_turn() -> None:
    """A conveyor takes V_dd/2 hB/R_f in its turns, where tau dy/dt = hB - y: more than our V_dd/2 |y|/R_f by tau times
    what |y| rises by in them, within 0.1 % of that."""
    chip = scene(*held(CONVEYOR, alternating()), *lasting("116 ns", "113 ns"))
    network, (times, plot) = chip.network(), run(chip)
    assert isinstance(network, ColumnedRC)
    nodes = network.netlist(chip, Netlist()).nodes
    states = np.stack([plot.values[f"v({node})"] for node in nodes], axis=1)
    taken, drive = plot.values["v(p_column)"] * WATTS_PER_VOLT, network.drive(chip.lines)
    (_, ahead_on), _, (_, back_on) = network.turns(113e-9)[:3]
    lags, (ahead, behind) = network.columns.lags, network.columns.watts
    watts = np.repeat(ahead, [4, 3]), np.repeat(behind, [4])
    sides = (slice(7, 14), 0.0, 50e-9), (slice(14, None), 53e-9, 113e-9)
    for begun in (0.0, 116e-9):
        for one, (part, start, end), tau, each in zip((ahead_on, back_on), sides, lags, watts, strict=True):
            more = taken - one.powers(states[:, None], drive)[:, 0, 4]
            first, last = np.searchsorted(times, np.array([start, end]) + begun - 1e-15)
            rise = np.abs(states[last, part]) - (np.abs(states[first, part]) if first else 0.0)
            lead = np.trapezoid(more[first : last + 1], times[first : last + 1])
            assert lead == pytest.approx((each * tau) @ rise, rel=1e-3)
            assert abs(lead) > 1e-18


@pytest.mark.usefixtures("ngspice")
def test_turns_come_to_rest_where_both_ways_at_once_do() -> None:
    """A droop of 10 s leaves 0.01 uV: ngspice's voltages after 20 periods are those of `shared` within 1 uV."""
    small = ("layers=[2,2,2]", *lasting("2.2 us", "60 ns"))
    chip = scene(*held(CONVEYOR, alternating(guard="1 ns", droop="10 s"), *small))
    both = scene(*held(CONVEYOR, "feedback={kind: shared, gain: 0.5}", *small)).network()
    rest, _ = equilibrium(both, both.drive(chip.lines), np.zeros((1, both.nodes)))
    times, plot = run(chip)
    end = np.searchsorted(times, chip.free - 1e-15)
    nodes = chip.network().netlist(chip, Netlist()).nodes
    found = np.array([plot.values[f"v({node})"][end] for node in nodes])
    np.testing.assert_allclose(found, rest[0], rtol=0, atol=1e-6)
    assert np.abs(rest).min() > 1e-4


def gates(phases: tuple[float, ...]) -> list[str]:
    """The sources of both gates where the shortest time constant is 1 ms and edges take 1 ns."""
    turns = Turns(forward="50 ns", reverse="60 ns", guard="10 ns", hold="1 pF", droop="1 ms")
    netlist = Netlist()
    Gates(turns).write(netlist, phases, 1e-3)
    said, *sources = netlist.text().replace("\n+ ", " ").splitlines()
    assert said == "* v(gate_forward), v(gate_reverse): 1 V while arrays are read forward, in reverse"
    return sources


def points(line: str) -> Floats:
    """Corners (points, 2) [s], [V] of a source."""
    assert " dc 1.0 pwl(" in line
    return np.array(line.partition("(")[2].rstrip(")").split(), dtype=np.float64).reshape(-1, 2)


def test_every_phase_begins_with_a_forward_turn() -> None:
    """100 ns end in a reverse turn, after which 55 ns begin anew."""
    forward, reverse = map(points, gates((100e-9, 55e-9)))
    edges = [[0, 1], [50, 1], [51, 0], [100, 0], [101, 1], [150, 1], [151, 0]]
    np.testing.assert_allclose(forward, np.array(edges) * [1e-9, 1], rtol=1e-12)
    edges = [[0, 0], [60, 0], [61, 1], [100, 1], [101, 0]]
    np.testing.assert_allclose(reverse, np.array(edges) * [1e-9, 1], rtol=1e-12)


def test_forward_turns_that_meet_are_one_and_turns_shorter_than_edges_none() -> None:
    """A phase of 131 ns ends 1 ns after its second forward turn began, one of 150 ns in the midst of it."""
    forward, _ = map(points, gates((150e-9, 20e-9)))
    edges = [[0, 1], [50, 1], [51, 0], [130, 0], [131, 1], [170, 1], [171, 0]]
    np.testing.assert_allclose(forward, np.array(edges) * [1e-9, 1], rtol=1e-12)
    forward, _ = map(points, gates((131e-9, 20e-9)))
    edges = [[0, 1], [50, 1], [51, 0], [131, 0], [132, 1], [151, 1], [152, 0]]
    np.testing.assert_allclose(forward, np.array(edges) * [1e-9, 1], rtol=1e-12)


def test_a_column_that_holds_nothing_is_refused_in_turns_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Transimpedance, "holds", False)
    assert deck_of(scene(*held(TIA)))
    with pytest.raises(UsageError) as refused:
        deck_of(scene(*held(TIA, alternating())))
    assert str(refused.value) == (
        "no netlist is written of column circuits of the kind 'tia' in arrays that take turns: the elements of the "
        "class Transimpedance have no gate; set feedback.kind=shared and feedback.turns=null for the limit of short "
        "turns"
    )


def test_no_netlist_is_written_of_integrators() -> None:
    charge = "column={kind: charge, supply: 1.1 V, dc_gain: 3000, load: 0.2 pF, gm_over_id: 15, branches: 4}"
    with pytest.raises(UsageError) as refused:
        deck_of(scene(charge, alternating()))
    assert str(refused.value) == (
        "no netlist is written of column circuits of the kind 'charge': its gates neither reset nor sample an "
        "integrator; take column.kind=tia, conveyor or passive"
    )
