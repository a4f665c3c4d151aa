"""Arrays with wires of 1 ohm a cell and cells of 1-100 uS: a read, Y, a read of sinh cells, against other solvers.

    python benchmarks/wires.py [--sizes 64 128 256 512] [--repeats 9] [--ngspice-up-to 64] [--json]

Everything runs in one process on one thread and in turns, medians of the repeats, compiled code warm. `sparse LU` is
SciPy's SuperLU (MMD ordering, symmetric mode) on all 2 N^2 nodes, factorisation and solution, the matrix given; for
Y one factorisation and 2 N solutions (timed on 8 and multiplied), for sinh cells plain Newton steps to 1e-13 A.
badcrossbar (PyPI) and ngspice's .op (a process of its own; minutes at 128) are timed where they are installed.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu
from threadpoolctl import threadpool_limits
from timing import milliseconds, options, report

OHM = 1.0
V0 = 0.25


class Nodes:
    """All nodes of an n x n array, ports held: the matrix of its wires, and what cells add to it."""

    def __init__(self, n: int) -> None:
        self.a = np.arange(n * n).reshape(n, n)
        self.b = self.a + n * n
        joined = [(self.a[:, :-1], self.a[:, 1:]), (self.b[:-1], self.b[1:])]
        p, q = (np.concatenate([pair[k].ravel() for pair in joined]) for k in (0, 1))
        ends = np.concatenate((self.a[:, 0], self.b[-1]))
        self.lines = self.laplacian(p, q, np.full(p.size, 1 / OHM)) + sparse.coo_matrix(
            (np.full(ends.size, 1 / OHM), (ends, ends)), (2 * n * n,) * 2
        )

    def laplacian(self, p: np.ndarray, q: np.ndarray, y: np.ndarray) -> sparse.csc_matrix:
        """Conductances y [S] between the nodes p and q."""
        size = 2 * self.a.size
        where = np.concatenate((p, q, p, q)), np.concatenate((p, q, q, p))
        return sparse.csc_matrix((np.concatenate((y, y, -y, -y)), where), (size, size))

    def matrix(self, g: np.ndarray) -> sparse.csc_matrix:
        """Wires and cells [S]."""
        return sparse.csc_matrix(self.lines + self.laplacian(self.a.ravel(), self.b.ravel(), g.ravel()))

    def sources(self, v: np.ndarray) -> np.ndarray:
        """Currents of the driven ends, bit lines held at 0 V [A]."""
        x = np.zeros(2 * self.a.size)
        x[self.a[:, 0]] = v / OHM
        return x


def factored(matrix: sparse.csc_matrix) -> object:
    """SuperLU as fast as it goes here."""
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def newton(nodes: Nodes, g: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Currents of sinh cells by full Newton steps on all nodes (columns,) [A]."""
    x = factored(nodes.matrix(g)).solve(nodes.sources(v))  # type: ignore[attr-defined]
    for _ in range(20):
        across = x[nodes.a] - x[nodes.b]
        cell = g * V0 * np.sinh(across / V0)
        lack = nodes.sources(v) - nodes.lines @ x
        np.subtract.at(lack, nodes.a.ravel(), cell.ravel())
        np.add.at(lack, nodes.b.ravel(), cell.ravel())
        if np.abs(lack).max() < 1e-13:
            break
        x += factored(nodes.matrix(g * np.cosh(across / V0))).solve(lack)  # type: ignore[attr-defined]
    return np.asarray(cell.sum(0))


def deck(g: np.ndarray, v: np.ndarray) -> str:
    """Netlist of the array for ngspice; prints the bit lines' currents."""
    n = len(g)
    lines = ["array"]
    lines += [f"vi{i} p{i} 0 {float(v[i])!r}\nrw{i}_0 p{i} a{i}_0 {OHM}" for i in range(n)]
    lines += [f"vo{j} o{j} 0 0\nrs{j} b{n - 1}_{j} o{j} {OHM}" for j in range(n)]
    for i in range(n):
        for j in range(n):
            lines.append(f"rg{i}_{j} a{i}_{j} b{i}_{j} {float(1 / g[i, j])!r}")
            if j:
                lines.append(f"rw{i}_{j} a{i}_{j - 1} a{i}_{j} {OHM}")
            if i:
                lines.append(f"rb{i}_{j} b{i - 1}_{j} b{i}_{j} {OHM}")
    printed = "\n".join(f"print i(vo{j})" for j in range(n))
    return "\n".join([*lines, ".control", "set numdgt=12", "op", printed, "quit", ".endc", ".end", ""])


