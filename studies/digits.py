"""What the studies on the bundled digits share: one run, its numbers, runs kept in a file, words for tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

LIMIT = "digits"
EULER = {"solver.method": "euler"}
"""Equal steps in place of SciPy's, which agree with them."""
UNITS = {"accuracy": "1", "training": "J", "inference": "J", "sample": "s", "latency": "s"}
"""Units of what `Found` has."""


class Found(NamedTuple):
    """Test accuracy after the last epoch [1]; joules [J] and seconds [s] of a training sample and of an inference."""

    accuracy: float
    training: float
    inference: float
    sample: float
    latency: float


def one(circuit: str, device: str, settings: Mapping[str, Any], seed: int, epochs: int) -> Found | str:
    """Train once; why not, of a device that the circuit refuses."""
    from analogep import Run
    from analogep.errors import AnalogepError

    try:
        result = Run(device, circuit, seed=seed, set={**settings, "learning.epochs": epochs}).execute()
    except AnalogepError as error:
        return str(error).splitlines()[0]
    training, sample = (float(result[f"training_{name}"].mean()) for name in ("energy", "seconds"))
    inference, latency = (float(result[f"inference_{name}"][-1]) for name in ("energy", "seconds"))
    return Found(float(result["accuracy"][-1]), training, inference, sample, latency)


class Kept:
    """Runs in a file, a line each, so that a study goes on where it stood.

    Parameters
    ----------
    folder : Path or None
        Where the file is; nothing is kept without.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path, self.known = None if folder is None else folder / "runs.jsonl", dict[str, Any]()
        if self.path is not None and self.path.exists():
            self.known = dict(map(json.loads, self.path.read_text(encoding="utf-8").splitlines()))

    def run(
        self, device: str, settings: Mapping[str, Any], seed: int, epochs: int, circuit: str = LIMIT
    ) -> Found | str:
        """A run, made unless it is known."""
        settings = {**(EULER if circuit == LIMIT else {}), **settings}
        key = json.dumps([circuit, device, settings, seed, epochs])
        if key not in self.known:
            self.known[key] = one(circuit, device, settings, seed, epochs)
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([key, self.known[key]]) + "\n")
        found = self.known[key]
        return found if isinstance(found, str) else Found(*found)

    def accuracy(self, device: str, settings: Mapping[str, Any], seed: int, epochs: int) -> float:
        """Of a run of the limit that is not refused [1]."""
        found = self.run(device, settings, seed, epochs)
        assert isinstance(found, Found), found
        return found.accuracy


def joules(value: float) -> str:
    """Three digits with a prefix: `21.9 nJ`."""
    from analogep.units import format_si

    return format_si(float(f"{value:.3g}"), "J")


def rule(device: str) -> str:
    """The rule of a device's card in words, with its threshold and the most pulses of a write."""
    from analogep import DeviceCard

    recommended = DeviceCard.load(device).recommended
    text = recommended.rule.replace("_", " ")
    if recommended.rule in ("mixed_precision", "closed_loop"):
        text += f" {recommended.threshold:g}" + (f"/{recommended.max_pulses}" if recommended.max_pulses else "")
    return text
