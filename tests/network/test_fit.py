"""Two cards together: what wires eat, what a unidirectional device cannot do, what reading would program."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.crossbar.wires import Resistances, severity
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.network import Hardware, check_fit, fit_warnings, wire_severity
from analogep.network.fit import MOST_PULSES, pulse_ratios
from analogep.streams import Seeds, Streams

MIDDLE = 5.5e-6
"""Middle of the window of the ideal device, 1 to 10 uS [S]."""
IDEAL = DeviceCard.load("ideal")


def circuit(card: str = "digits", tile: tuple[int, int] = (64, 64), word: float = 0.0, bit: float = 0.0) -> CircuitCard:
    """A shipped card with segments of so many ohms."""
    return CircuitCard.load(card, [f"wires={{kind: exact, word: {word} ohm, bit: {bit} ohm, tile: {list(tile)}}}"])


def kappa(
    rows: int, columns: int, word: float = 0.0, bit: float = 0.0, driver: float = 0.0, sense: float = 0.0
) -> float:
    """Loss of the last column of equal cells at equal voltages, wire by wire.

    The drop between a cell and its ports: every segment of its word line up to it carries the currents of all cells
    behind that segment, every segment of its bit line from it on those of all cells before.
    """
    lost = 0.0
    for i in range(rows):
        lost += driver * columns + sense * rows
        lost += sum(word * (columns - segment) for segment in range(columns))
        lost += sum(bit * (segment + 1) for segment in range(i, rows))
    return MIDDLE * lost / rows


@pytest.mark.parametrize(
    "ohms",
    [
        {"word": 1.0},
        {"bit": 1.0},
        {"driver": 10.0},
        {"sense": 10.0},
        {"word": 0.5, "bit": 2.0, "driver": 3, "sense": 7},
    ],
)
def test_the_severity_is_what_the_worst_column_loses_of_its_current_segment_by_segment(ohms: dict[str, float]) -> None:
    """Digits, tiles of 64 x 64: those of layer 1 are full, and of layer 2 64 x 10; tiles of 200 rows do not exist."""
    said = ", ".join(f"{name}: {value} ohm" for name, value in {"word": 0.0, "bit": 0.0, **ohms}.items())
    card = CircuitCard.load("digits", [f"wires={{kind: exact, {said}, tile: [64, 64]}}"])
    found, layer = wire_severity(IDEAL, card)
    by_hand = [kappa(64, 64, **ohms), kappa(64, 10, **ohms)]
    assert found == pytest.approx(max(by_hand), rel=1e-12)
    assert by_hand[layer] == max(by_hand)
    resistances = Resistances(*(ohms.get(name, 0.0) for name in ("word", "bit", "driver", "sense")))
    assert found == pytest.approx(severity(np.full((64, 64), MIDDLE), resistances), rel=1e-12)


def test_tiles_are_cut_to_the_array_and_the_worst_layer_is_named() -> None:
    """Arrays of 65 x 128 and 129 x 10: bit lines of 129 cells lose more than those of 65, word lines of 128 more."""
    cases = [
        (circuit(tile=(129, 128), bit=1.0), kappa(129, 10, bit=1.0), 1),
        (circuit(tile=(129, 128), word=1.0), kappa(65, 128, word=1.0), 0),
        (circuit(tile=(10**6, 10**6), bit=1.0), kappa(129, 10, bit=1.0), 1),
        (circuit("resistive-digits", tile=(130, 64), bit=1.0), kappa(130, 64, bit=1.0), 0),
    ]
    for card, expected, worst in cases:
        found, layer = wire_severity(IDEAL, card)
        assert found == pytest.approx(expected, rel=1e-12)
        assert layer == worst


def test_without_wires_nothing_is_eaten() -> None:
    card = CircuitCard.load("digits")
    assert wire_severity(IDEAL, card) == (0.0, 0)
    assert fit_warnings(IDEAL, card) == []


def test_the_severity_is_about_the_share_that_a_networks_weights_lose() -> None:
    """Digits with 1 ohm: kappa of the worst column is 0.019, the mean loss of all columns a part of it."""
    wired, perfect = (
        Hardware(IDEAL, card, Seeds.of(1)) for card in (circuit(word=1.0, bit=1.0), CircuitCard.load("digits"))
    )
    for chip in (wired, perfect):
        chip.initialise()
    worst, _ = wire_severity(IDEAL, wired.circuit)
    seen, true = (chip.network().layers[0].weights for chip in (wired, perfect))  # type: ignore[attr-defined]
    loss = 1.0 - float(np.vdot(seen, true) / np.vdot(true, true))
    assert 0.25 * worst < loss < 2.0 * worst


def test_wires_that_eat_a_tenth_are_warned_of_with_layer_device_and_severity() -> None:
    """kappa is linear in the resistance: 0.0994 without a warning, 0.1006 with."""
    one = wire_severity(IDEAL, circuit(word=1.0, bit=1.0))[0]
    for share, expected in ((0.994, 0), (1.006, 1)):
        found = fit_warnings(IDEAL, circuit(word=0.1 * share / one, bit=0.1 * share / one))
        assert len(found) == expected
    assert str(found[0]) == (
        "digits: wires: eat much of the signal of layer 1: severity kappa is 0.101 (0.1 is a tenth of the worst line's "
        "current) with device 'ideal' at mapping.common_mode; use a smaller tile or less resistance"
    )


def test_wires_that_eat_nearly_all_are_refused() -> None:
    one = wire_severity(IDEAL, circuit(word=1.0, bit=1.0))[0]
    check_fit(IDEAL, circuit(word=9.99 / one, bit=9.99 / one))
    message = (
        r"digits: wires: eat nearly all of the signal of layer 1: severity kappa is 10\.1, above 10, with device "
        r"'ideal' at mapping\.common_mode; use a smaller tile or less resistance"
    )
    with pytest.raises(CardError, match=message):
        check_fit(IDEAL, circuit(word=10.1 / one, bit=10.1 / one))
    with pytest.raises(CardError, match="eat nearly all"):
        Hardware(IDEAL, circuit(word=10.1 / one, bit=10.1 / one), Seeds.of(1))


def test_smaller_tiles_are_less_severe() -> None:
    sizes = [8, 16, 32, 64]
    found = [wire_severity(IDEAL, circuit(tile=(size, size), word=1.0, bit=1.0))[0] for size in sizes]
    # N^2 with a linear term: the loss of N cells in a row is (N + 1)/(N) of the leading order each way
    assert all(3.0 < b / a < 4.0 for a, b in itertools.pairwise(found))


@pytest.mark.parametrize(("card", "scheme"), [("passive-digits", "separate"), ("resistive-digits", "single")])
def test_a_device_without_pulses_down_serves_no_single_conductances(card: str, scheme: str) -> None:
    message = (
        rf"{card}: mapping.scheme: '{scheme}' needs gradual pulses both ways, and device 'pcm' has none down; take a "
        r"network of pairs \(rc or passive, push_pull\)"
    )
    with pytest.raises(CardError, match=message):
        check_fit(DeviceCard.load("pcm"), CircuitCard.load(card, [f"mapping.scheme={scheme}"]))


@pytest.mark.parametrize("card", ["digits", "passive-digits"])
def test_a_device_without_pulses_down_serves_pairs_of_both_halves(card: str) -> None:
    pcm = DeviceCard.load("pcm")
    check_fit(pcm, CircuitCard.load(card))
    with pytest.raises(CardError, match=r"mapping\.scheme: must be 'push_pull' for device 'pcm', which has no gradual"):
        check_fit(pcm, CircuitCard.load(card, ["mapping.scheme=reference"]))


@pytest.mark.parametrize("card", ["passive-digits", "resistive-digits"])
def test_a_read_voltage_that_programs_is_refused(card: str) -> None:
    full = "mapping.read_voltage=1 V"
    rails = ["neurons.output.activation.high=2 V"] if card == "passive-digits" else []
    device = DeviceCard.load("ideal", ["programming.up.amplitude=0.9 V"])
    message = (
        rf"{card}: mapping.read_voltage: must be below the smallest write amplitude of device 'ideal' \(900 mV\), "
        "got 1 V: reading would program"
    )
    with pytest.raises(CardError, match=message):
        check_fit(device, CircuitCard.load(card, [full, *rails]))


def stiffness(rows: int, doubled: bool, nudging: float, leak: float) -> float:
    """Smallest eigenvalue of the conductances that hold two outputs, all cells at 1 uS, under negative nudging [S]."""
    held = np.eye(4 if doubled else 2) * (rows * 1e-6 + leak)
    source = np.kron(np.array([[1.0, -1.0], [-1.0, 1.0]]), np.eye(2)) if doubled else np.eye(2)
    return float(np.linalg.eigvalsh(held - nudging * source).min())


@pytest.mark.parametrize("outputs", ["single", "doubled"])
@pytest.mark.parametrize("estimator", ["centered", "negative", "random_sign", "richardson"])
def test_negative_nudging_that_leaves_an_output_without_an_equilibrium_is_warned_of(
    outputs: str, estimator: str
) -> None:
    """Just where the smallest eigenvalue of the conductances on the outputs is 0 with every cell at its lowest."""
    fixed = (
        "layers=[6,5,2]",
        f"network.outputs={outputs}",
        "network.output.leak=3 uS",
        "nudging.beta=0.3",
        f"nudging.estimator={estimator}",
    )
    strongest = 0.6 if estimator == "richardson" else 0.3
    edge = (7e-6 + 3e-6) / (2.0 if outputs == "doubled" else 1.0)
    for share in (0.999, 1.001):
        conductance = share * edge / strongest * 1e6
        card = CircuitCard.load("resistive-digits", [*fixed, f"network.nudging_conductance={conductance} uS"])
        left = stiffness(7, outputs == "doubled", strongest * card.network.nudging_conductance, 3e-6)  # type: ignore[union-attr]
        found = [str(problem) for problem in fit_warnings(IDEAL, card)]
        assert len(found) == int(left <= 0.0) == int(share > 1.0)
    assert "resistive-digits: nudging.beta: negative nudging by " in found[0]
    assert " can cancel the conductance that holds an output, from " in found[0]
    assert found[0].endswith("lower nudging.beta or network.nudging_conductance, or take nudging.kind=constant")


@pytest.mark.parametrize("nudging", ["estimator=positive", "kind=constant"])
def test_nudging_that_is_positive_or_constant_cancels_nothing(nudging: str) -> None:
    card = CircuitCard.load("resistive-digits", ["network.nudging_conductance=1 S", f"nudging.{nudging}"])
    assert fit_warnings(IDEAL, card) == []


WIDE = ["learning.initial_gain=[1.0, 0.3]"]


def test_a_pulse_that_is_as_large_as_a_weight_is_warned_of_and_the_range_that_helps_is_named() -> None:
    device = DeviceCard.load("rram")
    found = [
        problem for problem in fit_warnings(device, CircuitCard.load("mnist", WIDE)) if "a pulse of" in problem.message
    ]
    assert [problem.key for problem in found] == ["mapping.weight_range"] * 2
    assert "moves a weight of layer 1 by 0.82 times" in found[0].message
    assert "a range of 0.06 there instead of 0.5 makes it 0.1" in found[0].message
    finer = CircuitCard.load("mnist", [*WIDE, "mapping.weight_range=[0.06, 0.02]"])
    assert not fit_warnings(device, finer)
    assert all(ratio == pytest.approx(0.1, rel=0.2) for ratio in pulse_ratios(device, finer))


IDENTICAL = [f"variation.device_to_device.{what}=0 %" for what in ("max", "min", "step", "asymmetry")]


@pytest.mark.parametrize(("scheme", "share"), [("push_pull", "50 %"), ("reference", "50 %"), ("push_pull", "20 %")])
def test_the_ratio_is_that_of_simulated_pulses(scheme: str, share: str) -> None:
    """Changes of 4000 pairs by one pulse up from the common mode, over the initial spread: within 5 %."""
    device = DeviceCard.load("rram", ["conductance.levels=null", *IDENTICAL])
    circuit = CircuitCard.load(
        "digits", [f"mapping.scheme={scheme}", f"mapping.common_mode={share}", "layers=[64, 64, 10]"]
    )
    store = Hardware(device, circuit, Seeds.of(0)).stores[0]
    before = store.weights.copy()
    store.program(np.ones(store.shape, dtype=np.int32), Streams(1), 0, 0)
    change = np.sqrt(np.mean(np.square(store.weights - before)))
    bound = circuit.per_layer(circuit.learning.initial_gain)[0] * np.sqrt(6.0 / sum(store.shape))
    assert change / (bound / np.sqrt(3.0)) == pytest.approx(pulse_ratios(device, circuit)[0], rel=0.05)


@pytest.mark.parametrize(
    ("card", "overrides", "cells"),
    [
        ("rram", ["programming.up.pulses=1000000000", "programming.down.pulses=1000000000"], 19220),
        ("ideal", ["programming.up.step=1e-8 %", "programming.down.step=1e-8 %"], 19220),
        ("rram_hfo2", ["programming.up.step=1e-9 %", "programming.down.step=1e-9 %"], 19220),
    ],
)
def test_cells_that_take_more_pulses_than_anybody_waits_for_are_refused(
    card: str, overrides: list[str], cells: int
) -> None:
    message = (
        rf"programming: a pulse moves a cell by .* of its window: the {cells} cells of circuit 'digits' take some "
    )
    with pytest.raises(CardError, match=message + r".*e\+1\d pulses to be written, more than 1e\+13; give steps of at"):
        check_fit(DeviceCard.load(card, overrides), CircuitCard.load("digits"))


@pytest.mark.parametrize("name", DeviceCard.names())
def test_every_shipped_device_is_a_hundred_times_below_the_most_pulses(name: str) -> None:
    cells = max(
        2 * sum(rows * columns for rows, columns in CircuitCard.load(one).shapes) for one in CircuitCard.names()
    )
    assert cells < 0.01 * MOST_PULSES * DeviceCard.load(name).step
