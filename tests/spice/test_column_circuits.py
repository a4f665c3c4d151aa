"""What column circuits say of themselves (`Column.response`), held against ngspice: netlists of their own elements.

Transistors are their gm and a resistor with their noise. A step of 1 V at the first of many cells makes B = R_f g_1
times 1 V, and a column of one pole and its node answer

    y = h B (1 - e^(-t/tau_a)),      v = h B [1 - (tau e^(-t/tau) - tau_a e^(-t/tau_a))/(tau - tau_a)]

and their noise is var v = kT/C + kT R_n/(tau + tau_a), the two-state equations of `kinds/rc/columned.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analogep.columns import IDEAL, Column, Place, Response, SummingLines
from analogep.columns.conveyor import Conveyor
from analogep.columns.passive import Passive
from analogep.columns.tia import Transimpedance
from analogep.errors import UsageError
from analogep.spice import Netlist, batch
from analogep.spice.netlist import GROUND
from analogep.spice.parts import WATTS_PER_VOLT, Meter

from .test_column_noise import KT, ask, deviation

Floats = NDArray[np.float64]

SUPPLY = {"supply": "1.1 V", "gm_over_id": 15, "branches": 4}
CELLS = (11e-6, *np.linspace(3e-6, 9e-6, 39).tolist())
"""Of one line [S]; the first one is driven."""
FEEDBACK, LEAK, FARADS = 55e3, 10e-6, 0.5e-12
TAU = FARADS / LEAK
DESIGN = 40 * 12e-6
"""Circuits are made for 12 uS in every cell [S]; these cells have less."""


def tia(**more: Any) -> Transimpedance:
    return Transimpedance(kind="tia", dc_gain=1000, load="0.2 pF", **SUPPLY, **more)


def conveyor(**more: Any) -> Conveyor:
    keys = {"bias_current": "20 uA", "regulation": 100, "mirror": "20 MHz", "peak": 10} | SUPPLY
    return Conveyor(kind="conveyor", **keys, **more)


def passive(**more: Any) -> Passive:
    return Passive(kind="passive", line_load="2 mS", load="0.2 pF", **SUPPLY, **more)


def lines(capacitance: float = 0.0, tile: int = 40) -> SummingLines:
    return SummingLines(DESIGN, 40, tile, FEEDBACK, TAU, LEAK, capacitance)


@dataclass(frozen=True)
class Line:
    """A line with its column, as ngspice gets it and as its class describes it."""

    elements: list[str]
    column: Column
    lines: SummingLines

    @property
    def response(self) -> Response:
        return self.column.response(self.lines, np.array([sum(CELLS)]))

    @property
    def netlist(self) -> str:
        """With the node behind, driven by the ideal adder's g V(y); `vs` steps at 1 fs."""
        node = [f"gn 0 n y 0 {LEAK!r}", f"rn n 0 {1.0 / LEAK!r}", f"cn n 0 {FARADS!r}"]
        return "\n".join(["* a line", ".options temp=26.85 tnom=26.85 reltol=1e-6", *self.elements, *node])

    def stepped(self, ngspice: str, folder: Path) -> tuple[Floats, Floats, Floats]:
        """Times (points,) [s], y and v (points,) [V] over 6 tau."""
        commands = f"tran {TAU / 500.0!r} {6.0 * TAU!r} 0 {TAU / 500.0!r}\nset wr_singlescale\nwrdata o.txt v(y) v(n)"
        ask(ngspice, folder, self.netlist, commands)
        t, y, v = np.loadtxt(folder / "o.txt").T
        return t, y, v

    def expected(self, t: Floats) -> tuple[Floats, Floats]:
        """y and v of the two-state equations (points,) [V]."""
        end, lag = float(self.response.gain[0]) * FEEDBACK * CELLS[0], float(self.response.tau[0])
        node = 1.0 - (TAU * np.exp(-t / TAU) - lag * np.exp(-t / lag)) / (TAU - lag)
        return -end * np.expm1(-t / lag), end * node

    @property
    def deviation(self) -> float:
        """Of v by thermal noise [V]."""
        response = self.response
        return math.sqrt(KT / FARADS + KT * float(response.noise[0]) / (TAU + float(response.tau[0])))

    def off(self, ngspice: str, folder: Path) -> tuple[float, float, float]:
        """Largest difference of y and of v over their ends, and of the deviation of v over its own [1]."""
        t, y, v = self.stepped(ngspice, folder)
        ours = self.expected(t)
        found = deviation(ngspice, folder, self.netlist, "vs", TAU)
        steps = (float(np.abs(one - other).max() / other[-1]) for one, other in zip((y, v), ours, strict=True))
        return *steps, abs(found / self.deviation - 1.0)


