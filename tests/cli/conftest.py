"""A small NPZ file, and the command in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from analogep import datasets, plots
from analogep.cli.main import main

from .commands import SMALL


class Said(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NPZ file with 60 and 20 of the digits."""
    whole = datasets.load(None, np.random.default_rng(0))
    path = tmp_path_factory.mktemp("data") / "few.npz"
    parts = {"train_x": whole.train_x[:60], "train_y": whole.train_y[:60]}
    np.savez(path, **parts, test_x=whole.test_x[:20], test_y=whole.test_y[:20])
    return path


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
def simulate(say: Callable[..., Said], few: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """`simulate rram` on the few samples, without drawing."""
    monkeypatch.setattr(plots, "save", lambda _dataset, folder: [folder / f"{name}.png" for name in plots.FIGURES])

    def run(*arguments: str) -> Said:
        return say("simulate", "rram", "--data", str(few), "--epochs", "2", *SMALL, *arguments)

    return run
