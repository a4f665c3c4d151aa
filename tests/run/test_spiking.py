"""Runs of spiking networks: learning, resume, joules by event, what a silent network is answered."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import xarray as xr

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.results.summary import cautions, numbers
from analogep.run import Run

from .test_resume import interrupting
from .tiny import digits

SETTINGS = (
    "layers=[64,12,10]",
    "learning={rate: [0.5, 0.2], batch: 20, epochs: 3, probe: 4, initial_gain: [1, 0.3]}",
    "timing.free.duration=2 us",
    "timing.nudged.duration=1.5 us",
    "network.window=1 us",
)


def run(card: str = "ideal", *settings: str) -> Run:
    return Run(DeviceCard.load(card), CircuitCard.load("spiking-digits", (*SETTINGS, *settings)), 1, digits())


@functools.cache
def whole(card: str, *settings: str) -> xr.Dataset:
    return run(card, *settings).execute()


def test_the_network_learns_along_the_exact_gradient_of_the_analog_one():
    """Cosine in both layers above 0.6 with counts of 50 spikes at most, of 4 samples; the cost falls."""
    found = whole("ideal")
    assert (found["cosine"] > 0.6).all()
    assert found["train_cost"][-1] < 0.95 * found["train_cost"][0]
    assert found.attrs["network"] == "spiking"


@pytest.mark.parametrize(
    ("card", "inputs"), [("ideal", "current"), ("rram", "current"), ("rram", "poisson"), ("ecram", "regular")]
)
def test_an_interrupted_run_ends_with_the_same_arrays(tmp_path: Path, card: str, inputs: str):
    setting = f"network.inputs={{kind: {inputs}}}"
    for after in (3, 8, 2):
        with pytest.raises(KeyboardInterrupt):
            run(card, setting).execute(tmp_path, report=interrupting(after))
    xr.testing.assert_identical(run(card, setting).execute(tmp_path), whole(card, setting))


AT_SPIKES = (
    "network.inputs={kind: regular}",
    "network.gradient={kind: eqspike, slope: 500 ns}",
    "update.rule=stochastic",
)


@pytest.mark.parametrize("settings", [AT_SPIKES, (*AT_SPIKES, "feedback.kind=mirrored")], ids=["shared", "mirrored"])
def test_an_interrupted_run_that_learns_at_spikes_ends_with_the_same_arrays(tmp_path: Path, settings: tuple[str, ...]):
    for after in (3, 8, 2):
        with pytest.raises(KeyboardInterrupt):
            run("ecram", *settings).execute(tmp_path, report=interrupting(after))
    xr.testing.assert_identical(run("ecram", *settings).execute(tmp_path), whole("ecram", *settings))


def test_learning_at_spikes_follows_the_gradient_for_more_pulses_and_no_conversions():
    """Cosine above 0.6 as with counted rates; each rise and fall programs, at least ten times as many in all."""
    counted, spiked = whole("ideal", AT_SPIKES[0]), whole("ideal", *AT_SPIKES)
    assert (spiked["cosine"] > 0.6).all()
    assert spiked["train_cost"][-1] < 0.95 * spiked["train_cost"][0]
    assert float(spiked["pulses"][-1].sum()) > 10.0 * float(counted["pulses"][-1].sum())
    assert joules(spiked, "adc", "nudged") == joules(spiked, "digital", "update") == 0.0
    assert joules(counted, "adc", "nudged") > 0.0
    assert joules(spiked, "programming", "update") > 10.0 * joules(counted, "programming", "update")


def test_changes_kept_for_the_end_of_a_batch_are_additions():
    """One for each device of a line that spikes, and nothing is converted; the update rule of the device writes."""
    setting = "network.gradient={kind: eqspike, slope: 500 ns, pulses: at_end}"
    kept, counted = whole("ideal", AT_SPIKES[0], setting), whole("ideal", AT_SPIKES[0])
    assert joules(kept, "digital", "update") > 5.0 * joules(counted, "digital", "update")
    assert joules(kept, "adc", "nudged") == 0.0
    assert float(kept["pulses"][-1].sum()) < 2.0 * float(counted["pulses"][-1].sum())
    assert (kept["cosine"] > 0.6).all()


CONVOLVED = (
    "layers=[{kind: image, height: 8, width: 8}, {kind: conv, channels: 3, kernel: 3, pool: {kind: POOL, size: 2}}, 10]"
)


@pytest.mark.parametrize(("card", "pool", "inputs"), [("rram", "average", "current"), ("ecram", "max", "regular")])
def test_an_interrupted_run_with_convolutions_ends_with_the_same_arrays(
    tmp_path: Path, card: str, pool: str, inputs: str
):
    settings = (
        CONVOLVED.replace("POOL", pool),
        f"network.inputs={{kind: {inputs}}}",
        "learning.initial_gain=[1.0, 0.2]",
    )
    for after in (3, 2):
        with pytest.raises(KeyboardInterrupt):
            run(card, *settings).execute(tmp_path, report=interrupting(after))
    xr.testing.assert_identical(run(card, *settings).execute(tmp_path), whole(card, *settings))


def test_patches_in_turn_take_time_and_amplifiers():
    """Nine places behind the average: phases nine times as long as those of nine copies, for as many pulses less."""
    settings = (CONVOLVED.replace("POOL", "average"), "learning.initial_gain=[1.0, 0.2]", "learning.epochs=1")
    turns, copies = whole("ideal", *settings), whole("ideal", *settings, "layers.1.copies=9")
    assert float(turns["duration"].sum() / copies["duration"].sum()) == pytest.approx(9.0)
    assert joules(turns, "amplifier", "free") == pytest.approx(9.0 * joules(copies, "amplifier", "free"))
    assert float(copies["pulses"][0, 0] / turns["pulses"][0, 0]) == pytest.approx(9.0)
    assert (turns["accuracy"].values == copies["accuracy"].values).all()


def joules(found: xr.Dataset, component: str, phase: str) -> float:
    return float(found["energy"].sel(component=component, phase=phase)[-1])


def test_joules_follow_the_spikes():
    """Making them: 50 fJ each, of the counted spikes of the test images."""
    found = whole("ideal")
    spikes = float(found["spikes"][-1].sum()) * 20
    assert joules(found, "spikes", "inference") == pytest.approx(50e-15 * spikes, rel=1e-9)
    assert joules(found, "lines", "inference") > 0
    assert joules(found, "array", "free") > joules(found, "array", "inference") > 0
    # Spiking inputs charge lines that analog ones hold.
    other = whole("ideal", "network.inputs={kind: regular}")
    assert joules(other, "lines", "free") > 2 * joules(found, "lines", "free")


def test_a_silent_layer_is_counted_and_reported():
    """Thresholds out of reach: no hidden spike, so that nothing but biases is learned, and the reader is told."""
    silent = whole("ideal", "learning.initial_gain=[0.001, 0.3]", "learning.rate=[0.000001]", "network.hidden.floor=0")
    assert (silent["spikes"].sel(layer="layer 1") < 1.0).all()
    told = cautions(silent.assign(spikes=silent["spikes"] * 0.0))
    assert any("no neuron behind layer 1, 2 fired a single spike on the test samples" in each for each in told)
    assert not any("fired" in each for each in cautions(whole("ideal")))


def test_only_spiking_networks_have_spikes():
    card = CircuitCard.load("digits", ("layers=[64,6,10]", "learning.epochs=1"))
    analog = Run(DeviceCard.load("ideal"), card, 1, digits()).execute()
    assert not analog["spikes"].any()
    assert numbers(analog)["spikes_per_inference"] == []
    assert numbers(whole("ideal"))["spikes_per_inference"][0] > 10


PREDICTIVE = (
    "network.coding={kind: predictive}",
    "network.window=80 ns",
    "timing.free.duration=500 ns",
    "timing.nudged.duration=300 ns",
    "network.hidden.floor=-20",
    "network.output.floor=-20",
)


def test_sigma_delta_spikes_learn_in_a_fifth_of_the_steps():
    """Cosine above 0.6 in both layers and a falling cost, as with counts, in phases a fifth as long."""
    found, counted = whole("ideal", *PREDICTIVE), whole("ideal")
    assert (found["cosine"] > 0.6).all()
    assert found["train_cost"][-1] < 0.97 * found["train_cost"][0]
    assert float(found["spikes"][-1].sum()) < float(counted["spikes"][-1].sum())


@pytest.mark.parametrize(("card", "inputs"), [("rram", "regular"), ("ecram", "current")])
def test_an_interrupted_run_of_sigma_delta_spikes_ends_with_the_same_arrays(tmp_path: Path, card: str, inputs: str):
    settings = (*PREDICTIVE, f"network.inputs={{kind: {inputs}}}")
    for after in (3, 8, 2):
        with pytest.raises(KeyboardInterrupt):
            run(card, *settings).execute(tmp_path, report=interrupting(after))
    xr.testing.assert_identical(run(card, *settings).execute(tmp_path), whole(card, *settings))
