"""Order of the suite: conventions first, many short files last; one thread of BLAS in every worker.

Workers take file by file in this order (xdist's own would end with the longest tests: notebooks, each a file of one
test); the last are short, so that no worker waits for another at the end.

Where parametrisations cross, tests run that have every pair of values, and not every combination: what depends on three
values at once is rare, and forty combinations of three lists say little more than the ten that cover their pairs.
`--every-combination` runs them all.

`pytest.approx` has no absolute tolerance here unless one is given: its own, 1e-12, is larger than most of our joules,
and a comparison of picojoules with it could not fail.

Before the workers of a whole suite start, kernels are compiled once (`tests.warm`). Notebooks take the package from
here as all tests do, so that they load the same kernels; tests/test_installed.py holds the installed one against it.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

_approx = pytest.approx


def _relative(expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> Any:
    """`pytest.approx`, with no absolute tolerance unless one is given; 1e-6 is its own relative one."""
    if abs is None:
        return _approx(expected, rel=1e-6 if rel is None else rel, abs=0.0, nan_ok=nan_ok)
    return _approx(expected, rel=rel, abs=abs, nan_ok=nan_ok)


pytest.approx = _relative

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).parents[1]
QUICK = [
    ROOT / "tests" / name
    for name in (
        *("cards", "chip", "columns", "costs", "datasets", "docs", "parts"),
        *("physics/test_energy_balance.py", "physics/test_equilibrium_propagation.py", "physics/test_hopfield.py"),
        *("physics/test_kirchhoff.py", "test_draws.py", "test_energy.py", "test_streams.py", "test_units.py"),
    )
]
"""Files and folders of `pytest -m quick`: 36 s of one core where kernels have been compiled before."""
SLOWER = [
    ROOT / "tests" / name
    for name in (
        *("chip/test_mismatch.py", "costs/test_gradients.py", "docs/test_hurry.py"),
        *("parts/test_families.py", "parts/test_touch_points.py"),
    )
]
"""Files of these folders that train or compile much, and are left out of it."""
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile for the workers of a whole suite, unless that was done for the same code."""
    config = session.config
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput") or not whole or not config.getoption("numprocesses", None) or _quick(config):
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


@pytest.fixture(autouse=True)
def _only_our_parts() -> Iterator[None]:
    """What a test registers is known to no other one."""
    yield
    families = sys.modules.get("analogep.cards.family")
    if families is None or not any(family.foreign() for family in families.FAMILIES.values()):
        return
    for family in families.FAMILIES.values():
        family.forget()
    for module in [name for name in sys.modules if name.startswith("parts_of_")]:
        del sys.modules[module]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer all combinations of crossed parametrisations."""
    parser.addoption("--every-combination", action="store_true", help="run crossed parametrisations in full")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the checks of the code itself in front, and leave of crossed parametrisations what covers pairs."""
    items.sort(key=_place)
    for item in items:
        if _belongs_to_quick(item.path) and item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.quick)
    if config.getoption("every_combination"):
        return
    functions: dict[str, list[pytest.Item]] = {}
    for item in items:
        functions.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {id(item) for one in functions.values() for item in covering(one)}
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


def _quick(config: pytest.Config) -> bool:
    """Whether this is `pytest -m quick`."""
    return bool(config.getoption("markexpr", "") == "quick")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not read what `pytest -m quick` leaves out: to import all tests takes as long as to run its own."""
    above = any(one.is_relative_to(collection_path) for one in QUICK)
    return True if _quick(config) and not above and not _belongs_to_quick(collection_path) else None


def _belongs_to_quick(path: Path) -> bool:
    """Whether a path is one of `QUICK`, or within one, and none of `SLOWER`."""
    return path not in SLOWER and any(path.is_relative_to(one) for one in QUICK)


def _place(item: pytest.Item) -> tuple[bool, bool, bool]:
    """What sorts tests: conventions, notebooks, all else, cards."""
    return item.path.name != "test_conventions.py", item.path.suffix == ".py", item.path.parent.name == "cards"


def covering(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The fewest of one function's tests, found greedily, that have every pair of its parameters' values."""
    parts = {id(item): _pairs(item) for item in items}
    left, found = set().union(*parts.values()), []
    while left:
        found.append(max(items, key=lambda item: len(parts[id(item)] & left)))
        left -= parts[id(found[-1])]
    return found if any(parts.values()) else list(items)


def _pairs(item: pytest.Item) -> set[tuple[object, ...]]:
    """Pairs of entries of different parametrisations, and each by itself."""
    # One identifier a parametrisation: entries that stand together in one list stay together.
    entries = list(enumerate(item.callspec._idlist)) if hasattr(item, "callspec") else []
    return {*itertools.combinations(entries, 2), *((one,) for one in entries)}


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


@pytest.fixture(autouse=True, scope="session")
def _clock_stands_still() -> Iterator[None]:
    """Date and wall time of a result are those of one moment, so that tests compare whole results."""
    from analogep.results import circumstances

    class Still(circumstances.Clock):
        def date(self) -> str:
            return "2026-01-01T00:00:00Z"

        def seconds(self) -> float:
            return 0.0

    moving, circumstances.clock = circumstances.clock, Still()
    yield
    circumstances.clock = moving
