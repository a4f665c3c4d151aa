"""What half-selected pulses and reads do to states, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import Chip
from analogep.cautions import AnalogepWarning
from analogep.crossbar import Array
from analogep.device import DeviceCard
from analogep.device.disturb import Disturbance, disturbance
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
    assert [{"met_rows", "met_columns", "lit"} & names for names in kept] == [
        {"met_rows", "met_columns", "lit"}, {"lit"}, set()
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
    before = array.hidden.copy()
    x = np.random.default_rng(0).random((20, 64))
    for _ in range(3):
        chip.train(x, np.arange(20) % 10, rates=1e-12)
    seconds = chip.emulator.ledger.seconds[0].sum()
    assert seconds > 1e-5
    expected = np.maximum(before - 200e3 * seconds * 1e-3, 0.0)
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
        "device card 'ideal': disturb is unknown, so that 1000 inferences move no state; write what the read voltage is "
        "worth, in pulses a second, such as disturb: {kind: stated, read: 20 Hz}, or {kind: none} where it moves "
        "nothing; no generic value is assumed for it"
    )
    nothing = [", which moved nothing: disturb is unknown" in repr(chip) for chip in later]
    assert nothing == [False, True, True, *[False] * 6]
    assert "1 s after it was written, after 2000 inferences" in repr(later[-1])
