"""Device cards: the numbers of the shipped ones, and one error for each rule (DEVICES.md, section 6)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analogep.device import DeviceCard, Faults
from analogep.device.energy import CapacitiveEnergy, OhmicEnergy, TableEnergy
from analogep.device.iv import LinearIV, SinhIV
from analogep.device.laws import Branch
from analogep.device.read import AbsoluteReadNoise, NoReadNoise, RelativeReadNoise
from analogep.device.variation import RangeNoise, StepNoise
from analogep.errors import CardError

RRAM = DeviceCard.load("rram").text
ECRAM = DeviceCard.load("ecram").text
IDEAL = DeviceCard.load("ideal").text


def problems(text: str, *replacements: str) -> list[str]:
    """Problems of a card after pairs (old, new) of replacements."""
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    with pytest.raises(CardError) as caught:
        DeviceCard.from_text(text, "my.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_the_rram_card_has_the_numbers_of_taox_hfox() -> None:
    """Wu 2018 in NeuroSim V3.0: 10 uS, on/off 10, 128 states, labels .04/-.63, 1.6 V 50 ns, 3.7 %, .70 pJ a pulse."""
    card = DeviceCard.load("rram")
    assert (card.conductance.min, card.conductance.max, card.conductance.levels) == (1e-6, 1e-5, 128)
    up, down = card.programming.up, card.programming.down
    assert (up.pulses, up.nonlinearity, up.amplitude, up.width) == (128, 0.04, 1.6, 50e-9)  # type: ignore[union-attr]
    assert (down.pulses, down.nonlinearity) == (128, 0.63)  # type: ignore[union-attr]
    assert (down.amplitude, down.width) == (-1.6, 50e-9)
    c2c = card.variation.cycle_to_cycle
    assert c2c == RangeNoise(kind="range", sigma=0.037)
    assert card.energy.joules(up, "up", 1.0, 5.5e-6) == pytest.approx(0.70e-12, rel=0.01)
    assert (card.read.iv, card.read.noise) == (
        SinhIV(kind="sinh", v0=1.06),
        RelativeReadNoise(kind="relative", sigma=0.015),
    )
    assert card.recommended.rule == "closed_loop"


def test_the_ecram_card_has_the_numbers_of_the_measured_ramps() -> None:
    """162.15 -> 247.38 uS in 187.8 pulses, label -1.453; back in 150.4, label .244; C2C 11-12 % of a step."""
    card = DeviceCard.load("ecram")
    assert card.conductance.min == pytest.approx(162.15e-6, rel=0.01)
    assert card.conductance.max == pytest.approx(247.38e-6, rel=0.01)
    up, down = card.programming.up, card.programming.down
    assert (up.pulses, up.nonlinearity) == (188, -1.45)  # type: ignore[union-attr]
    assert (down.pulses, down.nonlinearity) == (150, 0.24)  # type: ignore[union-attr]
    assert card.variation.cycle_to_cycle == StepNoise(kind="step", sigma=0.12)
    assert (card.terminals, card.energy.joules(up, "up", 3.0, 1.0)) == (3, 0.0)
    assert "energy of a pulse" in card.unknown
    assert "no source says what a pulse takes: the joules of programming count as 0" in card.remarks()


def test_the_ideal_card_has_constant_steps_and_no_spread() -> None:
    card = DeviceCard.load("ideal")
    assert card.step == 1e-4
    spread = card.variation.device_to_device
    assert (spread.max, spread.min, spread.step, spread.asymmetry, card.variation.write_noise.sigma) == (0,) * 5
    assert (card.variation.cycle_to_cycle.kind, card.read.noise.kind, card.conductance.levels) == ("none", "none", None)


@pytest.mark.parametrize(
    ("replacements", "message"),
    [
        # 1. schema, unknown keys, duplicate keys
        (("analogep.device/1", "analogep.device/9"), ":2: schema: unknown schema 'analogep.device/9', this version"),
        (("  levels:", "  level:"), ":50: conductance.level: unknown key, did you mean 'levels'?"),
        (("  levels: 128", "  max: 9 uS"), ":50: conductance.max: "),
        # 2. units, with their case
        (("min: 1 uS", "min: 1 uV"), ":48: conductance.min: '1 uV' is not a conductance; write it in siemens"),
        (("width: 5 ns", "width: 5 nS"), ":60: read.width: '5 nS' is not a time; write it in seconds"),
        (("min: 1 uS", "min: 1"), ":48: conductance.min: needs a unit of conductance"),
        (("sigma: 3.7 %", "sigma: 0.037"), ":56: variation.cycle_to_cycle.sigma: needs a percentage"),
        # 3. numbers and window
        (("nonlinearity: 0.04", "nonlinearity: .nan"), ":53: programming.up.nonlinearity: "),
        (("min: 1 uS", "min: 0 uS"), ":48: conductance.min: must be greater than 0 S, got 0 uS"),
        (("min: 1 uS", "min: 10 uS"), ":49: conductance.max: must be greater than 'min' (10 uS), got 10 uS"),
        (("levels: 128", "levels: 1"), ":50: conductance.levels: must be at least 2, got 1"),
        # 4. pulses
        (("pulses: 128", "pulses: 0"), ":53: programming.up.pulses: must be at least 1, got 0"),
        (("0.63", "10.2"), ":54: programming.down.nonlinearity: must be less than 9.99, got 10.2"),
        (("width: 50 ns", "width: 0 ns"), ":53: programming.up.width: must be greater than 0 s, got 0 ns"),
        (
            ("amplitude: -1.6 V", "amplitude: 0 V"),
            ":54: programming.down.amplitude: must not be 0 V: a pulse without voltage programs nothing",
        ),
        (
            ("voltage: 0.5 V", "voltage: 1.6 V"),
            ":59: read.voltage: must be below the smallest write amplitude (1.6 V), got 1.6 V: reading would program",
        ),
        # 5. spread and faults
        (("sigma: 3.7 %", "sigma: -1 %"), ":56: variation.cycle_to_cycle.sigma: must be at least 0 %, got -1 %"),
        (
            ("max: 16 %", "max: 80 %"),
            ":57: variation.device_to_device: windows can cross: 'min' reaches ",
        ),
        (("stuck_max: 0 %", "stuck_max: 101 %"), ":64: faults.stuck_max: must be at most 100 %, got 101 %"),
        # 6. keys that need each other
        (
            ("energy: {write: ohmic, half_select: 50 %}", "energy: {write: capacitive}"),
            ":66: energy.gate_capacitance: ",
        ),
        (
            ("energy: {write: ohmic, half_select: 50 %}", "energy: {write: table, up: 1 fJ}"),
            ":66: energy.down: is miss",
        ),
        (
            ("terminals: 2", "terminals: 3"),
            ":66: energy.half_select: a device with a separate gate has no half-selected cells; remove it",
        ),
        # 8. provenance
        (
            ("  conductance.max: [wu2018, published]\n", ""),
            ":49: conductance.max: has no provenance; add 'conductance.max: [source, status]' under provenance",
        ),
        (("[wu2018, published]", "[wu2081, published]"), ": provenance.conductance.max: unknown source 'wu2081'"),
        (
            ("[wu2018, published]", "[wu2018, guessed]"),
            ": provenance.conductance.max: status 'guessed' must begin with one of measured, fit, published",
        ),
        (
            ("  conductance.max: [wu", "  conductance.mix: [wu"),
            ": there is no such value in this card, did you mean 'conductance.min'?",
        ),
    ],
)
def test_each_rule_names_the_line_the_field_the_value_and_the_rule(replacements: tuple[str, ...], message: str) -> None:
    found = problems(RRAM, *replacements)
    assert any(message in problem for problem in found), found
    assert all(problem.startswith("my.yaml:") for problem in found)


def test_stuck_fractions_that_add_up_to_more_than_all_cells_are_refused() -> None:
    with pytest.raises(
        CardError, match=r"faults: the fractions of dead and stuck cells add up to 120 %, more than all cells"
    ):
        DeviceCard.load("rram", [f"faults.stuck_{end}=40 %" for end in ("min", "max", "random")])
    assert DeviceCard.load("rram", ["faults.stuck_min=30 %", "faults.stuck_max=70 %"]).faults.stuck_max == 0.7


def test_stuck_fractions_of_exactly_all_cells_are_allowed_whatever_the_rounding() -> None:
    for low, high in itertools.product(range(101), repeat=2):
        if low + high <= 100:
            Faults(stuck_min=low / 100, stuck_max=high / 100, stuck_random=(100 - low - high) / 100)


def test_the_polarity_of_a_direction_is_its_field_and_not_its_sign() -> None:
    card = DeviceCard.load("rram", ["programming.up.amplitude=-2 V", "programming.down.amplitude=2 V"])
    assert card.branch("up").amplitude == -2.0
    with pytest.raises(CardError, match=r"read.voltage: must be below the smallest write amplitude \(300 mV\)"):
        DeviceCard.load("rram", ["programming.up.amplitude=-0.3 V"])


def test_both_micro_signs_are_accepted() -> None:
    for micro in ("\u00b5", "\u03bc"):
        assert DeviceCard.load("ideal", [f"conductance.max=20 {micro}S"]).conductance.max == 20e-6


def test_a_number_set_on_the_command_line_needs_no_provenance() -> None:
    assert DeviceCard.load("ideal", ["faults.stuck_min=5 %"]).faults.stuck_min == 0.05
    text = IDEAL.replace("faults: {dead: 0 %}", "faults: {stuck_min: 5 %}")
    assert problems(text) == [
        "my.yaml:20: faults.stuck_min: has no provenance; add 'faults.stuck_min: [source, status]' under provenance"
    ]


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        (["conductance.max=1.5 uS"], "conductance: on/off ratio is 1.5, below 2"),
        (["programming.up.width=1 s"], "programming.up: a pulse takes 5.5 uJ, above 1 uJ"),
        (["programming.down.width=2 s"], "programming.down.width: a pulse lasts 2 s, above 1 s"),
        (["read.voltage=0.6 V"], "read.voltage: is above half of the up amplitude"),
        (["conductance.max=10 S"], "conductance.max: is 10 S, a cell of 100 mohm, below 100 ohm: lines would lose"),
        (
            ["conductance.min=1 fS", "conductance.max=10 fS"],
            "conductance.max: gives 1 fA at read.voltage, below 1 pA; is the prefix of the unit right?",
        ),
        (
            ["energy={write: capacitive, gate_capacitance: 2.2 aF}"],
            "energy.gate_capacitance: is below 10 aF: no wiring is counted",
        ),
    ],
)
def test_suspicious_devices_are_warned_of(settings: list[str], warning: str) -> None:
    found = [str(problem) for problem in DeviceCard.load("ideal", settings).warnings()]
    assert any(warning in text for text in found), found


def test_absurd_amplitudes_are_refused() -> None:
    """An amplitude of 1e200 V would overflow the joules of a run."""
    with pytest.raises(CardError, match=r"programming\.up\.amplitude: must be at most 10 kV, got 1e200 V"):
        DeviceCard.load("ideal", ["programming.up.amplitude=1e200 V"])


def test_each_kind_of_energy_counts_joules_its_own_way() -> None:
    pulse = Branch(amplitude=-2.0, width=1e-8)
    ohmic = OhmicEnergy(write="ohmic", half_select=0.5)
    assert ohmic.joules(pulse, "down", 3.0, 15e-6) == pytest.approx(4.0 * 1e-8 * 15e-6)
    table = TableEnergy(write="table", up=1e-15, down=2e-15)
    assert (table.joules(pulse, "up", 3.0, 1.0), table.joules(pulse, "down", 3.0, 1.0)) == pytest.approx((3e-15, 6e-15))
    gate = CapacitiveEnergy(write="capacitive", gate_capacitance=1e-15)
    assert gate.joules(pulse, "down", 3.0, 1.0) == pytest.approx(12e-15)
    assert table.half_select is None
    assert gate.half_select is None


def test_the_sinh_curve_has_the_nonlinearity_of_its_voltage_scale() -> None:
    """NL = I(V)/I(V/2) = 2 cosh(V/2V0): NL 10 is V0 = .218 V; the slope at zero is G."""
    iv = SinhIV(kind="sinh", v0=0.218)
    v = np.array([1.0, 0.5])
    assert iv.drive(v)[0] / iv.drive(v)[1] == pytest.approx(10.0, rel=2e-3)
    assert iv.drive(v)[0] / iv.drive(v)[1] == pytest.approx(2.0 * np.cosh(0.5 / 0.218))
    assert iv.slope(np.zeros(1))[0] == 1.0
    x = np.linspace(-0.5, 0.5, 11)
    np.testing.assert_allclose(iv.slope(x), (iv.drive(x + 1e-6) - iv.drive(x - 1e-6)) / 2e-6, rtol=1e-8)
    np.testing.assert_array_equal(LinearIV(kind="linear").drive(x), x)
    np.testing.assert_array_equal(LinearIV(kind="linear").slope(x), 1.0)


def test_read_noise_has_the_variance_that_its_kind_says() -> None:
    g = np.array([1e-6, 1e-5])
    np.testing.assert_array_equal(NoReadNoise(kind="none").variance(g, 1e-5), 0.0)
    np.testing.assert_allclose(RelativeReadNoise(kind="relative", sigma=0.1).variance(g, 1e-5), (0.1 * g) ** 2)
    np.testing.assert_allclose(AbsoluteReadNoise(kind="absolute", sigma=1e-7).variance(g, 1e-5), 1e-14)


def linear(zero: str, up: float, down: float) -> list[str]:
    """Overrides of the ideal card that make its law a linear one."""
    step = "step: 1 %, amplitude: {} V, width: 1 ns, slope: {}"
    return [
        f"programming={{model: linear, zero: {zero}, up: {{{step.format(1, up)}}}, down: {{{step.format(-1, down)}}}}}"
    ]


def test_a_linear_law_whose_pulse_would_turn_round_at_the_near_bound_is_refused() -> None:
    """With zero at 40 % a pulse down at the upper end is 1 + 1.5 gamma of the step: gamma may fall to -2/3."""
    law = DeviceCard.load("ideal", linear("40 %", -1.0, -0.66)).programming
    assert -1e-3 < float(law.step("down", np.array(1.0))) < 0.0
    assert float(law.step("up", np.array(0.0))) > 0.0
    with pytest.raises(
        CardError, match=r"programming.down.slope: must be at least -0.6667, got -0.7: with 'zero' at 40"
    ):
        DeviceCard.load("ideal", linear("40 %", 0.0, -0.7))


def test_a_cell_whose_slope_is_spread_never_turns_round() -> None:
    law = DeviceCard.load("ideal", linear("40 %", 0.5, -0.6)).programming
    for direction, sign in (("up", 1.0), ("down", -1.0)):
        offset, slope = law.cell(direction, np.ones(7), np.linspace(-3.0, 3.0, 7))  # type: ignore[arg-type]
        for x in (0.0, 0.5, 1.0):
            assert (sign * (offset + slope * x) >= -1e-15).all()


def test_a_temperature_at_which_windows_cross_is_refused() -> None:
    hot = "temperature={{kind: arrhenius, reference: 300 K, operating: 350 K, conductance_min: {}}}"
    assert DeviceCard.load("ideal", [hot.format("0.3 eV")]).temperature is not None
    with pytest.raises(CardError, match=r"temperature: at the operating temperature 'min' reaches 15.* 'max' falls to"):
        DeviceCard.load("ideal", [hot.format("0.5 eV")])


def test_a_table_that_is_broken_is_reported_and_not_computed_with() -> None:
    """Rules between sections wait until every branch of the law is whole."""
    text = DeviceCard.load("enode").text
    start = text.index("      - [")
    with pytest.raises(CardError, match=r"programming.up.steps: needs one list per quantile, 17, got 16"):
        DeviceCard.from_text(text[:start] + text[text.index("      - [", start + 9) :], "my.yaml")
    with pytest.raises(CardError, match=r"programming.up.steps.0: needs one entry per node, 21, got 20"):
        DeviceCard.from_text(text[: start + 9] + text[text.index(", ", start) + 2 :], "my.yaml")
