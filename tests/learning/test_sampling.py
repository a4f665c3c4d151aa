"""Sample and hold with its converter, compiled, against the card's own words."""

import numpy as np
import pytest

from analogep.circuit.converters import Adc, Dac
from analogep.learning.sampling import Sampler, loaded


def adc(bits: int | None) -> Adc:
    return Adc(bits=bits, low="-0.2 V", high="0.4 V", booked=8, node="65 nm", rate="2.5 MHz")


@pytest.mark.parametrize("bits", [None, 1, 10])
def test_without_noise_it_is_the_converter(bits):
    rates = np.random.default_rng(0).uniform(-0.4, 0.6, (21, 33))
    out, total = Sampler.of(adc(bits), 0.0)(rates, 3)
    # The nearest code, but for voltages within rounding of the middle of two.
    np.testing.assert_allclose(out, adc(bits).quantise(rates), rtol=0, atol=1e-15)
    assert total == pytest.approx(np.square(rates).sum(), rel=1e-13)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (300, 701)])
def test_noise_has_the_given_deviation_and_no_mean(shape):
    """Within five standard errors; neighbours, and samples half an array apart, are independent."""
    rates = np.full(shape, 0.1)
    out, _ = Sampler.of(adc(None), 0.02)(rates, 9)
    xi = (out - rates).ravel() / 0.02
    assert np.isfinite(xi).all()
    if (n := xi.size) < 1000:
        return
    assert abs(xi.mean()) < 5 / np.sqrt(n)
    assert abs(xi.var() - 1.0) < 5 * np.sqrt(2 / n)
    for apart in (1, (n + 1) // 2):
        assert abs(np.mean(xi[:-apart] * xi[apart:])) < 5 / np.sqrt(n - apart)


def test_the_key_alone_decides():
    rates = np.random.default_rng(1).random((5, 8))
    one, other, third = (Sampler.of(adc(10), 0.01)(rates, key)[0] for key in (1, 1, 2))
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, third)


@pytest.mark.parametrize("bits", [None, 1, 8])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_lines_are_loaded_as_the_card_says_to_the_last_bit(bits: int | None, kind: type) -> None:
    """Data in any precision, rows that do not lie side by side."""
    x = np.random.default_rng(2).random((7, 31)).astype(kind)[:, ::2]
    wanted = Dac(bits=bits, booked=8, supply="1 V").quantise(x.astype(np.float64)) * 0.3
    np.testing.assert_array_equal(loaded(x, bits, 0.3), wanted)
