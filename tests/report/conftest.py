"""Small results of every kind of network, and Chromium: in CI its absence fails, elsewhere it skips."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import xarray as xr

from analogep import report, results
from analogep.run import RESULT

from ..cli.conftest import Said, say
from ..run.test_spiking import run as spiking
from ..run.tiny import network, tiny
from ..study.small import small

__all__ = ["Said", "say"]

VARY = {"nudging.beta": [0.1, 0.5]}


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of finished runs: kind of network -> folder."""
    root = tmp_path_factory.mktemp("runs")
    jobs = {
        "rc": tiny("update={rule: closed_loop, threshold: 3}"),
        "rc, wires": network("rc, wires", card="rram"),
        "passive": network("passive, separate", card="rram"),
        "resistive": network("resistive", card="rram"),
        "spiking": spiking("ecram"),
    }
    folders = {}
    for name, job in jobs.items():
        folders[name] = root / name.replace(", ", "-")
        job.execute(folders[name])
    return folders


@pytest.fixture(scope="session")
def of(runs: dict[str, Path]) -> dict[str, xr.Dataset]:
    """Results of these runs."""
    return {name: results.read(folder / RESULT) for name, folder in runs.items()}


class Pages(dict[str, str]):
    """Pages of runs and of the study by name, each written when first asked for."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__()
        self.request = request

    def __missing__(self, name: str) -> str:
        fixture = self.request.getfixturevalue("study" if name == "study" else "runs")
        self[name] = report.report(fixture if name == "study" else fixture[name])
        return self[name]


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory, few: Path) -> Path:
    """Folder of a finished study of two axes, two chips and two seeds."""
    folder = tmp_path_factory.mktemp("study") / "beta"
    with ThreadPoolExecutor(1) as here:
        small(few, vary=VARY | {"device": ["rram", "ideal"]}, seeds=2).run(folder, executor=here)
    return folder


@pytest.fixture(scope="session")
def written(request: pytest.FixtureRequest) -> Pages:
    """Pages of these runs, and of the study."""
    return Pages(request)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if (found := shutil.which(name)) is not None:
            return found
    missing = "Chromium is not installed: apt-get install chromium"
    if os.environ.get("ANALOGEP_CHROMIUM") == "required":
        pytest.fail(missing)
    pytest.skip(missing)
