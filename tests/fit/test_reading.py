"""What users have in their files is read, and what cannot be is said with file, line, column, value and advice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from analogep import fit
from analogep.errors import UsageError
from analogep.fit import FitError, Options

HEADER = "device,direction,cycle,pulse,conductance [uS]"
Rows = list[tuple[object, ...]]
Write = Callable[..., Path]


def rows(pulses: int = 20) -> Rows:
    """Two cycles of a noisy device between 10 and 90 uS."""
    rng = np.random.default_rng(0)
    up = 10.0 + 90.0 * (1.0 - np.exp(-np.arange(pulses + 1) / 8.0))
    ways = {"up": up, "down": 110.0 - up}
    return [
        ("a", way, cycle, k, round(float(value + rng.normal(0.0, 0.3)), 3))
        for cycle in range(2)
        for way, levels in ways.items()
        for k, value in enumerate(levels)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows as a CSV file."""

    def make(
        content: Sequence[Sequence[object]],
        header: str = HEADER,
        sep: str = ",",
        line: str = "\n",
        encoding: str = "utf-8",
    ) -> Path:
        path = tmp_path / "pulses.csv"
        lines = [header, *(sep.join(str(cell) for cell in row) for row in content)]
        path.write_bytes((line.join(lines) + line).encode(encoding))
        return path

    return make


def levels(measurement: fit.Measurement) -> list[np.ndarray]:
    return [ramp.conductance for ramp in measurement.ramps]


def test_a_long_file_is_cut_into_ramps_by_its_columns(write: Write) -> None:
    found = fit.read_pulses([write(rows())])
    assert [ramp.direction for ramp in found.ramps] == ["up", "down", "up", "down"]
    assert [ramp.pulses for ramp in found.ramps] == [20] * 4
    assert found.devices == ["a"]
    np.testing.assert_allclose(
        found.ramps[0].conductance, [1e-6 * float(str(row[4])) for row in rows()[:21]], rtol=1e-12
    )


@pytest.mark.parametrize(
    ("header", "sep", "line", "encoding"),
    [
        ("\ufeff# measured on Monday\nDevice;Direction;Cycle;Pulse;Conductance (\u00b5S)", ";", "\r\n", "utf-8"),
        ("device\tdirection\tcycle\tpulse\tG_uS", "\t", "\n", "utf-8"),
        ("device,direction,cycle,pulse,conductance (\u00b5S)", ",", "\r", "latin-1"),
        ('"device","direction","cycle","pulse","conductance / uS"', ",", "\n", "utf-16"),
        ("% analyser 4200\n\ndevice, direction, cycle, pulse, g [\u03bcS]", ", ", "\n", "utf-8"),
    ],
)
def test_spelling_of_the_file_does_not_matter(write: Write, header: str, sep: str, line: str, encoding: str) -> None:
    plain = levels(fit.read_pulses([write(rows())]))
    content = [[str(cell).replace(".", ",") if sep == ";" else cell for cell in row] for row in rows()]
    other = levels(fit.read_pulses([write(content, header, sep, line, encoding)]))
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12)


def test_a_text_is_read_as_the_file_that_holds_it(write: Write) -> None:
    file = write(rows())
    given, own = fit.read_pulses([file]), fit.from_text(file.read_text(), file.name)
    assert own.sources == given.sources
    for one, two in zip(levels(own), levels(given), strict=True):
        np.testing.assert_array_equal(one, two)
    for text, message in (
        ("", "mine.csv: is empty"),
        ("pulse\n1\0", "mine.csv: is not text"),
        ("g [uS]\n", "no readings"),
    ):
        with pytest.raises(FitError, match=message):
            fit.from_text(text, "mine.csv")
    with pytest.raises(FitError, match=r"mine\.csv, column 'I \[uA\]'|mine\.csv:2.*give --read-voltage"):
        fit.from_text("I [uA]\n1\n2\n", "mine.csv")


