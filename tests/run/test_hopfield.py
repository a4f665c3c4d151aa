"""The Hopfield energy in a result, and circuits that may begin unstable."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.energy import Ledger
from analogep.errors import SimulationError
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.run import assemble

from .tiny import digits, network, tiny

UNSTABLE = ("learning.initial_gain=[1, 4]", "feedback.gain=1")


def test_a_result_has_the_mean_energy_of_the_first_training_and_test_samples_of_each_epoch() -> None:
    """Recomputed for the last epoch from the conductances of the result."""
    run = tiny()
    result = run.execute()
    assert result["hopfield"].dims == ("epoch", "part")
    assert list(result["part"].values) == ["train", "test"]
    hardware = Hardware(run.device, run.circuit, run.seeds)
    assemble.finished(result, hardware)
    bench = Experimenter(hardware, Ledger(), np.random.default_rng(0), noisy=False)
    for part, x in (("train", digits().train_x), ("test", digits().test_x)):
        lines = bench.lines(x[: run.circuit.learning.probe])
        chip = hardware.network()
        energy = chip.hopfield_energy(bench.free(chip, lines).v, chip.drive(lines))
        assert float(result["hopfield"].sel(part=part)[-1]) == pytest.approx(energy.mean(), rel=1e-3)


@pytest.mark.parametrize("name", ["resistive", "passive, push-pull"])
def test_a_network_that_is_not_made_of_neurons_at_virtual_ground_has_none(name: str) -> None:
    assert np.isnan(network(name, "learning.epochs=1").execute()["hopfield"].values).all()


def test_training_begins_with_a_loop_gain_above_one_only_where_the_card_says_so() -> None:
    with pytest.raises(SimulationError, match="unstable as written"):
        tiny(*UNSTABLE).execute()
    result = tiny(*UNSTABLE, "network={kind: rc, unstable: true}").execute()
    assert np.isfinite(result["hopfield"].values).all()
