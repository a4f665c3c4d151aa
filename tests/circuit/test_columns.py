"""The card's blocks `column`, `driver` and `feedback.turns`: what they refuse, and what is said of limits."""

from __future__ import annotations

from typing import Any

import pytest

from analogep.circuit import CircuitCard
from analogep.columns import Ideal
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.network import check_fit, fit_warnings
from analogep.network.lines_fit import line_problems, line_warnings, said

TIA = "column={kind: tia, supply: 1.1 V, dc_gain: 10000, load: 0.2 pF, gm_over_id: 15, branches: 4}"
CONVEYOR = (
    "column={kind: conveyor, supply: 1.1 V, bias_current: 20 uA, gm_over_id: 15, regulation: 100, mirror: 200 MHz, "
    "peak: 10, branches: 4}"
)
PASSIVE = "column={kind: passive, supply: 1.1 V, line_load: 200 S, load: 0.2 pF, gm_over_id: 15, branches: 4}"
CHARGE = TIA.replace("tia", "charge")
TAKING = "{forward: 60 ns, reverse: 60 ns, guard: 2 ns, hold: 0.1 pF, droop: 1 ms}"
TURNS = f"feedback={{kind: alternating, gain: 0.5, turns: {TAKING}}}"


@pytest.mark.parametrize(
    ("card", "overrides", "message"),
    [
        (
            "resistive-digits",
            (TIA,),
            "column.kind: must be 'ideal' in a network of kind 'resistive'; 'rc' or 'spiking' has summing lines",
        ),
        (
            "digits",
            (TURNS,),
            "feedback.kind: 'alternating' needs a column circuit, which settles in each turn; give one, such as "
            "column: {kind: tia, ...}",
        ),
        ("spiking-digits", (TIA, TURNS), "feedback.kind: 'alternating' needs a network of kind 'rc', got 'spiking'"),
        ("digits", (TIA, "feedback.kind=alternating"), "turns: is missing: 'alternating' feedback needs the lengths"),
        (
            "digits",
            (TIA, TURNS, "feedback.kind=shared"),
            "turns: is for kind 'alternating'; 'shared' has none, remove it",
        ),
        (
            "digits",
            ("driver={current: 1 mA}",),
            "driver: needs a column circuit: with column.kind=ideal lines take the heat of their cells, at any supply",
        ),
        (
            "digits",
            (TIA, "column.supply=0.9 V"),
            "column.supply: leaves a swing of 350 mV around the middle, short of the rails of the output neurons, 400 "
            "mV; give at least 1 V",
        ),
        (
            "digits",
            (TIA, TURNS.replace("0.1 pF", "1 pF")),
            "column.load: 200 fF is less than the capacitor that holds an output, feedback.turns.hold = 1 pF; give at "
            "least as much",
        ),
        ("digits", (TIA, "column.tail=4"), "column.tail: unknown key"),
        (
            "digits",
            (TIA, "neurons.hidden.capacitance=null"),
            "neurons.hidden.capacitance: is missing: it follows only from columns with a bandwidth of their own, such "
            "as column: {kind: tia, bandwidth: 1 GHz, ...}; give it, or such a column",
        ),
        ("passive-digits", ("neurons.output.capacitance=null",), "neurons.output.capacitance: is missing: it follows"),
        (
            "digits",
            (CHARGE, TURNS, "column.ratio=5", "column.bandwidth=1 GHz"),
            "ratio: is given by 'bandwidth' already; remove one of the two",
        ),
        (
            "digits",
            (CHARGE,),
            "column.kind: 'charge' integrates currents for a window and shows the result afterwards, which needs "
            "arrays that are read in turns: give feedback.kind=alternating and feedback.turns in a network of kind "
            "'rc', or another column circuit",
        ),
        (
            "digits",
            (TIA, "driver.supply=0.1 V"),
            "driver.supply: drives lines no further than 50 mV from the middle of 100 mV, short of their full scale, "
            "200 mV; give at least 400 mV",
        ),
        ("spiking-digits", (CHARGE,), "column.kind: 'charge' integrates currents for a window"),
        (
            "digits",
            (CHARGE, TURNS, "column.capacitance=1 pF"),
            "reason: is missing: a capacitance other than window over R_f multiplies all that is read; say why",
        ),
        ("digits", (CHARGE, TURNS, "column.reason=x"), "reason: is of a 'capacitance', which is not given"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(card: str, overrides: tuple[str, ...], message: str) -> None:
    with pytest.raises(CardError) as error:
        CircuitCard.load(card, overrides)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("column.bandwidth=1 MHz",),
            "timing.nudged.duration: 400 ns is shorter than 35.19 us, in which the columns of the bit lines of layer 2 "
            "settle to 1 %, 4.6 times 7.65 us; give as much, or column.bandwidth=88.4 MHz or more, or a smaller "
            "column.tile",
        ),
        (
            (TURNS, "feedback.turns.reverse=20 ns"),
            "feedback.turns.reverse: 20 ns is shorter than 45.98 ns, in which the columns of the word lines of layer 2 "
            "settle to 1 %, 4.6 times 9.995 ns; give as much, or column.bandwidth=",
        ),
        (
            ("driver.current=1 uA",),
            "driver.current: a word line of layer 1 carries 141.6 uA at full scale with device 'rram' at "
            "mapping.common_mode, more than the 1 uA that its driver gives; give driver.current of as much",
        ),
        (
            (CHARGE, TURNS, "column.bandwidth=10 MHz"),
            "feedback.turns.forward: 60 ns is shorter than 3.537 us: the columns of the bit lines of layer 2 take "
            "768.9 ns to hold their lines, which are lost of every turn, 22 % at most; give as much, or "
            "column.bandwidth=589.4 MHz or more, or longer turns",
        ),
        (
            (TURNS, "feedback.turns.guard=1 us"),
            "timing.free.duration: 500 ns end before word lines are read; give at least 1.12 us, one forward and one "
            "reverse turn and a guard, or shorter turns",
        ),
        (
            (CONVEYOR, "column.bias_current=50 nA"),
            "column: the columns of the bit lines of layer 1 give 16.67 mV at most, less than the full scale of 200 "
            "mV; give 12 times the current or swing, or a larger mapping.weight_range",
        ),
        (
            (PASSIVE, "noise.thermal=on", "sample_hold.noise=null"),
            "column: thermal noise of the columns of the bit lines of layer 1 is 214.5 mV at each node, more than the "
            "full scale of 200 mV; give mapping.read_voltage=2.145 V, amplifiers of more load or bandwidth, or a "
            "smaller mapping.weight_range",
        ),
        (
            ("mismatch={offset: 10 mV}",),
            "mismatch: the offset of the columns of the bit lines of layer 1 is 247.7 mV at each node, more than the "
            "full scale of 200 mV; give offsets, after auto-zeroing, of 807.4 uV: columns multiply them by 24.8",
        ),
        (
            (CHARGE, TURNS, "timing.nudged.duration=100 ns"),
            "timing.nudged.duration: 100 ns end before the columns of both directions have shown what they integrate; "
            "give at least 122 ns, one forward and one reverse turn and a guard, or shorter turns",
        ),
        (
            ("column.bandwidth=100 MHz", "column.ratio=5"),
            "column.ratio: the columns of the bit lines of layer 2 close at a time constant of 76.5 ns, and their node "
            "of 50 ns is 0.654 times as slow, not 5 times; leave out one of column.ratio, column.bandwidth and the "
            "neurons' capacitance, or give column.bandwidth=768.7 MHz or more, or a smaller column.tile",
        ),
        (("lines.current=0.1 mA",), "lines.current: a word line of layer 1 carries 141.6 uA"),
    ],
)
def test_two_cards_that_no_chip_could_be_made_of_are_refused_with_what_would_do(
    overrides: tuple[str, ...], message: str
) -> None:
    circuit = CircuitCard.load("digits", [TIA, *overrides])
    with pytest.raises(CardError) as error:
        check_fit(DeviceCard.load("rram"), circuit)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("overrides", "key", "message"),
    [
        (
            ("column.bandwidth=40 MHz",),
            "column",
            "the columns of the bit lines of layer 1 close at a time constant of 98.56 ns, 2 times that of their node, "
            "50 ns, with device 'rram' at mapping.common_mode; give column.bandwidth=395.2 MHz or more, or a "
            "smaller column.tile",
        ),
        (("column.dc_gain=20",), "column", "the columns of the bit lines of layer 1 pass on 0.45 times the current"),
        (
            ("noise.thermal=on", "sample_hold.noise=null", "column.load=0.01 fF"),
            "column",
            "thermal noise of the columns of the bit lines of layer 1 is 47.7 mV at each node, 0.24 times the full "
            "scale; give mapping.read_voltage=477 mV",
        ),
        (
            ("layers=[64,1000,10]",),
            "wires",
            "lines have no resistance here; with 1 ohm between cells the severity kappa",
        ),
    ],
)
def test_what_a_designer_would_look_at_is_said_with_numbers(overrides: tuple[str, ...], key: str, message: str) -> None:
    circuit = CircuitCard.load("digits", [TIA, *overrides])
    found = [str(problem) for problem in fit_warnings(DeviceCard.load("rram"), circuit)]
    assert any(message in one and f"{key}:" in one for one in found), found


