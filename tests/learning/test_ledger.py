"""What an experiment books: counts times prices, and powers times durations."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.phases import Nudging
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES, Ledger
from analogep.learning import Experimenter
from analogep.learning.gradient import compare
from analogep.network import Hardware
from analogep.relaxation import relax
from analogep.streams import Seeds

SAMPLES = 4


def chip(*overrides: str, device: str = "ideal") -> Hardware:
    circuit = CircuitCard.load("digits", ["layers=[6,5,3]", *overrides])
    made = Hardware(DeviceCard.load(device), circuit, Seeds.of(1))
    made.initialise()
    return made


def booked(ledger: Ledger, component: str, phase: str) -> float:
    return float(ledger.joules[COMPONENTS.index(component), PHASES.index(phase)])


def trained(hardware: Hardware, estimator: str, *, noisy: bool = True) -> tuple[Ledger, Experimenter]:
    ledger = Ledger()
    bench = Experimenter(hardware, ledger, np.random.default_rng(1), noisy=noisy)
    x, target = np.random.default_rng(2).random((SAMPLES, 6)), 0.2 * np.eye(3)[[0, 1, 2, 0]]
    stencil = Nudging(beta=0.2, estimator=estimator).stencil()  # type: ignore[arg-type]
    bench.gradient(hardware.network(), x, target, stencil)
    return ledger, bench


@pytest.mark.parametrize(
    ("estimator", "nudged", "measured_free"),
    [("positive", 1, 1), ("negative", 1, 1), ("centered", 2, 0), ("richardson", 4, 0)],
)
def test_counts_of_conversions_and_powers_times_durations_are_booked(estimator, nudged, measured_free):
    """Amplifier P t, ADC one per neuron and measured phase, DAC one per input and per target and nudged phase, MACs."""
    hardware = chip("feedback.gain=0.7")
    card = hardware.circuit
    ledger, _ = trained(hardware, estimator)
    neurons = 8
    # Vdd x branches x 2 pi GBW C/(gm/Id), five hidden and three output amplifiers alike
    power = neurons * 1.1 * 4 * 2 * np.pi * 100e6 * 0.5e-12 / 15
    free, nudge = (card.timing.free.duration, card.timing.nudged.duration)
    assert booked(ledger, "amplifier", "free") == pytest.approx(power * free * SAMPLES, rel=1e-12, abs=0)
    assert booked(ledger, "amplifier", "nudged") == pytest.approx(nudged * power * nudge * SAMPLES, rel=1e-12, abs=0)
    assert booked(ledger, "adc", "free") == pytest.approx(
        measured_free * neurons * SAMPLES * card.adc.joules, rel=1e-12, abs=0
    )
    assert booked(ledger, "adc", "nudged") == pytest.approx(
        nudged * neurons * SAMPLES * card.adc.joules, rel=1e-12, abs=0
    )
    assert booked(ledger, "dac", "free") == pytest.approx(6 * SAMPLES * card.dac.joules, rel=1e-12, abs=0)
    assert booked(ledger, "dac", "nudged") == pytest.approx(nudged * 3 * SAMPLES * card.dac.joules, rel=1e-12, abs=0)
    macs = 7 * 5 + (nudged + measured_free) * 6 * 3
    assert booked(ledger, "digital", "update") == pytest.approx(macs * SAMPLES * 0.23e-12, rel=1e-12, abs=0)
    assert booked(ledger, "nudging", "free") == 0.0
    assert booked(ledger, "nudging", "nudged") > 0.0
    assert booked(ledger, "array", "free") > 0.0
    assert ledger.total("initial", "verify", "inference") == 0.0
    assert (ledger.joules >= 0).all()


def test_lines_and_capacitors_take_c_v_squared():
    """Lines: C per cell x 2 halves x cells x swing^2, in reverse with the gain; samples: C_s r^2 of every neuron."""
    hardware = chip("feedback.gain=0.7")
    ledger, bench = trained(hardware, "positive", noisy=False)
    network = hardware.network()
    x = np.random.default_rng(2).random((SAMPLES, 6))
    lines = 0.2 * x
    zero, timing, solver = np.zeros((SAMPLES, 8)), hardware.circuit.timing, hardware.circuit.solver
    free = relax(network, network.drive(lines), zero, timing.free, solver, timing.tolerance)
    hidden, output = network.rates(free.v)
    cell = 0.1e-15
    total = 0.0
    for sample in range(SAMPLES):
        total += sum(cell * 2 * 5 * v**2 for v in lines[sample])
        total += sum(cell * 2 * 3 * v**2 for v in hidden[sample])
        total += sum(cell * 2 * 6 * (0.7 * v) ** 2 for v in output[sample])
    assert booked(ledger, "lines", "free") == pytest.approx(total, rel=1e-12, abs=0)
    held = 100e-15 * (np.square(hidden).sum() + np.square(output).sum())
    assert booked(ledger, "sample_hold", "free") == pytest.approx(held, rel=1e-12, abs=0)
    for component, share in zip(("array", "leak", "nudging"), free.energy.sum(axis=0), strict=True):
        assert booked(ledger, component, "free") == pytest.approx(share, rel=1e-12, abs=0)
    assert bench.tally.free == 0


def test_samples_that_did_not_settle_are_counted():
    """One time constant leaves all samples unsettled, a long phase none; `until: settled` none, in less time."""
    for duration, count in (("50 ns", SAMPLES), ("2 us", 0)):
        _, bench = trained(chip(f"timing.free.duration={duration}"), "centered", noisy=False)
        assert bench.tally.free == count
    long = ("timing.free.duration=2 us", "timing.nudged.duration=2 us")
    whole, _ = trained(chip(*long), "centered", noisy=False)
    early, bench = trained(
        chip(*long, "timing.free.until=settled", "timing.nudged.until=settled"), "centered", noisy=False
    )  # fmt: skip
    assert bench.tally.free == bench.tally.nudged == 0
    assert booked(early, "amplifier", "free") < booked(whole, "amplifier", "free")
    assert booked(early, "amplifier", "nudged") < booked(whole, "amplifier", "nudged")


def test_hardware_without_noise_measures_the_exact_gradient():
    """Through cards, pairs, phases and product rule: cosine >= 0.9999 in both layers at beta 1e-3."""
    overrides = ["timing.free.duration=4 us", "timing.nudged.duration=4 us", "solver.method=DOP853",
                 "solver.relative_tolerance=1e-11", "solver.absolute_tolerance=0.001 pV"]  # fmt: skip
    hardware = chip(*overrides)
    network = hardware.network()
    bench = Experimenter(hardware, Ledger(), np.random.default_rng(1), noisy=False)
    x, target = np.random.default_rng(2).random((20, 6)), 0.2 * np.eye(3)[np.arange(20) % 3]
    gradient, free = bench.gradient(network, x, target, Nudging(beta=1e-3, estimator="centered").stencil())
    reference = network.exact_gradient(free.v, bench.lines(x), target)
    for found, exact in zip(gradient, reference, strict=True):
        cosine, length = compare(found, exact)
        assert cosine >= 0.9999
        assert length == pytest.approx(1.0, abs=1e-3)


def test_mirrored_arrays_without_spread_act_as_shared_ones():
    """Ideal devices: the same equilibrium and gradient; the mirrors' joules are booked in place of reverse reads."""
    shared, mirrored = chip(), chip("feedback.kind=mirrored")
    one, other = (replace(c.network().layers[1]) for c in (shared, mirrored))
    assert mirrored.mirrors[0] is None
    assert mirrored.mirrors[1] is not None
    np.testing.assert_allclose(one.reverse, other.reverse, rtol=0, atol=1e-12)
    first, second = (trained(c, "centered", noisy=False)[0].joules for c in (shared, mirrored))
    np.testing.assert_allclose(first, second, rtol=1e-9)