def test_currents_and_resistances_become_conductances(write: Write) -> None:
    plain = levels(fit.read_pulses([write(rows())]))
    head = "device,direction,cycle,pulse,"
    current = [(*row[:4], 0.2 * float(str(row[4]))) for row in rows()]
    volts = Options(read_voltage=0.2)
    resistance = [(*row[:4], 1e3 / float(str(row[4]))) for row in rows()]
    negative = [(*row[:4], -0.2 * float(str(row[4]))) for row in rows()]
    for content, header, options in (
        (current, "I (uA)", volts),
        (current, "current", Options(unit="uA", read_voltage=0.2)),
        (negative, "Id [uA]", Options(read_voltage=-0.2)),
        (resistance, "R [kohm]", Options()),
    ):
        for one, two in zip(
            plain, levels(fit.read_pulses([write(content, head + header)], options=options)), strict=True
        ):
            np.testing.assert_allclose(one, two, rtol=1e-12)


def test_ramps_are_told_apart_by_the_pulse_number_alone(write: Write) -> None:
    content = [(row[3], row[4]) for row in rows()]
    found = fit.read_pulses([write(content, "pulse,conductance [uS]")])
    assert [ramp.direction for ramp in found.ramps] == ["up", "down", "up", "down"]


def test_wide_files_may_be_ragged_at_the_end_and_without_a_header(write: Write) -> None:
    up = [float(str(row[4])) for row in rows()[:21]]
    content = [(value * 1e-6, "" if k > 15 else value * 1.1e-6) for k, value in enumerate(up)]
    for header in ("r1,r2", f"{content[0][0]},{content[0][1]}"):
        body = content if header == "r1,r2" else content[1:]
        found = fit.read_pulses([], up=[write(body, header)])
        assert [ramp.pulses for ramp in found.ramps] == [20, 15]
        assert {ramp.direction for ramp in found.ramps} == {"up"}


def test_the_column_of_the_readings_can_be_named(write: Write) -> None:
    path = write(rows(), "device,direction,cycle,pulse,reading_1")
    found = fit.read_pulses([path], options=Options(unit="uS", column="reading_1"))
    assert found.ramps[0].conductance[0] == pytest.approx(10e-6, rel=0.1)
    with pytest.raises(FitError, match="no column 'reading_2'; did you mean 'reading_1'"):
        fit.read_pulses([path], options=Options(column="reading_2"))


def test_each_file_may_be_a_device(write: Write, tmp_path: Path) -> None:
    first = write(rows(), HEADER.replace("device", "lot"))
    second = tmp_path / "other.csv"
    second.write_bytes(first.read_bytes())
    assert fit.read_pulses([first, second]).devices == [""]
    assert fit.read_pulses([first, second], options=Options(device_per_file=True)).devices == ["pulses", "other"]


def changed(row: int, column: int, value: object) -> Rows:
    """The rows with one cell changed; `row` counts from 0."""
    out = rows()
    out[row] = (*out[row][:column], value, *out[row][column + 1 :])
    return out