def cells(where: str, some: Iterable[int] = range(len(CELLS))) -> list[str]:
    """Cells on the line `where`, the first of all at a line that steps to 1 V, the others at ground."""
    found = [f"r{k} {'0' if k else 'in'} {where} {1.0 / CELLS[k]!r}" for k in some]
    return [*found, "vs in 0 dc 0 ac 1 pwl(0 0 1f 1)"] if 0 in some else found


def amplifier(column: Transimpedance, product: float, n: str, more: float = math.inf) -> list[str]:
    """Of a tile at the line s{n}, its output o{n}: gm into a pole, noise at the input, a second pole at `more` [Hz]."""
    gm = column.transconductance(product)
    out = f"eo{n} o{n} 0 0 x{n} 1"
    second = [f"e2{n} p{n} 0 0 x{n} 1", f"g2{n} 0 o{n} p{n} 0 1e-3", f"g3{n} o{n} 0 o{n} 0 1e-3",
              f"c2{n} o{n} 0 {1e-3 / (2.0 * math.pi * more)!r}", f"eb{n} w{n} 0 o{n} 0 1"]  # fmt: skip
    return [
        # A resistor through which nothing flows: 4kT gamma/gm at the input
        f"re{n} s{n} q{n} {column.excess / gm!r}",
        f"gm{n} 0 x{n} q{n} 0 {gm!r}",
        f"cx{n} x{n} 0 {column.load!r}",
        f"gx{n} x{n} 0 x{n} 0 {gm / column.dc_gain!r}",
        *([out, f"rf{n} o{n} s{n} {FEEDBACK!r}"] if more == math.inf else [*second, f"rf{n} w{n} s{n} {FEEDBACK!r}"]),
    ]


def with_amplifier(second: float = math.inf, capacitance: float = 0.0, bandwidth: str | None = "100 MHz") -> Line:
    """The `second` pole is in units of GBW/N; without a bandwidth the column's own, five times as fast as the node."""
    column, known = tia(bandwidth=bandwidth), replace(lines(capacitance), design=DESIGN if bandwidth else sum(CELLS))
    response, n = Line([], column, known).response, float(column.noise_gain(known, np.array([sum(CELLS)]))[0])
    product = n * float(response.gain[0] / response.tau[0]) / (2.0 * math.pi)
    line = [f"cs s1 0 {capacitance!r}"] if capacitance else []
    # The output falls where the line's current rises: the class counts y the other way round.
    elements = [*cells("s1"), *amplifier(column, product, "1", second * product / n), *line, "ey y 0 0 o1 1"]
    return Line(elements, column, known)


def test_an_amplifier_has_the_gain_the_pole_and_the_noise_of_its_response(ngspice: str, tmp_path: Path) -> None:
    """N = 14, N/A_0 = 1.4 %, tau_a = 22 ns beside 50 ns: y and v within 1e-5 of their ends, noise within 1e-4."""
    line = with_amplifier()
    assert float(1.0 - line.response.gain[0]) == pytest.approx(0.0141, rel=0.02)
    assert float(line.response.tau[0]) == pytest.approx(22.3e-9, rel=0.02)
    y, v, noise = line.off(ngspice, tmp_path)
    assert max(y, v) < 1e-5
    assert noise < 1e-4


@pytest.mark.parametrize("second", [3.0, 7.2, 30.0])
def test_a_second_pole_at_m_times_the_closed_loop_moves_the_node_by_7_percent_over_m(
    ngspice: str, tmp_path: Path, second: float
) -> None:
    """A column five times as fast as its node: 2.4 % of the swing at 3 GBW/N, 1 % at 7.2, 0.2 % at 30, within a tenth.

    Its loop is 1 + s a + s^2 b with a = tau_a (1 + N/(A_0 m)), b = tau_a^2/(h m), and the node has the noise that
    `test_column_noise` derives of these, within 0.01 %: 2.5 % more than with one pole at 3 GBW/N.
    """
    line = with_amplifier(second, bandwidth=None)
    response = line.response
    lag, h = float(response.tau[0]), float(response.gain[0])
    assert lag == pytest.approx(0.2 * TAU * h)
    y, v, noise = line.off(ngspice, tmp_path)
    assert v == pytest.approx(0.072 / second, rel=0.1)
    assert v < y < 0.18
    assert noise == pytest.approx(0.075 / second, rel=0.1)
    a, b = lag * (1.0 + (1.0 / h - 1.0) / second), lag**2 / (h * second)
    column = KT * float(response.noise[0]) * (TAU * a + b) / (a * (TAU**2 + TAU * a + b))
    found = deviation(ngspice, tmp_path, line.netlist, "vs", TAU)
    assert found == pytest.approx(math.sqrt(KT / FARADS + column), rel=1e-4)


