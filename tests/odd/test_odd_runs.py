"""Odd results of runs: each is drawn and summed up, or refused with one sentence; no traceback, no warning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import analogep
from analogep import plots, report, results
from analogep.cli import compare_runs, summary
from analogep.errors import AnalogepError, ResultError
from analogep.report import run as page
from analogep.report.blocks import Drawing

from ..cli.conftest import Said, say
from ..run.test_spiking import run as spiking
from ..run.tiny import network, tiny
from .corrupt import corrupted

__all__ = ["say"]

PATH = Path("some/result.nc")
Change = Callable[[xr.Dataset], xr.Dataset]


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """A small true result."""
    return tiny("learning.epochs=2", device=("faults.dead=2 %",)).execute()


def _words(dataset: xr.Dataset, name: str) -> Drawing:
    return Drawing("<svg></svg>", name, page.ALTERNATIVES[name](dataset))


def answered(dataset: xr.Dataset, other: xr.Dataset, rng: np.random.Generator, figures: int) -> bool:
    """Ask an odd result for all that is said about results, and for some of its figures; whether it was taken."""
    try:
        results.check_run(dataset, PATH)
    except AnalogepError as error:
        sentence = str(error)
        assert sentence.startswith(f"{PATH}: ")
        assert "\n" not in sentence
        assert len(sentence) < 600
        sentence.encode()
        return False
    text = summary.text(dataset)
    assert not re.search(r"\b(nan|inf)\b", text), text
    json.loads(summary.as_json(summary.numbers(dataset)), parse_constant=pytest.fail)
    compare_runs.differences([other, dataset])
    assert not re.search(r"\bnan\b", compare_runs._numbers(["a", "b"], [other, dataset]))
    html = report.html(page.page(dataset))
    html.encode()
    assert not re.search(r">nan\b|\bnan[ %]", html)
    names = sorted(plots.drawable(dataset))
    for name in rng.permutation(names)[:figures]:
        plots.render(plots.drawable(dataset)[name](dataset), ".svg").decode().encode()
    if figures:
        plots.runs_compared(results.together([other, dataset], ["a", "b"]))
    return True


def without(*names: str) -> Change:
    return lambda data: data.drop_vars(names)


def filled(name: str, value: object) -> Change:
    return lambda data: data.assign({name: (data[name].dims, np.full(data[name].shape, value))})


def said(**attributes: object) -> Change:
    return lambda data: data.assign_attrs(attributes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (said(overrides="{not: json"), "attribute 'overrides' must be a list of texts as JSON, got '{not: json'"),
        (said(citations="[" * 100_000), "attribute 'citations' must be a list of texts as JSON, got '[[[[[["),
        (said(digital_training_joules='{"a": NaN}'), "attribute 'digital_training_joules' must be joules by name as"),
        (said(seeds="one"), "attribute 'seeds' must be the three seeds, such as 'fabrication 1, operation 1, data 1'"),
        (said(title="a\udcff"), "attribute 'title' must be a text, got 'a\\udcff'"),
        (said(beta="0.5"), "attribute 'beta' must be a number, got '0.5'"),
        (said(train_samples=0), "attribute 'train_samples' must be a whole number from 1, got 0"),
        (said(test_samples=np.zeros((2, 2))), "attribute 'test_samples' must be a whole number from 1, got array("),
        (said(trace_class=10), "attribute 'trace_class' is 10, there are 10 classes"),
        (filled("accuracy", np.nan), "variable 'accuracy' holds nan, expected numbers from 0 to 1"),
        (filled("energy", np.inf), "variable 'energy' holds inf, expected finite numbers"),
        (filled("confusion", -1), "variable 'confusion' holds -1, expected numbers from 0 to 1e+60"),
        (filled("pulses", "many"), "variable 'pulses' holds <U4, expected numbers"),
        (filled("conductance_edge", 1e-6), "variable 'conductance_edge' must grow from bin to bin"),
        (without("unsettled"), "lacks 'unsettled', which every result holds"),
        (without("g_minus_2", "g_plus_2"), "lacks the conductances of layer 2, which every result holds"),
        (without("phase"), "lacks the coordinate 'phase'"),
        (
            lambda data: data.assign(energy=data["energy"].transpose("phase", "epoch", "component")),
            "variable 'energy' has the dimensions (phase, epoch, component), expected (epoch, component, phase)",
        ),
        (lambda data: data.isel(phase=slice(0, 2)), "coordinate 'phase' lacks 'nudged'"),
        (lambda data: data.isel(epoch=slice(0, 0)), "coordinate 'epoch' must count epochs upwards"),
        (lambda data: data.isel(bin=slice(0, 3)), "has 61 along 'edge' for 3 along 'bin'"),
        (lambda data: data.assign_coords(layer=["a", "b"]), "coordinate 'layer' must count layers, 'layer 1' first;"),
    ],
)
def test_what_is_odd_is_named_with_its_value_and_the_remedy(whole: xr.Dataset, change: Change, sentence: str) -> None:
    with pytest.raises(ResultError) as caught:
        results.check_run(change(whole), PATH)
    assert str(caught.value).startswith(f"{PATH}: {sentence}")
    assert str(caught.value).endswith(
        f"; it was written by analogep {analogep.__version__}, or changed since: remove it and run it again with this "
        "version"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data,
        filled("cosine", np.nan),
        filled("gain", np.inf),
        filled("loop_gain", -np.inf),
        without("quiet_cosine", "estimated_length", "exact_length", "silent", "stuck"),
        lambda data: data.isel(point=slice(0, 0)),
        lambda data: data.assign(of_ones_own=("x", ["anything"])),
    ],
)
def test_results_of_earlier_versions_and_without_gradients_are_none_the_worse(
    whole: xr.Dataset, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "drawing", _words)
    assert answered(change(whole), whole, np.random.default_rng(0), figures=0)


def test_files_that_are_odd_end_report_compare_and_simulate_with_a_sentence(
    whole: xr.Dataset, tmp_path: Path, say: Callable[..., Said]
) -> None:
    (tmp_path / "true").mkdir()
    results.write(whole, tmp_path / "true" / "result.nc")
    odd = {
        "nothing.nc": whole.map(lambda array: array * np.nan, keep_attrs=True),
        "days.nc": whole.assign(accuracy=("epoch", whole["accuracy"].values, {"units": "days since yesterday"})),
        "other.nc": xr.Dataset({"a": ("x", np.zeros(3))}),
    }
    for name, data in odd.items():
        results.write(data, tmp_path / name)
    (tmp_path / "bytes.nc").write_bytes((tmp_path / "true" / "result.nc").read_bytes())
    with h5py.File(tmp_path / "bytes.nc", "r+") as file:
        file.attrs["title"] = np.bytes_(b"\xff\xfe")
    for name in ("nothing.nc", "bytes.nc", "other.nc"):
        for arguments in (("report", name), ("compare", "true", name), ("compare", name, "true", "--json")):
            found = say(arguments[0], *(str(tmp_path / one) if "-" not in one else one for one in arguments[1:]))
            assert (found.code, found.out) == (1, ""), arguments
            assert found.err.startswith(f"analogep: {tmp_path / name}: "), arguments
            assert found.err.count("\n") == 1, arguments
    assert say("compare", str(tmp_path / "true"), str(tmp_path / "days.nc")).code == 0


def test_a_finished_folder_whose_result_is_odd_is_not_answered_from(tmp_path: Path) -> None:
    job = tiny("learning.epochs=1")
    data = job.execute(tmp_path / "run")
    results.write(filled("training_energy", np.nan)(data), tmp_path / "run" / "result.nc")
    with pytest.raises(ResultError, match=r"result\.nc: variable 'training_energy' holds nan, expected finite numbers"):
        job.execute(tmp_path / "run")


@pytest.mark.parametrize("block", range(4))
def test_an_odd_result_is_answered_or_refused_with_a_sentence(
    whole: xr.Dataset, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "drawing", _words)
    taken = 0
    for seed in range(15 * block, 15 * block + 15):
        rng = np.random.default_rng(seed)
        taken += answered(corrupted(whole, rng), whole, rng, figures=int(seed % 15 == 0))
    assert taken < 15


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
@pytest.mark.parametrize("kind", ["rc", "passive", "spiking"])
def test_five_hundred_odd_results_of_every_kind(kind: str, block: int) -> None:
    made = _results(kind)
    for seed in range(1000 + 25 * block, 1025 + 25 * block):
        rng = np.random.default_rng(seed)
        answered(corrupted(made, rng), made, rng, figures=7)


_MADE: dict[str, xr.Dataset] = {}


def _results(kind: str) -> xr.Dataset:
    """A true result of a kind of network, trained once."""
    if kind not in _MADE:
        jobs = {"rc": tiny, "passive": lambda: network("passive, separate", card="rram"), "spiking": spiking}
        made = jobs[kind]("ecram") if kind == "spiking" else jobs[kind]()
        _MADE[kind] = made.execute()
    return _MADE[kind]
