"""The command that makes a run again is that of the very run: of another device it is never given."""

from __future__ import annotations

import json
import random
import shlex
from typing import Any

import pytest
import xarray as xr

from analogep.cards.record import recorded
from analogep.circuit import CircuitCard
from analogep.cli import overrides
from analogep.cli.compare_runs import differences
from analogep.cli.main import _parser
from analogep.device import DeviceCard
from analogep.report import provenance, run
from analogep.report.blocks import Listing

from ..changes import changed

RRAM, DIGITS = DeviceCard.load("rram"), CircuitCard.load("digits")


def attributes(device: DeviceCard = RRAM, circuit: CircuitCard = DIGITS, **more: Any) -> dict[str, Any]:
    """What a result says of where it comes from."""
    said = {"device": device.name, "circuit": circuit.name, "data": "digits", "data_digest": "0" * 64}
    said |= {"overrides": json.dumps([*device.overrides, *circuit.overrides]), "citations": "[]"}
    said |= {"seeds": "fabrication 1, operation 1, data 1", "analogep_version": "0.1.0", "digest": "1" * 64}
    return said | {"train_samples": 1, "test_samples": 1} | recorded(device) | recorded(circuit) | more


def listings(attrs: dict[str, Any]) -> dict[str, str]:
    """Titles and texts of what the page lists."""
    blocks = [*run.reproduction(xr.Dataset(attrs=attrs)).blocks, *run.cards(xr.Dataset(attrs=attrs)).blocks]
    return {block.title: block.text for block in blocks if isinstance(block, Listing)}


def simulated(command: str) -> tuple[DeviceCard, CircuitCard]:
    """Cards of the command `analogep simulate`."""
    parsed = _parser(None).parse_args(shlex.split(command)[1:])
    assert parsed.command == "simulate"
    return overrides.load(parsed.device, parsed.circuit, parsed.set)


@pytest.mark.parametrize("texts", [(), ("conductance.max=20 uS",), ("device.name=mine", "nudging.beta=0.3")])
def test_a_card_with_overrides_is_simulated_again(texts: tuple[str, ...]) -> None:
    device, circuit = overrides.load("rram", "digits", texts)
    attrs = attributes(device, circuit)
    if device.name == "rram":
        again = simulated(provenance.command(attrs)[0])
        assert [card.digest for card in again] == [device.digest, circuit.digest]
    else:
        assert "the device card below, saved as mine.yaml" in provenance.command(attrs)[1]
    assert [title for title in listings(attrs) if "values" in title or "Python" in title] == []


def test_what_was_held_out_is_held_out_again() -> None:
    held = attributes(held_out="300", validation_samples=299)
    assert " --held-out 300 " in f"{provenance.command(held)[0]} "
    brought = attributes(data="mine", held_out="", validation_samples=9)
    assert "they brought a validation part of their own" in provenance.command(brought)[1][0]


def test_a_changed_card_is_repeated_from_its_result_and_listed_with_its_values() -> None:
    device = RRAM.changed({"conductance.max": 40e-6 / 3})
    attrs = attributes(device)
    command, needs = provenance.command(attrs)
    assert command == "analogep repeat result.nc"
    assert needs == ["result.nc, which holds the values of both cards as they ran"]
    found = listings(attrs)
    assert found["Device card, changed in Python"] == "conductance.max=13.333333333333335 uS"
    assert DeviceCard.from_text(found["Device card: rram, the values that ran"]).digest == device.digest
    assert found["Device card: rram, as it was loaded"] == RRAM.text
    assert found["Circuit card: digits"] == DIGITS.text


def test_the_command_is_of_the_cards_that_ran_or_repeats_the_result() -> None:
    draw = random.Random(8)
    for _ in range(30):
        device = draw.choice([RRAM, changed(draw, RRAM), DeviceCard.from_values(changed(draw, RRAM).values)])
        circuit = draw.choice([DIGITS, changed(draw, DIGITS), CircuitCard.load("digits", ["learning.epochs=3"])])
        command, _ = provenance.command(attributes(device, circuit))
        if command.startswith("analogep simulate"):
            again = simulated(command)
            assert [card.digest for card in again] == [device.digest, circuit.digest]
        else:
            assert command == "analogep repeat result.nc"
            assert (device, circuit) != (RRAM, DIGITS)


def test_values_that_text_and_overrides_do_not_say_are_never_simulated() -> None:
    """Whatever put them there: a card of another version's defaults, an edited attribute, a card without text."""
    made = DeviceCard.from_values(RRAM.changed({"read.voltage": 0.3}).values)
    for attrs in (
        attributes(made),
        attributes(device_values=recorded(made)["device_values"]),
        attributes(device_card="schema: analogep.device/9\n"),
        attributes(device_values="{"),
    ):
        assert provenance.command(attrs)[0] == "analogep repeat result.nc"
        assert listings(attrs)


def test_results_of_versions_without_values_keep_their_command() -> None:
    device = DeviceCard.load("rram", ["conductance.max=20 uS"])
    attrs = {key: value for key, value in attributes(device).items() if not key.endswith(("_values", "_changes"))}
    command, needs = provenance.command(attrs)
    assert [card.digest for card in simulated(command)] == [device.digest, DIGITS.digest]
    assert needs == []


def test_data_that_are_not_bundled_are_asked_for_by_their_digest() -> None:
    for device in (RRAM, RRAM.changed({"read.voltage": 0.3})):
        command, needs = provenance.command(attributes(device, data="few"))
        assert command.endswith("--data few") or "--data few " in command
        assert any("'few' (SHA-256 0000000000000000...)" in need and "arrays" in need for need in needs)


def test_what_was_changed_in_python_is_among_what_differs_between_runs() -> None:
    device = RRAM.changed({"conductance.max": 20e-6, "read.noise": {"kind": "none"}})
    one, other = (xr.Dataset(attrs=attributes(card)) for card in (RRAM, device))
    found = differences([one, other])
    assert found["conductance.max"] == ["10 uS", "20 uS"]
    assert found["read.noise.kind"] == ["relative", "none"]
    assert "read.voltage" not in found
