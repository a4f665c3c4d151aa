"""Single parts in ngspice's operating point against the formulas of the cards, and wires against a sparse solution."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from analogep.circuit import HardClip, ReLU, Sigmoid, Tanh
from analogep.circuit.wires import ExactWires
from analogep.device.iv import CubicIV, LinearIV, SinhIV
from analogep.kinds.resistive.diodes import AntiparallelDiodes, Diodes, IdealDiodes, NoDiodes, ShockleyDiodes
from analogep.kinds.resistive.netlist import diode
from analogep.spice import Netlist, batch
from analogep.spice.arrays import crossbar
from analogep.spice.deck import OPTIONS
from analogep.spice.parts import Meter, device

Floats = NDArray[np.float64]
VOLTS = np.linspace(-0.3, 0.3, 13)

pytestmark = pytest.mark.usefixtures("ngspice")


def operating_point(netlist: Netlist) -> dict[str, float]:
    plots, _ = batch(f"* test\n{netlist.text()}.options {OPTIONS}\n.op\n.end\n")
    return {name: float(values[0]) for name, values in plots["Operating Point"].values.items()}


@pytest.mark.parametrize(
    "iv",
    [LinearIV(kind="linear"), SinhIV(kind="sinh", v0=0.07), CubicIV(kind="cubic", v0=0.1)],
    ids=lambda iv: str(iv.kind),
)
def test_a_device_has_the_current_of_its_card(iv: LinearIV | SinhIV | CubicIV) -> None:
    netlist, g = Netlist(), 1.234567890123e-5
    for k, volts in enumerate(VOLTS):
        netlist.source(f"{k}", f"a{k}", "0", float(volts))
        device(iv, netlist, f"{k}", f"a{k}", "0", g)
    device(iv, netlist, "dead", "nowhere", "0", 0.0)
    found = operating_point(netlist)
    currents = [-found[f"v{k}#branch"] if f"v{k}#branch" in found else -found[f"i(v{k})"] for k in range(len(VOLTS))]
    # ngspice writes numbers of behavioural sources with 11 digits before it reads them
    np.testing.assert_allclose(currents, g * iv.drive(VOLTS), rtol=3e-10, atol=1e-17)


@pytest.mark.parametrize(
    "activation",
    [
        HardClip(kind="hard_clip", low=-0.1, high=0.17),
        ReLU(kind="relu"),
        ReLU(kind="relu", high=0.2),
        Tanh(kind="tanh", amplitude=0.2),
        Sigmoid(kind="sigmoid", amplitude=0.2),
    ],
    ids=["hard_clip", "relu", "relu to a rail", "tanh", "sigmoid"],
)
def test_a_neuron_has_the_line_voltage_of_its_card(activation: HardClip | ReLU | Tanh | Sigmoid) -> None:
    netlist = Netlist()
    for k, volts in enumerate(VOLTS):
        netlist.source(f"{k}", f"a{k}", "0", float(volts))
        netlist.behavioural_voltage(f"{k}", f"r{k}", "0", activation.expression(f"2.0*v(a{k})"))
    found = operating_point(netlist)
    lines = [found[f"v(r{k})"] for k in range(len(VOLTS))]
    np.testing.assert_allclose(lines, activation.rate(2.0 * VOLTS), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    "clamp",
    [
        ShockleyDiodes(kind="shockley", saturation=1e-12, emission=1.3),
        AntiparallelDiodes(kind="antiparallel", saturation=2e-9, temperature=320.0),
    ],
    ids=["shockley", "antiparallel"],
)
def test_a_diode_has_the_current_of_its_card(clamp: ShockleyDiodes, sign: float) -> None:
    netlist = Netlist()
    far = np.concatenate([VOLTS, [-4.0, 4.0]])
    for k, volts in enumerate(far):
        netlist.source(f"{k}", f"a{k}", "0", float(volts))
        netlist.behavioural_current(f"{k}", f"a{k}", "0", diode(clamp, f"a{k}", sign))
    found = operating_point(netlist)
    currents = [-found[f"i(v{k})"] for k in range(len(far))]
    np.testing.assert_allclose(currents, clamp.current(far, np.full(far.size, sign)), rtol=1e-8, atol=1e-20)


def test_a_meter_adds_up_powers() -> None:
    netlist = Netlist()
    meter = Meter(netlist, "test")
    netlist.resistor("load", "a", "0", 1e-5)
    meter.driver(netlist.source("a", "a", "0", 0.3), "a")
    meter.add("2.5e-7")
    assert operating_point(netlist)["v(p_test)"] == pytest.approx((0.3**2 * 1e-5 + 2.5e-7) / 1e-6, rel=1e-9)


def ladders(g: Floats, wires: ExactWires, volts: Floats) -> Floats:
    """Currents (columns,) [A] out of grounded bit lines, by nodal analysis of every tile, written out node by node."""
    rows, columns = g.shape
    out = np.zeros(columns)
    height, width = wires.tile
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            block = g[top : top + height, left : left + width]
            out[left : left + width] += one_tile(block, wires, volts[top : top + height])
    return out


def one_tile(g: Floats, wires: ExactWires, volts: Floats) -> Floats:
    m, n = g.shape
    entries: list[tuple[int, int, float]] = []
    right = np.zeros(2 * m * n)

    def join(a: int, b: int, siemens: float) -> None:
        entries.extend([(a, a, siemens), (b, b, siemens), (a, b, -siemens), (b, a, -siemens)])

    word, bit = np.arange(m * n).reshape(m, n), m * n + np.arange(m * n).reshape(m, n)
    first, last = 1.0 / (wires.driver + wires.word), 1.0 / (wires.sense + wires.bit)
    for i in range(m):
        entries.append((word[i, 0], word[i, 0], first))
        right[word[i, 0]] += first * volts[i]
        for j in range(n):
            join(word[i, j], bit[i, j], g[i, j])
            if j + 1 < n:
                join(word[i, j], word[i, j + 1], 1.0 / wires.word)
            if i + 1 < m:
                join(bit[i, j], bit[i + 1, j], 1.0 / wires.bit)
    entries.extend((node, node, last) for node in bit[-1])
    a, b, values = zip(*entries, strict=True)
    x = spsolve(coo_array((values, (a, b)), shape=(2 * m * n, 2 * m * n)).tocsc(), right)
    return np.asarray(last * x[bit[-1]])


@pytest.mark.parametrize("tile", [(7, 5), (3, 5), (4, 2)], ids=str)
def test_an_array_with_wires_gives_the_currents_of_nodal_analysis(tile: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    g, volts = rng.uniform(1e-6, 1e-4, (7, 5)), rng.uniform(-0.2, 0.2, 7)
    g[2, 3] = g[6, 0] = 0.0
    wires = ExactWires(kind="exact", word=120.0, bit=80.0, driver=500.0, sense=300.0, tile=tile)
    netlist = Netlist()
    rows = [f"in_{i}" for i in range(7)]
    columns = [f"out_{j}" for j in range(5)]
    for row, volt in zip(rows, volts, strict=True):
        netlist.source(row, row, "0", float(volt))
    for column in columns:
        netlist.ammeter(column, column, "0")
    crossbar(netlist, "a", rows, columns, g, LinearIV(kind="linear"), wires)
    found = operating_point(netlist)
    currents = np.array([found[f"i(v{column})"] for column in columns])
    expected = ladders(g, wires, volts)
    np.testing.assert_allclose(currents, expected, rtol=1e-9, atol=1e-16)
    assert np.abs(expected - volts @ g).max() > 0.02 * np.abs(expected).max()


def test_wires_without_resistance_are_no_elements() -> None:
    netlist = Netlist()
    netlist.source("in", "in", "0", 0.2)
    netlist.ammeter("out", "out", "0")
    wires = ExactWires(kind="exact", word=0.0, bit=0.0, driver=0.0, sense=50.0, tile=(1, 1))
    crossbar(netlist, "a", ["in"], ["out"], np.array([[1e-4]]), LinearIV(kind="linear"), wires)
    assert "rw" not in netlist.text()
    assert operating_point(netlist)["i(vout)"] == pytest.approx(0.2 / (1e4 + 50.0), rel=1e-9)


def test_every_diode_that_a_card_may_name_has_a_writer() -> None:
    for kind in {*get_args(get_args(Diodes)[0])} - {NoDiodes, IdealDiodes}:
        assert diode.dispatch(kind) is not diode.dispatch(object), kind
