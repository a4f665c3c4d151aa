import math
from pathlib import Path

import numpy as np
import pytest

from analogep.cards import base
from analogep.cards.base import Block, Card, shipped_dir
from analogep.device import DeviceCard
from analogep.device.laws import Exponential
from analogep.errors import CardError
from analogep.units import Siemens

CARD = """\
schema: analogep.device/1
name: rram
conductance:
  min: 1 uS
"""


class Window(Block):
    min: Siemens


class Device(Card):
    kind = "device"

    conductance: Window


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "rram.yaml").write_text(CARD)
    (folder / "pcm.yaml").write_text(CARD)
    monkeypatch.setattr(base, "shipped_dir", lambda kind: folder)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


def test_a_name_is_a_shipped_card_and_a_file_that_exists_wins(shipped: Path) -> None:
    assert Device.names() == ["pcm", "rram"]
    assert Device.load("rram").origin == "rram"
    with pytest.raises(CardError, match=r"^--set conductance.x=1: conductance.x: unknown key"):
        Device.load("rram", ["conductance.x=1"])
    Path("rram").write_text(CARD.replace("name: rram", "name: mine"))
    assert Device.load("rram").name == "mine"
    Path("my.yaml").write_text(CARD)
    assert Device.load(Path("my.yaml")).origin == "my.yaml"
    Path("pcm").mkdir()
    assert Device.load("pcm").name == "rram"