def ngspice(g: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Currents into the held ends by ngspice (columns,) [A]."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "array.cir"
        path.write_text(deck(g, v))
        done = subprocess.run(["ngspice", "-b", str(path)], capture_output=True, text=True, check=True)
    found = [line.split("=")[1] for line in done.stdout.splitlines() if line.startswith("i(vo")]
    return np.array(found, dtype=float)


def row(name: str, ms: float, others: dict[str, tuple[float, float]]) -> str:
    """One line of the table: our time, and of each other solver its time, the ratio, the difference of results."""
    cells = [f"{other}: {t:.4g} ms = {t / ms:.0f}x (agree to {off:.0e})" for other, (t, off) in others.items()]
    return f"  {name:<10}{ms:>9.2f} ms   " + ";  ".join(cells)


def apart(x: np.ndarray, y: np.ndarray) -> float:
    """Largest difference relative to the largest entry."""
    return float(np.abs(x - y).max() / np.abs(y).max())


def measure(n: int, repeats: int, spice_up_to: int) -> dict[str, float]:
    """Time one size and print its rows; returns how many times as long each other solver takes."""
    from analogep.crossbar.wires import Resistances, ports, read, read_nonlinear, severity
    from analogep.device.iv import SinhIV

    rng = np.random.default_rng(n)
    g, v = rng.uniform(1e-6, 1e-4, (n, n)), rng.uniform(-0.2, 0.2, n)
    wires, iv, nodes = Resistances(OHM, OHM), SinhIV(kind="sinh", v0=V0), Nodes(n)
    one, y, curved = read(g, wires, v), ports(g, wires), read_nonlinear(g, iv, wires, v)
    slow = 1 if n > 128 else 3
    print(f"{n} x {n}, kappa {severity(g, wires):.2g}")

    matrix, sources = nodes.matrix(g), nodes.sources(v)
    lu = factored(matrix)
    x = lu.solve(sources)  # type: ignore[attr-defined]
    exact = (g * (x[nodes.a] - x[nodes.b])).sum(0)
    factoring = milliseconds(lambda: factored(matrix), slow, warm=False)
    solving = milliseconds(lambda: lu.solve(sources), 8)  # type: ignore[attr-defined]
    others = {"sparse LU": (factoring + solving, apart(-one.column_currents, exact))}
    if importlib.util.find_spec("badcrossbar"):
        import badcrossbar

        def other() -> np.ndarray:
            found = badcrossbar.compute(v[:, None], 1 / g, OHM, node_voltages=False, all_currents=False)
            return np.asarray(found.currents.output).ravel()

        others["badcrossbar"] = (milliseconds(other, slow, warm=False), apart(-one.column_currents, other()))
    if n <= spice_up_to and shutil.which("ngspice"):
        found = []
        ms = milliseconds(lambda: found.append(ngspice(g, v)), 1, warm=False)
        others["ngspice .op"] = (ms, apart(-one.column_currents, found[0]))
    many = {"sparse LU": (factoring + 2 * n * solving, apart(-y.rc.T @ v, exact))}
    off = apart(-curved.column_currents, newton(nodes, g, v))
    steps = {"sparse LU": (milliseconds(lambda: newton(nodes, g, v), 1, warm=False), off)}
    ratios = {}
    for name, call, slower in (
        ("read", lambda: read(g, wires, v), others),
        ("Y", lambda: ports(g, wires), many),
        ("sinh read", lambda: read_nonlinear(g, iv, wires, v), steps),
    ):
        ms = milliseconds(call, repeats)
        print(row(name, ms, slower), flush=True)
        ratios |= {f"{n}, {name}: {other}_over_ours": t / ms for other, (t, _) in slower.items()}
    return ratios


def main() -> None:
    """Time all sizes."""
    parser = options(__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[64, 128, 256, 512])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--ngspice-up-to", type=int, default=64)
    parsed = parser.parse_args()

    from analogep.crossbar.wires import Resistances, ports, read, read_nonlinear
    from analogep.device.iv import SinhIV

    logging.disable(logging.INFO)
    with threadpool_limits(1):
        start = time.perf_counter()
        small = np.ones((2, 2)), Resistances(OHM, OHM)
        read(*small, np.ones(2))
        read_nonlinear(small[0], SinhIV(kind="sinh", v0=V0), small[1], np.ones(2))
        ports(np.ones((20, 20)), small[1])
        print(f"first calls (compiling, or loading what was compiled): {time.perf_counter() - start:.1f} s")
        for name, missing in (
            ("badcrossbar", importlib.util.find_spec("badcrossbar") is None),
            ("ngspice", shutil.which("ngspice") is None),
        ):
            if missing:
                print(f"{name} is not installed: left out")
        ratios: dict[str, float] = {}
        for n in parsed.sizes:
            ratios |= measure(n, parsed.repeats, parsed.ngspice_up_to)
    report(parsed, ratios)


if __name__ == "__main__":
    main()
