"""What each figure shows is what the Dataset says, in the unit on the axis."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch

from analogep import plots
from analogep.energy import TRAINING
from analogep.plots.style import LOOKS, VERMILLION, engineering, scale

from .synthetic import DIGITAL, READ_VOLTAGE, WINDOW, result

LAYERS = ["layer 1", "layer 2"]


def entries(figure: Figure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def line(axes: Axes, label: str) -> Line2D:
    (found,) = [artist for artist in axes.get_lines() if artist.get_label() == label]
    return found


def ys(axes: Axes, label: str) -> np.ndarray:
    return np.asarray(line(axes, label).get_ydata(), dtype=float)


def verticals(axes: Axes) -> list[float]:
    """Places of the lines drawn over the full height of the panel."""
    return [float(artist.get_xdata()[0]) for artist in axes.get_lines() if list(artist.get_ydata()) == [0, 1]]


def words(axes: Axes) -> list[str]:
    return [text.get_text().strip() for text in axes.texts]


@pytest.fixture
def dataset() -> xr.Dataset:
    return result()


def test_accuracies_are_percent_and_the_final_one_is_written(dataset: xr.Dataset) -> None:
    figure = plots.accuracy_and_cost(dataset)
    above, below = figure.axes
    np.testing.assert_allclose(ys(above, "test samples"), 100.0 * dataset["accuracy"])
    np.testing.assert_allclose(ys(above, "training samples, in their free phase"), 100.0 * dataset["train_accuracy"])
    np.testing.assert_allclose(ys(below, "training cost"), dataset["train_cost"])
    np.testing.assert_array_equal(line(below, "training cost").get_xdata(), dataset["epoch"])
    assert below.get_yscale() == "log"
    assert words(above) == [f"{100.0 * float(dataset['accuracy'][-1]):.2f} %"]
    assert entries(figure) == ["test samples", "training samples, in their free phase"]


@pytest.mark.parametrize("last", [0.19, 0.15, 0.055, 0.02, 2e-4])
def test_a_cost_that_falls_by_any_factor_has_two_labels(dataset: xr.Dataset, last: float) -> None:
    dataset["train_cost"][:] = np.geomspace(0.2, last, dataset.sizes["epoch"])
    below = plots.accuracy_and_cost(dataset).axes[1]
    low, high = below.get_ylim()
    shown = [value for value in below.get_yticks() if low <= value <= high]
    assert 2 <= len(shown) <= 8
    labels = below.yaxis.get_major_formatter().format_ticks(shown)
    assert [float(label) for label in labels] == pytest.approx(shown, rel=1e-3)


@pytest.mark.parametrize("draw", [plots.accuracy_and_cost, plots.gradients, plots.pulses])
def test_a_single_epoch_is_drawn_with_markers_at_a_whole_number(draw: object) -> None:
    figure = draw(result(epochs=1))  # type: ignore[operator]
    for axes in figure.axes:
        points = [artist for artist in axes.get_lines() if len(artist.get_xdata()) == 1]
        assert points
        assert all(artist.get_marker() not in ("", "None") for artist in points)
        assert list(axes.get_xticks()) == [1]


def test_bars_are_shares_of_the_joules_per_sample_of_the_last_epoch(dataset: xr.Dataset) -> None:
    figure = plots.energy_by_component(dataset)
    last = dataset["energy"].isel(epoch=-1)
    expected = {
        "training sample": last.sel(phase=list(TRAINING)).sum("phase") / dataset.attrs["train_samples"],
        "inference": last.sel(phase="inference") / dataset.attrs["test_samples"],
    }
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names[0] == "total"
    for axes, (kind, joules) in zip(figure.axes[:2], expected.items(), strict=True):
        total = float(joules.sum())
        wanted = [float(joules.sel(component=name.replace(" ", "_"))) for name in names[1:]]
        stack, bars = axes.patches[: len(wanted)], axes.patches[len(wanted) :]
        # The stack is the whole: it ends at 100 %, and its pieces have the length and the colour of the bars below.
        assert stack[-1].get_x() + stack[-1].get_width() == pytest.approx(100.0)
        for piece, bar, value in zip(stack, bars, wanted, strict=True):
            assert piece.get_width() == bar.get_width() == pytest.approx(100.0 * value / total)
            assert piece.get_facecolor() == bar.get_facecolor()
        assert [word.split(",")[0] for word in words(axes)] == [engineering(v, "J") if v else "0" for v in wanted]
        assert axes.get_title() == f"{kind}: {engineering(total, 'J')}"
        assert axes.get_xscale() == "linear"
    assert float(expected["inference"].sum()) == pytest.approx(float(dataset["inference_energy"][-1]))
    assert float(expected["training sample"].sum()) == pytest.approx(float(dataset["training_energy"][-1]))


def test_a_component_without_joules_is_left_out(dataset: xr.Dataset) -> None:
    names = [text.get_text() for text in plots.energy_by_component(dataset).axes[0].get_yticklabels()]
    assert "digital" not in names
    assert "programming" in names


def test_every_digital_yardstick_is_a_bar_beside_the_chip(dataset: xr.Dataset) -> None:
    figure = plots.energy_by_component(dataset)
    for axes, kind in zip(figure.axes[2:], ("training", "inference"), strict=True):
        total = float(dataset[f"{kind}_energy"][-1])
        joules = [total, *json.loads(dataset.attrs[f"digital_{kind}_joules"]).values()]
        widths = np.array([bar.get_width() for bar in axes.patches])
        np.testing.assert_allclose(widths / widths[0], np.array(joules) / total)
        ratios = [f"{engineering(value, 'J')}, {value / total:.2g} ×" for value in joules[1:]]
        assert words(axes) == [engineering(total, "J"), *ratios]
    said = [text.get_text().replace("\n", " ") for text in figure.axes[2].get_yticklabels()]
    assert said == ["this chip", *DIGITAL]


def test_words_beside_the_bars_stay_inside_the_panel_and_lie_on_no_line(dataset: xr.Dataset) -> None:
    for axes in plots.energy_by_component(dataset).axes:
        assert max(text.get_window_extent().x1 for text in axes.texts) <= axes.bbox.x1
        assert axes.get_lines() == []
        assert not any(line.get_visible() for line in (*axes.get_xgridlines(), *axes.get_ygridlines()))


def test_node_voltages_are_drawn_against_time_with_the_class_emphasised(dataset: xr.Dataset) -> None:
    figure = plots.relaxation(dataset)
    (axes,) = figure.axes
    nodes = axes.get_lines()[: dataset.sizes["node"]]
    for drawn, volts in zip(nodes, dataset["trace_voltage"].T, strict=True):
        np.testing.assert_allclose(drawn.get_ydata(), 1e3 * volts)
        np.testing.assert_allclose(drawn.get_xdata(), 1e6 * dataset["trace_time"])
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "time since the inputs were applied [µs]",
        "node voltage [mV]",
    )
    target = line(axes, "output 9, the class of the sample")
    assert target is nodes[-1]
    assert to_hex(str(target.get_color())) == VERMILLION.lower()
    assert target.get_linewidth() > 2 * nodes[0].get_linewidth()
    goal = line(axes, "target of its class, 200 mV")
    np.testing.assert_allclose(goal.get_ydata(), 1e3 * READ_VOLTAGE)
    assert entries(figure) == [
        "hidden nodes",
        "other outputs",
        "output 9, the class of the sample",
        "target of its class, 200 mV",
    ]


def test_the_phases_are_named_on_both_sides_of_their_boundary(dataset: xr.Dataset) -> None:
    (axes,) = plots.relaxation(dataset).axes
    assert verticals(axes) == pytest.approx([0.8])
    assert words(axes) == ["free phase", "nudged phase, β = 0.1"]


@pytest.mark.parametrize(
    ("free", "nudged", "said"),
    [(40, 0, ["free phase"]), (0, 40, ["nudged phase, β = 0.1"]), (0, 0, ["no relaxation was recorded"])],
)
def test_a_missing_phase_has_no_boundary(free: int, nudged: int, said: list[str]) -> None:
    (axes,) = plots.relaxation(result(free=free, nudged=nudged)).axes
    assert verticals(axes) == []
    assert words(axes) == said


def test_two_nudged_phases_are_told_apart(dataset: xr.Dataset) -> None:
    dataset["trace_beta"][150:] = -0.1
    (axes,) = plots.relaxation(dataset).axes
    assert words(axes) == ["free phase", "nudged phase, β = 0.1", "nudged phase, β = -0.1"]
    assert len(verticals(axes)) == 2


def test_histograms_are_the_counts_within_the_nominal_window(dataset: xr.Dataset) -> None:
    figure = plots.conductances(dataset)
    for k, axes in enumerate(figure.axes):
        steps = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
        assert [step.get_label() for step in steps] == ["before training", "after training"]
        for step, counts in zip(steps, dataset["conductance_count"][:, k], strict=True):
            np.testing.assert_array_equal(step.get_data().values, counts)
            np.testing.assert_allclose(step.get_data().edges, 1e6 * dataset["conductance_edge"])
        (window,) = [patch for patch in axes.patches if patch.get_label() == "nominal window"]
        extent = window.get_window_extent().transformed(axes.transData.inverted())
        np.testing.assert_allclose([extent.x0, extent.x1], 1e6 * np.array(WINDOW))
        assert axes.get_title() == LAYERS[k]
        assert axes.get_xlabel() == "conductance [µS]"
        assert axes.get_ylim()[1] > dataset["conductance_count"].max()
    assert entries(figure) == ["before training", "after training", "nominal window"]


def test_small_conductances_are_in_nanosiemens_and_growing_bins_on_a_logarithmic_axis(dataset: xr.Dataset) -> None:
    dataset["conductance_edge"][:] = np.geomspace(1e-11, 2.5e-8, dataset.sizes["edge"])
    axes = plots.conductances(dataset).axes[0]
    assert axes.get_xlabel() == "conductance [nS]"
    assert axes.get_xscale() == "log"


def test_gradients_of_every_layer_and_the_loop_gain_have_a_line_at_one(dataset: xr.Dataset) -> None:
    figure = plots.gradients(dataset)
    for axes, name in zip(figure.axes[:2], ("cosine", "gain"), strict=True):
        for k, layer in enumerate(LAYERS):
            np.testing.assert_array_equal(ys(axes, layer), dataset[name][:, k])
    np.testing.assert_array_equal(ys(figure.axes[2], "loop gain"), dataset["loop_gain"])
    for axes in figure.axes:
        assert [1.0, 1.0] in [list(artist.get_ydata()) for artist in axes.get_lines()]
    hollow = [artist for artist in figure.axes[0].get_lines() if artist.get_markerfacecolor() == "white"]
    assert [(*artist.get_xdata(), *artist.get_ydata()) for artist in hollow] == [
        (dataset["epoch"][-1], cosine) for cosine in dataset["quiet_cosine"].values
    ]
    assert entries(figure) == [*LAYERS, "without noise"]


def test_a_run_from_before_the_cosine_without_noise_was_measured_is_drawn_without_it(dataset: xr.Dataset) -> None:
    assert entries(plots.gradients(dataset.drop_vars("quiet_cosine"))) == LAYERS


def test_epochs_without_a_measured_gradient_are_left_out(dataset: xr.Dataset) -> None:
    dataset["cosine"][1::2] = np.nan
    dataset["gain"][:] = np.nan
    cosine, gain, _ = plots.gradients(dataset).axes
    np.testing.assert_array_equal(line(cosine, "layer 1").get_xdata(), dataset["epoch"][::2])
    assert words(gain) == ["no gradient in\nlayers 1 and 2"]


def test_pulses_and_joules_are_per_training_sample(dataset: xr.Dataset) -> None:
    figure = plots.pulses(dataset)
    above, below = figure.axes
    for k, layer in enumerate(LAYERS):
        np.testing.assert_allclose(ys(above, layer), dataset["pulses"][:, k] / dataset.attrs["train_samples"])
    assert above.get_yscale() == "log"
    np.testing.assert_allclose(ys(below, "energy"), 1e9 * dataset["training_energy"])
    assert below.get_ylabel() == "energy per\ntraining sample [nJ]"
    assert entries(figure) == LAYERS


def test_a_layer_without_pulses_is_shown_at_zero(dataset: xr.Dataset) -> None:
    dataset["pulses"][:, 1] = 0
    above, _ = plots.pulses(dataset).axes
    assert above.get_yscale() == "linear"
    assert above.get_ylim()[0] < 0.0
    np.testing.assert_array_equal(ys(above, "layer 2"), 0.0)


def test_layers_differ_in_colour_dashes_and_marker() -> None:
    for attribute in ("color", "marker"):
        assert len({getattr(kind, attribute) for kind in LOOKS}) == len(LOOKS)
    assert len({kind.dashes for kind in LOOKS[:6]}) == 6


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 J"), (1e-9, "1 nJ"), (9.996e-10, "1 nJ"), (1.234e-13, "123 fJ"), (5e-20, "0.05 aJ"), (2.5e-6, "2.5 µJ")],
)
def test_engineering_text_keeps_three_digits(value: float, text: str) -> None:
    assert engineering(value, "J") == text


def test_the_largest_finite_value_chooses_the_prefix() -> None:
    assert scale([1e-7, -3e-5, np.nan], "S") == (1e6, "µS")
    assert scale([], "S") == (1.0, "S")
