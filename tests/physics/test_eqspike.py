"""Learning at spikes: long nudged phases give the exact gradient without that a rate is ever read."""

import numpy as np
import pytest

from analogep.learning import compare

from .test_spiking import experiment

LONG = ("network.inputs={kind: regular}", "network.trace=4 us")
AT_SPIKES = "network.gradient={kind: eqspike, slope: 16 us, pulses: at_end}"


def test_spikes_gather_the_exact_gradient():
    """Phases of 200 us, beta 0.05: cosine above 0.999, gain within 1 % in both layers."""
    made, network, x, target = experiment(200, *LONG, AT_SPIKES, "nudging.beta=0.05")
    estimated, free = made.gradient(network, x, target, made.circuit.nudging.contour())
    exact = network.exact_gradient(free.v, made.lines(x), target)
    for a, b in zip(estimated, exact, strict=True):
        cosine, gain = compare(a, b)
        assert cosine > 0.999
        assert gain == pytest.approx(1.0, abs=0.01)


def second_layer(estimator: str) -> tuple[np.ndarray, np.ndarray]:
    """What the estimate at spikes differs from that of counted rates [1], and sum weight dr_i dr_j, beta 0.2."""
    found = []
    for gradient in (AT_SPIKES, "network.gradient={kind: counted}"):
        made, network, x, target = experiment(200, *LONG, gradient, f"nudging.estimator={estimator}")
        phases, lines, free = made.phases(network, x, target, made.circuit.nudging.contour())
        found.append(network.gradient(phases, lines)[1][:16])
    rest, product = network.rates(free.v), np.zeros((16, 10))
    for weight, rates in phases:
        product += weight * (rates[0] - rest[0]).T @ (rates[1] - rest[1])
    return found[0] - found[1], -product / (len(x) * network.read_voltage**2)


@pytest.mark.parametrize("estimator", ["positive", "centered"])
def test_what_both_sides_change_counts_twice(estimator: str):
    """The difference from counted rates is the sum of weight dr_i dr_j: cosine above 0.97, size within 10 %."""
    cosine, gain = compare(*second_layer(estimator))
    assert cosine > 0.97
    assert gain == pytest.approx(1.0, abs=0.1)
