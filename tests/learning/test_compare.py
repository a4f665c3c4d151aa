"""The comparison of two gradients: a cosine wherever both have a direction, and no number where one has none."""

import math

import numpy as np
import pytest

from analogep.learning import compare

EXACT = np.array([3.0, 4.0])


@pytest.mark.parametrize("scale", [1.0, 1e-140, 1e140])
def test_the_cosine_does_not_depend_on_lengths_and_the_gain_is_their_ratio(scale: float) -> None:
    cosine, gain = compare(2.0 * scale * EXACT, scale * EXACT)
    assert cosine == pytest.approx(1.0, rel=1e-15)
    assert gain == pytest.approx(2.0, rel=1e-15)


@pytest.mark.parametrize("length", [0.0, 5e-324, 1e-170, 1e-155])
def test_a_gradient_of_no_length_or_of_one_whose_square_is_no_number_has_no_cosine(length: float) -> None:
    for pair in ((length * EXACT, EXACT), (EXACT, length * EXACT), (length * EXACT, length * EXACT)):
        assert all(map(math.isnan, compare(*pair)))
