"""What half-selected pulses and reads do to states, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import Chip
from analogep.cautions import AnalogepWarning
from analogep.crossbar import Array, Pair
from analogep.device import DeviceCard
from analogep.device.disturb import Disturbance, disturbance
from analogep.energy import COMPONENTS, PHASES
from analogep.errors import UsageError
from analogep.streams import Streams

STATED = "disturb={kind: stated, half_select: 0.2 %, read: 0 Hz}"
HALVES = "energy={write: ohmic, half_select: 50 %}"
SOFT = (
    "programming={model: soft_bounds, up: {step: 5 %, amplitude: 1 V, width: 1 ns}, "
    "down: {step: 5 %, amplitude: -1 V, width: 1 ns}}"
)
SINH = (
    "programming={model: constant, up: {step: 1 %, amplitude: 1 V, width: 2 us}, down: {step: 1 %, amplitude: -1 V, "
    "width: 1 us}, kinetics: {rate: {kind: sinh, k: 1 kHz, v_s: 0.1 V}, up: {amplitude: 1 V, width: 2 us}, "
    "down: {amplitude: -1 V, width: 1 us}}}"
)


def exposed(*settings: str, pulses: int = 400) -> tuple[Array, np.ndarray]:
    """An array of which one cell got so many pulses, and its states before what that did to others."""
    array = Array(DeviceCard.load("ideal", [HALVES, *settings]), (4, 5), Streams(1), "a")
    counts = np.zeros((4, 5), np.int32)
    counts[1, 2] = pulses
    array.program(counts, Streams(2), 0, 0)
    return array, array.hidden.copy()


@pytest.mark.parametrize("law", ["", SOFT])
@pytest.mark.parametrize("way", [1, -1])
def test_half_selected_cells_move_by_a_share_of_a_pulse_each_time(law: str, way: int) -> None:
    """x + N f s of constant steps to rounding; of soft bounds b, 1 - (1 - x) e^{-N f b} up and x e^{-N f b} down."""
    steps = [law] if law else ["programming.up.step=1 %", "programming.down.step=1 %"]
    array, before = exposed(STATED, *steps, pulses=way * 400)
    by = disturbance(array.device, 0.1)
    assert by == Disturbance((0.002, 0.002), 0.0)
    assert array.disturb(by)
    number = 400 * 0.002
    if not law:
        after, allowed = before + way * number * 0.01, 1e-12
    elif way > 0:
        after, allowed = 1.0 - (1.0 - before) * np.exp(-number * 0.05), 2e-5
    else:
        after, allowed = before * np.exp(-number * 0.05), 2e-5
    others = np.zeros((4, 5), bool)
    others[1], others[:, 2] = True, True
    others[1, 2] = False
    np.testing.assert_allclose(array.hidden[others] - before[others], (after - before)[others], rtol=allowed)
    others[1, 2] = True
    np.testing.assert_array_equal(array.hidden[~others], before[~others])
    np.testing.assert_allclose(array.row_g, array.g.sum(axis=1), rtol=1e-12)
    assert not array.disturb(by), "what cells have met is forgotten"


def test_rates_say_what_an_exposure_is_worth() -> None:
    """Of sinh(V/0.1 V): sinh(5)/sinh(10) of a pulse, and k sinh(V_read/V_s) a second over k sinh(10) t of a pulse."""
    card = DeviceCard.load("ideal", [HALVES, SINH, "disturb={kind: unknown}"])
    assert "disturb" not in card.unknown
    up, down = (disturbance(card, volts) for volts in (0.2, -0.2))
    assert up is not None
    assert down is not None
    assert up.half == pytest.approx([np.sinh(5) / np.sinh(10)] * 2)
    assert up.read == pytest.approx(np.sinh(2) / (np.sinh(10) * 2e-6))
    assert down.read == pytest.approx(-np.sinh(2) / (np.sinh(10) * 1e-6))
    chosen = DeviceCard.load("ideal", [SINH, "disturb={kind: unknown}"])
    found = disturbance(chosen, 0.2)
    assert found is not None
    assert found.half == (0.0, 0.0), "selectors"
    assert disturbance(DeviceCard.load("ideal", [SINH, "disturb={kind: none}"]), 0.2) is None
    silent = DeviceCard.load("ideal", ["disturb={kind: unknown}"])
    assert disturbance(silent, 0.2) is None
    kept = (set(Array(one, (2, 3), Streams(1), "a").state()) for one in (card, chosen, silent))
    assert [{"met_rows", "met_columns", "lit", "met_reads"} & names for names in kept] == [
        {"met_rows", "met_columns", "lit", "met_reads"}, {"lit", "met_reads"}, set()
    ], "nothing is kept of what moves nothing"  # fmt: skip
    assert silent.unknown == ("disturb",)


def test_little_waits_until_it_is_worth_it() -> None:
    """A pulse of 1 % is more than two thousandths of the window, which wait: 0.2 % x 1 % a pulse on the line."""
    array, before = exposed(STATED, "programming.up.step=1 %", pulses=60)
    by = disturbance(array.device, 0.1)
    assert by is not None
    assert not array.disturb(by)
    np.testing.assert_array_equal(array.hidden, before)
    counts = np.zeros((4, 5), np.int32)
    counts[1, 2] = 60
    array.program(counts, Streams(2), 0, 1)
    state = {name: values.copy() for name, values in array.state().items()}
    assert array.disturb(by)
    assert array.hidden[0, 2] - before[0, 2] == pytest.approx(120 * 0.002 * 0.01, rel=1e-9)
    other = Array(array.device, (4, 5), Streams(1), "a")
    other.restore(state)
    assert other.disturb(by)
    np.testing.assert_array_equal(other.hidden, array.hidden)


def test_reading_moves_states_while_a_chip_is_trained() -> None:
    """x + s t of constant steps, not below 0, t what the network relaxed: without pulses, at a rate of 1e-12."""
    settings = {
        "layers": [64, 4, 10], "solver.method": "euler",
        "programming.up.step": "0.1 %", "programming.down.step": "0.1 %",
        "disturb": {"kind": "stated", "read": "-200 kHz"},
    }  # fmt: skip
    chip = Chip("ideal", "digits", 1, set=settings)
    array = chip.emulator.hardware.arrays()[0]
    before, reads = array.hidden.copy(), array.exposed.reads * array.device.read.width
    assert reads.max() > 0.0, "those of the initial write, which wait"
    x = np.random.default_rng(0).random((20, 64))
    for _ in range(3):
        chip.train(x, np.arange(20) % 10, rates=1e-12)
    seconds = chip.emulator.ledger.seconds[0].sum()
    assert seconds > 1e-5
    expected = np.maximum(before - 200e3 * (seconds + reads) * 1e-3, 0.0)
    np.testing.assert_allclose(array.hidden, expected, rtol=1e-9, atol=1e-12)
    chip.predict(x)
    np.testing.assert_allclose(array.hidden, expected, rtol=1e-9, atol=1e-12)
    later, before = chip.aged("1 s", inferences=1000), array.hidden.copy()
    expected = np.maximum(before - 200e3 * 1000 * 500e-9 * 1e-3, 0.0)
    np.testing.assert_allclose(later.emulator.hardware.arrays()[0].hidden, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(array.hidden, before)
    with pytest.raises(
        UsageError, match=r"inferences is 1e\+07, which take 9 s of 1 s; give a number from 0 to 1.111e\+06"
    ):
        chip.aged(1.0, inferences=1e7)


READS = ["disturb={kind: stated, read: -2 MHz}", "read.width=5 ns"]
"""A verify read is worth a hundredth of a pulse down."""


@pytest.mark.parametrize("law", ["", SOFT])
def test_verify_reads_move_the_cells_that_are_read(law: str) -> None:
    """n reads of t each: x - n s t step of constant steps to rounding; x e^{-n s t b} of soft bounds."""
    steps = [law] if law else ["programming.up.step=1 %", "programming.down.step=1 %"]
    pair = Pair(DeviceCard.load("ideal", [*READS, *steps]), (4, 5), 1.0, True, Streams(1), "a")
    by, before = disturbance(pair.device, 0.1), pair.plus.hidden.copy()
    assert by is not None
    assert by.verify == pytest.approx(-0.01, rel=1e-15)
    where, rng, number = np.zeros((4, 5), bool), np.random.default_rng(0), np.zeros((4, 5))
    where[1, 2:] = where[3, 0] = True
    for turn in range(300):
        cells = where if turn % 3 else np.array([7])
        pair.read(cells, 0.0, rng), pair.looked(cells)
        number[where if turn % 3 else (1, 2)] += 1
    for array in pair.halves.values():
        assert array.disturb(by)
        after = before - number * 0.01 * 0.01 if not law else before * np.exp(-number * 0.01 * 0.05)
        np.testing.assert_allclose(array.hidden - before, after - before, rtol=2e-4 if law else 1e-12, atol=1e-16)
        np.testing.assert_array_equal(array.hidden[number == 0], before[number == 0])
        assert not array.disturb(by), "what cells have met is forgotten"


def test_a_verify_read_is_worth_its_own_voltage_and_time() -> None:
    """k sinh(V_r/V_s) t_r over k sinh(V/V_s) t of a pulse: 1 ns at 0.3 V, beside phases at another voltage."""
    card = DeviceCard.load("ideal", [SINH, "disturb={kind: unknown}", "read.voltage=0.3 V", "read.width=1 ns"])
    for volts in (0.2, -0.2):
        by = disturbance(card, volts)
        assert by is not None
        assert by.verify == pytest.approx(np.sinh(3) * 1e-9 / (np.sinh(10) * 2e-6), rel=1e-12)
    assert by.read < 0.0


def test_reads_of_writes_of_mirrors_and_of_rules_that_verify_are_met_by_the_cells_that_are_read() -> None:
    """As many as are paid: joules of the converter over those of a conversion, in the initial write and in training.

    In training the second array, which has a mirror, is compared with it after each update: x + s [t + (k + 3) t_r] of
    constant steps in both, and x + s (t + k t_r) in the first one, k of the initial write.
    """
    settings = {
        "layers": [64, 4, 10], "solver.method": "euler",
        "adc": {"bits": None, "low": "0 V", "high": "1 V", "energy": "1 pJ", "source": "x"},
        "update": {"rule": "closed_loop", "threshold": 1.0, "max_pulses": 1},
        "feedback": {"kind": "mirrored", "refresh": 1}, "programming.up.step": "0.1 %",
        "programming.down.step": "0.1 %", "read.width": "100 ns", "disturb": {"kind": "stated", "read": "-1 Hz"},
    }  # fmt: skip
    chip = Chip("ideal", "digits", 1, set=settings)
    emulator, x = chip.emulator, np.random.default_rng(0).random((20, 64))
    every = emulator.hardware.arrays()

    def paid(*phases: str) -> float:
        return emulator.ledger.joules[COMPONENTS.index("adc"), [PHASES.index(one) for one in phases]].sum() / 1e-12

    def met() -> int:
        return sum(int(array.exposed.reads.sum()) for array in every)

    assert met() == pytest.approx(paid("initial"), rel=1e-12)
    assert met() > 2 * sum(array.hidden.size for array in every)
    chip.train(x, np.arange(20) % 10, rates=1.0)
    assert met() == pytest.approx(paid("initial", "verify"), rel=1e-12)
    chip = Chip("ideal", "digits", 1, set=settings | {"disturb": {"kind": "stated", "read": "-2 MHz"}})
    every, compared = chip.emulator.hardware.arrays(), [3 * layer for layer, *_ in chip.emulator.hardware.labelled()]
    before = [(array.hidden.copy(), array.exposed.reads.copy()) for array in every]
    for _ in range(3):
        chip.train(x, np.arange(20) % 10, rates=1e-12)
    seconds = chip.emulator.ledger.seconds[0].sum()
    for array, (start, reads), more in zip(every, before, compared, strict=True):
        expected = np.maximum(start - 2e6 * (seconds + (reads + more) * 100e-9) * 1e-3, 0.0)
        np.testing.assert_allclose(array.hidden, expected, rtol=1e-9, atol=1e-12)


def test_inferences_that_move_nothing_because_nothing_is_known_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that names the key and what to write, once for a card, and where the aged chip is shown."""
    monkeypatch.setattr("analogep.cautions._said", set())
    chips = [
        Chip("ideal", "digits", 1, set={"layers": [64, 4, 10], "disturb": disturb})
        for disturb in ({"kind": "unknown"}, {"kind": "none"}, {"kind": "stated", "half_select": "1 %"})
    ]
    with pytest.warns(AnalogepWarning) as caught:
        later = [chip.aged("1 s", inferences=n) for chip in chips for n in (0, 1000, 2000)]
    (warning,) = caught
    assert str(warning.message) == (
        "device card 'ideal': disturb is unknown, so that 1000 inferences move no state; write what the read voltage "
        "is worth, in pulses a second, such as disturb: {kind: stated, read: 20 Hz}, or {kind: none} where it moves "
        "nothing; no generic value is assumed for it"
    )
    nothing = [", which moved nothing: disturb is unknown" in repr(chip) for chip in later]
    assert nothing == [False, True, True, *[False] * 6]
    assert "1 s after it was written, after 2000 inferences" in repr(later[-1])
