"""Circuit cards: the shipped one, rules between fields, warnings."""

from __future__ import annotations

import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.neuron import Amplifier
from analogep.errors import CardError


def load(*overrides: str) -> CircuitCard:
    return CircuitCard.load("digits", overrides)


def refused(*overrides: str) -> str:
    with pytest.raises(CardError) as caught:
        load(*overrides)
    return str(caught.value)


def warned(*overrides: str) -> str:
    return "\n".join(str(problem) for problem in load(*overrides).warnings())


def test_the_shipped_card_loads_without_a_warning() -> None:
    card = load()
    assert (card.layers, card.depth) == ((64, 128, 10), 2)
    assert card.neurons.hidden.time_constant == pytest.approx(50e-9)
    assert card.adc.joules == pytest.approx(6.494e-12, rel=1e-3)
    assert card.warnings() == []


def test_one_number_serves_all_layers_and_a_list_serves_each_its_own() -> None:
    assert load("learning.rate=[0.3]").per_layer((0.3,)) == (0.3, 0.3)
    assert load().per_layer((0.3, 0.1)) == (0.3, 0.1)
    deep = load(
        "mapping.weight_range=[0.5]",
        "learning={rate: [1], batch: 1, epochs: 1, initial_gain: [1]}",
        "layers=[4, 3, 2, 2]",
    )
    assert deep.per_layer(deep.mapping.weight_range) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("key", ["mapping.weight_range", "learning.rate", "learning.initial_gain"])
def test_a_list_of_another_length_than_one_or_the_layers_of_weights_is_refused(key: str) -> None:
    for values, count in (("[0.5, 0.5, 0.5]", 3), ("[]", 0)):
        assert f"{key}: needs 1 number or 2, one for each layer of weights; got {count}" in refused(f"{key}={values}")


def test_targets_beyond_the_rails_of_the_outputs_are_refused() -> None:
    message = "neurons.output.activation: the targets 0 V and 200 mV must lie within its rails, "
    assert message + "-200 mV to 100 mV" in refused("neurons.output.activation.high=0.1 V")
    assert message + "50 mV to 400 mV" in refused("neurons.output.activation.low=50 mV")
    assert message + "-100 mV to 100 mV" in refused("neurons.output.activation={kind: tanh, amplitude: 0.1 V}")
    high = refused("mapping.read_voltage=1 V", "neurons.output.activation={kind: relu, high: 0.5 V}")
    assert "the targets 0 V and 1 V must lie within its rails, 0 V to 500 mV" in high
    assert load("neurons.output.activation={kind: relu}").neurons.output.activation.rails[0] == 0.0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("layers=[64]", "layers: needs at least 2 entries"),
        ("layers=[64, 0]", "layers.1: must be at least 1, got 0"),
        (
            "neurons.hidden.activation.low=0.2 V",
            "neurons.hidden.activation.high: must be above 'low' (200 mV), got 200",
        ),
        ("adc.low=0.4 V", "adc.high: must be above 'low' (400 mV), got 400 mV"),
        ("adc.bits=33", "adc.bits: must be at most 32, got 33"),
        ("dac.bits=0", "dac.bits: must be at least 1, got 0"),
        ("nudging.beta=0", "nudging.beta: must be greater than 0, got 0"),
        ("nudging.estimator=centred", "nudging.estimator: 'centred' is not one of"),
        ("timing.free.duration=0 s", "timing.free.duration: must be greater than 0 s"),
        ("learning.decay=1.5", "learning.decay: must be at most 1, got 1.5"),
        ("learning.center_inputs=1", "learning.center_inputs: must be less than 1, got 1"),
        ("learning.input_dropout=1", "learning.input_dropout: must be less than 1, got 1"),
        ("learning.final=2", "learning.final: must be at most 1, got 2"),
        ("update={rule: mixed_precision}", "update.threshold: is missing"),
        ("update={rule: tiki_taka}", "update.rule: unknown rule 'tiki_taka'"),
        ("network.kind=hopfield", "network.kind: unknown kind 'hopfield'"),
        ("solver.method=RK54", "solver.method: 'RK54' is not one of"),
        ("solver.step=0.5", "solver.step: needs a unit of time step, such as '0.5 tau'; got 0.5"),
        ("solver.step=2 tau", "solver.step: must be at most 1 tau, got 2 tau"),
        ("solver.projected=true", "solver.projected: needs method 'euler' and a network of kind 'rc'"),
        ("solver.precision=single", "solver.precision: 'single' needs method 'euler'; 'RK23' computes in double"),
    ],
)
def test_each_field_names_its_rule(override: str, message: str) -> None:
    found = refused(override)
    assert message in found, found


