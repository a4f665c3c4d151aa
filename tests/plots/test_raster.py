"""Spikes of the free and of the nudged phase beside one another."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analogep import plots
from analogep.plots.raster import ends

from .synthetic import result

FIRST, CLASSES = 3, 10
FREE, WHOLE = 8e-7, 1.2e-6


@pytest.fixture(scope="module")
def dataset() -> xr.Dataset:
    """Spikes of hidden neuron 1 every 10 ns, nudged every 5 ns; of the output of the class only there; of no others."""
    clock = 1e-8 * np.arange(1, 121)
    later = clock[clock > FREE]
    row = FIRST + CLASSES - 1
    time = np.concatenate([clock, later - 5e-9, later])
    which = np.concatenate([np.full(clock.size, 1), np.full(later.size, 1), np.full(later.size, row)])
    made = result(epochs=1).assign(spike_time=("spike", time), spike_row=("spike", which))
    made["trace_membrane"] = made["trace_voltage"]
    return made.assign_attrs(spike_outputs=FIRST)


def test_both_ends_are_equally_long_and_the_bars_count_the_difference(dataset: xr.Dataset) -> None:
    figure = plots.relaxation(dataset)
    free, nudged, change, membranes, synapses = figure.axes
    np.testing.assert_allclose(free.get_xlim(), [0.6, 0.8])
    np.testing.assert_allclose(nudged.get_xlim(), [1.0, 1.2])
    assert [axes.get_title() for axes in (free, nudged, change)] == [
        "free phase",
        "nudged phase, β = 0.1",
        "nudged - free",
    ]
    bars = [bar.get_width() for bar in change.patches]
    assert bars == [0, 20, *[0] * (FIRST + CLASSES - 3), 20]
    assert sum(line.get_xdata().size for line in free.get_lines() if line.get_marker() == "|") == 20
    assert [text.get_text() for text in free.get_yticklabels()] == ["hidden", "outputs"]
    assert membranes.get_ylabel() == "membrane [threshold]"
    assert synapses.get_xlabel() == "time since the inputs were applied [µs]"


def test_without_a_second_phase_it_says_so(dataset: xr.Dataset) -> None:
    alone = dataset.isel(point=dataset["trace_beta"].values == 0.0)
    _, nudged, change, *_ = plots.relaxation(alone).axes
    assert [text.get_text() for text in nudged.texts] == ["no second phase"]
    assert not change.patches
    assert ends(np.array([0.0, 1.0, 3.0]), np.zeros(3)) == [(1.5, 3.0)]
