"""Order of the suite: conventions first, then the rest as collected; one thread of BLAS in every worker.

Before the workers of a whole suite start, kernels are compiled once (`tests.warm`). Notebooks take the package from
here as all tests do, so that they load the same kernels; tests/test_installed.py holds the installed one against it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).parents[1]
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile for the workers of a whole suite, unless that was done for the same code."""
    config = session.config
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput") or not whole or not config.getoption("numprocesses", None):
        return
    from analogep.jit import sources
    from tests import warm

    if config.cache is None or config.cache.get("analogep/compiled", "") == sources():
        return
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("compiling kernels that the tests share (a minute or two)")
    warm.both(ROOT)
    config.cache.set("analogep/compiled", sources())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the cheap checks of the code itself in front."""
    items.sort(key=lambda item: item.path.name != "test_conventions.py")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the large data sets; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("ANALOGEP_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}: set ANALOGEP_DATA to a folder with mnist/ and fashion-mnist/")
    return folder


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NPZ file with 60 and 20 of the digits."""
    # NumPy is imported after the lines above have set the number of its threads.
    import numpy as np

    from analogep import datasets

    whole = datasets.load(None, np.random.default_rng(0))
    path = tmp_path_factory.mktemp("data") / "few.npz"
    parts = {"train_x": whole.train_x[:60], "train_y": whole.train_y[:60]}
    np.savez(path, **parts, test_x=whole.test_x[:20], test_y=whole.test_y[:20])
    return path