def test_problems_of_a_shipped_card_name_it_without_its_folder(shipped: Path) -> None:
    (shipped / "pcm.yaml").write_text("schema: 3\n")
    with pytest.raises(CardError, match=r"^devices/pcm.yaml:1: schema: needs text, got 3"):
        Device.load("pcm")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("rrram", r"^rrram: unknown device card; shipped are 'pcm', 'rram'; did you mean 'rram'\?$"),
        ("zzz", r"^zzz: unknown device card; shipped are 'pcm', 'rram'$"),
        ("", r"^unknown device card"),
        ("a\0b", r"unknown device card"),
        ("x" * 5000, r"unknown device card"),
        (
            "devices/rran.yaml",
            r"^devices/rran.yaml: no such file; shipped are 'pcm', 'rram'; did you mean 'rram'\?$",
        ),
        ("devices/none", r"^devices/none: no such file$"),
        ("x" * 5000 + ".yaml", r"no such file"),
        ("a\0.yaml", r"no such file"),
        (".", r"unknown device card"),
        ("./", r"is a directory"),
    ],
)
def test_a_card_that_is_not_there_is_answered_with_those_that_are(shipped: Path, given: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        Device.load(given)


def test_shipped_cards_stand_beside_the_package_in_a_checkout() -> None:
    assert shipped_dir("device").name == "devices"
    assert shipped_dir("circuit") == shipped_dir("device").parent / "circuits"


WARNINGS = {
    "ecram": ["conductance: on/off ratio is 1.53, below 2"],
    "ecram_mo": ["conductance: on/off ratio is 1.35, below 2"],
    "rram_alox_hfo2": ["read.voltage: is above half of the up amplitude"],
    "rram_hfo2": ["conductance: on/off ratio is 1.73, below 2"],
}
"""What is true of these devices, and all that is suspicious in the library."""

NEUROSIM = {
    # name: G_max [S], on/off, states, label up, down in the direction's own sense, C2C of the window, J/pulse up
    "rram_agsi": (38.46e-9, 12.5, 97, 2.4, 4.88, 0.035, 64e-12),
    "rram_taox_tio2": (200e-9, 2.0, 102, 1.85, 1.79, 0.01, 54e-9),
    "rram": (10e-6, 10.0, 128, 0.04, 0.63, 0.037, 0.70e-12),
    "rram_pcmo": (43.5e-9, 6.84, 50, 3.68, 6.76, 0.01, 100e-12),
    "rram_alox_hfo2": (59.2e-6, 4.43, 40, 1.94, 0.61, 0.05, 2.9e-9),
    "epiram": (12.35e-6, 50.2, 64, 0.5, 0.5, 0.02, 787e-12),
    "fefet": (1.788e-6, 45.0, 32, 1.75, -1.46, 0.005, None),
}
"""The benchmark table of MLP+NeuroSim V3.0 (DEVICES.md, section 3)."""


@pytest.mark.parametrize("name", DeviceCard.names())
def test_a_shipped_card_loads_under_its_own_name_with_only_the_warnings_that_are_true(name: str) -> None:
    card = DeviceCard.load(name)
    assert card.name == name
    assert card.title
    assert 0.0 < card.step <= 1.0
    found = [str(problem).partition(": ")[2] for problem in card.warnings()]
    assert found == WARNINGS.get(name, [])


def test_the_library_has_the_technologies_that_it_promises() -> None:
    promised = "capacitor ecram ecram_mo enode epiram fefet ideal mram pcm rram rram_agsi rram_alox_hfo2 rram_hfo2"
    assert set(promised.split()) | {"rram_pcmo", "rram_taox_tio2", "sonos"} <= set(DeviceCard.names())
    laws = {DeviceCard.load(name).programming.model for name in DeviceCard.names()}
    assert {"constant", "exponential", "linear", "soft_bounds", "exp_step", "inverse_cdf"} <= laws


@pytest.mark.parametrize("name", sorted(NEUROSIM))
def test_a_card_of_the_neurosim_benchmark_has_the_numbers_of_its_table(name: str) -> None:
    g_max, on_off, states, up, down, sigma, joules = NEUROSIM[name]
    card = DeviceCard.load(name)
    law, window = card.programming, card.conductance
    assert isinstance(law, Exponential)
    assert window.max == pytest.approx(g_max, rel=2e-3)
    assert window.max / window.min == pytest.approx(on_off, rel=2e-3)
    assert (window.levels, law.up.pulses) == (states, states)
    assert law.down is not None
    assert (law.up.nonlinearity, law.down.nonlinearity) == (up, down)
    assert float(card.variation.cycle_to_cycle.deviation(law, "up", np.array(0.3), window)) == sigma
    if joules is not None:
        found = card.energy.joules(card.branch("up"), "up", 1.0, 0.5 * (window.min + window.max))
        assert found == pytest.approx(joules, rel=0.02)


def test_the_joules_of_the_fefet_count_a_real_gate_and_the_wire_of_its_cell() -> None:
    card = DeviceCard.load("fefet")
    assert card.energy.joules(card.branch("up"), "up", 1.0, 0.0) == pytest.approx(0.196e-15 * 3.65**2)


AIHWKIT = {
    # name: w_min, w_max, steps up and down at w = 0 and at both bounds, in units of w as the presets have them
    "rram_hfo2": (
        (-1.0, 1.0),
        lambda w: 0.00135 * max(1.0 + 1.18445 * math.exp(5.0 * (-0.5 * w - 0.5)), 0.0),
        lambda w: -0.00135 * (1.0 - 0.259359) * max(1.0 + 0.081404 * math.exp(-5.0 * (-0.5 * w - 0.5)), 0.0),
    ),
    "pcm": ((0.0, 2.0), lambda w: 0.01 * (1.0 + 27.235 * math.exp(-2.5 * w)), None),
    "ecram_mo": (
        (-0.8286, 1.1714),
        lambda w: 2.8214e-4 * (1.0 - 0.4152 * w / 1.1714),
        lambda w: -2.8214e-4 * (1.0 + 0.7342 * w / 0.8286),
    ),
    "capacitor": ((-1.0, 1.0), lambda w: 0.005 * (1.0 - 0.05 * w), lambda w: -0.005 * (1.0 + 0.05 * w)),
}
"""The laws of aihwkit's presets in their own units: z = 2 a w/(w_max - w_min) + b."""


@pytest.mark.parametrize("name", sorted(AIHWKIT))
def test_a_card_of_an_aihwkit_preset_steps_as_the_preset_does(name: str) -> None:
    (low, high), up, down = AIHWKIT[name]
    law = DeviceCard.load(name).programming
    for w in np.linspace(low, high, 9):
        x = np.array((w - low) / (high - low))
        assert float(law.step("up", x)) * (high - low) == pytest.approx(up(w), rel=1e-4)
        if down is not None:
            assert float(law.step("down", x)) * (high - low) == pytest.approx(down(w), rel=1e-4)


def test_the_noise_of_a_pcm_pulse_is_the_polynomial_of_the_preset() -> None:
    """0.6 (|d| + 0.042 + 0.108 w) in units of w = 2 x, at both ends and in the middle of the window."""
    card = DeviceCard.load("pcm")
    window, law = card.conductance, card.programming
    for x in (0.0, 0.5, 1.0):
        step = float(law.step("up", np.array(x)))
        sd = float(card.variation.cycle_to_cycle.deviation(law, "up", np.array(x), window))
        assert 2.0 * sd == pytest.approx(0.6 * (2.0 * step + 0.042 + 0.108 * 2.0 * x), rel=2e-3)


def test_the_spread_of_a_presets_bounds_is_that_of_the_cards_window() -> None:
    """0.3, 0.05 and 0.07 of w at the bounds, as siemens of the card's own window."""
    bounds = {
        "rram_hfo2": (0.3, 0.3, 2.0),
        "ecram_mo": (0.05 * 0.8286, 0.05 * 1.1714, 2.0),
        "capacitor": (0.07, 0.07, 2.0),
    }
    for name, (low, high, width) in bounds.items():
        card = DeviceCard.load(name)
        window, spread = card.conductance, card.variation.device_to_device
        assert spread.steps == "absolute"
        assert spread.min * window.min == pytest.approx(low / width * window.span, rel=0.01), name
        assert spread.max * window.max == pytest.approx(high / width * window.span, rel=0.01), name


def test_the_leak_of_the_sonos_card_is_the_measured_mean_drift() -> None:
    """Means of Agrawal 2022 after 1 and 5 days: within 3.3 nA of 1600 nA each, 1.5 nA rms over all twelve."""
    card = DeviceCard.load("sonos")
    currents = np.array([100.0, 200.0, 400.0, 800.0, 1200.0, 1600.0])
    measured = {1: [1.7, 1.0, 0.6, -3.8, -7.3, -11.5], 5: [4.1, 2.6, -1.5, -15.2, -28.5, -40.7]}
    g = currents * 1e-9 / card.read.voltage
    low, high = np.full(6, card.conductance.min), np.full(6, card.conductance.max)
    errors = [
        (card.retention.aged(g, low, high, card.conductance.max, days * 86400.0, np.zeros(6)) - g)
        * card.read.voltage
        * 1e9
        - drift
        for days, drift in measured.items()
    ]
    assert np.abs(errors).max() < 3.3
    assert np.sqrt(np.mean(np.square(errors))) < 1.5


def test_numbers_of_one_source_in_several_cards_name_the_same_publication() -> None:
    """A short name may say more in one card than in another, but never mean another DOI."""
    dois: dict[str, str | None] = {}
    for other in DeviceCard.names():
        for key, source in DeviceCard.load(other).sources.items():
            assert dois.setdefault(key, source.doi) == source.doi, (other, key)


def test_resets_of_the_sky130_card_follow_the_integrated_model_and_a_set_is_abrupt() -> None:
    """From 100 uS: 66, 58, 48, 42, 36 uS after 1, 2, 5, 10, 20 pulses, to 0.1 uS; one pulse back up from anywhere."""
    card = DeviceCard.load("rram_sky130")
    law, window = card.programming, card.conductance
    for pulses, siemens in ((1, 66e-6), (2, 58e-6), (5, 48e-6), (10, 42e-6), (20, 36e-6)):
        x = float(law.after("down", np.array([1.0]), pulses)[0])
        assert window.min + window.span * x == pytest.approx(siemens, abs=0.1e-6)
    np.testing.assert_allclose(law.after("up", np.linspace(0.0, 1.0, 7), 1), 1.0)


def test_the_cmo_card_has_22_states_around_a_symmetry_point_below_the_middle() -> None:
    """Noise of 90 % of the step there; above it a pulse down is the larger one; 0.205 uS are lost a decade."""
    card = DeviceCard.load("rram_cmo")
    law, window, point = card.programming, card.conductance, np.array([0.39])
    up, down = float(law.step("up", point)[0]), float(law.step("down", point)[0])
    assert (1.0 / up, -1.0 / down) == pytest.approx((22.0, 22.0), rel=1e-3)
    assert float(card.variation.cycle_to_cycle.deviation(law, "up", point, window)[0]) == pytest.approx(0.9 * up)
    assert -law.step("down", np.array([0.5]))[0] > law.step("up", np.array([0.5]))[0]
    middle = np.array([0.5 * (window.min + window.max)])
    aged = [card.retention.aged(middle, *2 * (middle,), window.max, t, np.zeros(1)) for t in (1e4, 1e5)]
    assert float(aged[0][0] - aged[1][0]) == pytest.approx(0.089 * math.log(10.0) * 1e-6, rel=0.01)
