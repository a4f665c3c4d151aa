"""`analogep macro`: a page of text, a figure, JSON, and what it says of bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import plots
from analogep.cli.main import main

SMALL = ["macro", "rram", "--circuit", "digits", "--set", "layers=[64, 16, 10]"]


def test_the_page_says_area_joules_seconds_and_published_chips(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SMALL, "--set", "digital.mac=1 nJ", "--node", "65 nm", "--out", str(tmp_path / "page.png")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^ +digital +- +[\d.]+ uJ$", said, re.MULTILINE), "what is set stays at another node"
    assert said.startswith("rram, digits at 65 nm\n")
    for line in (
        "area",
        "memory",
        "total",
        "seconds",
        "watts",
        "this circuit",
        "HERMES core",
        "ISAAC (design)",
        "64 x 64",
    ):
        assert any(text.strip().startswith(line) for text in said.splitlines()), line
    assert "without drivers, whose size no source was found for" in said
    assert "caution: " in said
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_json_has_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["macs"] == 65 * 16 + 17 * 10
    assert found["efficiency"] == pytest.approx(2 * found["macs"] / sum(found["joules"]["inference"].values()))
    assert found["areas"]["drivers"] is None
    assert found["area"] == pytest.approx(sum(value for value in found["areas"].values() if value))
    assert {(one["size"], one["bits"]) for one in found["arrays"]} >= {(64, 4), (256, 10)}
    assert "memory" not in found["joules"]["training"]


def test_bad_input_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--node", "23 nm"]) == 2
    assert "no technology node of 23 nm is known; there are 180 nm, 130 nm" in capsys.readouterr().err
    assert main(["macro", "rram", "--circuit", "mnist-chip", "--node", "22 nm"]) == 2
    assert "--node 22 nm: column.supply: leaves a swing of 325 mV around the middle" in capsys.readouterr().err
    assert main([*SMALL, "--node", "small"]) == 2
    assert "--node small: needs a length, such as '65 nm'" in capsys.readouterr().err


def test_a_block_of_unknown_area_is_called_that_and_not_drawn_as_zero() -> None:
    found = xr.Dataset(
        {
            "area": ("block", [2e-8, np.nan, 1e-8]),
            "joules": (("what", "component"), [[1e-9, 2e-12], [3e-9, 1e-12]]),
            "efficiency": (("size", "bits"), [[1e12]]),
            "density": (("size", "bits"), [[1e18]]),
        },
        {
            "block": ["converters", "drivers", "memory"],
            "component": ["adc", "array"],
            "what": ["inference", "training"],
        },
        {"title": "made up", "density": 1e18, "efficiency": 2e12},
    )
    areas = plots.macro_page(found).axes[1]
    names = [text.get_text() for text in areas.get_yticklabels()]
    assert names == ["drivers", "memory", "converters"]
    np.testing.assert_allclose([bar.get_width() for bar in areas.patches], [0.0, 0.01, 0.02])
    (said,) = areas.texts
    assert (said.get_text(), said.xy) == ("unknown", (0.0, 0))
