"""Work is bounded before it begins: steps of a phase and of a run are counted, and what would not end is refused."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError, SimulationError
from analogep.network import Hardware, Network
from analogep.relaxation import check_work, relax, work
from analogep.streams import Seeds

LEARNING = "learning={rate: [0.1], batch: 20, epochs: 2, initial_gain: [0.3], probe: 4}"
EULER = "solver.method=euler"
FAST = ("neurons.hidden.capacitance=1 aF",)
AT_ONCE = "network.amplifiers.bias.bandwidth=100 THz"
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "rc": ("digits", ("layers=[64,6,10]", EULER, *FAST)),
    "rc, two hidden layers": ("digits", ("layers=[64,6,5,10]", "mapping.weight_range=[1]", LEARNING, EULER, *FAST)),
    "rc, no hidden layer": ("digits", ("layers=[64,10]", "mapping.weight_range=[1]", LEARNING, EULER)),
    "rc, wires": (
        "digits",
        ("layers=[64,6,10]", EULER, *FAST, "wires={kind: exact, word: 1 ohm, bit: 1 ohm, tile: [99, 99]}"),
    ),
    "rc, holomorphic": (
        "digits",
        (
            *("layers=[64,6,10]", EULER, *FAST, "nudging.estimator=holomorphic"),
            *(f"neurons.{name}.activation={{kind: tanh, amplitude: 0.2 V}}" for name in ("hidden", "output")),
        ),
    ),
    "passive": ("passive-digits", ("layers=[64,6,10]", EULER, *FAST)),
    # Amplifiers are refused where a phase of femtoseconds would be over before they settle.
    "resistive": ("resistive-digits", ("layers=[64,6,10]", EULER, "network.hidden.capacitance=1 aF", AT_ONCE)),
    "convolutions": ("conv-digits", ("learning.probe=4", *FAST)),
}
SLOW = {"rc, no hidden layer": ("neurons.output.capacitance=1 aF",)}


def made(kind: str, *overrides: str) -> tuple[Network, CircuitCard]:
    name, given = KINDS[kind]
    circuit = CircuitCard.load(name, (*given, *SLOW.get(kind, ()), *overrides))
    chip = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(1))
    chip.initialise()
    return chip.network(), circuit


@pytest.mark.parametrize("kind", KINDS)
def test_a_phase_of_more_steps_than_a_card_allows_is_refused_with_the_number_and_what_would_do(kind: str) -> None:
    """A capacitance of an attofarad makes steps of 50 fs and less."""
    message = r"takes \d{6,} steps of .* s, more than solver.max_evaluations = 100000, as time constants lie between "
    with pytest.raises(SimulationError, match=message + r".*solver.method=newton, .*or solver.max_evaluations=\d{6,}$"):
        check_work(*made(kind), 1000, 100)


def lasting(network: Network, circuit: CircuitCard, free: int, nudged: int) -> CircuitCard:
    """The circuit with phases of so many steps."""
    h = circuit.solver.step * float(network.tau.min())
    timing = circuit.timing
    phases = {
        name: getattr(timing, name).model_copy(update={"duration": count * h})
        for name, count in (("free", free), ("nudged", nudged))
    }
    solver = circuit.solver.model_copy(update={"max_evaluations": 10**9})
    return circuit.model_copy(update={"timing": timing.model_copy(update=phases), "solver": solver})


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_would_not_end_is_refused_with_its_steps_and_days(kind: str) -> None:
    network, circuit = made(kind)
    circuit, samples = lasting(network, circuit, 3000, 2000), 10**11
    nudged = 10 if kind == "rc, holomorphic" else 2
    message = (
        rf"this run would not end: a free phase has 3000 steps and each of {nudged} nudged ones 2000, in "
        rf"{samples // circuit.learning.batch} batches an epoch and {circuit.learning.epochs} epochs, .* days at "
        r"least, and what takes more than 11\.6 is not begun; give .*\d times fewer samples"
    )
    with pytest.raises(SimulationError, match=message) as caught:
        check_work(network, circuit, samples, 10**6)
    assert ("solver.method=newton" in str(caught.value)) == (kind != "rc, holomorphic")
    check_work(network, circuit, 10**4, 10**3)


@pytest.mark.parametrize("name", CircuitCard.names())
def test_every_shipped_circuit_is_begun_on_60000_samples(name: str) -> None:
    """Slow cards have capacitances of picofarads: their own networks' time constants decide, small as they are here."""
    circuit = CircuitCard.load(name)
    kept = circuit.layers if circuit.convolutional else (circuit.layers[0], 4, 10)
    made = CircuitCard.load(name, [f"layers={list(kept)}"]) if kept != circuit.layers else circuit
    chip = Hardware(DeviceCard.load("ideal"), made, Seeds.of(1))
    check_work(chip.network(), circuit, 60_000, 10_000)


