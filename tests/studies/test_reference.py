"""The reference experiment: its studies name real keys, its backpropagation is right, its page has all figures."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, datasets
from analogep.network import Hardware
from analogep.relaxation.euler import steps
from analogep.streams import Seeds
from analogep.study import Study, StudyCard

from ..report.html import Outline
from .conftest import STUDIES, load_study

FOLDER = STUDIES / "reference"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "circuit")
SMALL = {"layers": [64, 8, 10], "learning.probe": 4}
FIGURES = range(4, 13)


def module(name: str) -> ModuleType:
    """A module of the reference experiment; they import each other by name."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return load_study(name)


def test_the_circuit_takes_the_steps_that_the_text_states() -> None:
    """60 free and 6 nudged projected steps, beta 0.5, batch 20, symmetric weights, units bounded from below only."""
    card = CircuitCard.load(FOLDER / "circuit.yaml")
    network = Hardware(DeviceCard.load("ideal"), card, Seeds.of(0)).network()
    counts = [steps(network, phase, card.solver)[0] for phase in (card.timing.free, card.timing.nudged)]
    assert counts == [60, 6]
    assert card.solver.projected
    assert (card.layers, card.learning.batch, card.nudging.beta) == ((784, 1024, 10), 20, 0.5)
    assert card.feedback is not None
    assert (card.feedback.kind, card.feedback.gain) == ("shared", 1.0)
    assert card.neurons is not None
    assert [neuron.activation.rails for neuron in (card.neurons.hidden, card.neurons.output)] == 2 * [(0.0, np.inf)]


@pytest.mark.parametrize("name", NAMES)
def test_a_study_is_valid_and_its_comment_says_how_to_run_it_and_how_long_it_takes(name: str) -> None:
    card = StudyCard.load(FOLDER / f"{name}.yaml")
    assert card.name == f"reference_{name}"
    assert card.circuit == "studies/reference/circuit.yaml"
    lines = card.text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=../study.schema.json"
    assert any(f"analogep study studies/reference/{name}.yaml --data DIR" in line for line in lines)
    assert any(re.search(r"about \d+ minutes on two cores", line) for line in lines)


def test_the_files_are_the_studies_that_the_page_runs() -> None:
    assert sorted(module("experiments").STUDIES) == NAMES


@pytest.fixture
def small_net() -> tuple[Any, Any, Any]:
    """A network in double precision, inputs and targets."""
    rng = np.random.default_rng(1)
    network = module("backprop").Network.glorot((6, 8, 3), rng)
    network.weights = [w.astype(np.float64) for w in network.weights]
    network.biases = [rng.normal(0.0, 0.1, b.shape) for b in network.biases]
    return network, rng.random((5, 6)), rng.random((5, 3))


def test_the_gradient_of_backpropagation_is_that_of_the_mean_cost(small_net: tuple[Any, Any, Any]) -> None:
    """Central differences in every weight and bias, to 1e-8."""
    network, x, target = small_net

    def cost() -> float:
        return float(0.5 * np.square(network.forward(x)[1] - target).sum(axis=1).mean())

    for parts, slopes in zip((network.weights, network.biases), network.gradient(x, target), strict=True):
        for part, slope in zip(parts, slopes, strict=True):
            for place in np.ndindex(part.shape):
                found, kept = [], part[place]
                for change in (1e-6, -1e-6):
                    part[place] = kept + change
                    found.append(cost())
                part[place] = kept
                assert slope[place] == pytest.approx((found[0] - found[1]) / 2e-6, abs=1e-8)


def test_the_energy_of_backpropagation_is_the_sum_over_pairs_and_minus_half_the_squared_activations(
    small_net: tuple[Any, Any, Any],
) -> None:
    network, x, _ = small_net
    hidden, output = network.forward(x)
    for sample, energy in enumerate(network.hopfield(x)):
        u = [x[sample], hidden[sample], output[sample]]
        pairs = sum(
            w[i, j] * u[k][i] * u[k + 1][j] for k, w in enumerate(network.weights) for i, j in np.ndindex(w.shape)
        )
        offsets = sum(float(b @ u[k + 1]) for k, b in enumerate(network.biases))
        moving = 0.5 * (u[1] @ u[1] + u[2] @ u[2])
        assert energy == pytest.approx(moving - pairs - offsets, rel=1e-12)
        assert energy == pytest.approx(-moving, rel=1e-12)


