"""What experiments on passive and resistive networks book, counted and integrated by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.phases import Nudging
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES, Ledger
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.relaxation import relax
from analogep.streams import Seeds

SAMPLES, INPUTS, HIDDEN, CLASSES = 4, 6, 5, 3
X = np.random.default_rng(2).random((SAMPLES, INPUTS))
CELL, HOLD, FREE, NUDGED = 0.1e-15, 1e-12, 200e-9, 200e-9
"""Of the shipped resistive card: line capacitance of a cell and sampling capacitor [F], phases [s]."""
SIZE = f"layers=[{INPUTS},{HIDDEN},{CLASSES}]"
RESISTIVE = (SIZE, "network.nudging_conductance=2 uS", "nudging.beta=0.1")
PASSIVE = (SIZE, "network.gain=[4,4]", "neurons.hidden.capacitance=1 pF", "neurons.output.capacitance=1 pF")
TIGHT = ("solver.method=LSODA", "solver.relative_tolerance=1e-8", "solver.absolute_tolerance=1 nV")
NEWTON = "solver.method=newton"


def chip(card: str, *overrides: str, device: str = "ideal") -> Hardware:
    made = Hardware(DeviceCard.load(device), CircuitCard.load(card, overrides), Seeds.of(1))
    made.initialise()
    return made


def near(joules: float) -> object:
    """Equal but for rounding."""
    return pytest.approx(joules, rel=1e-12, abs=0)


def booked(ledger: Ledger, component: str, phase: str) -> float:
    return float(ledger.joules[COMPONENTS.index(component), PHASES.index(phase)])


def trained(hardware: Hardware, estimator: str, beta: float = 0.1) -> Ledger:
    """One batch without noise."""
    ledger = Ledger()
    bench = Experimenter(hardware, ledger, np.random.default_rng(1), noisy=False)
    target = hardware.circuit.target_voltage * np.eye(CLASSES)[[0, 1, 2, 0]]
    stencil = Nudging(beta=beta, estimator=estimator).stencil()  # type: ignore[arg-type]
    bench.gradient(hardware.network(), X, target, stencil)
    return ledger


ESTIMATORS = [("positive", 1, 1), ("centered", 2, 0), ("richardson", 4, 0)]
"""Estimator, nudged phases, measured free phases."""


@pytest.mark.parametrize(("estimator", "nudged", "free"), ESTIMATORS)
@pytest.mark.parametrize("outputs", ["single", "doubled"])
def test_conversions_amplifiers_and_products_of_a_resistive_network(
    estimator: str, nudged: int, free: int, outputs: str
) -> None:
    """One ADC for each node, one DAC for each input and nudged class; amplifiers behind the hidden nodes alone."""
    hardware = chip("resistive-digits", *RESISTIVE, f"network.outputs={outputs}")
    ledger = trained(hardware, estimator)
    columns = CLASSES * (2 if outputs == "doubled" else 1)
    nodes = HIDDEN + columns
    # Vdd x branches x 2 pi GBW C/(gm/Id)
    power = HIDDEN * 1.1 * 4 * 2 * np.pi * 500e6 * 0.5e-12 / 15
    assert booked(ledger, "amplifier", "free") == near(power * FREE * SAMPLES)
    assert booked(ledger, "amplifier", "nudged") == near(nudged * power * NUDGED * SAMPLES)
    assert booked(ledger, "adc", "free") == near(free * nodes * SAMPLES * hardware.circuit.adc.joules)
    assert booked(ledger, "adc", "nudged") == near(nudged * nodes * SAMPLES * hardware.circuit.adc.joules)
    assert booked(ledger, "dac", "free") == near(INPUTS * SAMPLES * hardware.circuit.dac.joules)
    assert booked(ledger, "dac", "nudged") == near(nudged * CLASSES * SAMPLES * hardware.circuit.dac.joules)
    macs = (2 * INPUTS + 2) * HIDDEN + (nudged + free) * (HIDDEN + 2) * columns
    assert booked(ledger, "digital", "update") == near(macs * SAMPLES * 0.23e-12)


def test_a_resistive_network_without_amplifiers_has_no_bias_power() -> None:
    ledger = trained(chip("resistive-digits", *RESISTIVE, "network.amplifiers=null"), "centered")
    assert booked(ledger, "amplifier", "free") == booked(ledger, "amplifier", "nudged") == 0.0


@pytest.mark.parametrize(("estimator", "nudged", "free"), ESTIMATORS)
@pytest.mark.parametrize("scheme", ["push_pull", "separate"])
def test_conversions_amplifiers_and_products_of_a_passive_network(
    estimator: str, nudged: int, free: int, scheme: str
) -> None:
    """As at virtual ground; halves that learn by themselves are twice as many weights."""
    hardware = chip("passive-digits", *PASSIVE, f"mapping.scheme={scheme}")
    ledger, timing = trained(hardware, estimator), hardware.circuit.timing
    neurons = HIDDEN + CLASSES
    power = neurons * 1.1 * 4 * 2 * np.pi * 500e6 * 0.5e-12 / 15
    assert booked(ledger, "amplifier", "free") == near(power * timing.free.duration * SAMPLES)
    both = nudged * power * timing.nudged.duration * SAMPLES
    assert booked(ledger, "amplifier", "nudged") == near(both)
    assert booked(ledger, "adc", "free") == near(free * neurons * SAMPLES * hardware.circuit.adc.joules)
    assert booked(ledger, "adc", "nudged") == near(nudged * neurons * SAMPLES * hardware.circuit.adc.joules)
    assert booked(ledger, "dac", "nudged") == near(nudged * CLASSES * SAMPLES * hardware.circuit.dac.joules)
    macs = (INPUTS + 1) * HIDDEN + (nudged + free) * (HIDDEN + 1) * CLASSES
    halves = 2 if scheme == "separate" else 1
    assert booked(ledger, "digital", "update") == near(halves * macs * SAMPLES * 0.23e-12)
    assert booked(ledger, "diode", "free") == 0.0
    assert (ledger.joules >= 0.0).all()


def test_lines_and_samples_of_a_resistive_network_take_c_v_squared() -> None:
    """Inputs: two lines with HIDDEN cells each; a hidden node: a bit line with 14 cells at u, and behind the amplifier
    a word line with 6 at 16 u; an output: a bit line with 7. Samples are taken behind the amplifiers."""
    hardware = chip("resistive-digits", *RESISTIVE)
    ledger, network = trained(hardware, "positive"), hardware.network()
    lines = 0.5 * X
    card = hardware.circuit
    free = relax(network, network.drive(lines), np.zeros((SAMPLES, 11)), card.timing.free, card.solver, 0.01)
    u = network.held(free.v)  # type: ignore[attr-defined]
    total = 0.0
    for sample in range(SAMPLES):
        total += sum(2 * HIDDEN * v**2 for v in lines[sample])
        total += sum((2 * INPUTS + 2) * v**2 + 2 * CLASSES * (16.0 * v) ** 2 for v in u[0][sample])
        total += sum((HIDDEN + 2) * v**2 for v in u[1][sample])
    assert booked(ledger, "lines", "free") == pytest.approx(CELL * total, rel=1e-9, abs=0)
    held = HOLD * (np.square(16.0 * u[0]).sum() + np.square(u[1]).sum())
    assert booked(ledger, "sample_hold", "free") == pytest.approx(held, rel=1e-9, abs=0)


def rest_power(hardware: Hardware, u: list[np.ndarray], gain: float) -> tuple[float, float]:
    """Power of all cells and of all leaks, cell by cell [W], at node voltages `u` of each layer [V]."""
    card = hardware.circuit
    g = [store.halves[""].g for store in hardware.stores]
    (one, two), total = card.network.bias, 0.0  # type: ignore[union-attr]
    for sample, x in enumerate(0.5 * X):
        rows = [[*x, *(-x), one, -one], [*(gain * u[0][sample]), two, -two]]
        for k, layer in enumerate(rows):
            for (j, r), (i, v) in itertools.product(enumerate(layer), enumerate(u[k][sample])):
                total += g[k][j, i] * (r - v) ** 2
    leaks = (card.network.hidden.leak, card.network.output.leak)  # type: ignore[union-attr]
    return total, sum(leak * float(np.square(part).sum()) for leak, part in zip(leaks, u, strict=True))


def test_newtons_phase_takes_the_power_at_rest_and_half_c_v_squared() -> None:
    """Cells one by one: sum g (r - v)^2 T + 1/2 C v^2; leaks sum g v^2 T; diodes v i(v) T."""
    diodes = "network.hidden.diodes={kind: antiparallel, saturation: 1 uA}"
    leaks = ("network.hidden.leak=3 uS", "network.output.leak=2 uS")
    hardware = chip("resistive-digits", *RESISTIVE, diodes, *leaks)
    network = hardware.network()
    ledger, card = trained(hardware, "positive"), hardware.circuit
    end = relax(network, network.drive(0.5 * X), np.zeros((SAMPLES, 11)), card.timing.free, card.solver, 0.01)
    u = [end.v[:, :HIDDEN], end.v[:, HIDDEN:]]
    cells, leak = rest_power(hardware, u, 16.0)
    charged = 0.5 * 1e-12 * float(np.square(end.v).sum())
    assert booked(ledger, "array", "free") == pytest.approx(cells * FREE + charged, rel=1e-9, abs=0)
    assert booked(ledger, "leak", "free") == pytest.approx(leak * FREE, rel=1e-9, abs=0)
    thermal = 1.380649e-23 * 300.0 / 1.602176634e-19 * card.network.hidden.diodes.emission  # type: ignore[union-attr]
    conducted = float((u[0] * 2e-6 * np.sinh(u[0] / thermal)).sum())
    assert booked(ledger, "diode", "free") == pytest.approx(conducted * FREE, rel=1e-9, abs=0)


COMPARED = [("resistive-digits", RESISTIVE), ("passive-digits", PASSIVE)]


@pytest.mark.parametrize(("card", "given"), COMPARED)
def test_newtons_joules_are_those_of_a_transient_of_many_time_constants(card: str, given: tuple[str, ...]) -> None:
    """1 us, ten time constants of the slowest node: arrays within 0.2 %, leaks and nudging within 2 %, lines within
    1e-4; at 100 ns the transient, still charging, differs more."""
    off = []
    for duration in ("100 ns", "1 us"):
        time = (f"timing.free.duration={duration}", f"timing.nudged.duration={duration}")
        direct, slow = (trained(chip(card, *given, *time, *how), "centered") for how in ((NEWTON,), TIGHT))
        off.append(abs(booked(direct, "array", "free") / booked(slow, "array", "free") - 1.0))
    assert off[1] < min(2e-3, off[0])
    for component, phase in (("array", "nudged"), ("leak", "free"), ("leak", "nudged"), ("nudging", "nudged")):
        one, other = booked(direct, component, phase), booked(slow, component, phase)
        assert one == pytest.approx(other, rel=0.02, abs=0), (component, phase)
    assert booked(direct, "lines", "free") == pytest.approx(booked(slow, "lines", "free"), rel=1e-4, abs=0)
    for component in ("amplifier", "adc", "dac", "digital"):
        for phase in ("free", "nudged", "update"):
            assert booked(direct, component, phase) == pytest.approx(booked(slow, component, phase), rel=1e-12, abs=0)


@pytest.mark.parametrize("ohms", [0.001, 20.0])
def test_wires_take_their_share_of_the_arrays_joules(ohms: float) -> None:
    """Rows at fixed voltages see less conductance through wires: less power, and nearly as much at a milliohm."""
    wires = f"wires={{kind: exact, word: {ohms} ohm, bit: {ohms} ohm, driver: {100 * ohms} ohm, tile: [14, 6]}}"
    wired, perfect = (trained(chip("resistive-digits", *RESISTIVE, *more), "centered") for more in ((wires,), ()))
    ratio = booked(wired, "array", "free") / booked(perfect, "array", "free")
    assert ratio < 1.0
    assert (1.0 - ratio < 1e-5) == (ohms < 1.0)


def test_initial_writes_of_single_cells_are_booked_with_their_verify_reads() -> None:
    """Ideal cells: two rounds of reads, the ADC converts each cell once a round."""
    hardware = Hardware(DeviceCard.load("ideal"), CircuitCard.load("resistive-digits", RESISTIVE), Seeds.of(1))
    done = hardware.initialise()
    cells = [(2 * INPUTS + 2) * HIDDEN, (HIDDEN + 2) * 2 * CLASSES]
    assert [written.reads % size for written, size in zip(done, cells, strict=True)] == [0, 0]
    assert all(written.pulses > 0.0 and written.joules > 0.0 and written.read_joules > 0.0 for written in done)
    for store, (low, high) in zip(hardware.stores, ((0.0, 0.3), (0.0, 0.1)), strict=True):
        lsb = 1.0 / (2**12 - 1)
        assert store.weights.min() >= low - 2 * lsb
        assert store.weights.max() <= high + 2 * lsb
        assert np.unique(store.weights).size > 10
