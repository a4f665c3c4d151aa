"""Heun's method in equal steps."""

from typing import ClassVar

import numpy as np

from analogep import register
from analogep.network.relaxed import Relaxed
from analogep.relaxation import Method


@register
class Heun(Method):
    name: ClassVar[str] = "heun"

    def relax(self, network, drive, v0, phase, solver, tolerance, record):
        count = int(np.ceil(phase.duration / (0.5 * network.tau.min())))
        h, v, path = phase.duration / count, v0, [v0]
        energy = 0.5 * h * network.powers(v, drive)
        for _ in range(count):
            slope = network.derivative(v, drive)
            v = v + 0.5 * h * (slope + network.derivative(v + h * slope, drive))
            energy = energy + h * network.powers(v, drive)
            path.append(v)
        energy = energy - 0.5 * h * network.powers(v, drive)
        kept = np.stack(path) if record else np.empty((0, *v0.shape))
        return Relaxed(
            v, network.residual(v, drive), phase.duration, energy, 2 * count, h * np.arange(count + 1.0), kept
        )
