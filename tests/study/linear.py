"""A training that is a known linear function of numbers of the device card, and a card that says their errors."""

from __future__ import annotations

import numpy as np
import xarray as xr

from analogep.device import DeviceCard
from analogep.study import Job

SLOPES = {"a": 0.3, "b": 0.2, "c": 0.05}
"""Change of the accuracy by one standard error of conductance.min, conductance.max and read.noise.sigma."""
SEED, MIXED = 0.02, 0.01
"""Standard deviation of what a seed adds to all cards, and of what it adds to each otherwise."""
MIDDLE = (4e-6, 20e-6, 0.01)
ERRORS = (2e-8, 1e-7, 1e-4)
CORRELATION = -0.6

TEXT = f"""
  pulses_file:
    measurement: "pulses: ramps.csv"
    errors: {{conductance.min: 20 nS, conductance.max: 100 nS}}
    correlation: [[{CORRELATION}]]
  reads_file:
    measurement: "reads: reads.csv"
    errors: {{read.noise.sigma: 0.01 %}}
    logarithmic: [read.noise.sigma]
"""


def card(text: str = TEXT) -> DeviceCard:
    """rram, of which two measurements leave something open."""
    ends = {"conductance.min": MIDDLE[0], "conductance.max": MIDDLE[1], "read.noise.sigma": MIDDLE[2]}
    spread = {f"variation.device_to_device.{key}": 0.0 for key in ("min", "max")}
    known = DeviceCard.load("rram").changed({**ends, **spread})
    sources = "".join(f"  {name}: {{cite: made up for this test}}\n" for name in ("pulses_file", "reads_file"))
    body = known.to_yaml().replace("\nsources:\n", f"\nsources:\n{sources}")
    return DeviceCard.from_text(f"{body}uncertainty:{text}", "fitted.yaml")


def linear(job: Job) -> xr.Dataset:
    """0.5 + sum of slope times deviation in standard errors, with what the seed adds to all and to this card."""
    device, _ = job.cards
    values = (device.conductance.min, device.conductance.max, device.read.noise.sigma)  # type: ignore[union-attr]
    z = [(value - middle) / error for value, middle, error in zip(values, MIDDLE, ERRORS, strict=True)]
    common = job.seeds.operation.rng("common").normal()
    own = np.random.default_rng([int(device.digest[:8], 16), job.seeds.operation.sample]).normal()
    value = 0.5 + sum(slope * one for slope, one in zip(SLOPES.values(), z, strict=True)) + SEED * common + MIXED * own
    numbers = (
        ("accuracy", value, "1"),
        ("training_energy", 1e-9 * (10.0 + z[2]), "J"),
        ("inference_energy", 1e-9, "J"),
    )
    variables = {name: ("epoch", np.array([one]), {"units": unit, "long_name": name}) for name, one, unit in numbers}
    return xr.Dataset(variables, {"epoch": [1]}, {"device": device.name})
