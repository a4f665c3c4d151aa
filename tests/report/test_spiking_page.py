"""The page of a spiking network has what the others have, and what spikes buy."""

from __future__ import annotations

import re

import xarray as xr

from analogep import plots
from analogep.report.alternatives import ALTERNATIVES
from analogep.units import format_si

from .html import Outline


def test_spikes_have_a_section_a_figure_and_a_table(written: dict[str, str], of: dict[str, xr.Dataset]) -> None:
    page, data = written["spiking"], of["spiking"]
    outline = Outline(page)
    assert outline.errors == []
    svgs = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    for words in ("test error [%]", "spikes of one inference [1]", "rate at equilibrium [", "membrane [threshold]"):
        assert words in svgs
    for k in range(data.sizes["look"]):
        one = data.isel(look=k)
        assert f"{100 * float(one['look_accuracy']):.1f} %" in outline.text
        assert format_si(float(f"{float(one['look_time']):.4g}"), "s") in outline.text
    said = [attrs["aria-label"] for attrs in outline.all("svg") if attrs["role"] == "img"]
    # What nudging does to spikes, and the chip among published ones.
    assert len(said) == len(plots.FIGURES) + 2
    assert ALTERNATIVES["spikes"](data) in said


def test_other_networks_have_no_such_section(written: dict[str, str]) -> None:
    assert "rate at equilibrium [" not in written["passive"]
