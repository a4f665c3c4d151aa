"""The command in this process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from analogep import plots
from analogep.cli.main import main

from .commands import SMALL


class Said(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process."""

    def run(*arguments: str) -> Said:
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies work in threads of this process: it has its kernels, and each new process has to load them."""
    monkeypatch.setattr("analogep.study.study.LocalWorkers", ThreadPoolExecutor)


@pytest.fixture
def simulate(say: Callable[..., Said], few: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """`simulate rram` on the few samples, without drawing."""
    monkeypatch.setattr(plots, "save", lambda _dataset, folder: [folder / f"{name}.png" for name in plots.FIGURES])

    def run(*arguments: str) -> Said:
        return say("simulate", "rram", "--data", str(few), "--epochs", "2", *SMALL, *arguments)

    return run
