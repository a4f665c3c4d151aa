"""Does the interval of a fitted card hold the accuracy of the device that was measured?

    python studies/posterior_coverage.py [--devices 10] [--cards 8] [--seeds 3] [--epochs 2]

Ten devices are made up: windows, steps of soft bounds and both noises are drawn. Each is measured on a virtual probe
station, one cell, a few ramps of 50 pulses; the readings are fitted as `analogep fit` does, the law chosen by the data;
cards are drawn from the fitted errors and trained, and so is the true device, on the same seeds. Two intervals of 95 %
are counted:

- *posterior*: `posterior_parts`, because of what was not measured. It is of the mean over all seeds, and the true
  device's is known from a few.
- *paired*: mean +- t_(N-1) sqrt(s^2 (1 + 1/N)), s the standard deviation of the means of the drawn cards over these
  very seeds. If the errors are right the true device is one more draw, which this one holds with 95 %, however few the
  seeds.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from analogep import DeviceCard, Study, characterise, fit, posterior_parts, posterior_study
from analogep.study import summary

CIRCUIT = {"layers": [64, 16, 10], "solver.method": "euler"}
PULSES = {"amplitude": 1.6, "width": 50e-9}
KNOWN = fit.Known("fitted", "Fitted", "rram", 2, 1.6, -1.6, 50e-9, 50e-9, 0.1, 1e-8)
NONE: dict[str, Any] = {
    "retention": {"kind": "none"},
    "read.voltage": 0.1,
    "read.width": 1e-8,
    "read.iv": {"kind": "linear"},
    "recommended": {"rule": "stochastic"},
    **{f"variation.device_to_device.{key}": 0.0 for key in ("max", "min", "step", "asymmetry")},
}
"""What no ramp tells is of both cards alike."""


@dataclass(frozen=True)
class Outcome:
    """One device: accuracies [1].

    Attributes
    ----------
    law : str
        That the fit chose.
    true : float
        Of the true device, over the seeds.
    mean : float
        Of drawn cards.
    posterior, paired : tuple of float
        Both intervals.
    """

    law: str
    true: float
    mean: float
    posterior: tuple[float, float]
    paired: tuple[float, float]

    def holds(self, name: str) -> bool:
        """Whether an interval holds the true device."""
        low, high = getattr(self, name)
        return bool(low <= self.true <= high)


def truth(number: int) -> DeviceCard:
    """The device of a number."""
    rng = np.random.default_rng([27, number])
    low = float(rng.uniform(1e-6, 4e-6))
    steps = [float(step) for step in rng.uniform(0.02, 0.06, 2)]
    return DeviceCard.load("rram").changed(
        NONE
        | {
            "conductance": {"min": low, "max": low * float(rng.uniform(4.0, 12.0))},
            "programming": {
                "model": "soft_bounds",
                "up": {"step": steps[0], **PULSES},
                "down": {"step": steps[1], **PULSES, "amplitude": -1.6},
            },
            "variation.cycle_to_cycle": {"kind": "range", "sigma": float(rng.uniform(0.004, 0.015))},
            "read.noise": {"kind": "relative", "sigma": float(rng.uniform(0.003, 0.01))},
        }
    )


def fitted(device: DeviceCard, number: int, ramps: int) -> fit.Written:
    """The card of a measurement of a device."""
    found = characterise.measure(device, cells=1, pulses=50, ramps=ramps, seed=number)["conductance"]
    made = [
        fit.Ramp("", way, found.sel(ramp=ramp, direction=way, cell=1).values, "simulated")
        for ramp in found.ramp.values
        for way in ("up", "down")
    ]
    return fit.make_card(fit.fit(fit.Measurement(tuple(made), ())), KNOWN)


def outcome(number: int, cards: int, seeds: int, epochs: int, ramps: int = 3) -> Outcome:
    """Fit one device, train cards drawn from the fit and the device itself."""
    device = truth(number)
    card = fitted(device, number, ramps).card
    settings = CIRCUIT | {"learning.epochs": epochs}
    with ThreadPoolExecutor(1) as here:
        drawn = posterior_study(card, cards, set=settings, seeds=seeds, seed=number).run(store=False, executor=here)
        itself = Study(device=device, set=settings, seeds=seeds, seed=number).run(store=False, executor=here)
    found = posterior_parts(drawn)
    means = summary.finals(drawn)["accuracy"].mean(axis=(1, 2))[1 : cards + 1]
    reach = float(stdtrit(cards - 1, 0.975)) * float(means.std(ddof=1)) * math.sqrt(1.0 + 1.0 / cards)
    return Outcome(
        card.programming.model,
        float(summary.finals(itself)["accuracy"].mean()),
        float(means.mean()),
        (float(found["accuracy_low"]), float(found["accuracy_high"])),
        (float(means.mean()) - reach, float(means.mean()) + reach),
    )


def main() -> None:
    """Print a row for each device, and how many intervals hold."""
    parser = argparse.ArgumentParser()
    for name, default in (("devices", 10), ("cards", 8), ("seeds", 3), ("epochs", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    found = []
    print("device  law                     true    mean of cards  posterior         paired", flush=True)
    for number in range(asked.devices):
        one = outcome(number, asked.cards, asked.seeds, asked.epochs)
        found.append(one)
        low, high = (f"{100 * a:5.1f} .. {100 * b:5.1f} %" for a, b in (one.posterior, one.paired))
        held = " ".join(name for name in ("posterior", "paired") if one.holds(name))
        means = f"{100 * one.true:5.1f} %  {100 * one.mean:5.1f} %       "
        print(f"{number:<6}  {one.law:<22}  {means}{low}  {high}  {held}", flush=True)
    for name in ("posterior", "paired"):
        print(f"{name}: {sum(one.holds(name) for one in found)} of {len(found)} hold the true device")


if __name__ == "__main__":
    main()
