"""Studies of card objects and SI numbers: what they mean, and that a result holds what makes them again."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep import report, results
from analogep.cards import record
from analogep.cards.record import card_of
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError, DataError, ResultError, UsageError
from analogep.study import STUDY, Job, Study, StudyCard, again
from analogep.study.point import packed, unpacked
from analogep.study.recorded import file_text, recorded

RRAM, DIGITS = DeviceCard.load("rram"), CircuitCard.load("digits")
WIDER = RRAM.changed({"conductance.max": 20e-6})


def accuracy(job: Job) -> xr.Dataset:
    """A result that takes no time and tells cards apart."""
    device, circuit = job.cards
    value = device.conductance.max * 1e4 + circuit.nudging.beta + device.read.voltage + job.seeds.operation.sample
    attrs = {"units": "1", "long_name": "made up"}
    return xr.Dataset({"accuracy": ("epoch", [value], attrs)}, attrs={"train_samples": 1, "test_samples": 1})


def study(**given: Any) -> Study:
    return Study(**({"device": "rram", "work": accuracy} | given))


@pytest.mark.parametrize(
    ("key", "given", "texts"),
    [
        ("conductance.max", [2e-5, 3e-5], ("20 uS", "30 uS")),
        ("conductance.max", np.array([1, 2]) * 1e-5, ("10 uS", "20 uS")),
        ("conductance.max", (40e-6 / 3, "20 uS"), ("13.333333333333335 uS", "20 uS")),
        ("conductance.max", [np.float32(2e-5)], (f"{float(np.float32(2e-5)) * 1e6!r} uS",)),
        ("read.noise.sigma", [0.0, 0.05], ("0 %", "5 %")),
        ("conductance.levels", np.array([16, 32]), (16, 32)),
        ("nudging.beta", np.linspace(0.1, 0.3, 2), (0.1, 0.3)),
        ("learning.rate", [[0.1, 0.2], (0.2, 0.4)], ([0.1, 0.2], [0.2, 0.4])),
        ("timing.free.duration", [1e-7, 2e-7], ("100 ns", "200 ns")),
        ("read.noise", [{"kind": "relative", "sigma": 0.02}, {"kind": "absolute", "sigma": 1e-9}],
         ({"kind": "relative", "sigma": "2 %"}, {"kind": "absolute", "sigma": "1 nS"})),
        ("circuit.nudging.beta", [0.25], (0.25,)),
        ("temperature.operating", [300, 350.0], ("300 K", "350 K")),
        ("device", ["rram", "ideal"], ("rram", "ideal")),
        ("read.voltage", "0.1 V..0.3 V/3", "0.1 V..0.3 V/3"),
        ("adc.bits", [None, 8], (None, 8)),
    ],
)  # fmt: skip
def test_numbers_get_the_unit_of_their_field(key: str, given: Any, texts: Any) -> None:
    card = study(vary={key: given}, **({"device": None} if key == "device" else {})).card
    assert card.vary[key] == texts


def test_coordinates_are_the_very_numbers_that_were_given() -> None:
    given = np.array([1, 2, 3]) * 1e-5 / 3
    (axis,) = study(device=RRAM.changed({"conductance.min": 1e-7}), vary={"conductance.max": given}).card.axes
    dims, values, attributes = axis.coordinates()["conductance.max"]  # type: ignore[misc]
    assert (dims, attributes["units"]) == ("conductance.max", "S")
    assert np.array_equal(values, given)


def test_a_unit_that_depends_on_the_kind_of_a_block_is_that_of_the_study_s_own_cards() -> None:
    """Noise is a fraction of the read current, or a conductance."""
    assert study(set={"read.noise.sigma": 0.02}).card.set_ == {"read.noise.sigma": "2 %"}
    absolute = {"read.noise": {"kind": "absolute", "sigma": 1e-9}}
    for given in ({"set": absolute}, {"device": RRAM.changed(absolute)}):
        assert study(**given, vary={"read.noise.sigma": [1e-9, 2e-9]}).card.vary == {
            "read.noise.sigma": ("1 nS", "2 nS")
        }
    both = [RRAM, RRAM.changed(absolute)]
    with pytest.raises(UsageError, match=r"^study: read.noise.sigma: the unit of 0.02 depends on the block that it"):
        study(device=None, vary={"device": both, "read.noise.sigma": [0.02]})


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"vary": {"conductance.max": [float("nan")]}}, UsageError, "study: conductance.max: must be a finite number"),
        ({"vary": {"conductance.max": [1j]}}, UsageError, "study: conductance.max: a card cannot hold a value of type"),
        ({"set": {"conductance.max": object()}}, UsageError, "study: conductance.max: a card cannot hold a value of"),
        ({"device": DIGITS}, UsageError, "study: device: 'digits' is a circuit card; a device card is needed"),
        ({"device": 3}, CardError, "study: device: needs text, got 3"),
        ({"vary": {"conductance.mux": [1e-5]}}, CardError, "--vary conductance.mux=1e-05: conductance.mux: "),
        ({"vary": {"conductance.max": [2e-5, "20 uS"]}}, CardError, "study: vary.conductance.max: has the value"),
        ({"vary": {"conductance.max": [-2e-5]}}, CardError, "--vary conductance.max=-20 uS: conductance.max: must"),
        ({"set": {"zzz.max": 3}}, CardError, "study: set.zzz.max: no card has a section 'zzz'"),
        ({"chips": 2.5}, CardError, "study: chips: needs a whole number, got 2.5"),
        ({"cards": {"mine": "schema: 3"}, "device": "mine"}, CardError, "mine:1: schema: needs text, got 3"),
    ],
)  # fmt: skip
def test_what_a_study_cannot_hold_is_refused_with_its_key(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        _ = study(**given).plan
    assert str(caught.value).startswith(message), str(caught.value)


def test_seconds_and_fractions_of_the_study_itself_are_si_numbers_too() -> None:
    card = study(ages=[1.0, 86400], target={"standard_error": 0.005}, seed=np.int64(3)).card
    assert (card.ages, card.target.standard_error if card.target else None, card.seed) == ((1.0, 86400.0), 0.005, 3)


def test_cards_are_axes_with_names_that_tell_them_apart() -> None:
    mine = RRAM.changed({"name": "mine"})
    cards = [RRAM, WIDER, RRAM.changed({"read.voltage": 0.3}), mine, mine.changed({"read.voltage": 0.3}), "ideal"]
    made = study(device=None, circuit=DIGITS.changed({"nudging.beta": 1 / 3}), vary={"device": cards})
    names = ("rram", "rram-changed", "rram-changed-2", "mine", "mine-2", "ideal")
    assert made.card.vary == {"device": names}
    assert made.card.circuit == "digits-changed"
    plan = made.plan
    assert list(plan.card_texts["device"]) == [*names]
    for name, card in zip(names, cards[:-1], strict=False):
        assert isinstance(card, DeviceCard)
        assert DeviceCard.from_text(plan.own[name]).digest == card.digest
    assert "ideal" not in plan.own


def test_the_cards_of_a_study_are_found_before_shipped_ones_and_take_settings() -> None:
    shadow = StudyCard.of({"device": "rram", "cards": {"rram": WIDER.to_yaml()}, "set": {"read.voltage": "0.3 V"}})
    (combination,) = Study(shadow).plan.combinations
    device, _ = unpacked(combination.cards)
    assert (device.conductance.max, device.read.voltage) == (20e-6, 0.3)


def test_a_point_of_a_card_is_that_of_the_same_values_however_they_were_given(here: Executor, tmp_path: Path) -> None:
    card = study(device=WIDER, work=accuracy).plan.points[0]
    (text,) = study(vary={"conductance.max": ["20 uS"]}, work=accuracy).plan.points
    (number,) = study(vary={"conductance.max": [20e-6]}, work=accuracy).plan.points
    assert card.digest == number.digest == text.digest


@pytest.fixture
def folder(here: Executor, tmp_path: Path) -> Path:
    """A finished study of cards that no file holds, and of one in a file."""
    path = tmp_path / "mine.yaml"
    path.write_text(RRAM.text.replace("voltage: 0.5 V", "voltage: 0.4 V  # \u00b5, and a comment"))
    beta = DIGITS.changed({"nudging.beta": 1 / 3})
    made = study(device=None, circuit=beta, vary={"device": [WIDER, path], "nudging.beta": [0.1, 1 / 7]}, seeds=2)
    made.run(tmp_path / "study", executor=here)
    path.unlink()
    return tmp_path / "study"


def test_a_result_holds_what_makes_its_study_again(folder: Path, here: Executor, tmp_path: Path) -> None:
    before = results.read(folder / STUDY)
    made = again(folder, work=accuracy)
    assert made.plan.identity["digest"] == before.attrs["digest"]
    assert made.run(tmp_path / "again", executor=here).equals(before)
    # So does the file that the page shows.
    file = tmp_path / "study.yaml"
    file.write_text(file_text(before.attrs), encoding="utf-8")
    assert Study(StudyCard.load(file), work=accuracy).plan.identity["digest"] == before.attrs["digest"]
    assert file_text(before.attrs) in report.study.reproduction(before).blocks[0].text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("a: 1\n", False), ("a: 1\n\nb: 2\n", False), (" a: 1\n", True), ("a: 1", True), ("a: 1 \n", True), ("\n", True),
     ("a: 1\n\n", True), ("a:\t1\n", True), ("a: \u2028\n", True), ("", True), ("# \U0001f600\n---\n", False)],
)  # fmt: skip
def test_any_text_of_a_card_survives_in_the_file(text: str, quoted: bool) -> None:
    attrs = study().plan.identity | {"name": "x", "chips": "1", "seeds": "1"}
    stored = {"study": json.dumps(attrs), "axes": "{}", "cards": json.dumps({"mine": text})}
    assert StudyCard.from_text(file_text(stored)).cards == recorded(stored).cards == {"mine": text}
    assert ("|" not in file_text(stored)) == quoted


def test_what_is_not_the_study_is_refused_with_a_sentence(folder: Path, tmp_path: Path) -> None:
    before = results.read(folder / STUDY)
    with pytest.raises(UsageError, match=r"^the study's points were made by '.*accuracy', not by 'training'"):
        again(folder)
    with pytest.raises(ResultError, match=r"^is no result of a study"):
        again(xr.Dataset())
    other = before.copy()
    other.attrs["cards"] = before.attrs["cards"].replace("20 uS", "21 uS")
    with pytest.raises(ResultError, match=r"^the result does not record what ran: its cards have the digest"):
        again(other, work=accuracy)
    other.attrs = before.attrs | {"study": before.attrs["study"].replace('"data": "digits"', '"data": "few"')}
    with pytest.raises(UsageError, match=r"^the study was made on the data 'few' \(SHA-256 [0-9a-f]{16}\.\.\.\)"):
        again(other, work=accuracy)
    few = tmp_path / "few.npz"
    np.savez(few, x=np.full((40, 64), 0.5), y=np.arange(40) % 10)
    with pytest.raises(DataError, match=r"^these are other data than 'few' of the study"):
        again(other, few, accuracy)


def test_a_worker_gets_the_values_of_a_card_and_its_record() -> None:
    device, circuit = unpacked(packed((WIDER, DIGITS)))
    assert card_of(record.recorded(device), DeviceCard).digest == WIDER.digest
    assert circuit.digest == DIGITS.digest
