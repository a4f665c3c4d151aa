"""Any name that may reach a figure is drawn as it is written: no formula, no missing glyph, no exception."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.text import Text

from analogep import plots
from analogep.characterise import characterise, together
from analogep.device import DeviceCard
from analogep.report.svg import inline

from ..study import artificial
from ..study.small import quick
from .synthetic import result
from .test_fit import dataset as fitted

ODD = "_a$\\frac{b$ $^%{}\\$ 日 \u202ecb\u202c\x07"
SHIPPED = Path(__file__).parents[2] / "devices" / "rram.yaml"


def run(_: Path) -> xr.Dataset:
    made = result(epochs=2)
    made = made.assign_coords(layer=[f"{ODD} {k}" for k in made["layer"].values])
    for kind in ("training", "inference"):
        made.attrs[f"digital_{kind}_joules"] = json.dumps({ODD: 1e-9})
    return made


def spiking(_: Path) -> xr.Dataset:
    rng, times = np.random.default_rng(0), np.geomspace(1e-7, 1e-5, 5)
    values = {f"look_{name}": ("look_time", rng.random(5)) for name in ("accuracy", "spikes", "energy", "distance")}
    rates = {f"look_{name}": (("sample", "neuron"), rng.random((4, 6))) for name in ("rest", "rate")}
    attributes = {"read_voltage": 0.2, "digital_inference_joules": json.dumps({ODD: 1e-9})}
    return xr.Dataset(values | rates, {"look_time": times}, attributes)


def device(_: Path) -> xr.Dataset:
    return characterise(DeviceCard.load("ideal"), cells=10)


def devices(_: Path) -> xr.Dataset:
    both = together([characterise(DeviceCard.load(name), cells=10) for name in ("ideal", "pcm")])
    return both.assign_coords(card=[f"{ODD} {k}" for k in both["card"].values])


def fit(_: Path) -> xr.Dataset:
    return fitted(ramps=2).assign_attrs(chosen_law=ODD)


def runs(_: Path) -> xr.Dataset:
    rng = np.random.default_rng(0)
    names = ("accuracy", "cosine", "training_energy", "inference_energy")
    values = {name: (("run", "epoch"), rng.random((2, 3))) for name in names}
    return xr.Dataset(values, {"run": [ODD, "b"], "epoch": [1, 2, 3]})


def budget(_: Path) -> xr.Dataset:
    values: dict[str, object] = {}
    for way in ("regained", "lost"):
        values |= {way: ("limit", [0.1, 0.05]), f"{way}_ci": ("limit", [0.01, np.nan])}
        values[f"{way}_each"] = (("limit", "pair"), [[0.1, 0.1, np.nan], [0.04, 0.06, 0.05]])
    values |= {name: ("limit", [1e-9, np.nan]) for name in ("training_joules", "training_seconds")}
    return xr.Dataset(values, {"limit": [ODD, f"{ODD} too"]})


def specification(_: Path) -> xr.Dataset:
    factors = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0]
    values: dict[str, object] = {
        "accuracy": (("limit", "factor", "pair"), np.random.default_rng(0).random((2, 6, 3))),
        "curve": (("limit", "factor"), [[0.9, 0.9, 0.8, 0.8, 0.7, np.nan], [0.9] * 6]),
    }
    values |= {f"factor_{end}": ("limit", [size, np.inf]) for end, size in (("low", 0.3), ("lost", 0.4), ("high", 0.9))}
    return xr.Dataset(values, {"limit": [ODD, f"{ODD} too"], "factor": factors})


def beta(_: Path) -> xr.Dataset:
    rng, dims = np.random.default_rng(0), ("network", "noise", "estimator", "beta")
    shape = (2, 1, 4, 5)
    names = ("cosine", "error", "expected_cosine", "expected_error")
    values: dict[str, object] = {name: (dims, rng.uniform(0.1, 1.0, shape)) for name in names}
    values["predicted"] = (dims[:3], np.full(shape[:3], 0.3))
    values["accuracy"] = (("noise", "train_beta"), rng.random((1, 3)))
    estimators = ["positive", "negative", "centered", "richardson"]
    coordinates = {"network": [ODD, "b"], "noise": [1e-3], "estimator": estimators, "beta": np.geomspace(0.1, 1.0, 5)}
    attributes = {"full_scale": 0.2, "card_estimator": ODD}
    return xr.Dataset(values, coordinates | {"train_beta": [0.1, 0.3, 1.0]}, attributes)


def tuned(_: Path) -> xr.Dataset:
    values: dict[str, object] = {
        "accuracy": ("trial", [0.95, 0.97]),
        "accuracy_ci": ("trial", [0.01, np.nan]),
        "joules": ("trial", [1e-8, 2e-8]),
        "front": ("trial", [True, True]),
        "card": ("trial", [False, True]),
        "importance_accuracy": ("knob", [0.3, 0.7]),
    }
    return xr.Dataset(
        values, {"trial": [4, 0], "knob": [ODD, "nudging.beta"]}, {"best": 4, "objectives": '["accuracy"]'}
    )


def study(folder: Path) -> xr.Dataset:
    card = folder / "a$\\frac{b$ %{}_^ 日 \u202ecb.yaml"
    shutil.copy(SHIPPED, card)
    made = quick(artificial.fast, device=None, vary={"device": [str(card), "ideal"], "nudging.beta": [0.1, 0.2, 0.3]})
    with ThreadPoolExecutor(1) as here:
        return made.run(folder / "out", executor=here)


def chips(folder: Path) -> xr.Dataset:
    with ThreadPoolExecutor(1) as here:
        return quick(artificial.fast, vary={}).run(folder, executor=here)


def macro(_: Path) -> xr.Dataset:
    swept = (("size", "bits"), np.full((2, 1), 1e12))
    values = {"area": ("block", [1e-6, np.nan]), "joules": (("what", "component"), np.full((2, 2), 1e-9))}
    names = {"block": [ODD, "b"], "component": [ODD, "b"], "what": ["inference", "training"]}
    return xr.Dataset(
        values | {"efficiency": swept, "density": (swept[0], 1e6 * swept[1])},
        names | {"size": [64, 128], "bits": [8]},
        {"density": 1e18, "efficiency": 1e13},
    )


def measurements(_: Path) -> xr.Dataset:
    x = np.geomspace(1e-3, 1e3, 20)
    values = dict.fromkeys(("x_0", "y_0"), ("point_0", x)) | {"curve_0": ("point_0", 2.0 * x)}
    made = xr.Dataset(values, attrs={"panels": 1, "logarithmic_0": (True, True), "title_0": ODD})
    for name in ("x_0", "y_0"):
        made[name].attrs["label"] = ODD
    return made


def posterior(_: Path) -> xr.Dataset:
    values = np.random.default_rng(0).random((7, 1, 2, 1))
    names = ("accuracy", "training_energy", "inference_energy")
    said = {"of": ["estimate", *(["all"] * 2), *(["a"] * 2), *(["b"] * 2)], "measurements": {"a": ODD, "b": f"{ODD} 2"}}
    return xr.Dataset(
        dict.fromkeys(names, (("draw", "chip", "seed", "epoch"), values))
        | {"state": (("draw", "chip", "seed"), np.ones((7, 1, 2), dtype=np.int8))},
        attrs={"posterior": json.dumps(said | {"keys": {}})},
    )


FIGURES: dict[str, tuple[Callable[[xr.Dataset], Figure], Callable[[Path], xr.Dataset]]] = {
    **{name: (draw, run) for name, draw in plots.FIGURES.items()},
    **{name: (draw, spiking) for name, draw in plots.SPIKING.items()},
    "characteristics": (plots.characteristics, device),
    "comparison": (plots.comparison, devices),
    "fit": (plots.fitted_pulses, fit),
    "measurements": (plots.fitted_measurements, measurements),
    "runs": (plots.runs_compared, runs),
    "budget": (plots.weighed_limits, budget),
    "specification": (plots.specified_limits, specification),
    "beta": (plots.finite_beta, beta),
    "macro": (plots.macro_page, macro),
    "among chips": (plots.among_chips, run),
    "tuned": (plots.tuned_settings, tuned),
    "study axes": (plots.study_axes, study),
    "study lines": (plots.study_lines, study),
    "chips": (plots.study_axes, chips),
    "posterior": (plots.posterior_parts, posterior),
}
ON_PAGES = (run, spiking, study, chips, posterior)


@pytest.mark.parametrize("name", FIGURES)
def test_a_name_is_drawn_as_it_is_written(name: str, tmp_path: Path) -> None:
    """Whatever the caller's own style says of formulas."""
    draw, made = FIGURES[name]
    dataset = made(tmp_path)
    dataset.attrs["title"] = ODD
    with matplotlib.rc_context({"text.parse_math": True, "axes.formatter.use_mathtext": True}):
        figure = draw(dataset)
        texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and "$" in text.get_text()]
        assert figure.get_suptitle() == ODD
        # A path may be cut short behind it.
        named = [text for text in texts if "a$\\fr" in text.get_text()]
        assert named
        assert not any(text.get_parse_math() for text in named)
        # What is meant as a formula is the letter of a panel.
        rest = [text.get_text() for text in texts if text not in named]
        assert [text for text in rest if not text.startswith("$\\bf{")] == []
        if made in ON_PAGES:
            assert inline(figure, "x", "y").startswith("<svg")
        else:
            assert b"<svg" in plots.render(figure, ".svg")


def test_every_figure_of_the_package_is_among_these() -> None:
    drawing = {draw for draw, _ in FIGURES.values()}
    public = [getattr(plots, name) for name in plots.__all__]
    assert {one for one in public if hasattr(one, "__wrapped__")} <= drawing
