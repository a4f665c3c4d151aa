"""What summaries read without xarray has the numbers that xarray gives, and damage is told in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import plots, results
from analogep.cli import summary
from analogep.errors import ResultError
from analogep.results import figures

from ..plots import synthetic

ATTRIBUTES = {
    "analogep_version": "0.1.0", "digest": "d" * 64, "seeds": "fabrication 0, operation 0, data 0", "network": "rc",
    "update_rule": "closed_loop", "update_threshold": 4.0, "estimator": "centered", "beta": 0.5, "endurance": 1e6,
    "devices": 19220,
}  # fmt: skip


def run(change: Callable[[xr.Dataset], xr.Dataset | None] = lambda _made: None, epochs: int = 5) -> xr.Dataset:
    made = synthetic.result(epochs=epochs, layers=3)
    made.attrs |= ATTRIBUTES
    changed = change(made)
    return made if changed is None else changed


def worn_and_unstable(made: xr.Dataset) -> None:
    made["worn"][-1, 1] = 12.0
    made["loop_gain"][2] = 1.5
    made["unsettled"][-1, 0] = 0.2
    made["confusion"][:, 3] = 0


def without_numbers(made: xr.Dataset) -> None:
    made["cosine"][-1, 0] = np.nan
    made["gain"][:] = np.nan
    made["accuracy"][0] = np.nan
    made["loop_gain"][-1] = np.inf


def spiking(made: xr.Dataset) -> xr.Dataset:
    made.attrs["network"] = "spiking"
    made["spikes"][-1] = [3.0, 0.0, 1.25]
    return made.assign(look_time=("look", np.arange(3.0)))


def earlier(made: xr.Dataset) -> xr.Dataset:
    return made.drop_vars("quiet_cosine")


def drowned(made: xr.Dataset) -> None:
    made["cosine"][-1] = 0.1


CHANGES = [lambda _made: None, worn_and_unstable, without_numbers, spiking, earlier, drowned]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_summary_without_xarray_is_that_with_xarray(
    change: Callable[[xr.Dataset], xr.Dataset | None], tmp_path: Path
) -> None:
    results.write(run(change), tmp_path / "result.nc")
    whole, quick = results.read(tmp_path / "result.nc"), results.glance(tmp_path / "result.nc")
    # As JSON, in which NaN is equal to itself.
    assert json.dumps(summary.numbers(quick)) == json.dumps(summary.numbers(whole))
    assert summary.text(quick) == summary.text(whole)
    assert figures.drawable(quick) == tuple(plots.drawable(whole))


def test_every_variable_coordinate_and_attribute_is_that_of_xarray(tmp_path: Path) -> None:
    results.write(run(spiking, epochs=1), tmp_path / "result.nc")
    whole, quick = results.read(tmp_path / "result.nc"), results.glance(tmp_path / "result.nc")
    assert quick.variables.keys() == whole.variables.keys()
    assert set(quick.data_vars) == set(whole.data_vars)
    assert set(quick.coords) == set(whole.coords)
    assert dict(quick.sizes) == dict(whole.sizes)
    for name, one in whole.variables.items():
        found = quick.variables[name]
        assert (found.dims, found.shape, found.dtype.kind) == (one.dims, one.shape, one.dtype.kind), name
        np.testing.assert_array_equal(found.values, one.values)
        assert found.attrs == one.attrs
    assert quick.attrs == whole.attrs
    assert "node" in quick
    assert "nothing" not in quick
    assert quick.get("nothing") is None


def test_choosing_and_summing_are_those_of_xarray(tmp_path: Path) -> None:
    results.write(run(without_numbers), tmp_path / "result.nc")
    whole, quick = results.read(tmp_path / "result.nc"), results.glance(tmp_path / "result.nc")
    asked: list[Callable[[xr.Dataset], object]] = [
        lambda d: d["energy"].isel(epoch=-1).sel(phase=["free", "nudged"]).sum("phase").values,
        lambda d: d["energy"].sel(phase="initial").sum().values,
        lambda d: d["energy"].isel(component=[2, 0])["component"].values,
        lambda d: d["energy"].sel(component=["adc", "dac"])["component"].values,
        lambda d: d.isel(epoch=1)["cosine"].values,
        lambda d: d["cosine"].mean("epoch").values,
        lambda d: d["gain"].mean().values,
        lambda d: d["gain"].max().values,
        lambda d: d["cosine"].min("layer").values,
        lambda d: float(d["accuracy"][-1]),
        lambda d: int(d["confusion"].sum()),
        lambda d: len(d["accuracy"]),
        lambda d: np.asarray(d["pulses"].sum("layer")),
    ]
    for number, ask in enumerate(asked):
        np.testing.assert_array_equal(np.asarray(ask(quick)), np.asarray(ask(whole)), err_msg=f"question {number}")
    for dataset in (whole, quick):
        with pytest.raises(KeyError):
            dataset["energy"].sel(phase="fre")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.6, 0.95])
def test_a_damaged_file_is_told_in_the_words_of_a_whole_read(share: float, tmp_path: Path) -> None:
    path = tmp_path / "result.nc"
    results.write(run(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ResultError, match=r"result\.nc: is damaged or not a result of analogep \(.*remove it to run"):
        results.glance(path)


def test_damage_anywhere_in_the_file_is_found(tmp_path: Path) -> None:
    """Summaries use a small part of a result; the rest has to be whole as well."""
    path = tmp_path / "result.nc"
    large = np.random.default_rng(1).random((400, 100))
    results.write(run().assign(g_plus_1=(("row_1", "column_1"), large, {"units": "S", "long_name": "g"})), path)
    content = bytearray(path.read_bytes())
    place = len(content) // 2
    content[place : place + 2000] = bytes(2000)
    path.write_bytes(bytes(content))
    for read in (results.read, results.glance):
        with pytest.raises(ResultError, match="is damaged"):
            read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"no\.nc: no such result$"):
        results.glance(tmp_path / "no.nc")
