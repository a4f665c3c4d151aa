"""Netlists: numbers keep their digits, names are unique, impossible elements and floating nodes are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analogep.circuit.wires import ExactWires
from analogep.device.iv import LinearIV
from analogep.errors import SimulationError
from analogep.spice import Netlist
from analogep.spice.arrays import crossbar
from analogep.spice.netlist import number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_double(value: float) -> None:
    assert float(number(value)) == value
    assert not number(value).strip("0123456789.e+-")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(SimulationError, match="ngspice reads finite numbers alone"):
        number(value)


def test_elements_are_written_in_their_order() -> None:
    netlist = Netlist()
    netlist.comment("a divider")
    assert netlist.source("in", "in_1", "0", 0.2) == "vin"
    netlist.resistor("up", "in_1", "mid", 1e-5)
    netlist.capacitor("mid", "mid", "0", 5e-13)
    netlist.behavioural_current("load", "mid", "0", "1e-6*sinh(v(mid)/0.1)", conducts=True)
    assert netlist.text().splitlines() == [
        "* a divider",
        "vin in_1 0 dc 0.2",
        "rup in_1 mid 99999.99999999999",
        "cmid mid 0 5e-13 ic=0",
        "bload mid 0 i=1e-6*sinh(v(mid)/0.1)",
    ]


def test_a_conductance_of_0_siemens_is_no_element() -> None:
    netlist = Netlist()
    netlist.resistor("dead", "0", "a", 0.0)
    assert netlist.text() == "\n"


def test_a_negative_conductance_is_refused() -> None:
    with pytest.raises(SimulationError, match=r"resistor 'x' would have -1e-06 S"):
        Netlist().resistor("x", "a", "0", -1e-6)


@pytest.mark.parametrize("farads", [0.0, -1e-12])
def test_a_capacitance_that_is_not_positive_is_refused(farads: float) -> None:
    with pytest.raises(SimulationError, match=r"capacitor 'x' would have .* F; a capacitance is above 0 F"):
        Netlist().capacitor("x", "a", "0", farads)


def test_a_name_is_used_once() -> None:
    netlist = Netlist()
    netlist.resistor("x", "a", "0", 1.0)
    with pytest.raises(ValueError, match="an element 'rx' already"):
        netlist.resistor("x", "b", "0", 1.0)


@pytest.mark.parametrize("name", ["", "A", "a b", "a-b", "a\n", "v(a)"])
def test_a_name_that_spice_would_read_otherwise_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of an element or node"):
        Netlist().resistor("x", name, "0", 1.0)


def test_nodes_without_a_path_for_direct_current_are_named() -> None:
    netlist = Netlist()
    netlist.resistor("a", "a", "0", 1e-6)
    netlist.resistor("island", "b", "c", 1e-6)
    netlist.capacitor("c", "c", "0", 1e-12)
    netlist.conveyor("c", "c", "va", 1.0)
    assert netlist.floating() == ["b", "c"]
    with pytest.raises(SimulationError, match=r"2 of 4 nodes are disconnected.*: b, c; give them a leak"):
        netlist.text()


def test_the_netlist_of_a_tile_larger_than_the_array_is_that_of_the_array() -> None:
    texts = []
    for tile in ((3, 2), (3, 100), (10**6, 10**6)):
        netlist, wires = Netlist(), ExactWires(kind="exact", word=1.0, bit=2.0, driver=3.0, sense=4.0, tile=tile)
        netlist.source("r1", "r1", "0", 0.2)
        crossbar(netlist, "a", ["r1", "r2", "r3"], ["c1", "c2"], np.full((3, 2), 1e-5), LinearIV(kind="linear"), wires)
        texts.append(netlist.text())
    assert texts[0].count("\nrw") == 6
    assert "\nxa r1 r2 r3 c1 c2 cells\n.subckt cells w1 w2 w3 b1 b2\n" in texts[0]
    assert texts[1:] == texts[:1] * 2


def test_tiles_are_subcircuits_with_their_own_lines() -> None:
    netlist, wires = Netlist(), ExactWires(kind="exact", word=1.0, bit=2.0, driver=3.0, sense=4.0, tile=(2, 1))
    netlist.source("r1", "r1", "0", 0.2)
    crossbar(netlist, "a", ["r1", "r2", "r3"], ["c1", "c2"], np.full((3, 2), 1e-5), LinearIV(kind="linear"), wires)
    lines = netlist.text().splitlines()
    assert [line for line in lines if line[0] == "x"] == [
        "xa_t1_1 r1 r2 c1 cells_t1_1",
        "xa_t1_2 r1 r2 c2 cells_t1_2",
        "xa_t2_1 r3 c1 cells_t2_1",
        "xa_t2_2 r3 c2 cells_t2_2",
    ]
    assert lines[lines.index(".subckt cells_t2_2 w1 b1") + 1 :] == [
        "rw1_1 w1 w1_1 4.0", "rb1_1 b1 b1_1 6.0", "r1_1 w1_1 b1_1 99999.99999999999", ".ends cells_t2_2",
    ]  # fmt: skip


def test_an_array_that_is_read_twice_is_one_subcircuit() -> None:
    netlist, g = Netlist(), np.full((1, 2), 1e-5)
    for name, rows, columns in (("a", ["r1"], ["c1", "c2"]), ("b", ["0"], ["d1", "d2"])):
        crossbar(netlist, name, rows, columns, g, LinearIV(kind="linear"), cells="shared")
    netlist.ammeter("c1", "c1", "0")
    assert netlist.text().count(".subckt") == 1
    assert "xa r1 c1 c2 shared\nxb 0 d1 d2 shared\n" in netlist.text()


def test_nodes_that_float_within_a_subcircuit_are_named_with_it() -> None:
    netlist = Netlist()
    inner, new = netlist.subcircuit("part", ["p"])
    assert new
    inner.resistor("a", "p", "0", 1e-6)
    inner.resistor("b", "lost", "found", 1e-6)
    netlist.instance("one", "part", ["out"])
    assert netlist.floating() == ["xone.lost", "xone.found"]
    with pytest.raises(ValueError, match="an element 'xone' already"):
        netlist.instance("one", "part", ["out"])


def test_a_node_is_held_through_the_ports_of_a_subcircuit() -> None:
    netlist = Netlist()
    inner, _ = netlist.subcircuit("part", ["p", "q", "apart"])
    inner.resistor("a", "p", "q", 1e-6)
    inner.capacitor("b", "q", "apart", 1e-12)
    netlist.instance("one", "part", ["0", "held", "free"])
    assert netlist.floating() == ["free"]


def test_long_lines_are_continued() -> None:
    netlist, names = Netlist(), [f"in_{k}" for k in range(100)]
    inner, _ = netlist.subcircuit("part", [f"p{k}" for k in range(100)])
    for k in range(100):
        inner.resistor(f"{k}", f"p{k}", "0", 1e-6)
    netlist.instance("one", "part", names)
    text = netlist.text()
    assert max(map(len, text.splitlines())) <= 120
    assert text.replace("\n+ ", " ").splitlines()[0] == f"xone {' '.join(names)} part"
