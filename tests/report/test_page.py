"""The page of a run: well-formed, complete, with nothing to fetch, and every figure also in words."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections import Counter

import numpy as np
import pytest
import xarray as xr

from analogep import plots, report
from analogep.circuit import CircuitCard
from analogep.cli.main import _parser
from analogep.device import DeviceCard
from analogep.report import energy, pages, provenance, run, svg
from analogep.report.alternatives import ALTERNATIVES
from analogep.report.blocks import Page, Table
from analogep.units import format_si

from .html import Outline

NAMES = ("rc, wires", "passive", "resistive")
ALL = (*NAMES, "study")


@pytest.mark.parametrize("name", ALL)
def test_a_page_is_well_formed_and_names_nothing_twice(name: str, written: dict[str, str]) -> None:
    outline = Outline(written[name])
    assert outline.errors == []
    ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
    assert [one for one, count in Counter(ids).items() if count > 1] == []
    assert [tag for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)][:2] == ["h1", "h2"]
    assert outline.all("html")[0]["lang"] == "en"


@pytest.mark.parametrize("name", ALL)
def test_what_a_page_refers_to_is_in_it(name: str, written: dict[str, str]) -> None:
    ids = {attrs["id"] for _, attrs in Outline(written[name]).elements if "id" in attrs}
    inside = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"|aria-labelledby=\"([^\"]+)\"", written[name]))
    assert {one for found in inside for one in found if one} <= ids


@pytest.mark.parametrize("name", ALL)
def test_a_page_fetches_nothing_and_runs_nothing(name: str, written: dict[str, str]) -> None:
    outline = Outline(written[name])
    for tag, attrs in outline.elements:
        assert tag not in ("script", "iframe", "img", "object", "embed", "audio", "video", "base", "form")
        assert not [key for key in attrs if key.startswith("on") or key in ("src", "srcset", "ping", "xlink:href")]
        if "href" in attrs and not attrs["href"].startswith("#"):
            assert tag == "a" or (tag, attrs["href"]) == ("link", "data:,")
    assert "@import" not in written[name]
    assert re.findall(r"url\((?!#)", written[name]) == []
    links = "".join(re.findall(r"<a href=[^>]*>[^<]*</a>", written[name]))
    listings = "".join(re.findall(r"<pre>.*?</pre>", written[name], re.DOTALL))
    addresses = re.compile("https?://")
    assert len(addresses.findall(written[name])) == len(addresses.findall(links + listings))


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_there_in_words_with_a_number_of_its_data(
    name: str, written: dict[str, str], of: dict[str, xr.Dataset]
) -> None:
    data = of[name]
    said = [attrs["aria-label"] for attrs in Outline(written[name]).all("svg") if attrs["role"] == "img"]
    assert set(ALTERNATIVES) == set(plots.FIGURES) | set(plots.SPIKING)
    # And the chip among published ones.
    assert len(said) == len(plots.drawable(data)) + 1
    assert any("TOPS/W over TOPS/mm² of this chip" in sentence for sentence in said)
    accuracy, cosine = float(data["accuracy"][-1]), float(data["cosine"][-1, 0])
    inference = format_si(float(data["inference_energy"][-1]), "J")
    pulses = float(data["pulses"][-1, 0]) / data.attrs["train_samples"]
    target = format_si(float(data.attrs["target_voltage"]), "V")
    window = format_si(float(data.attrs["window_max"]), "S")
    for words in (f"{100 * accuracy:.1f} %", f"{cosine:.3g}", inference, f"{pulses:.3g}", target, window):
        assert any(words in sentence for sentence in said), words


def test_the_words_for_conductances_tell_their_mean(of: dict[str, xr.Dataset]) -> None:
    data = of["resistive"]
    found = re.findall(r"to ([\d.]+) uS ± ([\d.]+) (n|u)S after it", ALTERNATIVES["conductance"](data))
    for (mean, _, _), name in zip(found, ("g_1", "g_2"), strict=True):
        width = 1e6 * float(data["conductance_edge"][1] - data["conductance_edge"][0])
        assert float(mean) == pytest.approx(1e6 * float(data[name].mean()), abs=0.5 * width + 0.005)


@pytest.mark.parametrize("name", NAMES)
def test_text_of_figures_stays_text(name: str, written: dict[str, str], of: dict[str, xr.Dataset]) -> None:
    svgs = "".join(re.findall(r"<svg.*?</svg>", written[name], re.DOTALL))
    for words in ("accuracy [%]", "node voltage [", "devices per bin [1]", "stable below 1"):
        assert words in svgs
    total = float(of[name]["inference_energy"][-1])
    assert f">{plots.style.engineering(total, 'J')}</text>" in svgs


@pytest.mark.parametrize("name", NAMES)
def test_a_page_holds_cards_seeds_version_citations_and_overrides(
    name: str, written: dict[str, str], of: dict[str, xr.Dataset]
) -> None:
    text, attrs = Outline(written[name]).text, of[name].attrs
    for key in ("device_card", "circuit_card", "seeds", "analogep_version", "digest", "data_digest"):
        assert " ".join(str(attrs[key]).split()) in text
    for one in (*json.loads(attrs["citations"]), *json.loads(attrs["overrides"])):
        assert " ".join(one.split()) in text


def test_citations_lead_to_what_the_card_says(written: dict[str, str]) -> None:
    links = {attrs["href"] for attrs in Outline(written["passive"]).all("a")}
    card = DeviceCard.load("rram")
    assert {f"https://doi.org/{source.doi}" for source in card.sources.values() if source.doi} <= links
    assert {source.url for source in card.sources.values() if source.url and not source.doi} <= links


def test_joules_of_the_table_add_up_to_those_of_the_run(of: dict[str, xr.Dataset]) -> None:
    for data in of.values():
        table = energy.by_component(data)
        total = table.rows[-1]
        assert total[-2] == format_si(float(f"{float(data['training_energy'][-1]):.3g}"), "J")
        assert total[-1] == format_si(float(f"{float(data['inference_energy'][-1]):.3g}"), "J")
        names = {row[0] for row in table.rows}
        taken = data["energy"].isel(epoch=-1).sel(phase=["free", "nudged", "update", "verify", "inference"])
        alive = taken.sum("phase").values > 0.0
        assert names == {"total", *(str(c).replace("_", " ") for c in data["component"].values[alive])}


def test_many_epochs_are_thinned_but_the_best_and_the_ends_stay(of: dict[str, xr.Dataset]) -> None:
    data = of["rc"]
    many = data.isel(epoch=np.zeros(200, dtype=int)).assign_coords(epoch=np.arange(1, 201))
    shares = np.where(np.arange(200) == 77, 0.99, 0.5)
    many["validation_accuracy"] = many["accuracy"].copy(data=shares)
    many.attrs["validation_samples"] = 100
    table = run.learning(many).blocks[1]
    assert isinstance(table, Table)
    epochs = [row[0] for row in table.rows]
    assert {"1", "78", "200"} <= set(epochs)
    assert len(epochs) <= 26
    assert "of 200" in table.title


def test_what_went_wrong_is_said(of: dict[str, xr.Dataset]) -> None:
    data = of["rc, wires"].copy(deep=True)
    data["unsettled"][-1] = [0.25, 0.5]
    # It shows in the gradient.
    data["quiet_cosine"][:] = 0.9
    data["worn"][-1] = [3, 4]
    data["cosine"][0, 0] = np.nan
    data["wire_error"][:] = [0.0, 0.012, 0.003]
    said = Outline(report.html(Page("title", "subtitle", [run.headline(data), run.troubles(data)]))).text
    for words in (
        "25 % of the free ones",
        "50 % of the nudged ones",
        "7 of ",
        "off by up to 1.2 %",
        "There is no cosine of layer 1 in 1 of 3 epochs",
        "lengthen timing.free.duration",
    ):
        assert words in said


def test_a_run_without_anything_measured_still_has_its_page(of: dict[str, xr.Dataset]) -> None:
    data = of["rc"].copy(deep=True).isel(point=slice(0, 0))
    for name in ("cosine", "gain", "loop_gain", "wire_error"):
        data[name][:] = np.nan
    data["energy"][:] = 0.0
    data["training_energy"][:] = 0.0
    data["inference_energy"][:] = 0.0
    outline = Outline(report.html(run.page(data)))
    assert outline.errors == []
    assert "No relaxation was recorded" in outline.all("svg")[-1]["aria-label"]


def test_names_from_cards_cannot_write_html(of: dict[str, xr.Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SECTIONS", (run.headline, run.reproduction, run.sources, run.cards))
    data = of["rc"].copy()
    evil = "<script>alert(1)</script>&\"'"
    data.attrs |= {"title": evil, "circuit": evil, "seeds": evil, "device_card": evil, "citations": json.dumps([evil])}
    outline = Outline(report.html(run.page(data)))
    assert outline.errors == []
    assert outline.all("script") == []
    assert evil in outline.text


@pytest.mark.parametrize("name", NAMES)
def test_the_command_gives_the_same_cards_again(name: str, of: dict[str, xr.Dataset]) -> None:
    attrs = of[name].attrs
    command, needs = provenance.command(attrs)
    words = shlex.split(command)
    assert words[:2] == ["analogep", "simulate"]
    parsed = _parser(None).parse_args(words[1:])
    assert (parsed.device, parsed.circuit) == (attrs["device"], attrs["circuit"])
    assert parsed.set == json.loads(attrs["overrides"])
    assert [need for need in needs if "card" in need] == []
    assert parsed.data == "few"
    assert any("'few'" in need for need in needs)


def test_a_card_of_ones_own_and_seeds_apart_are_in_the_command(of: dict[str, xr.Dataset]) -> None:
    attrs = of["rc"].attrs | {"device": "mine", "seeds": "fabrication 1 sample 4, operation 2, data 3"}
    command, needs = provenance.command(attrs)
    assert command.startswith("analogep simulate mine.yaml --circuit digits ")
    assert "--fabrication-seed 1 --operation-seed 2 --data-seed 3" in command
    assert "the device card below, saved as mine.yaml" in needs
    assert any("sample 4 of fabrication" in need for need in needs)


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_those_of_the_card_with_its_overrides(name: str, of: dict[str, xr.Dataset]) -> None:
    attrs = of[name].attrs
    texts = provenance.overrides_of(attrs, "circuit")
    assert texts
    found = provenance.settings(attrs, "circuit")
    card = CircuitCard.load(str(attrs["circuit"]), texts)
    assert found["layers"] == json.dumps(list(card.layers))
    assert float(found["nudging.beta"]) == card.nudging.beta
    assert not [key for key in found if key.startswith("sources")]


def test_every_kind_of_result_has_a_name_of_its_own() -> None:
    assert len({marker for marker, _, _ in pages.KINDS.values()}) == len(pages.KINDS)


def test_coordinates_of_a_figure_are_rounded_and_its_words_are_not() -> None:
    drawn = '<svg viewBox="0 0 9.5 9.5"><path d="M 1.23456 -2.34567"/><text x="3.45678">0.975</text></svg>'
    found = svg.embedded(drawn, "page", "a figure")
    assert '<path d="M 1.23 -2.35"/><text x="3.46">0.975</text>' in found


def test_the_chip_stands_beside_published_ones(written: dict[str, str], of: dict[str, xr.Dataset]) -> None:
    """mm^2, latency, fJ/MAC, TOPS/W and TOPS/mm^2, with a sentence where nobody has built such a chip."""
    data, page = of["rc, wires"], written["rc, wires"]
    joules, seconds = (float(data[f"inference_{name}"][-1]) for name in ("energy", "seconds"))
    layers = [int(size) for size in json.loads(data.attrs["circuit_values"])["layers"]]
    macs = sum((rows + 1) * columns for rows, columns in itertools.pairwise(layers))
    row = re.search(
        r"this chip</t[hd]>(.*?)</tr>", page[page.index("An inference beside published chips") :], re.DOTALL
    )
    assert row is not None
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[1])
    assert cells[1] == format_si(float(f"{seconds:.3g}"), "s")
    assert cells[2] == f"{1e15 * joules / macs:.3g}"
    assert cells[3] == f"{2e-12 * macs / joules:.3g}"
    area = 1e-6 * float(cells[0])
    assert float(cells[4]) == pytest.approx(2e-18 * macs / seconds / area, rel=0.01)
    assert "NeuRRAM" in page
    assert "below every analog chip in the table that was built" in page
