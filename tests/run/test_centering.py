"""Centred inputs in a run: other pulses in the first layer alone, and their products booked."""

import numpy as np

from tests.run.tiny import tiny

EXACT = ("learning.epochs=1", "update.rule=stochastic", "learning.batch=60")


def test_centred_inputs_change_the_first_update_of_the_first_layer_alone() -> None:
    plain, centred = (tiny(*EXACT, *more).execute() for more in ((), ("learning.center_inputs=0",)))
    pulses = [result["pulses"].values[0] for result in (plain, centred)]
    assert pulses[0][0] != pulses[1][0]
    assert pulses[0][1] == pulses[1][1]


def test_the_products_of_centring_are_booked() -> None:
    plain, centred = (tiny(*EXACT, *more) for more in ((), ("learning.center_inputs=0",)))
    booked = [run.execute()["energy"].sel(phase="update", component="digital").values[0] for run in (plain, centred)]
    # A batch of 60: the bias line's share of each sample, and the mean image once for each neuron.
    samples, rows, neurons = 60, 65, 6
    macs = samples * rows + (rows - 1) * neurons
    np.testing.assert_allclose(booked[1] - booked[0], macs * plain.circuit.digital.mac, rtol=1e-9)


def test_centred_inputs_learn_at_rates_at_which_plain_ones_do_not() -> None:
    # The curvature along the mean image limits the rate of plain inputs.
    given = ("layers=[64,64,10]", "learning.epochs=4", "learning.rate=[8,0.1]", "solver.method=euler")
    plain, centred = (tiny(*given, *more, card="ideal").execute() for more in ((), ("learning.center_inputs=0",)))
    assert centred["train_cost"].values[-1] < 0.6 * plain["train_cost"].values[-1]
