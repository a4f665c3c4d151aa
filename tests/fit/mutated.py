"""Small files of every layout, and ways in which files go wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RNG = np.random.default_rng(5)


def _table(header: str, *columns: np.ndarray, sep: str = ",") -> str:
    rows = [sep.join(f"{float(value):.6g}" for value in row) for row in zip(*columns, strict=True)]
    return "\n".join([*([header] if header else []), *rows])


def _ramp(pulses: int = 24) -> np.ndarray:
    return 10.0 + 80.0 * (1.0 - np.exp(-np.arange(pulses + 1) / 9.0)) + 0.4 * RNG.standard_normal(pulses + 1)


def samples() -> dict[str, str]:
    """Layout -> a file of it."""
    up, k = _ramp(), np.arange(25)
    down = up[::-1]
    long = "direction;Puls;Leitwert [\u00b5S]\n" + "\n".join(
        f"{way};{n};{f'{g:.4f}'.replace('.', ',')}"
        for way, levels in (("auf", up), ("ab", down))
        for n, g in enumerate(levels)
    )
    rows = "\n".join(
        f"(A,0,{d}),t{word}=0.0002,G{word}," + ", ".join(f"{1e-6 * g:.5g}" for g in levels)
        for d in range(2)
        for word, levels in (("prog", down), ("erase", up))
    )
    time = np.geomspace(1.0, 1e4, 30)
    volts = np.concatenate([np.linspace(0.0, 1.0, 30), np.linspace(1.0, -1.0, 60)])
    switch = np.where(np.arange(volts.size) > 24, 1e-4, 1e-6)
    drive = np.linspace(0.8, 1.8, 40)
    train = 5.0 + 40.0 * (1.0 - np.exp(-np.cumsum(0.01 * np.exp((drive - 1.3) / 0.3))))
    cycles = np.arange(1.0, 41.0)
    scatter = np.exp(0.1 * RNG.standard_normal((4, 40)))
    reads = 1.2e4 * (1.0 + 0.01 * RNG.standard_normal(120))
    relax = np.concatenate([np.linspace(0.1, 1.0, 20), 0.05 + np.exp(-np.arange(40) / 12.0)])
    return {
        "long": long,
        "wide": _table("up [uS],down [uS]", up, down),
        "paired": _table("t[ns]_LTP\tG [uS]_LTP\tt[ns]_LTD\tG [uS]_LTD", 100 * k, up, 100 * k, down, sep="\t"),
        "rows": rows,
        "column": _table("", np.concatenate([up, down])),
        "kinetics": _table("# pulse_v,pulse_width,meas_v,i_0 [uA],i_1 [uA]", drive, 1e-7 + 0 * drive, -0.1 + 0 * drive,
                           -0.1 * train, -0.101 * train),
        "retention": _table("time (s),resistance (ohms)", time, 2e4 * time**0.03),
        "volatile": _table("", 0.5 * np.arange(60), relax, np.where(np.arange(60) < 20, 2.0, 0.0), sep="\t"),
        "endurance": "Cycle,SET#1,SET#1,SET#1\n"
        + _table("Index,ILRS,IHRS,VSET", cycles, 1e-4 * scatter[0], 1e-6 * scatter[1], 0.6 * scatter[2]),
        "sweep": _table("Item,Smu1.V[1][1],Smu1.I[1][1]", k, np.linspace(-1, 1, 25), 1e-5 * np.linspace(-1, 1, 25)),
        "switching": _table("U / V\tI / A", volts, volts * switch, sep="\t"),
        "devices": "devID,R5,R5_StdDev\n" + "\n".join(f"D{n},{2e4 * scatter[3, n]:.1f},100" for n in range(20)),
        "reads": _table("", reads),
        "steps": _table("", np.linspace(0.005, 0.001, 11), np.linspace(0.001, 0.006, 11)),
    }  # fmt: skip


JUNK = (
    "",
    "nan",
    "1e400",
    "-1",
    "0",
    "abc",
    "1,5",
    "9" * 40,
    "\u00b5",
    "=1/0",
    "#",
    '"',
    "1e-320",
    "-inf",
    "\t",
    "None",
)


def _lines(text: str, rng: np.random.Generator, change: Callable[[list[str], int], list[str]]) -> str:
    lines = text.split("\n")
    return "\n".join(change(lines, int(rng.integers(len(lines)))))


def _cell(text: str, rng: np.random.Generator) -> str:
    cells = [n for n, c in enumerate(text) if c in ",;\t\n"]
    if len(cells) < 2:
        return text
    at = int(rng.integers(len(cells) - 1))
    return text[: cells[at] + 1] + str(rng.choice(JUNK)) + text[cells[at + 1] :]


def mutated(text: str, rng: np.random.Generator) -> str:
    """A text with one to four things wrong."""
    for _ in range(int(rng.integers(1, 5))):
        kind = int(rng.integers(10))
        at = int(rng.integers(max(len(text), 1)))
        if kind == 0:
            text = text[:at]
        elif kind == 1:
            text = text[:at] + chr(int(rng.choice([0, 9, 10, 34, 44, 59, 48, 45, 0xFEFF, 0x2028, 955]))) + text[at:]
        elif kind in (2, 3):
            text = _cell(text, rng)
        elif kind == 4:
            text = _lines(text, rng, lambda lines, n: lines[:n] + lines[n + 1 :])
        elif kind == 5:
            text = _lines(text, rng, lambda lines, n: [*lines[: n + 1], *lines[n:]])
        elif kind == 6:
            text = text.replace(*(str(one) for one in rng.choice([",", ";", "\t", ".", "-", "e", "1", " "], 2)))
        elif kind == 7:
            text = _lines(text, rng, lambda lines, n: lines[::-1] if n % 2 else lines[n:])
        elif kind == 8:
            other = list(samples().values())[int(rng.integers(14))]
            text = text[:at] + other[: int(rng.integers(200))]
        else:
            text = text[:at] + text[at + 1 :]
    return text
