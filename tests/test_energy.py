"""The ledger of joules, and the digital yardstick."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.energy import COMPONENTS, MAC_JOULES, PHASES, TRAINING, Ledger, inference_macs, training_macs


def test_joules_add_up_by_component_and_phase() -> None:
    ledger = Ledger()
    ledger.book("free", array=1.0, leak=2.0)
    ledger.book("free", array=0.5)
    ledger.book("update", programming=4.0)
    ledger.book("inference", adc=8.0)
    assert ledger.joules.shape == (len(COMPONENTS), len(PHASES))
    assert ledger.joules[COMPONENTS.index("array"), PHASES.index("free")] == 1.5
    assert (ledger.total(), ledger.total("free"), ledger.total("free", "update")) == (15.5, 3.5, 7.5)
    assert ledger.total(*TRAINING) == 7.5


def test_two_ledgers_do_not_share_their_joules_and_one_can_be_restored() -> None:
    ledger = Ledger()
    ledger.book("nudged", dac=1.0)
    assert Ledger().total() == 0.0
    assert Ledger(ledger.joules.copy()).total("nudged") == 1.0


@pytest.mark.parametrize(("phase", "component"), [("train", "array"), ("free", "arrays")])
def test_a_phase_or_component_without_a_row_is_an_error(phase: str, component: str) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        Ledger().book(phase, **{component: 1.0})


def test_names_of_rows_are_unique_and_training_is_made_of_phases() -> None:
    assert len(set(COMPONENTS)) == len(COMPONENTS)
    assert len(set(PHASES)) == len(PHASES)
    assert set(TRAINING) < set(PHASES)


def test_multiply_accumulates_are_counted_as_in_a_loop_over_layers() -> None:
    """784-128-10: (784+1) 128 + (128+1) 10; training is forward, weight gradients, and deltas through the weights."""
    assert inference_macs(((784, 128, 1), (128, 10, 1))) == 785 * 128 + 129 * 10 == 101_770
    assert training_macs(((784, 128, 1), (128, 10, 1))) == 2 * 101_770 + 784 * 128 + 128 * 10


def test_published_joules_of_a_multiply_accumulate_are_the_sums_of_their_parts() -> None:
    assert MAC_JOULES["fp32 at 45 nm (Horowitz 2014)"] == pytest.approx(3.7e-12 + 0.9e-12)
    assert MAC_JOULES["int8 at 45 nm (Horowitz 2014)"] == pytest.approx(0.2e-12 + 0.03e-12)
    assert MAC_JOULES["A100 bf16 at data-sheet peak"] == pytest.approx(2.0 * 400.0 / 312e12, rel=2e-3)
    assert np.all(np.array(list(MAC_JOULES.values())) > 0.0)
