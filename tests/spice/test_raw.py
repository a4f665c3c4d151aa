"""Raw files: written by hand, by ngspice as text and as binary; damaged ones are refused with a reason."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from analogep.errors import SimulationError
from analogep.spice import batch, read_raw

HEAD = (
    "Title: by hand\nDate: today\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 3\nNo. Points: 2       \n"
    "Variables:\n\t0\ttime\ttime\n\t1\tv(Out_1)\tvoltage\n\t2\ti(vin)\tcurrent\n"
)
TEXT = HEAD + "Values:\n0\t0.0\n\t1.5e-1\n\t-2e-6\n\n1\t1e-9\n\t0.25\n\t-1e-6\n\n"
BINARY = HEAD.encode() + b"Binary:\n" + struct.pack("<6d", 0.0, 0.15, -2e-6, 1e-9, 0.25, -1e-6)

CIRCUIT = """* two analyses
v1 a 0 dc 1.0 pwl(0 0 1e-9 1)
r1 a out 1000
c1 out 0 1e-12 ic=0
.op
.tran 1e-10 5e-9 0 1e-10 uic
.end
"""


@pytest.mark.parametrize("data", [TEXT.encode(), BINARY, TEXT.replace("\n", "\r\n").encode()])
def test_a_file_written_by_hand_is_read(data: bytes) -> None:
    (plot,) = read_raw(data)
    assert plot.name == "Transient Analysis"
    assert plot.points == 2
    assert plot.units == {"time": "s", "v(out_1)": "V", "i(vin)": "A"}
    np.testing.assert_array_equal(plot.values["time"], [0.0, 1e-9])
    np.testing.assert_array_equal(plot.values["v(out_1)"], [0.15, 0.25])
    np.testing.assert_array_equal(plot.values["i(vin)"], [-2e-6, -1e-6])


def test_plots_follow_each_other_in_one_file() -> None:
    point = BINARY.replace(b"Transient Analysis", b"Operating Point")
    assert [plot.name for plot in read_raw(BINARY + point)] == ["Transient Analysis", "Operating Point"]
    assert read_raw(b"") == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (BINARY[:-1], "cut off, 47 of 48 bytes"),
        (TEXT[: TEXT.index("\n1\t")].encode(), "cut off, 1 of 2 points"),
        (TEXT[:-15].encode(), "ends in the middle of a line"),
        (HEAD[:80].encode(), "ends in the middle of a line"),
        (b"\x00\x01\x02 nonsense\n" * 5, "has no place in a header"),
        (BINARY.replace(b"Flags: real", b"Flags: complex"), "complex numbers"),
        (BINARY.replace(b"No. Points: 2", b"No. Points: x"), "'No. points' should be a whole number and is 'x'"),
        (BINARY.replace(b"\t1\tv(Out_1)\tvoltage", b"\t7\tv(Out_1)\tvoltage"), "variable 1 should have index"),
        (TEXT.replace("1.5e-1", "abc").encode(), "point 0 should be 3 numbers"),
    ],
)
def test_a_damaged_file_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        read_raw(data)


@pytest.mark.usefixtures("ngspice")
def test_text_and_binary_of_ngspice_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    binary, _ = batch(CIRCUIT)
    monkeypatch.setenv("SPICE_ASCIIRAWFILE", "1")
    text, _ = batch(CIRCUIT)
    assert set(binary) == {"Operating Point", "Transient Analysis"}
    for name, plot in binary.items():
        assert list(plot.values) == list(text[name].values)
        for variable, values in plot.values.items():
            np.testing.assert_allclose(text[name].values[variable], values, rtol=1e-14, atol=1e-300)
    transient = binary["Transient Analysis"]
    assert transient.units["v(out)"] == "V"
    assert transient.points > 50
    assert transient.values["time"][-1] == pytest.approx(5e-9, rel=1e-12)
