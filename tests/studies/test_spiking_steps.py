"""The study of spikes against backpropagation through time, on few images and repeats."""

import numpy as np

from .conftest import load_study

study = load_study("spiking_steps")


def measured(pool: str) -> tuple[np.ndarray, np.ndarray]:
    """Cosines (steps, layers) of analog neurons and of spikes, eight images, four repeats."""
    network, circuit = study.network_of(pool)
    x, target = study.images(8)
    wanted = study.reference(network.analog, x, target)
    analog = study.cosines(study.analog_steps(network.analog, x, target), wanted)
    return analog, study.cosines(study.spiking_steps(network, circuit, x, target, 4), wanted)


def test_spikes_follow_backpropagation_with_the_average_and_lose_it_with_a_maximum() -> None:
    """After 4, 8 and 16 steps: every layer above 0.7 with the average, with the noise of few repeats; the first below
    0.5 with the maximum, where analog neurons are above 0.75."""
    analog, spikes = measured("average")
    assert (analog[[3, 7, 15]] > 0.9).all()
    assert (spikes[[3, 7, 15]] > 0.7).all()
    analog, spikes = measured("max")
    assert (analog[[3, 7, 15], 0] > 0.75).all()
    assert (spikes[[3, 7, 15], 0] < 0.5).all()


def test_nothing_has_come_to_the_first_layer_before_three_steps() -> None:
    """The nudge goes back a layer a step, in both."""
    network, _ = study.network_of("average")
    x, target = study.images(2)
    found = study.analog_steps(network.analog, x, target)
    assert not found[1][0].any()
    assert found[2][0].any()
    assert not study.reference(network.analog, x, target)[1][0].any()
