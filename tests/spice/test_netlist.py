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
    assert texts[0].count("\nra_w") == 6
    assert texts[1:] == texts[:1] * 2
