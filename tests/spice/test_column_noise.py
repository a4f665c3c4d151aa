"""Closed forms of a summing column, held against ngspice's `.noise` and `.ac`; netlists by hand, noise at 300 K.

An amplifier holds a column's line, where cells from driven lines sum to G, with R_f back from its output; behind it a
resistor 1/g charges a node C, tau = C/g. Noise gain N = 1 + R_f G, closed-loop time constant tau_a = N/(2 pi GBW):

    output  -R_f sum g_i v_i / ((1 + N/A_0) (1 + s tau_a/(1 + N/A_0)))
    var v = kT/C + (4 kT R_f N + N^2 e_n^2)/(4 (tau + tau_a)),   4 kT R_f N = 4 kT G R_f^2 + 4 kT R_f,

kT/C of the node's own resistor, array and feedback, and the amplifier's white input noise e_n^2 [V^2/Hz]. For
tau_a -> 0 it is (kT/C)(1 + g R_f^2 G) + 4 kT R_f/(4 tau) + N^2 e_n^2/(4 tau); for tau -> 0 and e_n^2 = 4 kT gamma/gm
with gm = 2 pi GBW C_L the amplifier's part is gamma N kT/C_L. A capacitance C_s of the line adds, with b = R_f C_s/(2
pi GBW), a term s^2 b to 1 + s tau_a, and nothing to speak of where R_f C_s is far below N tau:

    1/(4 (tau + tau_a)) becomes (tau tau_a + b)/(4 tau_a (tau^2 + tau tau_a + b)), and N^2 of the amplifier's part
    N^2 + (R_f C_s)^2/(tau tau_a + b).
"""

from __future__ import annotations

import math
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KT = 1.380649e-23 * 300.0
FAST = 1e15
"""Gain-bandwidth product of an amplifier that is ideal here [Hz]: its time constant is below 1e-6 of the node's."""


@dataclass(frozen=True)
class Column:
    """A column and its node: its cells [S], R_f [ohm], C [F], g [S], A_0, GBW [Hz], e_n^2 [V^2/Hz], C_s [F]."""

    cells: tuple[float, ...] = (2e-6, 5e-6, 11e-6, 0.7e-6, 11e-6)
    feedback: float = 55e3
    capacitance: float = 0.5e-12
    leak: float = 10e-6
    gain: float = 1e9
    bandwidth: float = FAST
    density: float = 0.0
    line: float = 0.0

    @property
    def sum(self) -> float:
        return math.fsum(self.cells)

    @property
    def noise_gain(self) -> float:
        return 1.0 + self.feedback * self.sum

    @property
    def tau(self) -> float:
        return self.capacitance / self.leak

    @property
    def slow(self) -> float:
        """Closed-loop time constant of the amplifier [s]."""
        return self.noise_gain / (2.0 * math.pi * self.bandwidth)

    @property
    def variance(self) -> float:
        """The closed form [V^2]."""
        b = self.feedback * self.line / (2.0 * math.pi * self.bandwidth)
        both = self.tau * self.slow + b
        band = both / (4.0 * self.slow * (self.tau**2 + both))
        amplifier = (self.noise_gain**2 + (self.feedback * self.line) ** 2 / both) * self.density
        return KT / self.capacitance + (4.0 * KT * self.feedback * self.noise_gain + amplifier) * band

    def netlist(self) -> str:
        """Cells, feedback and the node's resistor make noise; the amplifier is made of controlled sources without any.

        A voltage noise at its input is that of a resistor through which nothing flows.
        """
        lines = ["* a summing column", ".options temp=26.85 tnom=26.85"]
        for k, g in enumerate(self.cells):
            lines += [f"v{k} in{k} 0 dc 0 {'ac 1' if k == 0 else ''}", f"r{k} in{k} s {1.0 / g!r}"]
        lines += [
            f"rf o s {self.feedback!r}",
            f"gm 0 x p s {2e-3 * math.pi * self.bandwidth / 1e9!r}",
            "cx x 0 1e-12",
            f"gx x 0 x 0 {2e-3 * math.pi * self.bandwidth / 1e9 / self.gain!r}",
            "eo o 0 x 0 1",
            f"rp p 0 {max(self.density / (4.0 * KT), 1e-9)!r}",
            f"rn o n {1.0 / self.leak!r}",
            f"cn n 0 {self.capacitance!r}",
        ]
        lines += [f"cs s 0 {self.line!r}"] if self.line else []
        return "\n".join(lines)


