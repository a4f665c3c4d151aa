"""How much faster a study of many small runs is on all cores than the same runs one after the other.

    python benchmarks/studies.py [--points 200] [--epochs 1] [--workers N] [--json]

The yardstick is a plain loop over `Run` in one process, for the same chips and seeds; the study works on the same
points in worker processes, writes a file for each and collects them, and must find the same accuracies. One half of the
loop runs before the study and one after it, so that a machine that changes its speed in between changes both. Then as
many points that compute nothing tell what the study itself costs per point.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from timing import options as parser_of
from timing import report

from analogep import Run, Study
from analogep.study.point import Point
from analogep.study.work import Job

_CHIPS = 10


def nothing(_job: Job) -> xr.Dataset:
    """A result that costs nothing."""
    return xr.Dataset({"accuracy": (("epoch",), [1.0])})


def loop(study: Study, points: Sequence[Point]) -> tuple[float, list[float]]:
    """Seconds of `points` one after the other in this process, and their last accuracies."""
    found = []
    start = time.perf_counter()
    for point in points:
        job = study.job(point)
        found.append(float(Run(*job.cards, job.seeds).execute()["accuracy"][-1]))
    return time.perf_counter() - start, found


def timed(study: Study, workers: int | None) -> tuple[float, xr.Dataset]:
    """Seconds of a study in an empty folder, from its start to the collected result, and that result."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        result = study.run(Path(folder) / "study", workers=workers)
        return time.perf_counter() - start, result


def main() -> None:
    """Measure and print."""
    parser = parser_of(__doc__)
    parser.add_argument("--points", type=int, default=200, help="points of the study, a multiple of 20")
    parser.add_argument("--epochs", type=int, default=1, help="epochs of one point")
    parser.add_argument("--workers", type=int, default=None, help="worker processes (as many as cores)")
    options = parser.parse_args()
    given = {
        "device": "rram",
        "circuit": "digits",
        "set": {"learning.epochs": options.epochs},
        "vary": {"nudging.beta": [0.3, 0.5]},
        "chips": _CHIPS,
    }
    study = Study(**given, seeds=options.points // (2 * _CHIPS))
    points = study.plan.points
    half = len(points) // 2
    first, before = loop(study, points[:half])
    seconds, result = timed(study, options.workers)
    second, after = loop(study, points[half:])
    same = np.array_equal(
        result["accuracy"].isel(epoch=-1).transpose("seed", "nudging.beta", "chip").values.ravel(), before + after
    )
    alone = first + second
    print(f"{len(points)} points of {options.epochs} epochs, rram on the digits")
    print(f"  one process, a plain loop   {alone:7.1f} s  ({first:.1f} + {second:.1f})")
    print(f"  study                       {seconds:7.1f} s  {alone / seconds:.2f} times as fast")
    print(f"  same accuracies             {same}")
    idle, _ = timed(Study(**given, seeds=options.points // (2 * _CHIPS), work=nothing), options.workers)
    print(f"  points that compute nothing {1e3 * idle / len(points):7.1f} ms each")
    report(options, {"study_over_loop": alone / seconds, "point_ms": 1e3 * idle / len(points), "same": float(same)})


if __name__ == "__main__":
    main()
