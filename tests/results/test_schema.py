"""The schema: names, dimensions, units; nothing nameless gets into a result."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analogep import results
from analogep.run.history import PER_EPOCH

UNITS = {"1", "J", "s", "S", "V", "W"}


def test_every_variable_has_dimensions_a_unit_and_a_name() -> None:
    for name, (dims, units, long_name) in results.VARIABLES.items():
        assert dims, name
        assert units in UNITS, name
        assert long_name, name


def test_every_number_that_an_epoch_leaves_is_in_the_schema_along_epochs() -> None:
    assert all(results.VARIABLES[name][0][0] == "epoch" for name in PER_EPOCH)


def test_a_variable_carries_the_unit_and_name_of_the_schema() -> None:
    dims, values, attrs = results.variable("trace_time", np.zeros(3))
    assert dims == ("point",)
    assert values.shape == (3,)
    assert attrs == {"units": "s", "long_name": "time since the inputs were applied"}


def test_the_conductances_of_a_layer_have_dimensions_of_their_own() -> None:
    made = xr.Dataset(
        results.conductances(1, "plus", np.ones((3, 2)))
        | results.conductances(1, "minus", np.ones((3, 2)))
        | results.conductances(2, "", np.ones((4, 5)))
        | results.conductances(2, "plus", np.ones((4, 5)), mirror=True)
    )
    assert set(made) == {"g_plus_1", "g_minus_1", "g_2", "mirror_g_plus_2"}
    assert made["g_2"].dims == ("row_2", "column_2")
    assert made["g_2"].attrs["long_name"].startswith("cells of layer 2 after training")
    assert made["g_minus_1"].attrs["long_name"].startswith("negative half of the pairs of layer 1 after training")
    assert made["mirror_g_plus_2"].attrs["long_name"].startswith("mirrored positive half of the pairs of layer 2")
    assert {array.attrs["units"] for array in made.values()} == {"S"}
    results.describe(made)


@pytest.mark.parametrize(
    ("attrs", "message"),
    [
        ({}, "variable 'x' has no long_name and no units"),
        ({"units": "V"}, "variable 'x' has no long_name"),
        ({"long_name": "voltage"}, "variable 'x' has no units"),
    ],
)
def test_a_variable_without_unit_or_name_is_refused(attrs: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        results.describe(xr.Dataset({"x": ("a", np.zeros(2), attrs)}))