def test_ideal_columns_and_silent_conductances_are_called_limits() -> None:
    device = DeviceCard.load("rram")
    ideal, built = (
        CircuitCard.load("digits"),
        CircuitCard.load("digits", [TIA, "noise.thermal=on", "sample_hold.noise=null"]),
    )
    assert "what holds the lines is ideal, a limit and no circuit (no block 'column')" in ideal.understood()
    assert "no thermal noise, a limit and no circuit" in ideal.understood()
    assert "a limit" not in built.understood()
    assert said(device, ideal).startswith("ideal, a limit and no circuit")
    assert said(device, built) == (
        "tia, 9.995 ns for the 50 ns of the word lines of layer 2, the slowest; a word line of layer 1 carries 141.6 "
        "uA at full scale; what a driver can give is not known"
    )
    assert said(device, CircuitCard.load("resistive-digits")) == ""


def test_a_result_says_what_held_its_lines(tmp_path: Any) -> None:
    from analogep import Run
    from analogep.cli.summary import text

    small = {"layers": [64, 8, 10], "learning.epochs": 1, "solver.method": "euler"}
    lines = text(Run("ideal", "digits", seed=1, set=small).execute()).splitlines()
    assert sum("a limit and no circuit" in line for line in lines) == 2


def test_a_column_without_any_lag_settles_in_every_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is no limit to its author."""
    monkeypatch.setattr(Ideal, "limiting", False)
    device, circuit = DeviceCard.load("rram"), CircuitCard.load("digits")
    assert list(line_problems(device, circuit)) == []
    assert not any(key == "column" for key, _ in line_warnings(device, circuit))
    assert "ideal, 0 s for the 50 ns" in said(device, circuit)
