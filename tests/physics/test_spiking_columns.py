"""Columns between pulses and synapses: what they pass on, when, and what they and the drivers take from the supply."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase
from analogep.errors import AnalogepError
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.network import Hardware

Floats = NDArray[np.float64]

VOLTS, STEP, WIDTH, TAU = 0.2, 20e-9, 10e-9, 250e-9
BASE = ("layers=[64,6,10]", "solver.precision=double", "mapping.weight_range=[0.5,0.5]", "feedback.gain=0.5")
IDEAL = "column={kind: ideal}"


def tia(**keys: Any) -> str:
    """The column circuit, with more keys."""
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"column={{kind: tia, supply: 1.1 V, dc_gain: 10000, load: 0.2 pF, gm_over_id: 15, branches: 4{more}}}"


def chip(*settings: str) -> tuple[Hardware, SpikingNetwork]:
    circuit = CircuitCard.load("spiking-digits", [*BASE, *settings])
    hardware = Hardware(DeviceCard.load("rram", ["read.noise={kind: none}"]), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    return hardware, network


class Counted:
    """The clock, charge by charge, of one sample: currents of lines, then columns, then neurons.

    Currents are G q(V), q the devices' curve.

    Attributes
    ----------
    charge : float [C]
        Of all driven lines.
    signal : float [C]
        Of all columns' outputs, y/R_f.
    heat : float [J]
        Of all cells.
    clipped : int
        Columns and steps at their limit.
    """

    def __init__(self, hardware: Hardware, network: SpikingNetwork, x: Floats, limit: float) -> None:
        window, self.limit = hardware.device.conductance, limit
        self.feedback, self.gain = 0.5 / (window.max - window.min), network.analog.gain
        self.plus, self.minus = ([getattr(s, half).g for s in hardware.stores] for half in ("plus", "minus"))
        self.x, self.regular = x, network.card.inputs.kind == "regular"
        self.q = network.analog.iv.drive
        self.v, self.u = [np.zeros(6), np.zeros(10)], [np.zeros(6), np.zeros(10)]
        self.charge = self.signal = self.heat = 0.0
        self.clipped, self.spikes = 0, [0, 0, 0]

    def pair(self, k: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Weights of array k behind its columns, forward and in reverse, and conductances of its lines."""
        plus, minus = self.plus[k], self.minus[k]
        both, weights = plus + minus, self.feedback * (plus - minus)
        ahead = 1.0 / (1.0 + (1.0 + self.feedback * both.sum(axis=0)) / 1e4)
        back = 1.0 / (1.0 + (1.0 + self.feedback * both.sum(axis=1)) / 1e4)
        return weights * ahead, weights * back[:, None], both.sum(axis=1), both.sum(axis=0)

    def held(self, y: Floats) -> Floats:
        """Within the limit."""
        self.clipped += int((np.abs(y) >= self.limit).sum())
        return np.clip(y, -self.limit, self.limit)

    def line(self, volts: float, conductance: float, time: float) -> None:
        """A pair of lines that stands at a voltage for a time."""
        current = float(np.asarray(self.q(np.array([volts])))[0]) * conductance
        self.charge += current * time
        self.heat += volts * current * time

    def standing(self) -> list[Floats]:
        """What still lines give in a step."""
        still = []
        for k in range(2):
            weights, _, rows, _ = self.pair(k)
            self.line(VOLTS, rows[-1], STEP)
            given = self.q(np.array([VOLTS])) * weights[-1]
            if k == 0 and not self.regular:
                given = given + self.q(self.x) @ weights[:-1]
                for volts, conductance in zip(self.x, rows[:-1], strict=True):
                    self.line(volts, conductance, STEP)
            still.append(self.held(given))
            self.signal += np.abs(still[k]).sum() / self.feedback * STEP
        return still

    def step(self, number: int) -> None:
        """One step: still lines, neurons, then the spikes' charge."""
        fired, still = [], self.standing()
        for k in range(2):
            a, away = math.exp(-STEP / TAU), self.v[k] - still[k]
            mean = still[k] + away * (1.0 - a) * TAU / STEP
            self.v[k] = still[k] + away * a
            self.u[k] = np.clip(self.u[k] + mean / VOLTS, -1.0, 2.0)
            fired.append(self.u[k] >= 1.0)
            self.u[k] -= fired[k]
            self.spikes[k + 1] += fired[k].sum()
        lit = self.lit(number)
        self.spikes[0] += lit.sum()
        self.pulses(0, [lit, *fired], still)
        self.pulses(1, [lit, *fired], still)

    def lit(self, number: int) -> NDArray[np.bool_]:
        """Inputs that spike in a step."""
        share = self.x / VOLTS
        return (np.floor(0.5 + share * (number + 1)) > np.floor(0.5 + share * number)) & self.regular

    def pulses(self, k: int, spikes: list[NDArray[np.bool_]], still: list[Floats]) -> None:
        """Spikes before array k forward, and in reverse those behind it."""
        ahead, back, rows, columns = self.pair(k)
        for conductance in rows[:-1][spikes[k]]:
            self.line(VOLTS, conductance, WIDTH)
        self.arrive(k, still[k], self.q(np.array([VOLTS])) * ahead[:-1][spikes[k]].sum(axis=0), spikes[k].any())
        if k == 1:
            for conductance in columns[spikes[2]]:
                self.line(self.gain * VOLTS, conductance, WIDTH)
            summed = self.q(np.array([self.gain * VOLTS])) * back[:-1][:, spikes[2]].sum(axis=1)
            self.arrive(0, np.zeros(6), summed, spikes[2].any())

    def arrive(self, k: int, still: Floats, summed: Floats, any_of_them: bool) -> None:
        """Columns for the time of a pulse, and the synapses behind."""
        if any_of_them:
            y = self.held(still + summed)
            self.signal += (np.abs(y) - np.abs(still)).sum() / self.feedback * WIDTH
            self.v[k] = self.v[k] + (y - still) * STEP / TAU


