"""How long a fit takes: median seconds of a three-parameter fit of 1000 readings, and of a whole measurement.

    python benchmarks/fit.py [SET.csv RESET.csv]

A published tool takes 9.3 s for the first; the aim is below 0.5 s. With two files the whole command's work is timed as
well: reading, every law, noise, standard errors.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from timing import seconds

from analogep import fit
from analogep.device.laws import Exponential


def ramp(readings: int) -> fit.Measurement:
    """One noisy ramp up of an exponential law: start, rate and curvature are to be found."""
    pulse = {"amplitude": 1.0, "width": 1e-7}
    law = Exponential.model_validate(
        {"model": "exponential", "unidirectional": True, "up": {"pulses": readings - 1, "nonlinearity": 1.2, **pulse},
         "reset": {"to": 0.0, "sigma": 0.0, "refresh_above": 0.9, **pulse}}
    )  # fmt: skip
    rng = np.random.default_rng(1)
    state = law.path("up", 0.0, readings - 1) + 1e-3 * np.cumsum(rng.standard_normal(readings))
    g = 1e-6 + 9e-6 * (state + 5e-3 * rng.standard_normal(readings))
    return fit.Measurement((fit.Ramp("", "up", g, "ramp"),), ())


def main(files: list[str]) -> None:
    """Print the medians."""
    one = ramp(1000)
    print(f"3 parameters, 1000 readings: {seconds(lambda: fit.fit(one, 'exponential', True), 7):.3f} s (aim 0.5 s)")
    if files:
        paths = [Path(name) for name in files]
        whole = seconds(lambda: fit.fit(fit.read_pulses(paths), "exponential"), 3)
        print(f"{', '.join(path.name for path in paths)}, exponential: {whole:.2f} s")
        print(f"the same, every law: {seconds(lambda: fit.fit(fit.read_pulses(paths)), 3):.2f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