def test_the_capacitance_of_a_line_is_left_out_of_an_amplifiers_response(ngspice: str, tmp_path: Path) -> None:
    """8 fF, of 80 cells of 0.1 fF each: R_f C_s/N = 30 ps beside 10 ns move the node by less than 0.1 %."""
    y, v, noise = with_amplifier(capacitance=8e-15, bandwidth=None).off(ngspice, tmp_path)
    assert 1e-5 < v < 1e-3
    assert 1e-5 < noise < 1e-3
    assert y < 1e-2


def halves() -> tuple[list[int], list[int]]:
    """The cells of two tiles whose sums are nearly equal."""
    found: tuple[list[int], list[int]] = [], []
    for k in np.argsort(CELLS)[::-1]:
        found[sum(CELLS[i] for i in found[0]) > sum(CELLS[i] for i in found[1])].append(int(k))
    return found


def with_tiles(first: list[int], other: list[int]) -> Line:
    """An amplifier on each of two tiles; an ideal adder."""
    column = tia(bandwidth="100 MHz", tile=20)
    parts = [*cells("s1", first), *cells("s2", other)]
    stages = [*amplifier(column, 100e6, "1"), *amplifier(column, 100e6, "2")]
    return Line([*parts, *stages, "e1 y z 0 o1 1", "e2 z 0 0 o2 1"], column, lines())


def test_an_amplifier_on_each_of_two_equal_tiles(ngspice: str, tmp_path: Path) -> None:
    """N = 7.5 of each and 11 ns, h from half of the cells; tiles of 39 % and 61 % of G are off by 3 % of the swing."""
    line, whole = with_tiles(*halves()), with_amplifier()
    assert float(line.response.tau[0]) == pytest.approx(float(whole.response.tau[0]) * 7.56 / 14.1, rel=0.01)
    assert max(line.off(ngspice, tmp_path)) < 1e-3
    y, v, noise = with_tiles(list(range(20)), list(range(20, 40))).off(ngspice, tmp_path)
    assert 0.02 < v < 0.04
    assert max(noise, 0.1 * y) < 0.01


def with_conveyor(capacitance: float) -> Line:
    """Cascode and regulating amplifier, noise of the latter and of the bias transistors, mirrors of one pole."""
    column = conveyor()
    gm = column.transconductance
    elements = [
        *cells("s"),
        f"cs s 0 {capacitance!r}",
        f"re s q {column.excess / gm!r}",
        f"ea gate 0 q 0 {-column.regulation!r}",
        f"gm s k s gate {gm!r}",
        "vk k 0 0",
        # The noise current of a resistor without voltage is that of the transistors that carry the bias
        f"rb m 0 {1.0 / (column.noisy * column.excess * gm)!r}",
        "vb m 0 0",
        "f1 0 y vk 1",
        "f2 0 y vb 1",
        f"gy y 0 y 0 {1.0 / FEEDBACK!r}",
        f"cy y 0 {1.0 / (2.0 * math.pi * column.mirror * FEEDBACK)!r}",
    ]
    return Line(elements, column, lines(capacitance))


def test_a_conveyor_has_the_gain_the_pole_and_the_noise_of_its_response(ngspice: str, tmp_path: Path) -> None:
    """r = 33 ohm and 8 fF are 0.3 ps beside mirrors of 8 ns; with 20 pF they are 0.65 ns, and add up within 0.6 %.

    Then G + i omega C_line of the line stands for G in what its amplifier's noise makes: it is no longer white.
    """
    plain, heavy = with_conveyor(8e-15), with_conveyor(20e-12)
    assert float(1.0 - plain.response.gain[0]) == pytest.approx(0.0080, rel=0.01)
    y, v, noise = plain.off(ngspice, tmp_path)
    assert max(y, v) < 1e-4
    assert noise < 2e-3
    assert float(heavy.response.tau[0] / plain.response.tau[0]) == pytest.approx(1.082, rel=1e-3)
    y, v, noise = heavy.off(ngspice, tmp_path)
    assert max(v, 0.1 * y) < 6e-3
    assert 0.5 < noise < 1.0