BAD: list[tuple[Rows, str, str]] = [
    ([row for row in rows() if not (row[2] == 1 and row[3] == 7)], HEADER,
     r"pulses\.csv:51, column 'pulse': pulse 7 is missing: 8 follows 6 of line 50; a reading is needed after every"),
    ([row for row in rows() if row[3] not in (7, 8)], HEADER, "pulses 7 to 8 are missing"),
    (changed(5, 3, 3), HEADER, "column 'pulse': pulse 3 follows 4 of line 6; number the pulses of a ramp upwards"),
    (changed(5, 3, 2.5), HEADER, "2.5 is not a whole number of pulses"),
    (changed(30, 4, "nan"), HEADER,
     r"pulses\.csv:32, column 'conductance \[uS\]': 'nan' is not a finite number; .*measure it again"),
    (changed(30, 4, "inf"), HEADER, "'inf' is not a finite number"),
    (changed(30, 4, "1e999"), HEADER, "'1e999' is too large for a number"),
    (changed(30, 4, "abc"), HEADER, "'abc' is not a number"),
    (changed(30, 4, ""), HEADER, r"pulses\.csv:32.*is empty; every pulse needs its reading"),
    (changed(30, 4, -3), HEADER, "negative conductance -3; subtract the instrument's offset"),
    (changed(30, 1, "sideways"), HEADER, "'sideways' is not a direction; write up or down"),
    (rows(), HEADER.replace(" [uS]", ""), r"10\.038 was read as 10\.04 S, for want of a unit.*--unit uS"),
    (rows(), HEADER.replace("uS", "V"), "'1 V' is not a conductance; write it in siemens"),
    (rows(), HEADER.replace("conductance [uS]", "conductnace"),
     r"no column of readings; .*is 'conductnace' the conductance\?"),
    (rows(), HEADER.replace("conductance [uS]", "I [uA]"), "is a current; give --read-voltage"),
    ([row for row in rows() if int(str(row[3])) < 8], HEADER,
     r"pulses\.csv:2-9, ramp 0: a ramp needs at least 10 pulses \(11 readings\).* this one has 7; join ramps"),
    ([(row[0], {"up": "down", "down": "up"}[str(row[1])], *row[2:]) for row in rows()], HEADER,
     "the column 'direction' says down, but the conductance rises from 10.04 uS to .*; swap the directions"),
    ([row[:3] if k == 9 else row for k, row in enumerate(rows())], HEADER, r"pulses\.csv:11: has 3 cells, no reading"),
    ([(*row, 1) if k == 9 else row for k, row in enumerate(rows())], HEADER,
     r"pulses\.csv:11: has 6 cells, the header has 5"),
    ([(k, row[4]) for k, row in enumerate(rows()[:42])], "pulse,conductance [uS]",
     "holds pulses of both directions: it rises from 10.04 uS to .* at about pulse .* and then falls .*; split it"),
    ([(k, 50 + (-1) ** k) for k in range(40)], "pulse,conductance [uS]", "the pulses do not move the conductance"),
    ([("" if k == 5 else k * 1e-6 + 1e-6, k * 1e-6 + 1e-6) for k in range(20)], "r1,r2",
     r"pulses\.csv:7, column 'r1': is empty, but line 21 is not; .*must not have gaps"),
    ([], HEADER, "has a header and no readings below it"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "header", "message"), BAD, ids=[text[:40] for *_, text in BAD])
def test_what_is_wrong_with_a_file_is_one_sentence(write: Write, content: Rows, header: str, message: str) -> None:
    with pytest.raises(FitError, match=message) as caught:
        fit.read_pulses([write(content, header)])
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    for name, data, message in (
        ("missing.csv", None, "no such file"),
        ("empty.csv", b"", "is empty"),
        ("image.csv", b"\x89PNG\x00\x01", "is not text but a binary file"),
    ):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(FitError, match=re.escape(name) + f".*{message}"):
            fit.read_pulses([tmp_path / name])
    with pytest.raises(FitError, match="is a directory"):
        fit.read_pulses([tmp_path])


def test_a_unit_of_another_kind_is_refused(write: Write) -> None:
    with pytest.raises(UsageError, match="--unit parsec: is not a unit of conductance, current or resistance"):
        fit.read_pulses([write(rows(), HEADER.replace(" [uS]", ""))], options=Options(unit="parsec"))
    with pytest.raises(FitError, match="holds a conductance, --unit nA is one of current"):
        fit.read_pulses([write(rows(), HEADER.replace(" [uS]", ""))], options=Options(unit="nA"))


def test_a_direction_against_that_of_the_option_is_refused(write: Write) -> None:
    with pytest.raises(FitError, match="says down in a file given as --up"):
        fit.read_pulses([], up=[write(rows())])
    with pytest.raises(FitError, match="--down says down, but the conductance rises"):
        fit.read_pulses([], down=[write([(row[3], row[4]) for row in rows()[:21]], "pulse,conductance [uS]")])


def test_one_direction_alone_needs_to_be_said(write: Write) -> None:
    ups = fit.read_pulses([write([row for row in rows() if row[1] == "up"])])
    with pytest.raises(FitError, match=r"has only ramps up \(2, first in .*\) and none down; .*--unidirectional"):
        fit.fit(ups)
    downs = fit.read_pulses([write([row for row in rows() if row[1] == "down"])])
    with pytest.raises(FitError, match=r"has only ramps down \(2, first in .*\) and none up; add a file with them$"):
        fit.fit(downs)
    both = fit.read_pulses([write(rows())])
    with pytest.raises(FitError, match=r"has 2 ramps down, .*leave out --unidirectional"):
        fit.fit(both, unidirectional=True)
