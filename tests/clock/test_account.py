"""Seconds of two cards before a run, against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import clock
from analogep.circuit import CircuitCard
from analogep.cli.main import main
from analogep.clock.schedule import Writing
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.network.fit import check_fit

SMALL = (
    "layers=[64, 8, 10]",
    "timing.free.duration=500 ns",
    "timing.nudged.duration=400 ns",
    "adc.rate=2 MHz",
    "learning.batch=4",
)
"""65 and 9 word lines; 500 ns a conversion."""


def circuit(*overrides: str, card: str = "digits") -> CircuitCard:
    return CircuitCard.load(card, [*SMALL, *overrides] if card == "digits" else list(overrides))


def test_an_inference_is_a_load_a_phase_and_a_conversion() -> None:
    assert clock.inference(circuit()) == pytest.approx(
        {"relaxation": 500e-9, "auto_zero": 0.0, "load": 0.0, "conversion": 500e-9}
    )
    # Eight lines a converter: eight conversions, of 10 outputs; 64 inputs by DACs of 4 lines each, 10 ns a line.
    shared = circuit("adc.shared=8", "dac.rate=100 MHz", "dac.shared=4", "mismatch={offset: 1 mV}",
                     "mismatch.auto_zero={residual: 10 %, period: 10 us, time: 1 us}")  # fmt: skip
    assert clock.inference(shared) == pytest.approx(
        {"relaxation": 500e-9, "auto_zero": 50e-9, "load": 40e-9, "conversion": 4000e-9}
    )
    assert clock.latency(shared, DeviceCard.load("ideal")) == pytest.approx(4590e-9)


def test_conversions_of_a_sample_are_waited_for_where_they_outlast_the_next_phase() -> None:
    # free 500, nudged 400, nudged 400: the first conversion of 500 outlasts the second phase by 100, the next none.
    found = clock.sample(circuit())
    assert found["free"] == pytest.approx({"relaxation": 500e-9, "auto_zero": 0.0, "load": 0.0, "conversion": 0.0})
    assert found["nudged"] == pytest.approx({"relaxation": 800e-9, "auto_zero": 0.0, "load": 0.0, "conversion": 1e-7})
    # One sign: the free phase is measured too. 500 - 400 and 500 - 500.
    assert clock.sample(circuit("nudging.estimator=positive"))["free"]["conversion"] == pytest.approx(1e-7)
    # The last conversion of a batch has no phase behind it: 4 (500 + 800 + 100) + 500, and 74 rows of 1 ns up and down.
    ideal = DeviceCard.load("ideal")
    assert clock.batch(circuit(), ideal) == pytest.approx(4 * 1.4e-6 + 0.5e-6 + 148e-9)
    assert clock.account(circuit(), ideal)["update"] == pytest.approx({"programming": 148e-9})


def test_patches_of_a_convolution_follow_one_another() -> None:
    # 8 x 8 images, 3 x 3 kernels without padding, pooled by an average: the pools of 6 x 6 places are read in turn.
    card = circuit(card="conv-digits")
    assert clock.slots(card) == 16
    assert clock.inference(card)["relaxation"] == pytest.approx(16 * card.timing.free.duration)


def test_nominal_updates_by_hand() -> None:
    """74 rows in all; 65 x 8 + 9 x 10 pairs, 1220 cells; 100 ns up, 200 ns down, 50 ns a read."""
    device = DeviceCard.load(
        "rram", ["programming.up.width=100 ns", "programming.down.width=200 ns", "read.width=50 ns"]
    )
    verified = clock.account(circuit(), device)
    assert verified["update"] == pytest.approx({"programming": 74 * 300e-9})
    assert verified["verify"] == pytest.approx({"programming": 0.0, "reading": 74 * 550e-9})
    shared = clock.account(circuit("adc.shared=5"), device)
    assert shared["verify"]["reading"] == pytest.approx(74 * (50e-9 + 5 * 500e-9))
    cells = clock.account(circuit("update.schedule=cell"), device)
    assert cells["update"] == pytest.approx({"programming": 1220 * 150e-9})
    assert cells["verify"]["reading"] == pytest.approx(1220 * 550e-9)
    # 4 samples: one outer product of the inputs, two of the hidden rates.
    products = clock.account(circuit("update={rule: stochastic, schedule: rank_one}"), device)
    assert products["update"] == pytest.approx({"programming": 4 * 3 * 300e-9})


def test_devices_without_pulses_down_and_mirrors_by_hand() -> None:
    """74 rows of 50 ns up alone, all read every 100 updates; a mirror is read with its array and written every 10."""
    pcm = DeviceCard.load("pcm", ["programming.up.width=50 ns", "read.width=250 ns", "programming.reset.every=100"])
    found = clock.account(circuit("update.rule=stochastic"), pcm)
    assert found["update"] == pytest.approx({"programming": 74 * 50e-9})
    assert found["verify"] == pytest.approx({"programming": 0.0, "reading": 74 * 750e-9 / 100})
    ideal, mirrored = DeviceCard.load("ideal"), circuit("feedback={kind: mirrored, refresh: 10}")
    found = clock.account(mirrored, ideal)
    assert found["verify"] == pytest.approx(
        {"programming": 7.4 * 2e-9, "reading": 2 * 7.4 * (ideal.read.width + 500e-9)}
    )


def test_synapses_that_gather_what_they_change_by_need_no_conversion() -> None:
    spikes = "network.gradient={kind: eqspike, slope: 1 us, pulses: at_end}"
    for more, waits in (((), True), ((spikes,), False)):
        card = circuit("adc.rate=10 kHz", *more, card="spiking-digits")
        assert (clock.sample(card)["nudged"]["conversion"] > 0.0) == waits
        assert clock.inference(card)["conversion"] == pytest.approx(1e-4)


def test_trains_of_outer_products_are_as_long_as_their_largest_change() -> None:
    device = DeviceCard.load("rram", ["programming.up.width=100 ns", "programming.down.width=200 ns"])
    writing = Writing.of(circuit("update={rule: stochastic, schedule: rank_one}"), device)
    rows = np.array([[0.5, -1.0], [2.0, 0.0], [0.0, 0.0]])
    columns = np.array([[0.25, 0.5, -0.75], [1.0, -1.3, 0.0], [5.0, 0.0, 0.0]])
    # 0.75 and 2.6 and 0: trains of 1, 3 and 0 pulses each way.
    assert writing.product(rows, columns, unidirectional=False) == pytest.approx(4 * 300e-9)
    assert writing.product(rows, columns, unidirectional=True) == pytest.approx(4 * 100e-9)


def test_ecram_with_pulses_of_a_second_takes_months_for_an_epoch_of_mnist() -> None:
    """785 + 1025 rows, a slot of 1 s up and one down in each, 3000 batches of 20 samples: 125.7 days."""
    card, device = CircuitCard.load("mnist"), DeviceCard.load("ecram")
    epoch = 3000 * clock.batch(card, device)
    assert epoch == pytest.approx(3000 * 2 * 1810, rel=1e-6)
    assert clock.spoken(epoch) == "126 days"


def test_two_cards_that_are_checked_together_say_their_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ecram", "mnist"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "# note: ecram in mnist: an inference takes 550 ns on the chip, a training sample 3.02 minutes, 60000 of them "
        "126 days, where each update gives a cell of every row a pulse up and one down"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3.2e-9, "3.2 ns"), (0.0123456, "12.3 ms"), (90.0, "90 s"), (150.0, "2.5 minutes"), (7200.0, "2 hours"),
        (1.0e5, "27.8 hours"), (1.0e6, "11.6 days"), (1.0e8, "3.17 years"), (0.0, "0 s"),
    ],
)  # fmt: skip
def test_durations_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert clock.spoken(seconds) == text


@pytest.mark.parametrize(
    ("card", "device", "overrides", "message"),
    [
        ("digits", "rram", (), "the rule 'closed_loop' decides on each cell by itself; write update: {rule: "),
        ("conv-digits", "ideal", (), "needs gradients that are outer products, and a convolution has others"),
        ("resistive-digits", "ideal", (), "and a network of kind 'resistive' has others; write schedule: row"),
    ],
)  # fmt: skip
def test_coincident_pulses_need_outer_products(
    card: str, device: str, overrides: tuple[str, ...], message: str
) -> None:
    made = CircuitCard.load(card, ["update.schedule=rank_one", *overrides])
    with pytest.raises(CardError) as refused:
        check_fit(DeviceCard.load(device), made)
    (problem,) = refused.value.problems
    assert problem.key == "update.schedule"
    assert message in problem.message


def test_a_charge_that_leaks_away_within_a_batch_is_refused_with_the_time_that_would_do() -> None:
    """4 (500 + 800 + 100) ns + 500 ns + 74 rows x 2 x 50 ns = 13.5 us."""
    with pytest.raises(CardError) as refused:
        check_fit(DeviceCard.load("capacitor", ["retention.tau=10 us"]), circuit())
    (problem,) = refused.value.problems
    assert (problem.key, problem.message) == (
        "retention.tau",
        "10 us is shorter than a batch of circuit 'digits', which takes 13.5 us: cells would forget what they are "
        "taught; give at least 13.5 us, fewer samples a batch, shorter pulses, or another update.schedule",
    )
    check_fit(DeviceCard.load("capacitor", ["retention.tau=14 us"]), circuit())


def test_what_a_card_does_not_say_takes_no_time_and_is_said() -> None:
    card = circuit("adc.energy=1 pJ", "adc.source=data sheet", "adc.rate=null")
    assert clock.inference(card)["conversion"] == 0.0
    assert list(clock.unstated(card)) == ["adc.rate is not stated: conversions take no time"]
    assert list(clock.unstated(circuit())) == []
