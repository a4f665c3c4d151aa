"""What holds for every figure: labels with units, readable text, no side effects, whole files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from analogep import plots
from analogep.errors import ResultError

from .synthetic import result

UNIT = re.compile(r"\[([afpnµmkMGT]?[JVSs]|%|1)\]$")


def labels(figure: Figure) -> list[str]:
    return [text for axes in figure.axes for text in (axes.get_xlabel(), axes.get_ylabel()) if text]


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of the figure's own texts (title, labels, legends, panel titles) that cover one another."""
    texts = [t for t in (figure.get_suptitle(),) if t]
    boxes = {t: figure._suptitle.get_window_extent() for t in texts}  # type: ignore[union-attr]
    for n, axes in enumerate(figure.axes):
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            if text.get_text():
                boxes[f"{n} {text.get_text()}"] = text.get_window_extent()
    for box in figure.legends:
        boxes["legend"] = box.get_window_extent()
    names = list(boxes)
    return [(a, b) for k, a in enumerate(names) for b in names[k + 1 :] if boxes[a].overlaps(boxes[b])]


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    return plots.figures(result())


@pytest.mark.parametrize("name", plots.FIGURES)
def test_every_axis_says_its_quantity_and_unit(drawn: dict[str, Figure], name: str) -> None:
    found = labels(drawn[name])
    assert len(found) >= 2
    assert all(label == "epoch" or UNIT.search(label) for label in found), found


@pytest.mark.parametrize("name", plots.FIGURES)
def test_no_text_is_smaller_than_nine_points(drawn: dict[str, Figure], name: str) -> None:
    texts = [t for t in drawn[name].findobj(Text) if isinstance(t, Text) and t.get_text() and t.get_visible()]
    assert min(t.get_fontsize() for t in texts) >= 9.0


# The other figures draw nothing of layers.
@pytest.mark.parametrize(
    ("name", "layers"),
    [(name, 2) for name in plots.FIGURES]
    + [(name, layers) for name in ("conductance", "gradient", "pulses") for layers in (1, 3, 4, 5)],
)
def test_titles_labels_and_legends_stay_apart_and_inside(name: str, layers: int) -> None:
    figure = plots.FIGURES[name](result(epochs=3, layers=layers))
    assert overlaps(figure) == []
    for box in figure.legends:
        extent = box.get_window_extent()
        assert extent.x0 >= 0.0
        assert extent.x1 <= figure.bbox.x1


@settings(max_examples=5, deadline=None)
@given(
    epochs=st.sampled_from([1, 2, 7, 150]),
    layers=st.integers(1, 7),
    classes=st.sampled_from([2, 10, 47]),
    free=st.sampled_from([0, 1, 40]),
    nudged=st.sampled_from([0, 1, 20]),
    dead=st.booleans(),
)
def test_a_run_of_any_size_is_drawn(epochs: int, layers: int, classes: int, free: int, nudged: int, dead: bool) -> None:
    dataset = result(epochs, layers, classes, free, nudged)
    if dead:
        for name in ("cosine", "gain", "loop_gain"):
            dataset[name][:] = np.nan
        for name in ("pulses", "energy", "training_energy", "train_cost", "conductance_count", "trace_voltage"):
            dataset[name][:] = 0
    assert list(plots.figures(dataset)) == list(plots.FIGURES)


def test_the_dataset_and_the_style_of_the_caller_stay_as_they_are() -> None:
    dataset, before = result(epochs=2), dict(matplotlib.rcParams)
    copy = dataset.copy(deep=True)
    plots.figures(dataset)
    assert dataset.identical(copy)
    assert dict(matplotlib.rcParams) == before


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of all figures, in a folder of their own."""
    return plots.save(result(), tmp_path_factory.mktemp("saved"))


def test_save_writes_one_png_per_figure_and_nothing_else(saved: list[Path]) -> None:
    names = ["accuracy.png", "energy.png", "relaxation.png", "conductance.png", "gradient.png", "pulses.png"]
    assert [path.name for path in saved] == names
    assert sorted(path.name for path in saved[0].parent.iterdir()) == sorted(names)
    for path in saved:
        height, width = imread(path).shape[:2]
        # That of the energy grows with the components.
        assert width == 1050
        assert height == 645 or (path.stem == "energy" and 645 < height < 1200)


def test_saving_twice_gives_the_same_bytes(saved: list[Path], tmp_path: Path) -> None:
    first = [path.read_bytes() for path in saved]
    assert [path.read_bytes() for path in plots.save(result(), tmp_path)] == first


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"accuracy\.png: cannot be written: No such file or directory"):
        plots.save(result(epochs=1), tmp_path / "absent")


@pytest.mark.parametrize(("backend", "kept"), [("nonsense", "Agg"), ("tkagg", "tkagg")])
def test_a_figure_needs_no_pyplot_and_no_backend(tmp_path: Path, backend: str, kept: str) -> None:
    """One that matplotlib does not know, and one that opens windows; who has a use for the latter finds it there."""
    program = (
        "import sys; from pathlib import Path; from plots.synthetic import result; from analogep import plots, report\n"
        "plots.save(result(epochs=1), Path(sys.argv[1])); assert 'matplotlib.pyplot' not in sys.modules\n"
        "import os, matplotlib; print(os.environ['MPLBACKEND'], matplotlib.get_backend(auto_select=False) or 'Agg')"
    )
    tests = Path(__file__).parents[1]
    root = f"import sys; sys.path[:0] = [{str(tests)!r}, {str(tests.parent)!r}]\n"
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"} | {"MPLBACKEND": backend}
    command = [sys.executable, "-W", "error", "-c", root + program, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == ([backend, kept], "")


@pytest.mark.parametrize("name", ["accuracy", "energy"])
def test_a_name_of_any_length_leaves_room_for_the_panels(name: str) -> None:
    dataset = result(epochs=2)
    long = "x" * 20_000
    dataset.attrs["title"] = long
    dataset.attrs["digital_training_joules"] = dataset.attrs["digital_inference_joules"] = json.dumps({long: 1e-9})
    dataset = dataset.assign_coords(component=[f"{k} {long}" for k in range(dataset.sizes["component"])])
    figure = plots.FIGURES[name](dataset)
    assert len(figure.get_suptitle().replace("\n", "")) == 300
    assert min(axes.get_position().width for axes in figure.axes) > 0.1
