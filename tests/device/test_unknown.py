"""What no source says of a device: it counts as nothing, is named everywhere, and can be filled with stated values."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from analogep import DeviceCard, Run
from analogep.cards.record import card_of, recorded
from analogep.crossbar import Pair
from analogep.device import generic
from analogep.device.unknown import QUANTITIES, told
from analogep.errors import CardError
from analogep.streams import Streams

SPREAD = ("max", "min", "step", "asymmetry")
SILENT = [
    *(f"variation.device_to_device.{key}=unknown" for key in SPREAD),
    *("variation.cycle_to_cycle={kind: unknown}", "read.noise={kind: unknown}", "read.iv={kind: unknown}"),
    *("retention={kind: unknown}", "disturb={kind: unknown}", "faults={dead: unknown}", "endurance={pulses: unknown}"),
]
PERFECT = [
    *(f"variation.device_to_device.{key}=0 %" for key in SPREAD),
    *("variation.cycle_to_cycle={kind: none}", "read.noise={kind: none}", "read.iv={kind: linear}"),
    *("retention={kind: none}", "disturb={kind: none}", "faults={dead: 0 %}", "endurance=null"),
]


def test_all_that_is_unknown_is_named_and_survives_every_way_of_writing_a_card() -> None:
    card = DeviceCard.load("rram", [*SILENT, "energy={write: unknown}"])
    assert card.unknown == tuple(QUANTITIES)
    assert told(card.unknown).startswith("10 of 10: pulse noise, spread of windows, ")
    assert card.lifetime is None
    for other in (
        DeviceCard.from_text(card.to_yaml()),
        DeviceCard.from_values(json.loads(json.dumps(card.values))),
        card_of(recorded(card), DeviceCard),
        pickle.loads(pickle.dumps(card)),
    ):
        assert (other.digest, other.unknown) == (card.digest, card.unknown)
    assert "unknown" in card.understood()


def test_the_unknown_counts_as_perfect_to_the_last_bit() -> None:
    """States after 200 pulses back and forth, reads, and the joules, against a card that states zeros."""
    seen = []
    for settings in (SILENT, PERFECT):
        card = DeviceCard.load("rram", settings)
        pair = Pair(card, (5, 7), 1.0, True, Streams(3), "layer1")
        counts = np.random.default_rng(1).integers(-20, 21, (10, 5, 7)).astype(np.int32)
        written = [pair.program(one, Streams(4), 0, call) for call, one in enumerate(counts)]
        aged = pair.aged(1e6)
        seen.append([pair.plus.hidden, pair.weights, aged.weights, sum(one.joules for one in written)])
    for one, other in zip(*seen, strict=True):
        np.testing.assert_array_equal(one, other)
    assert DeviceCard.load("rram", SILENT).digest != DeviceCard.load("rram", PERFECT).digest


def test_silence_is_not_perfection_and_a_stated_fault_is_a_counted_yield() -> None:
    assert DeviceCard.load("ideal").unknown == ()
    text = DeviceCard.load("ideal").text
    for line in ("retention: {kind: none}\n", "disturb: {kind: none}\n", "faults: {dead: 0 %}\n", "endurance: null\n"):
        text = text.replace(line, "")
    assert DeviceCard.from_text(text).unknown == ("retention", "disturb", "yield", "endurance")
    assert "yield" in DeviceCard.load("rram").unknown
    assert "yield" not in DeviceCard.load("rram", ["faults.stuck_max=1 %"]).unknown
    with pytest.raises(CardError, match=r"device_to_device.max: 'unknwn' is not one number with one unit"):
        DeviceCard.load("rram", ["variation.device_to_device.max=unknwn"])


@pytest.mark.parametrize("name", DeviceCard.names())
def test_every_shipped_card_is_filled_and_says_so(name: str) -> None:
    """What has no generic value stays unknown; what a source says stays as it is."""
    card = DeviceCard.load(name)
    filled = generic.filled(card)
    assert generic.assumed(filled) == tuple(one for one in generic.GENERIC if one in card.unknown)
    assert set(filled.unknown) == set(card.unknown) - set(generic.GENERIC)
    assert generic.assumed(card) == ()
    again = card_of(recorded(filled), DeviceCard)
    assert (again.digest, generic.assumed(again)) == (filled.digest, generic.assumed(filled))
    for path, value in (("conductance", card.conductance), ("programming", card.programming), ("energy", card.energy)):
        assert getattr(filled, path) == value


def test_generic_windows_spread_by_a_share_of_the_window_and_never_reach_zero() -> None:
    """30 % of half of the window; 30 % of the end itself where that is less."""
    spread = generic.filled(DeviceCard.load("rram_taox_tio2")).variation.device_to_device
    assert (spread.max, spread.min) == pytest.approx((0.075, 0.15))
    spread = generic.filled(DeviceCard.load("rram_agsi")).variation.device_to_device
    assert (spread.max, spread.min) == pytest.approx((0.15 * (1 - 1 / 12.5), 0.3), rel=1e-4)


def test_a_result_records_both(few: Path) -> None:
    small = {"layers": [64, 6, 10], "learning.epochs": 1, "learning.batch": 20, "solver.method": "euler"}
    result = Run(generic.filled(DeviceCard.load("fefet")), "digits", data=str(few), set=small).execute()
    assert json.loads(result.attrs["unknown"]) == ["I-V curve", "disturb", "endurance"]
    assumed = json.loads(result.attrs["assumed"])
    assert assumed == ["spread of windows", "spread of steps", "read noise", "retention", "yield"]
    from analogep.cli.summary import text

    said = text(result)
    assert "  unknown   3 of 10: I-V curve, disturb, endurance; counts as perfect\n" in said
    assert f"  assumed   generic values for {', '.join(assumed)}\n" in said
