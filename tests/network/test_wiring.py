"""The wires of a chip: exact at a refresh, estimated in between, with the error that this makes."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.wires import ExactWires, NoWires
from analogep.crossbar import Array
from analogep.crossbar.wires import Resistances, TiledPorts
from analogep.device import DeviceCard
from analogep.device.iv import LinearIV, SinhIV
from analogep.network import Hardware
from analogep.network.coupling import Perfect
from analogep.network.wired import Wired, WiredCurved
from analogep.network.wiring import Wiring
from analogep.streams import Seeds, Streams

IDEAL, LINEAR = DeviceCard.load("ideal"), LinearIV(kind="linear")
OHMS, TILE = Resistances(20.0, 10.0, 50.0, 30.0), (6, 5)


def wires(refresh: int) -> ExactWires:
    return ExactWires(kind="exact", word=20.0, bit=10.0, driver=50.0, sense=30.0, tile=TILE, refresh=refresh)


def cells(name: str = "layer1/plus") -> Array:
    array = Array(IDEAL, (10, 8), Streams(0), name)
    array.place(np.random.default_rng(1).random(array.shape))
    return array


def pulse(array: Array, call: int) -> None:
    """Pulses of up to 5 % of the window on every cell."""
    counts = np.random.default_rng(call).integers(-500, 501, array.shape).astype(np.int32)
    array.program(counts, Streams(1), 0, call)


def exact(array: Array) -> TiledPorts:
    return TiledPorts.exact(array.g, OHMS, TILE)


def same(one: TiledPorts, other: TiledPorts) -> None:
    np.testing.assert_array_equal(one.g, other.g)
    np.testing.assert_array_equal(one.rc, other.rc)
    for a, b in ((one.rr, other.rr), (one.cc, other.cc)):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)


def test_between_two_refreshes_each_reduction_is_moved_from_the_one_before_and_exact_at_the_refresh() -> None:
    array, wiring = cells(), Wiring(wires(3), LINEAR)
    expected = exact(array)
    for update in range(7):
        same(wiring.ports(array), expected)
        assert wiring.ports(array) is wiring.ports(array), "asked twice between two updates, computed once"
        pulse(array, update)
        wiring.moved()
        expected = exact(array) if (update + 1) % 3 == 0 else expected.moved(array.g)


def test_the_error_is_that_of_the_last_estimate_at_each_refresh_and_the_largest_of_them() -> None:
    array, wiring, errors = cells(), Wiring(wires(2), LINEAR), []
    assert wiring.error == 0.0
    for update in range(6):
        before = wiring.ports(array)
        pulse(array, update)
        wiring.moved()
        if update % 2:
            errors.append(before.moved(array.g).error(exact(array)))
            wiring.ports(array)
            assert wiring.error == max(errors)
    # PHYSICS.md, section 5: 5e-4 to 3e-3 for changes of 1 to 5 %
    assert 1e-5 < wiring.error < 1e-2


def test_reductions_at_every_update_are_exact() -> None:
    array, wiring = cells(), Wiring(wires(1), LINEAR)
    for update in range(3):
        same(wiring.ports(array), exact(array))
        pulse(array, update)
        wiring.moved()
    same(wiring.ports(array), exact(array))


def test_a_closed_epoch_leaves_exact_reductions_and_hands_over_its_error() -> None:
    array, wiring = cells(), Wiring(wires(10), LINEAR)
    estimate = wiring.ports(array)
    for update in range(4):
        pulse(array, update)
        wiring.moved()
        estimate = wiring.ports(array)
    error = wiring.close([array])
    assert error == pytest.approx(estimate.error(exact(array)), rel=1e-12)
    assert error > 0.0
    assert wiring.error == 0.0
    same(wiring.ports(array), exact(array))
    pulse(array, 4)
    wiring.moved()
    same(wiring.ports(array), exact(cells_like(array, 4)).moved(array.g))


def cells_like(array: Array, until: int) -> Array:
    """The array of `cells` after the first pulses."""
    again = cells(array.name)
    for update in range(until):
        pulse(again, update)
    return again


def test_a_wiring_that_begins_anew_with_an_epoch_gives_the_numbers_of_one_that_went_on() -> None:
    """What a resumed run does: four updates, the end of an epoch, three more."""
    array, went_on = cells(), Wiring(wires(3), LINEAR)
    for update in range(4):
        went_on.ports(array)
        pulse(array, update)
        went_on.moved()
    went_on.close([array])
    anew = Wiring(wires(3), LINEAR)
    for update in range(4, 7):
        same(anew.ports(array), went_on.ports(array))
        pulse(array, update)
        for wiring in (anew, went_on):
            wiring.moved()
    assert anew.close([array]) == went_on.close([array])


def test_arrays_that_nobody_read_are_not_reduced_and_those_of_two_names_kept_apart() -> None:
    first, second, wiring = cells("layer1/plus"), cells("layer1/minus"), Wiring(wires(2), LINEAR)
    pulse(second, 9)
    same(wiring.ports(first), exact(first))
    assert wiring.close([first, second]) == 0.0
    same(wiring.ports(second), exact(second))
    same(wiring.ports(first), exact(first))


def test_perfect_wires_have_no_reduction_and_no_error() -> None:
    array, wiring = cells(), Wiring(NoWires(kind="none"), LINEAR)
    assert not wiring.exact
    coupling = wiring.coupling(array)
    assert isinstance(coupling, Perfect)
    np.testing.assert_array_equal(coupling.column_load(), array.column_g)
    wiring.moved()
    assert wiring.close([array]) == 0.0


def test_curved_cells_are_solved_node_by_node_and_linear_ones_reduced() -> None:
    array, curved = cells(), Wiring(wires(2), SinhIV(kind="sinh", v0=0.2))
    assert curved.exact
    assert isinstance(curved.coupling(array), WiredCurved)
    assert isinstance(curved.linear(array), Wired)
    assert isinstance(Wiring(wires(2), LINEAR).coupling(array), Wired)


def test_the_coupling_of_an_estimate_has_its_currents_and_power() -> None:
    array, wiring = cells(), Wiring(wires(5), LINEAR)
    first = wiring.ports(array)
    pulse(array, 0)
    wiring.moved()
    coupling, ports = wiring.coupling(array), first.moved(array.g)
    rng = np.random.default_rng(3)
    rows, columns = rng.uniform(-0.2, 0.2, (4, 10)), rng.uniform(-0.2, 0.2, (4, 8))
    np.testing.assert_allclose(coupling.into(rows, columns), -ports.column_currents(rows, columns), rtol=1e-12)
    np.testing.assert_allclose(coupling.drawn(rows, columns), ports.row_currents(rows, columns), rtol=1e-12)
    ends = np.concatenate([rows, columns], axis=1)
    y = np.zeros((18, 18))
    at = 0
    for block in (*ports.rr, *ports.cc):
        y[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    y[:10, 10:], y[10:, :10] = ports.rc, ports.rc.T
    np.testing.assert_allclose(coupling.power(rows, columns), np.einsum("bi,ij,bj->b", ends, y, ends), rtol=1e-12)


@pytest.mark.parametrize("card", ["digits", "resistive-digits"])
def test_an_old_chip_is_reduced_anew_and_the_young_one_keeps_its_reductions(card: str) -> None:
    """All cells lose half of their conductance: so does what the ports see, but for what the wires then eat less."""
    device = DeviceCard.load("ideal", ["retention={kind: power_law, t0: 1 s, nu_offset: 0.1}"])
    few = ["layers=[6,5,3]", "wires={kind: exact, word: 1 ohm, bit: 1 ohm, tile: [6, 5]}"]
    chip = Hardware(device, CircuitCard.load(card, few), Seeds.of(1))
    chip.initialise()
    young = [chip.wiring.ports(array).t for array in chip.arrays()]
    old = chip.aged(2.0**10 - 1.0)
    for before, one, later in zip(young, chip.arrays(), old.arrays(), strict=True):
        np.testing.assert_allclose(later.g, 0.5 * one.g, rtol=1e-12)
        np.testing.assert_allclose(old.wiring.ports(later).t, 0.5 * before, rtol=1e-3)
        np.testing.assert_array_equal(chip.wiring.ports(one).t, before)
