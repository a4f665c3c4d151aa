"""The figures of devices show what the Dataset says, with a unit on every axis."""

from __future__ import annotations

import re

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch

from analogep.characterise import characterise, together
from analogep.device import DeviceCard
from analogep.plots import SUFFIXES, characteristics, comparison, render
from analogep.plots.device_axes import DOWN, LEVEL_COLORS, UP, in_gap, plain
from analogep.plots.style import scale

UNIT = re.compile(r"\[[^\]]+\]")
MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def rram() -> xr.Dataset:
    return characterise(DeviceCard.load("rram"), cells=200)


@pytest.fixture(scope="module")
def several() -> xr.Dataset:
    names = ("rram", "ecram", "pcm", "mram", "ideal")
    return together([characterise(DeviceCard.load(name), cells=20) for name in names])


def lines(axes: Axes, color: str) -> list[Line2D]:
    return [line for line in axes.get_lines() if line.get_color() == color]


def entries(figure: Figure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def outside(figure: Figure) -> list[str]:
    """Words that leave the sheet."""
    figure.draw_without_rendering()
    sheet = figure.bbox
    words = [text for axes in figure.axes for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts)]
    return [word.get_text() for word in words if not sheet.fully_containsx(word.get_window_extent().x1)]


@pytest.mark.parametrize("name", DeviceCard.names())
def test_every_shipped_card_has_six_panels_with_units_and_something_in_each(name: str) -> None:
    figure = characteristics(characterise(DeviceCard.load(name), cells=60))
    assert len(figure.axes) == 6
    for axes in figure.axes:
        assert UNIT.search(axes.get_xlabel()), axes.get_xlabel()
        assert UNIT.search(axes.get_ylabel()), axes.get_ylabel()
        drawn = [line for line in axes.get_lines() if np.isfinite(np.asarray(line.get_ydata(), float)).any()]
        assert drawn or [patch for patch in axes.patches if isinstance(patch, StepPatch)]
        high = axes.get_ylim()[1]
        for line in drawn:
            values = np.asarray(line.get_ydata(), float)
            if values.size > 2 and not np.isin(values, (0.0, 1.0)).all():
                assert np.nanmax(values) <= high * (1 + 1e-9)
    assert outside(figure) == []


def test_the_nominal_response_and_its_band_are_the_datasets(rram: xr.Dataset) -> None:
    axes = characteristics(rram).axes[0]
    (up,), (down,) = lines(axes, UP.color), lines(axes, DOWN.color)
    turn = int(np.flatnonzero(rram["leg"].values == 1)[0])
    np.testing.assert_allclose(up.get_ydata(), 1e6 * rram["response"][:turn])
    np.testing.assert_allclose(down.get_ydata(), 1e6 * rram["response"][turn - 1 :])
    (band,) = axes.collections
    edge = band.get_paths()[0].vertices
    for name, pick in (("trial_low", np.min), ("trial_high", np.max)):
        for pulse in (40, 130, 200):
            at = edge[edge[:, 0] == pulse, 1]
            assert pick(at) == pytest.approx(1e6 * float(rram[name][rram["pulse"].values == pulse][0]))
    assert axes.get_ylabel() == "conductance [µS]"


def test_step_current_ageing_and_energy_are_the_datasets(rram: xr.Dataset) -> None:
    _, step, current, _, ageing, energy = characteristics(rram).axes
    factor, unit = scale(rram["noise"].values, "S")
    drawn = [line for line in lines(step, UP.color) if line.get_linestyle() == "-"]
    np.testing.assert_allclose(drawn[0].get_ydata(), factor * np.abs(rram["step"].sel(direction="up")))
    assert step.get_ylabel() == f"change by one pulse [{unit}]"
    for k, color in enumerate(LEVEL_COLORS):
        np.testing.assert_allclose(lines(current, color)[0].get_ydata(), 1e6 * rram["current"][k])
        np.testing.assert_allclose(lines(ageing, color)[0].get_ydata(), 1e6 * rram["aged"][k])
    factor, unit = scale(rram["pulse_energy"].values, "J")
    np.testing.assert_allclose(
        lines(energy, DOWN.color)[0].get_ydata(), factor * rram["pulse_energy"].sel(direction="down")
    )
    assert energy.get_ylabel() == f"energy per pulse [{unit}]"
    assert "retention unknown" in [text.get_text() for text in ageing.texts]


