"""The first layer's step for centred inputs, checked against descent in the coordinates that it stands for."""

import numpy as np
import pytest

from analogep.crossbar.outer import Outer
from analogep.learning.centering import center_of, centered

FULL = 0.2
"""Voltage of the bias line, and of an input of 1."""


@pytest.fixture
def gradient() -> Outer:
    rng = np.random.default_rng(1)
    lines = FULL * rng.random((6, 5)) * (rng.random((6, 5)) < 0.5)
    return Outer(np.column_stack([lines, np.full(6, FULL)]), rng.standard_normal((6, 3)))


CENTER = np.array([0.5, 0.0, 0.2, 0.7, 0.0])


def test_the_step_is_gradient_descent_in_the_weights_of_centred_inputs(gradient: Outer) -> None:
    # a = x w + b = (x - c) w + e, e = b + c w: descend in w and e, and go back to b.
    samples, change = gradient.rows, gradient.columns
    dw = (samples[:, :-1] - CENTER * FULL).T @ change
    de = samples[:, -1] @ change
    db = de - CENTER @ dw
    step = centered(gradient, CENTER).dense()
    np.testing.assert_allclose(step, np.vstack([dw, db]), rtol=1e-13, atol=1e-15)


def test_the_step_descends_whatever_the_centre(gradient: Outer) -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        step = centered(gradient, rng.random(5)).dense()
        assert np.vdot(step, gradient.dense()) > 0


def test_a_centre_of_zero_changes_nothing(gradient: Outer) -> None:
    np.testing.assert_array_equal(centered(gradient, np.zeros(5)).dense(), gradient.dense())


def test_inputs_that_are_not_centred_keep_rows_of_zeros() -> None:
    rows = np.array([[0.1, 0.0, 0.0, FULL], [0.0, 0.0, 0.0, FULL]])
    step = centered(Outer(rows, np.ones((2, 2))), np.array([0.3, 0.0, 0.2]))
    assert step.active(0, 4).tolist() == [True, False, True, True]


def test_the_centre_is_the_mean_of_inputs_that_are_bright_enough() -> None:
    x = np.array([[0.0, 0.2, 0.9], [0.1, 0.4, 0.7]], dtype=np.float32)
    np.testing.assert_allclose(center_of(x.mean(axis=0), 0.3), [0.0, 0.3, 0.8], rtol=1e-6)
    np.testing.assert_allclose(center_of(x.mean(axis=0), 0.0), [0.05, 0.3, 0.8], rtol=1e-6)