def test_backpropagation_learns_the_digits() -> None:
    data = datasets.load(None, np.random.default_rng(0))
    learned = module("backprop").train(data, 5, hidden=64, rate=0.1)
    assert len(learned.accuracy) == len(learned.train_energy) == len(learned.test_energy) == 5
    assert learned.accuracy[-1] > 0.9
    assert max(*learned.train_energy, *learned.test_energy) < 0.0


class Page:
    """A page of a tiny run: few digits, few neurons, two values of each axis and one seed."""

    def __init__(self, folder: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.experiments, self.page = module("experiments"), module("page")
        whole = self.experiments.study

        def thin(name: str, options: Any) -> Study:
            card = whole(name, options).card
            first = card.axes[0]
            if name not in self.experiments.SWEEPS:
                return Study(card.changed({"seeds": 1}))
            return Study(card.changed({"vary": {first.name: ",".join(first.values[first.name][2:4])}}))

        monkeypatch.setattr(self.experiments, "study", thin)
        self.options = {"data": data, "out": folder, "epochs": 1, "set": SMALL}

    def make(self, **more: Any) -> Path:
        """Run and write."""
        found: Path = self.page.make(self.experiments.Options(**self.options | more))
        return found


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, few: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as here:
        made = Page(tmp_path_factory.mktemp("reference"), few, patch)
        path = made.make(executor=here)
        yield made, path


def test_the_page_has_the_nine_figures_of_the_text_beside_its_claims_and_fetches_nothing(tiny: Any) -> None:
    page = tiny[1].read_text()
    outline = Outline(page)
    assert outline.errors == []
    assert len([one for one in outline.all("svg") if one["role"] == "img"]) == len(FIGURES)
    for number in FIGURES:
        assert f"The text's figure {number}:" in outline.text
    assert outline.text.count("The text: ") == len(FIGURES)
    assert outline.text.count("Here: ") == len(FIGURES)
    for tag, attrs in outline.elements:
        assert tag not in ("script", "iframe", "img", "object", "embed")
        assert not [key for key in attrs if key in ("src", "srcset") or key.startswith("on")]
        if "href" in attrs and not attrs["href"].startswith("#"):
            assert tag == "a" or (tag, attrs["href"]) == ("link", "data:,")
    assert re.findall(r"@import|url\((?!#)", page) == []


def test_the_page_says_what_limits_what_lifts_and_which_rates_were_taken(tiny: Any) -> None:
    text = Outline(tiny[1].read_text()).text
    for words in module("words").CHANGES:
        assert words in text
    for said in (
        "[0.01, 0.0003]",
        "90.84 %",
        "projected Euler steps",
        "adaptive, RK23",
        "int8 at 45 nm (Horowitz 2014)",
    ):
        assert said in text
    assert not re.search(r"\bnan\b", text)


def test_what_is_finished_is_not_run_again(tiny: Any) -> None:
    """Without anything to run points with, the same page."""
    made, path = tiny
    before = path.read_bytes()
    assert made.make().read_bytes() == before


def test_a_study_knows_how_long_each_point_took_and_its_arrays_do_not(tiny: Any) -> None:
    made, _ = tiny
    options = made.experiments.Options(**made.options)
    job = made.experiments.study("beta", options)
    seconds = job.times(options.out / "beta")
    assert seconds.shape == (2, 2, 1, 1)
    dataset = job.run(options.out / "beta")
    assert (dataset["state"] == 1).any()
    np.testing.assert_array_equal(seconds > 0.0, dataset["state"] == 1)
    assert np.isnan(job.times(options.out / "nowhere")).all()
    # Seconds of the chip are results, those of the computer are not.
    named = {str(name) for name in (*dataset.variables, *dataset.attrs) if "seconds" in str(name)}
    assert named == {"seconds", "training_seconds", "inference_seconds"}


def test_some_samples_are_the_first_ones(tmp_path: Path, few: Path) -> None:
    experiments = module("experiments")
    options = experiments.some(experiments.Options(few, tmp_path, samples=10))
    data, whole = (datasets.load(path, np.random.default_rng(0)) for path in (options.data, few))
    assert (len(data.train_y), len(data.test_y), options.samples) == (10, 10, None)
    np.testing.assert_array_equal(data.train_x, whole.train_x[:10])
