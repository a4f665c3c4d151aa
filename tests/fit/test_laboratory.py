"""Files in the layouts that laboratories write are recognised for what they are, without options."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analogep import fit
from analogep.errors import UsageError
from analogep.fit import FitError, Options, workbook

KINDS = {
    "constant_amplitude.csv": "pulses",
    "cycles_wear.txt": "pulses",
    "device_table.csv": "device table",
    "endurance.csv": "endurance",
    "german.csv": "pulses",
    "hash_header_steps.csv": "kinetics",
    "iv_sweep.csv": "I-V",
    "iv_switching.qtj": "I-V",
    "levels.csv": "pulses",
    "normalised.csv": "pulses",
    "paired_columns.tsv": "pulses",
    "reads_ohm.csv": "reads",
    "reads_spaced.csv": "reads",
    "retention.csv": "retention",
    "rising_amplitude.csv": "kinetics",
    "rows_three_decades.txt": "pulses",
    "steps.csv": "steps",
    "volatile.txt": "retention",
    "workbook.xlsx": "pulses",
}


def test_each_file_of_the_laboratory_is_the_kind_that_it_is(shared_data: Path) -> None:
    folder = shared_data / "lab"
    if not folder.is_dir():
        pytest.skip("the laboratory's files are not there")
    assert {path.name for path in fit.files_of([folder])} == set(KINDS)
    found = {name: fit.read(folder / name) for name in KINDS}
    assert {name: record.kind for name, record in found.items()} == KINDS
    rows = found["rows_three_decades.txt"]
    assert isinstance(rows, fit.Pulses)
    assert (len(rows.measurement.devices), rows.width) == (24, {"down": 2e-4, "up": 1e-4})
    equal = found["constant_amplitude.csv"]
    assert isinstance(equal, fit.Pulses)
    assert (equal.amplitude, equal.width) == ({"up": 1.3, "down": -1.1}, {"up": 2e-7, "down": 2e-7})
    pair = found["paired_columns.tsv"]
    assert isinstance(pair, fit.Pulses)
    down = pair.measurement.of("", "down")[0].conductance
    assert down[0] > 10.0 * down[-1]
    spaced = found["reads_spaced.csv"]
    assert isinstance(spaced, fit.Reads)
    assert spaced.spacing == pytest.approx(1e-3)
    assert spaced.values.shape == (3, 8192)


def test_reads_in_a_row_and_a_negative_read_voltage_give_conductances() -> None:
    lines = ["# pulse_v,pulse_width,num_applied,meas_v,i_0,i_1"]
    lines += [f"{1.0 + 0.05 * k},1e-7,{k},-0.1,{-1e-7 * (k + 1)},{-1.02e-7 * (k + 1)}" for k in range(20)]
    found = fit.read_text("\n".join(lines))
    assert isinstance(found, fit.Kinetics)
    np.testing.assert_allclose(found.conductance, 1.01e-6 * np.arange(1, 21))
    np.testing.assert_allclose(found.scatter, np.tile([1.0 / 1.01, 1.02 / 1.01], (20, 1)))


UP = range(20)


@pytest.mark.parametrize(
    ("header", "line", "value"),
    [
        ("Richtung;Puls;Leitwert [\u00b5S]", "auf;{k};{g}", lambda g: f"{g:.1f}".replace(".", ",")),
        ("sens;impulsion;conductance (uS)", "haut;{k};{g}", lambda g: f"{g:.1f}".replace(".", ",")),
        ("\ufeffdirection\tpulse\tG [uS]", "LTP\t{k}\t{g}", str),
        ("direction,pulse,read_v,current [uA]", "set,{k},0.2,{g}", lambda g: repr(0.2 * g)),
        ("direction,pulse,R [kohm]", "set,{k},{g}", lambda g: repr(1e3 / g)),
    ],
)
def test_languages_signs_and_quantities_are_one_measurement(
    header: str, line: str, value: Callable[[float], str]
) -> None:
    found = fit.read_text("\r\n".join([header, *(line.format(k=k, g=value(10.5 + k)) for k in UP)]))
    assert isinstance(found, fit.Pulses)
    (ramp,) = found.measurement.ramps
    assert ramp.direction == "up"
    np.testing.assert_allclose(ramp.conductance, 1e-6 * (10.5 + np.arange(20)), rtol=1e-9)


def test_a_scale_gives_values_without_a_unit_their_siemens() -> None:
    ramp = np.concatenate([np.linspace(-1.0, 1.0, 60), np.linspace(1.0, -1.0, 60)])
    text = "\n".join(f"{value:.4f}" for value in ramp)
    plain = fit.read_text(text)
    assert isinstance(plain, fit.Pulses)
    assert plain.normalised
    assert "--scale" in plain.remarks[0]
    found = fit.read_text(text, options=Options(scale=fit.parse_scale("-1..1 = 2 uS..20 uS")))
    assert isinstance(found, fit.Pulses)
    assert not found.normalised
    np.testing.assert_allclose(found.measurement.ramps[0].conductance[[0, -1]], [2e-6, 2e-5], rtol=1e-9)
    for wrong in ("1..2", "1..1 = 1 uS..2 uS", "a..b = 1 uS..2 uS", "0..1 = 1 A..2 A", "0..1 = 0 S..1 uS"):
        with pytest.raises(UsageError, match="such as --scale"):
            fit.parse_scale(wrong)


def test_what_is_not_understood_is_said_with_the_columns_that_were(tmp_path: Path) -> None:
    with pytest.raises(FitError, match=r"no column of readings beside 'Zeit \[s\]'; columns are"):
        fit.read_text("Zeit [s];Druck\n1;2\n2;3\n")
    broken = tmp_path / "mine.xlsx"
    broken.write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(FitError, match=r"mine\.xlsx: is no workbook that can be read"):
        fit.read(broken)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FitError, match=r"holds no file named \.csv"):
        fit.files_of([tmp_path / "empty"])


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_MOST", 2_000_000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 2_000_001)
    with pytest.raises(FitError, match="unpacks to more than 2 MB"):
        fit.read(path)