def with_passive(capacitance: float, **more: Any) -> Line:
    """A resistor to ground on the line, and an amplifier of gain A."""
    column, known = passive(**more), lines(capacitance)
    response = column.response(known, np.array([sum(CELLS)]))
    gain = float(response.offset[0])
    gm = column.transconductance(column.product(gain, TAU))
    elements = [
        *cells("s"),
        f"rl s 0 {1.0 / column.line_load!r}",
        f"cs s 0 {capacitance!r}",
        f"re s q {column.excess / gm!r}",
        f"gm 0 y q 0 {gm!r}",
        f"gy y 0 y 0 {gm / gain!r}",
        f"cy y 0 {column.load!r}",
    ]
    return Line(elements, column, known)


def test_a_passive_line_has_the_gain_the_pole_and_the_noise_of_its_response(ngspice: str, tmp_path: Path) -> None:
    """3 ps of the line beside 10 ns of the amplifier; with 10 pF 4.5 ns: beside another 10 ns the node of 50 ns is off
    by 2 % of its swing, beside 0.2 ns of a faster amplifier by 0.15 %, the product of both over tau^2."""
    plain, heavy, fast = with_passive(8e-15), with_passive(10e-12), with_passive(10e-12, bandwidth="100 GHz")
    assert float(plain.response.gain[0]) == pytest.approx(1.1047, rel=1e-3)
    assert max(plain.off(ngspice, tmp_path)) < 1e-3
    y, v, noise = heavy.off(ngspice, tmp_path)
    assert 0.015 < v < 0.025
    assert max(noise, 0.1 * y) < 0.04
    y, v, noise = fast.off(ngspice, tmp_path)
    assert v < 2e-3
    assert max(noise, 0.1 * y) < 4e-3


CIRCUITS: dict[str, tuple[Column, int]] = {
    "one amplifier": (tia(bandwidth="100 MHz"), 1),
    "four tiles": (tia(bandwidth="100 MHz", tile=10), 4),
    "conveyor": (conveyor(), 1),
    "passive": (passive(), 1),
}


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("of", CIRCUITS.values(), ids=list(CIRCUITS))
def test_the_elements_of_a_column_do_at_rest_what_its_response_says(of: tuple[Column, int]) -> None:
    """y of 1 mV at the first line and an offset of 0.1 mV, within 1e-6; at its limit with 2 V. Drawn as y says."""
    column, known = of[0], lines()
    response = column.response(known, np.array([sum(CELLS)]))
    aim, found = float(response.gain[0]) * FEEDBACK * CELLS[0], []
    for volts, offset in ((1e-3, 0.0), (0.0, 1e-4), (2.0, 0.0), (-2.0, 0.0)):
        netlist = Netlist()
        netlist.source("in", "in", GROUND, volts)
        for k, g in enumerate(CELLS):
            netlist.resistor(f"{k}", GROUND if k else "in", "s", g)
        written = column.elements(netlist, Place("s", offset), known)
        meter = Meter(netlist, "column")
        for expression in written.watts:
            meter.add(expression)
        plots, _ = batch(f"* one line\n{netlist.text()}.options reltol=1e-12 gmin=1e-18 abstol=1e-18\n.op\n.end\n")
        point = plots["Operating Point"].values
        found.append((float(point[f"v({written.out})"][0]), float(point["v(p_column)"][0]) * WATTS_PER_VOLT))
    y = [one for one, _ in found]
    assert y[0] == pytest.approx(1e-3 * aim, rel=1e-6)
    assert y[1] == pytest.approx(1e-4 * float(response.offset[0]), rel=1e-6)
    assert y[2:] == pytest.approx([response.limit, -response.limit], rel=1e-6)
    # The line's current is I - G u, with u = y/A_0 of its amplifier
    assert found[0][1] == pytest.approx(0.55 * column.drawn(known) * y[0], rel=1.1e-3)


def test_a_column_that_does_not_say_its_elements_is_refused() -> None:
    with pytest.raises(UsageError) as refused:
        IDEAL.elements(Netlist(), Place("s"), lines())
    assert str(refused.value) == (
        "no netlist is written of column circuits of the kind 'ideal': the class Ideal has no method 'elements'"
    )
