"""A study of eight trainings of a tenth of a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analogep.study import Study

SET = {
    "layers": [64, 6, 10],
    "learning.epochs": 2,
    "learning.batch": 20,
    "learning.probe": 4,
    "timing.free.duration": "200 ns",
    "timing.nudged.duration": "100 ns",
}
VARY = {"nudging.beta": [0.2, 0.5], "read.noise.sigma": ["0 %", "5 %"]}


def small(few: Path, **more: Any) -> Study:
    """Two axes, two chips, one seed on few samples."""
    return Study(**({"device": "rram", "data": str(few), "set": SET, "vary": VARY, "chips": 2} | more))


def quick(work: Any, **more: Any) -> Study:
    """A study whose points take no time."""
    given = {"device": "rram", "vary": {"nudging.beta": [0.1, 0.2, 0.3, 0.4]}, "chips": 2, "seeds": 3}
    return Study(work=work, **(given | more))