def test_rates_fall_by_a_factor_an_epoch_and_along_a_straight_line() -> None:
    plain, falling = load("learning.decay=0.5").learning, load("learning.final=0.2", "learning.epochs=4").learning
    assert [plain.share(epoch) for epoch in range(3)] == [1.0, 0.5, 0.25]
    assert [falling.share(epoch) for epoch in range(4)] == pytest.approx([1.0, 0.8, 0.6, 0.4])


def test_centred_inputs_need_a_bias_line() -> None:
    found = refused("bias=false", "learning.center_inputs=0")
    wanted = "learning.center_inputs: needs a network of kind 'rc' or 'spiking', and bias: true, to take up the mean"
    assert wanted in found


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["sample_hold.noise=0.1 mV"], "sample_hold.noise: is below kT/C of its capacitor, 203.5 uV at 300 K"),
        (
            ["neurons.output.activation.low=-40 mV", "nudging.beta=0.02"],
            "an output that sits at its lower rail in both phases gets no gradient; put the rail further below 0 V, or "
            "raise nudging.beta, which lifts it by 4.8 mV",
        ),
        (["neurons.hidden.activation={kind: relu}"], "neurons.hidden.activation: has no upper rail"),
        (["timing.nudged.duration=40 ns"], "timing: a phase is shorter than the hidden time constant 50 ns"),
    ],
)
def test_suspicious_circuits_are_warned_of(overrides: list[str], message: str) -> None:
    assert message in warned(*overrides)


@pytest.mark.parametrize(
    ("estimator", "kind", "beta", "expected"),
    [
        ("centered", "proportional", 1.0, True),
        ("centered", "proportional", 0.9, False),
        ("negative", "proportional", 1.0, True),
        ("random_sign", "proportional", 1.0, True),
        ("positive", "proportional", 50.0, False),
        ("richardson", "proportional", 0.5, True),
        ("richardson", "proportional", 0.49, False),
        ("centered", "constant", 2.0, False),
    ],
)
def test_negative_nudging_that_cancels_the_output_leak_is_warned_of(
    estimator: str, kind: str, beta: float, expected: bool
) -> None:
    """Node current -g v - |beta| g (d - r): g (1 - |beta|) is left of the leak; Richardson uses 2 beta."""
    found = warned(f"nudging={{beta: {beta}, estimator: {estimator}, kind: {kind}}}")
    assert ("negative nudging of 1 or more cancels the output leak" in found) == expected


def test_an_ideal_sample_without_noise_is_not_warned_of() -> None:
    assert warned("sample_hold.noise=0 V") == ""


def test_an_amplifier_of_100_megahertz_and_half_a_picofarad_takes_80_to_95_microwatts() -> None:
    """Vdd x branches x 2 pi GBW C/(gm/Id); PHYSICS.md, section 6: 84 uW."""
    power = load().neurons.hidden.amplifier.power
    assert 80e-6 < power < 95e-6
    assert power == pytest.approx(1.1 * 4 * 2 * 3.141592653589793 * 100e6 * 0.5e-12 / 15)
    assert Amplifier(supply=1.0, bandwidth=0.0, load=1e-12, gm_over_id=15.0, branches=1).power == 0.0


@pytest.mark.parametrize(
    ("card", "share", "message"),
    [
        ("resistive-digits", "20 %", "is of pairs, which networks of kind 'resistive' lack; remove it"),
        ("digits", "0 %", "must be greater than 0"),
        ("digits", "100 %", "must be less than 100 %"),
    ],
)
def test_a_common_mode_is_of_pairs_and_within_their_window(card: str, share: str, message: str) -> None:
    with pytest.raises(CardError, match=rf"mapping\.common_mode: {message}"):
        CircuitCard.load(card, [f"mapping.common_mode={share}"])