def test_the_histograms_hold_every_cell(rram: xr.Dataset) -> None:
    axes = characteristics(rram).axes[3]
    shares = [patch.get_data().values.sum() for patch in axes.patches if isinstance(patch, StepPatch)]
    np.testing.assert_allclose(shares, [100.0] * 3)


def test_a_binary_device_has_no_middle_and_no_noise_in_the_legend() -> None:
    figure = characteristics(characterise(DeviceCard.load("mram"), cells=50))
    for panel in (2, 4):
        assert lines(figure.axes[panel], LEVEL_COLORS[1]) == []
    assert entries(figure) == ["up", "down", "lower end of the window", "upper end"]


def test_a_unidirectional_device_has_a_reset_instead_of_pulses_down() -> None:
    figure = characteristics(characterise(DeviceCard.load("pcm"), cells=50))
    assert "reset" in entries(figure)
    assert lines(figure.axes[1], DOWN.color) == []
    assert figure.axes[0].get_xlabel() == "pulses [1]: up, reset, up"


def test_a_fast_leak_is_shown_from_its_beginning() -> None:
    drifting = characterise(DeviceCard.load("ideal", ["retention={kind: leak, tau: 1 s}"]), cells=3)
    assert characteristics(drifting).axes[4].get_xlim()[0] == pytest.approx(1e-3)
    still = characterise(DeviceCard.load("ideal"), cells=3)
    assert characteristics(still).axes[4].get_xlim()[0] == 1.0


def test_a_comparison_draws_every_card_in_every_panel(several: xr.Dataset) -> None:
    figure = comparison(several)
    assert entries(figure) == list(several["card"].values)
    response, step, noise, window, retention, _ = figure.axes
    for axes, name, factor in ((response, "response", 1.0), (retention, "retained", 100.0)):
        curves = [line for line in axes.get_lines() if len(line.get_xdata()) > 2]
        known = [axes is response or law != "unknown" for law in several.attrs["retention"]]
        assert len(curves) == sum(known)
        for curve, values in zip(curves, several[name].values[known], strict=True):
            np.testing.assert_allclose(curve.get_ydata(), factor * values)
    # Four of the five have gradual pulses down as well.
    assert len(step.get_lines()) == 9
    marks = [line for line in noise.get_lines() if len(line.get_xdata()) == 1]
    assert len(marks) == 9
    assert [bar.get_x() for bar in window.patches] == pytest.approx(list(1e6 * several["window_min"].values))
    words = [text.get_text().strip() for text in window.texts]
    assert words[0] == "rram: 10"
    for axes in figure.axes:
        assert UNIT.search(axes.get_xlabel() + axes.get_ylabel())
    assert outside(figure) == []


def test_eight_cards_differ_in_colour_and_marker() -> None:
    one = characterise(DeviceCard.load("ideal"), cells=2)
    dataset = together([one.assign_attrs(name=f"card{k}") for k in range(8)])
    figure = comparison(dataset)
    handles = figure.legends[0].legend_handles
    assert len({(handle.get_color(), handle.get_marker()) for handle in handles}) == 8


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_of_its_kind_and_the_same_each_time(suffix: str, rram: xr.Dataset) -> None:
    first, second = (render(characteristics(rram), suffix) for _ in range(2))
    assert first.startswith(MAGIC[suffix])
    assert first == second


def test_drawing_leaves_matplotlibs_settings_alone(rram: xr.Dataset, several: xr.Dataset) -> None:
    before = dict(matplotlib.rcParams)
    render(characteristics(rram), ".svg")
    render(comparison(several), ".png")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.001, "0.001"), (2.0, "2"), (10_000.0, "10000"), (1e6, "10⁶"), (2e-5, "2×10⁻⁵")],
)
def test_numbers_on_logarithmic_axes_are_plain_while_they_are_short(value: float, text: str) -> None:
    assert plain(value) == text


def test_words_across_a_panel_avoid_its_lines() -> None:
    axes = Figure().subplots()
    axes.set_ylim(0.0, 10.0)
    in_gap(axes, [5.0, 6.0, 7.0], "here")
    assert axes.texts[0].get_position()[1] == pytest.approx(0.25)
