"""How long a fit takes: median seconds of a three-parameter fit of 1000 readings, and of a whole measurement.

    python benchmarks/fit.py [SET.csv RESET.csv] [--json]

A published tool takes 9.3 s for the first; the aim is below 0.5 s. With two files the whole command's work is timed as
well: reading, every law, noise, standard errors.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from timing import options, report, seconds

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


def main() -> None:
    """Print the medians."""
    parser = options(__doc__)
    parser.add_argument("files", type=Path, nargs="*")
    parsed = parser.parse_args()
    one = ramp(1000)
    found = {"three_parameters_s": seconds(lambda: fit.fit(one, "exponential", True), 7)}
    print(f"3 parameters, 1000 readings: {found['three_parameters_s']:.3f} s (aim 0.5 s)")
    if parsed.files:
        found["exponential_s"] = seconds(lambda: fit.fit(fit.read_pulses(parsed.files), "exponential"), 3)
        print(f"{', '.join(path.name for path in parsed.files)}, exponential: {found['exponential_s']:.2f} s")
        found["every_law_s"] = seconds(lambda: fit.fit(fit.read_pulses(parsed.files)), 3)
        print(f"the same, every law: {found['every_law_s']:.2f} s")
    report(parsed, found)


if __name__ == "__main__":
    main()