@pytest.mark.parametrize("inputs", ["current", "regular"])
@pytest.mark.parametrize("headroom", [0.1, 0.4])
def test_the_supply_gives_half_of_its_voltage_for_every_charge(inputs, headroom):
    """Heat and losses of drivers are V_dd/2 times the charge of the lines over their efficiency, columns V_dd/2 times
    theirs, and every synapse and spike as counted in plain Python, to 1e-9; swings of 0.45 V, and of 0.15 V."""
    given = tia(headroom=f"{headroom} V"), "driver={efficiency: 50 %}", "network.hidden.floor=-1"
    hardware, network = chip(*given, f"network.inputs={{kind: {inputs}}}")
    x = VOLTS * np.random.default_rng(4).random(64)
    counted, steps = Counted(hardware, network, x, 0.55 - headroom), 40
    for number in range(steps):
        counted.step(number)
    drive = network.quiet(x[None])
    end = network.fire(drive, np.zeros((1, network.nodes)), Phase(duration=steps * STEP), hardware.circuit.solver)
    np.testing.assert_allclose(end.v[0, :16], np.concatenate(counted.v), rtol=1e-9, atol=1e-12)
    assert end.spikes is not None
    assert end.spikes[0].tolist() == counted.spikes
    assert counted.spikes[1] > 20
    assert counted.clipped > 0 or headroom == 0.1
    booked = dict(zip(network.powers_of, end.energy[0], strict=True))
    assert booked["array"] == pytest.approx(counted.heat, rel=1e-9)
    assert booked["array"] + booked["driver"] == pytest.approx(0.55 / 0.5 * counted.charge, rel=1e-9)
    assert booked["column"] == pytest.approx(0.55 * counted.signal, rel=1e-9)
    assert 0.0 < booked["array"] < booked["driver"]


def test_predictive_spikes_take_the_same_from_the_supply():
    """Charges and joules as above, of the spikes that a recorded phase has; those of its last step act in the next."""
    hardware, network = chip(tia(headroom="0.4 V"), "network.inputs={kind: regular}", "network.coding.kind=predictive")
    x = VOLTS * np.random.default_rng(4).random(64)
    counted, steps, solver = Counted(hardware, network, x, 0.15), 40, hardware.circuit.solver
    start, phase = np.zeros((1, network.nodes)), Phase(duration=steps * STEP)
    kept = network.fire(network.quiet(x[None]), start, phase, solver, record=True)
    end = network.fire(network.quiet(x[None]), start, phase, solver)
    assert kept.raster is not None
    for number, fired in enumerate(kept.raster.astype(bool)):
        spikes, still = [counted.lit(number), fired[:6], fired[6:]], counted.standing()
        counted.pulses(0, spikes, still)
        counted.pulses(1, spikes, still)
    assert kept.raster.sum() > 20
    assert counted.clipped > 0
    for one in (kept, end):
        booked = dict(zip(network.powers_of, one.energy[0], strict=True))
        assert booked["array"] == pytest.approx(counted.heat, rel=1e-9)
        assert booked["array"] + booked["driver"] == pytest.approx(0.55 * counted.charge, rel=1e-9)
        assert booked["column"] == pytest.approx(0.55 * counted.signal, rel=1e-9)