@pytest.mark.parametrize(("method", "evaluations"), [("RK45", 909), ("RK23", 600), ("DOP853", 1000)])
def test_explicit_methods_take_more_evaluations_than_are_foreseen_and_not_many_times_more(
    method: str, evaluations: int
) -> None:
    """A thousand of the shortest time constants in a network of nodes that are coupled."""
    given = ("layers=[64,6,10]", f"solver.method={method}")
    circuit = CircuitCard.load("resistive-digits", given)
    chip = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(1))
    chip.initialise()
    network = chip.network()
    phase = circuit.timing.free.model_copy(update={"duration": 1000.0 * float(network.tau.min())})
    timing = circuit.timing.model_copy(update={"free": phase, "nudged": phase})
    circuit = circuit.model_copy(update={"timing": timing})
    found = work.work_of(network, circuit, 100, 10)
    assert found is not None
    assert found.free == pytest.approx(evaluations, abs=1)
    x = 0.2 * np.random.default_rng(1).random((2, 64))
    end = relax(network, network.drive(x), np.zeros((2, network.nodes)), phase, circuit.solver, 0.01)
    assert found.free < end.evaluations < 4 * found.free


@pytest.mark.parametrize("method", ["RK45", "RK23", "DOP853"])
def test_explicit_methods_in_a_stiff_network_are_refused_before_they_begin(method: str) -> None:
    """It took a hundred thousand evaluations to be refused, an hour where arrays are large."""
    network, circuit = made("resistive", f"solver.method={method}")
    message = rf"takes {method} at least \d{{6,}} evaluations, more than .* set solver.method to LSODA or BDF"
    with pytest.raises(SimulationError, match=message):
        check_work(network, circuit, 100, 10)
    for other in ("LSODA", "BDF", "Radau", "newton"):
        check_work(*made("resistive", f"solver.method={other}"), 10**6, 10)


def test_phases_that_end_when_they_are_settled_are_held_by_the_most_evaluations_alone() -> None:
    settled = ("timing.free.until=settled", "timing.nudged.until=settled")
    network, circuit = made("resistive", *settled)
    check_work(network, lasting(network, circuit, 3000, 2000), 10**12, 10**6)
    with pytest.raises(SimulationError, match=r"more than solver.max_evaluations"):
        check_work(network, circuit, 10, 1)


def test_the_recorded_relaxation_of_a_figure_fits_into_memory() -> None:
    network, circuit = made("rc")
    message = r"records for its figure has 40000000 steps of 16 states, 4\.77 GiB, and at most 4 GiB are kept"
    with pytest.raises(SimulationError, match=message):
        check_work(network, lasting(network, circuit, 30_000_000, 10_000_000), 10, 1)
    check_work(network, lasting(network, circuit, 20_000_000, 10_000_000), 10, 1)


@pytest.mark.parametrize("card", ["spiking-digits", "spiking-conv-digits"])
@pytest.mark.parametrize("change", ["network.step=", "timing.free.duration="])
def test_a_clock_of_more_steps_than_the_card_allows_is_a_mistake_of_the_card(card: str, change: str) -> None:
    value = "1 ps" if change.startswith("network") else "1 s"
    message = r"network.step: .* makes \d+ steps of timing.free.duration, .*max_evaluations = 100000; give at least "
    with pytest.raises(CardError, match=message):
        CircuitCard.load(card, [change + value])


def test_a_clock_that_would_not_end_is_refused() -> None:
    circuit = CircuitCard.load("spiking-digits", ["layers=[64,4,10]", "learning.epochs=100"])
    network = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(1)).network()
    check_work(network, circuit, 10**6, 10**5)
    with pytest.raises(SimulationError, match=r"would not end: .*network.step and durations .* times apart"):
        check_work(network, circuit, 10**14, 10**5)
