"""Products of mostly zero inputs: the numbers of BLAS, whatever the threads."""

import numpy as np
import pytest

from analogep.kinds.rc import sparse


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.9])
@pytest.mark.parametrize("shape", [(300, 1000), (784, 129), (7, 5)])
def test_a_product_is_that_of_blas(shape, share):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((9, shape[0])) * (rng.random((9, shape[0])) < share)
    weights = rng.standard_normal(shape)
    scale = np.abs(x) @ np.abs(weights) + 1e-300
    np.testing.assert_allclose(sparse.product(x, weights) / scale, (x @ weights) / scale, atol=1e-14)


def test_one_and_two_threads_give_the_same_numbers(monkeypatch):
    monkeypatch.setattr(sparse.threads, "LEAST_CELLS", 1)
    rng = np.random.default_rng(1)
    x, weights = rng.random((20, 700)) * (rng.random((20, 700)) < 0.2), rng.standard_normal((700, 300))
    found = []
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        found.append(sparse.product(x, weights))
    np.testing.assert_array_equal(*found)


def test_rows_of_a_larger_array_may_be_given():
    rng = np.random.default_rng(1)
    x, weights = rng.random((3, 700)) * (rng.random((3, 700)) < 0.2), rng.standard_normal((701, 300))
    np.testing.assert_allclose(sparse.product(x, weights[:-1]), x @ weights[:-1], rtol=1e-11)