def test_bits_set_on_the_command_line_change_the_joules_of_every_conversion():
    """4.036 and 6.494 pJ of 6 and 8 bits at 65 nm and 2.5 MHz; 50 fF and 1.1 V for each bit of the DAC."""
    few, many = (trained(chip(f"adc.bits={bits}", f"dac.bits={bits}"), "centered")[0] for bits in (6, 8))
    for phase in ("free", "nudged"):
        assert booked(few, "dac", phase) == pytest.approx(0.75 * booked(many, "dac", phase), rel=1e-12, abs=0)
    assert booked(few, "adc", "nudged") / booked(many, "adc", "nudged") == pytest.approx(4.0364 / 6.4945, rel=1e-4)
    assert booked(many, "dac", "free") == pytest.approx(6 * SAMPLES * 8 * 50e-15 * 1.21, rel=1e-12, abs=0)


def test_a_converter_of_fewer_effective_bits_takes_less_and_adds_its_noise_to_that_of_the_capacitor():
    """Variance of samples (0.1 mV)^2 + L^2/12 with L of 6 effective bits; 5 standard errors of 40,000 samples."""
    hardware = chip("adc.bits=16", "adc.enob=6", "sample_hold={capacitance: 10 pF, noise: 0.1 mV}")
    ledger = Ledger()
    bench = Experimenter(hardware, ledger, np.random.default_rng(1))
    network, v = hardware.network(), np.full((5000, 8), 0.1)
    off = np.concatenate([r - 0.1 for r in bench.measure(network, v, "free")], axis=1).ravel()
    wanted = 1e-8 + (0.6 / 63.0) ** 2 / 12.0
    assert off.size == 40_000
    assert abs(off.var() / wanted - 1.0) < 5.0 * np.sqrt(2.0 / off.size)
    assert booked(ledger, "adc", "free") == pytest.approx(off.size * 4.0364e-12, rel=1e-4)
