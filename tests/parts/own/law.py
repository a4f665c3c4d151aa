"""Pulses that tire with a second state of the cell and jitter by themselves."""

from typing import ClassVar, Literal, NamedTuple

from analogep import register
from analogep.device.laws import Law, StepBranch
from analogep.parts import uniform


class FatiguedStep(NamedTuple):
    up: float
    down: float

    def cell(law, up, scale):
        return (law.up if up else -law.down) * scale, scale

    def step(law, x, second, up, p, q, bits):
        return p * (1.0 - second) * (0.5 + uniform(bits)), second + 0.02 * (0.3 - second)


@register
class Fatigued(Law):
    model: Literal["fatigued"]
    up: StepBranch
    down: StepBranch
    draws: ClassVar[bool] = True
    second: ClassVar[float | None] = 0.01

    def numbers(self):
        return FatiguedStep(self.up.step, self.down.step)