def test_lines_that_are_held_ideally_take_the_heat_of_their_cells():
    hardware, network = chip(IDEAL)
    drive = network.quiet(np.full((1, 64), VOLTS))
    end = network.fire(drive, np.zeros((1, network.nodes)), Phase(duration=1e-6), hardware.circuit.solver)
    booked = dict(zip(network.powers_of, end.energy[0], strict=True))
    assert (booked["driver"], booked["column"]) == (0.0, 0.0)
    assert booked["array"] > 0.0


@pytest.mark.parametrize("coding", ["rate", "predictive"])
def test_a_synapse_takes_no_more_than_the_limit_of_its_column(coding):
    """All 64 inputs in one step: clip(B + bias) - bias, times t_r/tau of a synapse, and as it is of a decoder."""
    more = f"network.coding={{kind: {coding}}}", "network.inputs={kind: regular}"
    hardware, network = chip(tia(headroom="0.45 V"), *more)
    drive = network.quiet(np.full((1, 64), VOLTS))
    assert isinstance(drive, SpikingDrive)
    end = network.fire(drive, np.zeros((1, network.nodes)), Phase(duration=STEP), hardware.circuit.solver)
    layer = network.analog.layers[0]
    q = float(np.asarray(network.analog.iv.drive(np.array([VOLTS])))[0])
    bias, pulses = q * layer.weights[-1], q * layer.weights[:-1].sum(axis=0)
    passed = np.clip(bias + pulses, -0.1, 0.1) - bias
    assert (np.abs(bias + pulses) > 0.1).any()
    v = end.v.reshape(6, -1)
    if coding == "rate":
        wanted = bias * -math.expm1(-STEP / TAU) + passed * STEP / TAU
        np.testing.assert_allclose(v[0, :6], wanted, rtol=1e-12)
    else:
        np.testing.assert_allclose(v[2, :6], passed, rtol=1e-12)


@pytest.mark.parametrize("lag", [0.5e-9, 2e-9, 3e-9])
def test_a_column_delivers_the_charge_of_a_pulse_and_delivers_it_late(lag):
    """tau_a dy = p - y, tau dx = y - x, p a pulse of 10 ns, by SciPy: the integral of x is that of a jump at its
    beginning, and x that of a jump w/2 + tau_a later, to second order of it over tau; what is left after a step."""
    jump, later = WIDTH / TAU, 0.5 * WIDTH + lag

    def rates(_t: float, v: Floats, pulse: float) -> Floats:
        return np.array([(pulse - v[0]) / lag, (v[0] - v[1]) / TAU, v[1]])

    first = solve_ivp(rates, (0.0, WIDTH), np.zeros(3), args=(1.0,), rtol=1e-10, atol=1e-16, method="LSODA")
    rest = solve_ivp(rates, (WIDTH, STEP), first.y[:, -1], args=(0.0,), rtol=1e-10, atol=1e-16, method="LSODA")
    y, x, total = rest.y[:, -1]
    # After the step y goes on to x by itself, and x decays: both integrals are known.
    assert total + TAU * x + lag * y == pytest.approx(jump * TAU, rel=1e-8)
    left = lag / WIDTH * -math.expm1(-WIDTH / lag) * math.exp(-(STEP - WIDTH) / lag)
    assert lag * y / WIDTH == pytest.approx(left, rel=1e-6, abs=1e-12)
    arrived = x + y * lag / (TAU - lag)
    assert arrived == pytest.approx(jump * math.exp(-(STEP - later) / TAU), rel=(later / TAU) ** 2)
    assert arrived > jump * math.exp(-STEP / TAU) * (1.0 + 0.9 * later / TAU)


def test_a_column_that_is_slower_than_the_clock_is_refused_with_what_would_do():
    message = (
        r"column: the columns of the bit lines of layer 1 close at a time constant of \S+ us, longer than the clock's "
        r"step of 20 ns: pulses would arrive in later steps than it says; give column.bandwidth=\S+ GHz or more, or a "
        r"smaller column.tile"
    )
    with pytest.raises(AnalogepError, match=message):
        chip(tia(bandwidth="1 MHz"))