def ask(ngspice: str, folder: Path, netlist: str, commands: str) -> str:
    """What ngspice prints when it is given commands to a netlist."""
    (folder / "net.cir").write_text(f"{netlist}\n.control\n{commands}\nquit 0\n.endc\n.end\n")
    done = subprocess.run(
        [ngspice, "-b", "-n", "net.cir"], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def deviation(ngspice: str, folder: Path, netlist: str, source: str, tau: float) -> float:
    """Standard deviation [V] of node n: its noise, integrated from 1e-8 to 1e5 of the corner 1/(2 pi tau) and beyond.

    What lies below the first frequency is 1e-8 of all; above the last the part of white noise is 1e-5.
    """
    corner = 1.0 / (2.0 * math.pi * tau)
    said = ask(
        ngspice, folder, netlist,
        f"noise v(n) {source} dec 400 {1e-8 * corner!r} {1e5 * corner!r}\nsetplot noise2\nprint onoise_total",
    )  # fmt: skip
    found = re.search(r"onoise_total = (\S+)", said)
    assert found, said
    return float(found[1])


def response(ngspice: str, folder: Path, column: Column, last: float) -> tuple[Floats, Floats]:
    """Frequencies (points,) [Hz] and magnitude of the amplifier's output for 1 V at the first line (points,) [1]."""
    commands = f"ac dec 200 {1e-6 * last!r} {last!r}\nset wr_singlescale\nwrdata out.txt mag(v(o))"
    ask(ngspice, folder, column.netlist(), commands)
    table = np.loadtxt(folder / "out.txt")
    return table[:, 0], table[:, 1]


COLUMNS = {
    "few cells": Column(),
    "many cells": Column(cells=(5e-6,) * 60),
    "another node": Column(capacitance=2e-12, leak=3e-6, feedback=120e3),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=list(COLUMNS))
def test_a_fast_amplifier_leaves_the_noise_of_node_array_and_feedback(
    ngspice: str, tmp_path: Path, column: Column
) -> None:
    """(kT/C)(1 + g R_f^2 G) + 4 kT R_f/(4 tau), deviations within 0.1 %."""
    found = deviation(ngspice, tmp_path, column.netlist(), "v0", column.tau)
    fast = KT / column.capacitance * (1.0 + column.leak * column.feedback**2 * column.sum)
    fast += 4.0 * KT * column.feedback / (4.0 * column.tau)
    assert found == pytest.approx(math.sqrt(fast), rel=1e-3)
    assert found == pytest.approx(math.sqrt(column.variance), rel=1e-3)
    assert fast > 1.3 * KT / column.capacitance


@pytest.mark.parametrize("column", COLUMNS.values(), ids=list(COLUMNS))
@pytest.mark.parametrize("ratio", [0.1, 1.0, 15.0])
@pytest.mark.parametrize("density", [0.0, (20e-9) ** 2])
def test_a_slow_amplifier_filters_its_array_and_adds_its_own_noise(
    ngspice: str, tmp_path: Path, column: Column, ratio: float, density: float
) -> None:
    """tau_a of 0.1 to 15 tau, input noise of 20 nV/sqrt(Hz); the whole sum within 0.1 %."""
    bandwidth = column.noise_gain / (2.0 * math.pi * ratio * column.tau)
    slow = Column(column.cells, column.feedback, column.capacitance, column.leak, 1e9, bandwidth, density)
    assert slow.slow == pytest.approx(ratio * column.tau)
    found = deviation(ngspice, tmp_path, slow.netlist(), "v0", slow.tau)
    assert found == pytest.approx(math.sqrt(slow.variance), rel=1e-3)


@pytest.mark.parametrize("line", [1e-14, 5e-12, 2e-11])
def test_the_capacitance_of_the_line_lets_the_amplifier_peak(ngspice: str, tmp_path: Path, line: float) -> None:
    """R_f C_s of 0.55 ns, 0.28 us and 1.1 us beside N tau = 0.13 us; the whole sum within 0.1 %."""
    column = Column(bandwidth=100e6, density=(20e-9) ** 2, line=line)
    found = deviation(ngspice, tmp_path, column.netlist(), "v0", column.tau)
    assert found == pytest.approx(math.sqrt(column.variance), rel=1e-3)
    plain = Column(bandwidth=100e6, density=(20e-9) ** 2).variance
    assert (abs(column.variance / plain - 1.0) < 0.01) == (line < 1e-13)


def test_an_amplifier_that_limits_the_bandwidth_has_the_noise_of_its_load(ngspice: str, tmp_path: Path) -> None:
    """e_n^2 = 4 kT gamma/gm and gm = 2 pi GBW C_L: gamma N kT/C_L in front of a node that follows at once."""
    load, excess, bandwidth = 0.5e-12, 1.5, 100e6
    density = 4.0 * KT * excess / (2.0 * math.pi * bandwidth * load)
    quiet, noisy = (Column(capacitance=1e-15, leak=1e-2, bandwidth=bandwidth, density=part) for part in (0.0, density))
    both = [deviation(ngspice, tmp_path, one.netlist(), "v0", one.slow) for one in (quiet, noisy)]
    part = both[1] ** 2 - both[0] ** 2
    assert part == pytest.approx(excess * noisy.noise_gain * KT / load, rel=0.01)


@pytest.mark.parametrize("column", COLUMNS.values(), ids=list(COLUMNS))
def test_the_closed_loop_closes_at_the_gain_bandwidth_over_the_noise_gain(
    ngspice: str, tmp_path: Path, column: Column
) -> None:
    """The magnitude falls by sqrt(2) at GBW/N; at low frequencies it is R_f g_1, both within 0.1 %."""
    slow = Column(column.cells, column.feedback, bandwidth=100e6)
    f, magnitude = response(ngspice, tmp_path, slow, 100.0 * 100e6 / slow.noise_gain)
    assert magnitude[0] == pytest.approx(slow.feedback * slow.cells[0], rel=1e-3)
    pole = float(np.interp(-magnitude[0] / math.sqrt(2.0), -magnitude, f))
    assert pole == pytest.approx(100e6 / slow.noise_gain, rel=1e-3)


@pytest.mark.parametrize("gain", [100.0, 1000.0, 10_000.0])
def test_a_finite_gain_loses_the_noise_gain_over_it(ngspice: str, tmp_path: Path, gain: float) -> None:
    """1 - 1/(1 + N/A_0), N/A_0 to first order; the pole moves up to (GBW/N)(1 + N/A_0)."""
    column = Column(cells=(5e-6,) * 30, gain=gain, bandwidth=100e6)
    f, magnitude = response(ngspice, tmp_path, column, 100.0 * 100e6 / column.noise_gain)
    ratio = column.noise_gain / gain
    lost = 1.0 - magnitude[0] / (column.feedback * column.cells[0])
    assert lost == pytest.approx(ratio / (1.0 + ratio), rel=1e-3)
    assert lost == pytest.approx(ratio, rel=1.1 * ratio)
    pole = float(np.interp(-magnitude[0] / math.sqrt(2.0), -magnitude, f))
    assert pole == pytest.approx(100e6 / column.noise_gain * (1.0 + ratio), rel=1e-3)


@pytest.mark.parametrize("siemens", [(1e-6,), (3e-6, 50e-6, 0.2e-6), (7e-6,) * 40])
@pytest.mark.parametrize("farads", [50e-15, 2e-12])
def test_a_passive_node_has_the_noise_of_its_capacitor_whatever_its_cells(
    ngspice: str, tmp_path: Path, siemens: tuple[float, ...], farads: float
) -> None:
    """kT/C, within 0.1 %: equipartition."""
    lines = ["* a passive node", ".options temp=26.85 tnom=26.85", f"cn n 0 {farads!r}"]
    for k, g in enumerate(siemens):
        lines += [f"v{k} in{k} 0 dc 0 {'ac 1' if k == 0 else ''}", f"r{k} in{k} n {1.0 / g!r}"]
    found = deviation(ngspice, tmp_path, "\n".join(lines), "v0", farads / sum(siemens))
    assert found == pytest.approx(math.sqrt(KT / farads), rel=1e-3)


def test_the_nodes_of_a_passive_network_have_the_covariance_of_equipartition(ngspice: str, tmp_path: Path) -> None:
    """Two nodes with a resistor between them: each kT/C of its own capacitor, whatever joins them."""
    lines = [
        "* two nodes", ".options temp=26.85 tnom=26.85", "v0 in 0 dc 0 ac 1", "r0 in n 1e5", "rm n m 3e4", "rg m 0 2e6",
        "cn n 0 1e-13", "cm m 0 7e-13",
    ]  # fmt: skip
    found = deviation(ngspice, tmp_path, "\n".join(lines), "v0", 1e5 * 1e-13)
    assert found == pytest.approx(math.sqrt(KT / 1e-13), rel=1e-3)
