"""The comparison with the exact gradient at the end of an epoch: what it does not find must not end the training."""

import numpy as np
import pytest
import xarray as xr

from analogep.errors import SimulationError
from analogep.kinds.rc.network import LayeredRC
from tests.run.tiny import QUIET, tiny


def test_training_goes_on_where_there_is_no_exact_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tiny().execute()
    exact, calls = LayeredRC.exact_gradient, iter(range(100))

    def failing(*arguments):
        if next(calls) == 1:
            raise SimulationError("the adjoint did not converge")
        return exact(*arguments)

    assert np.isfinite(whole["quiet_cosine"]).all()
    monkeypatch.setattr(LayeredRC, "exact_gradient", failing)
    found = tiny().execute()
    compared = ["cosine", "gain", "exact_length"]
    for name in compared:
        np.testing.assert_array_equal(np.isnan(found[name]).any("layer"), [False, True, False])
    xr.testing.assert_identical(found.drop_vars(compared), whole.drop_vars(compared))


def test_without_noise_and_converters_the_cosine_of_the_last_epoch_is_the_quiet_one() -> None:
    found = tiny(*QUIET, card="ideal").execute()
    np.testing.assert_array_equal(found["quiet_cosine"], found["cosine"].isel(epoch=-1))


def test_noise_of_samples_lowers_the_cosine_but_not_that_without_noise() -> None:
    # 5 mV in every sample, on top of nudges of a few mV, of a chip whose weights are the same: no pulse is given.
    still = "learning.rate=[1e-12, 1e-12]"
    calm, loud = (tiny(still, f"sample_hold.noise={noise}", card="ideal").execute() for noise in ("0 V", "5 mV"))
    assert not loud["pulses"].any()
    np.testing.assert_array_equal(loud["quiet_cosine"], calm["quiet_cosine"])
    assert (loud["cosine"].isel(epoch=-1) < 0.7 * loud["quiet_cosine"]).any()
    assert (calm["cosine"].isel(epoch=-1) > 0.95 * calm["quiet_cosine"]).all()


def test_where_the_last_epoch_has_no_exact_gradient_there_is_no_cosine_without_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_):
        raise SimulationError("the adjoint did not converge")

    monkeypatch.setattr(LayeredRC, "exact_gradient", failing)
    assert np.isnan(tiny().execute()["quiet_cosine"]).all()
