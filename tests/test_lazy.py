"""Packages that import their names late offer every one of them, and nothing else."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

import analogep

PACKAGE = Path(analogep.__file__).parent
LATE = sorted(
    ".".join(path.parent.relative_to(PACKAGE.parent).parts)
    for path in PACKAGE.rglob("__init__.py")
    if "lazy.names" in path.read_text()
)


def test_packages_that_cards_and_folders_need_are_among_them() -> None:
    assert {"analogep.crossbar", "analogep.network", "analogep.plots", "analogep.run", "analogep.study"} <= set(LATE)


@pytest.mark.parametrize("package", LATE)
def test_a_late_package_has_all_its_names(package: str) -> None:
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None
        # A module of that name would take its place once it is imported.
        assert importlib.util.find_spec(f"{package}.{name}") is None, name
    with pytest.raises(AttributeError, match=rf"^module '{package}' has no attribute 'nothing'$"):
        module.nothing  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec(f"from {package} import nothing")


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network = importlib.import_module("analogep.network")
    found = network.Hardware
    assert vars(network)["Hardware"] is found
    monkeypatch.setitem(sys.modules, "analogep.network.hardware", None)
    assert network.Hardware is found
