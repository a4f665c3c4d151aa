"""All phases of a batch in one pass: the numbers, the joules and the counts of one phase after another."""

from dataclasses import asdict

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.energy import Ledger
from analogep.learning import Experimenter, phases
from analogep.network import Hardware
from analogep.streams import Seeds

EULER = ("layers=[6,9,3]", "solver.method=euler")


def chip(device: str, *overrides: str) -> Hardware:
    made = Hardware(DeviceCard.load(device), CircuitCard.load("digits", [*EULER, *overrides]), Seeds.of(1))
    made.initialise()
    return made


def batch(hardware: Hardware, monkeypatch: pytest.MonkeyPatch, *, together: bool, noisy: bool = True):
    """Gradient, free phase, ledger, experimenter of seven samples, and how often all phases were run in one pass."""
    calls = []
    march = phases.march_phases
    monkeypatch.setattr(phases, "march_phases", lambda *given, **more: calls.append(1) or march(*given, **more))
    if not together:
        monkeypatch.setattr(phases, "one_pass", lambda *_: False)
    bench = Experimenter(hardware, Ledger(), np.random.default_rng(1), noisy=noisy)
    x, target = np.random.default_rng(2).random((7, 6)), 0.2 * np.eye(3)[[0, 1, 2, 0, 1, 2, 0]]
    gradient, free = bench.gradient(hardware.network(), x, target, hardware.circuit.nudging.contour())
    monkeypatch.undo()
    return gradient, free, bench, len(calls)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("device", ["ideal", "rram"])
@pytest.mark.parametrize("estimator", ["centered", "positive", "negative", "richardson", "random_sign"])
def test_one_pass_is_one_phase_after_another_to_the_last_bit(monkeypatch, estimator, device, precision):
    """Phases start from the same end of the free one, and draw the same random numbers."""
    hardware = chip(device, f"nudging.estimator={estimator}", f"solver.precision={precision}")
    gradient, free, bench, passes = batch(hardware, monkeypatch, together=True)
    apart, alone, other, none = batch(hardware, monkeypatch, together=False)
    assert (passes, none) == (1, 0)
    for one, two in zip([*gradient, free.v, free.energy], [*apart, alone.v, alone.energy], strict=True):
        np.testing.assert_array_equal(one, two)
    assert max(np.abs(part).max() for part in gradient) > 0.0
    np.testing.assert_array_equal(bench.ledger.joules, other.ledger.joules)
    assert asdict(bench.tally) == asdict(other.tally)
    assert bench.rng.random() == other.rng.random()


DEEP = (
    "layers=[6,9,8,3]",
    "mapping.weight_range=[1,1,1]",
    "learning.rate=[1,1,1]",
    "learning.initial_gain=[0.3,0.3,0.3]",
)
SOFTMAX = "cost={kind: softmax_cross_entropy, inverse_temperature: 4}"


@pytest.mark.parametrize(
    ("device", "overrides"),
    [
        ("ideal", ("nudging.kind=constant",)),
        ("rram", ("nudging.kind=constant",)),
        ("ideal", DEEP),
        ("rram", DEEP),
        ("ideal", (*DEEP, "nudging.kind=constant", SOFTMAX)),
        ("ideal", (SOFTMAX,)),
    ],
    ids=["constant", "constant, curved I-V", "deep", "deep, curved I-V", "deep constant softmax", "softmax"],
)
def test_nudging_of_any_kind_and_depth_is_one_pass(monkeypatch, device, overrides):
    """Frozen currents are those of the end of the free phase: to the last digits, which single steps round apart."""
    hardware = chip(device, *overrides)
    gradient, free, bench, passes = batch(hardware, monkeypatch, together=True)
    apart, alone, other, none = batch(hardware, monkeypatch, together=False)
    assert (passes, none) == (1, 0)
    for one, two in zip([*gradient, free.v, free.energy], [*apart, alone.v, alone.energy], strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-12 * np.abs(two).max())
    np.testing.assert_allclose(bench.ledger.joules, other.ledger.joules, rtol=1e-12)
    assert asdict(bench.tally) == asdict(other.tally)


def test_without_noise_no_random_number_is_drawn(monkeypatch):
    gradient, _, bench, passes = batch(chip("rram"), monkeypatch, together=True, noisy=False)
    assert passes == 1
    assert bench.rng.random() == np.random.default_rng(1).random()
    apart, *_ = batch(chip("rram"), monkeypatch, together=False, noisy=False)
    for one, two in zip(gradient, apart, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "overrides",
    [
        (
            "neurons.hidden.activation={kind: tanh, amplitude: 0.2 V}",
            "neurons.output.activation={kind: tanh, amplitude: 0.4 V}",
            "nudging.estimator=holomorphic",
            "nudging.points=6",
        ),
        ("timing.free.until=settled",),
        ("timing.nudged.until=settled",),
        ("solver.method=RK45",),
    ],
    ids=["holomorphic", "free settled", "nudged settled", "adaptive"],
)
def test_phases_that_need_the_end_of_another_or_other_steps_follow_one_another(monkeypatch, overrides):
    gradient, *_, passes = batch(chip("ideal", *overrides), monkeypatch, together=True)
    assert passes == 0
    assert all(np.isfinite(part).all() for part in gradient)
