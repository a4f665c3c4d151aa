"""What a newcomer must touch: a part is one file, a kind of network one folder; each trains, and the result says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analogep import Run
from analogep.cards import origin
from analogep.cards.reader import read
from analogep.circuit.kind import KINDS

OWN = Path(__file__).parent / "own"
PULSE = "up: {step: 0.5 %, amplitude: 1 V, width: 50 ns}, down: {step: 0.5 %, amplitude: -1 V, width: 50 ns}"
SMALL = {"layers": [64, 16, 10], "learning.epochs": 2, "solver.method": "euler"}

PARTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "law": ("pulse law", "fatigued", {"programming": f"{{model: fatigued, {PULSE}}}"}),
    "pulse_noise": ("pulse noise", "ends", {"variation.cycle_to_cycle": "{kind: ends, sigma: 0.001}"}),
    "read_noise": ("read noise", "shot", {"read.noise": "{kind: shot, scale: 1 nS}"}),
    "curve": ("I-V curve", "quintic", {"read.iv": "{kind: quintic, v0: 0.5 V}"}),
    "activation": ("activation", "knee", {"neurons.hidden.activation": "{kind: knee, high: 0.2, knee: 0.1}"}),
    "cost": ("cost", "log_cosh", {"cost": "{kind: log_cosh}"}),
    "column": ("column circuit", "follower", {"column": "{kind: follower, lag: 5 ns, watts: 1 uW}"}),
    "estimator": ("estimator", "forward", {"nudging.estimator": "forward"}),
    "rule": (
        "update rule",
        "chance",
        {"update": "{rule: chance}", "programming": f"{{model: constant, {PULSE}}}"},
    ),
    "solver": ("solver", "heun", {"solver.method": "heun", "learning.epochs": 1}),
}
"""File -> its family, the name in cards, and what a card says."""


def said(changes: dict[str, Any]) -> dict[str, Any]:
    """What a card would say, as plain data."""
    blocks = {key: text for key, text in changes.items() if str(text).startswith("{")}
    return {**SMALL, **changes} | {key: read(f"it: {text}\n", key).data["it"] for key, text in blocks.items()}


def trained(changes: dict[str, Any]) -> Any:
    return Run("ideal", "digits", seed=1, set=said(changes)).execute()


@pytest.mark.parametrize("name", PARTS)
def test_a_part_in_one_file_trains_and_is_recorded(name: str) -> None:
    """Better than a half of ten classes, where chance is a tenth."""
    family, called, changes = PARTS[name]
    origin.load_file(OWN / f"{name}.py")
    result = trained(changes)
    assert float(result["accuracy"][-1]) > 0.5
    (part,) = json.loads(result.attrs["parts"])
    assert (part["family"], part["name"]) == (family, called)
    assert part["module"].startswith(f"parts_of_{name}_")
    assert len(part["digest"]) == 64


def test_the_law_of_the_readme_has_no_more_than_twenty_lines() -> None:
    text = (OWN / "law.py").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("from ", "import ", '"""'))]
    assert len(lines) <= 20


def test_the_second_state_of_a_law_moves_and_is_kept(tmp_path: Path) -> None:
    """It goes to 0.3 by 2 % of the way with each pulse, and an interrupted run goes on with it."""
    origin.load_file(OWN / "law.py")
    changes = said(PARTS["law"][2])
    run = Run("ideal", "digits", seed=1, set=changes)
    run.execute(tmp_path / "whole")
    (store, *_) = run.chip.emulator.hardware.stores
    seconds = np.concatenate([array.second.ravel() for array in store.halves.values()])
    assert seconds.min() >= 0.01
    assert 0.011 < seconds.mean() < 0.3
    stopped = Run("ideal", "digits", seed=1, set=changes, on_epoch=lambda _: True).execute()
    assert len(stopped["epoch"]) == 1


def test_a_kind_of_network_in_one_folder_trains_and_is_recorded() -> None:
    from tests.parts.own.kind.card import Leaky

    KINDS.add(Leaky)
    result = trained({"network": "{kind: leaky, factor: 2}"})
    assert float(result["accuracy"][-1]) > 0.5
    assert result.attrs["network"] == "leaky"
    (part,) = json.loads(result.attrs["parts"])
    assert (part["family"], part["part"], part["module"]) == (
        "kind of network",
        "Leaky",
        "tests.parts.own.kind.card",
    )


def test_nothing_outside_of_its_folder_names_a_kind_but_one_list() -> None:
    """Neither an import nor a class; words in docstrings and messages do not count."""
    package = Path(origin.__file__).parents[1]
    for path in package.rglob("*.py"):
        if "kinds" in path.relative_to(package).parts or path.name == "kind.py":
            continue
        assert "analogep.kinds" not in path.read_text(), path
