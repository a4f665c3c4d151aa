"""Cross-entropy of a softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.costs.base import Cost

Floats = NDArray[np.float64]


class SoftmaxNumbers(NamedTuple):
    """a [1] and a/V [1/V]."""

    inverse: Any
    sharpness: Any

    @staticmethod
    def row(numbers, scores, target, pull):  # type: ignore[no-untyped-def]
        """p = a (d - |d| softmax(a s/V)); the largest exponent is 0."""
        top, mass, total = scores[0], target[0], 0 * target[0]
        for k in range(1, scores.size):
            top = max(top, scores[k])
            mass += target[k]
        for k in range(scores.size):
            pull[k] = np.exp((scores[k] - top) * numbers.sharpness)
            total += pull[k]
        for k in range(scores.size):
            pull[k] = numbers.inverse * (target[k] - mass * (pull[k] / total))

    @staticmethod
    def circle(numbers, scores, imaginary, target, pull, turned):  # type: ignore[no-untyped-def]
        """The same at complex scores."""
        top, mass, total, other = scores[0], target[0], 0 * target[0], 0 * target[0]
        for k in range(1, scores.size):
            top = max(top, scores[k])
            mass += target[k]
        for k in range(scores.size):
            size, angle = np.exp((scores[k] - top) * numbers.sharpness), imaginary[k] * numbers.sharpness
            pull[k], turned[k] = size * np.cos(angle), size * np.sin(angle)
            total += pull[k]
            other += turned[k]
        # Times the conjugate of the sum over its square.
        square = total * total + other * other
        for k in range(scores.size):
            a, b = pull[k], turned[k]
            pull[k] = numbers.inverse * (target[k] - mass * ((a * total + b * other) / square))
            turned[k] = -numbers.inverse * mass * ((b * total - a * other) / square)


class SoftmaxCrossEntropy(Cost):
    """C = -sum_k t_k ln P_k with t = d/V and P = softmax(a s/V), nudged by target minus softmax: p = a V (t - P).

    The scores are what is read out of the outputs, so that the network as a whole has logits a s/V between the rails of
    its neurons: the inverse temperature a says how far from each other the probabilities can get. The current of a
    class has its largest value, g beta a V, while it is taken for another one with certainty. What computes the softmax
    (a ring of exponential transistors with one common current) is ideal here, and its own power is not booked.

    Source: Laborieux et al. 2021, doi 10.3389/fnins.2021.633674.
    """

    kind: Literal["softmax_cross_entropy"]
    example: ClassVar[str] = "{kind: softmax_cross_entropy, inverse_temperature: 4}"
    inverse_temperature: Annotated[float, Field(gt=0, le=1000)]
    """a: logits are a times the scores over that of the right class."""

    def _logarithms(self, scores: Floats, volts: float) -> Floats:
        """ln P (..., classes) [1]."""
        logits = self.inverse_temperature * scores / volts
        logits = logits - logits.max(axis=-1, keepdims=True)
        return np.asarray(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))

    def value(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """C of each sample (...,) [1]."""
        return np.asarray(-(target / volts * self._logarithms(scores, volts)).sum(axis=-1))

    def pull(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """a V (t - |t| P) (..., classes) [V], |t| the sum of t: 1 where one class is the right one."""
        chances = np.exp(self._logarithms(scores, volts))
        mass = target.sum(axis=-1, keepdims=True)
        return np.asarray(self.inverse_temperature * (target - mass * chances))

    def curvature(self, scores: Floats, target: Floats, volts: float) -> Floats:
        """a^2 |t| (diag P - P P') (..., classes, classes) [1]."""
        chances = np.exp(self._logarithms(scores, volts))
        mass = target.sum(axis=-1)[..., None, None] / volts
        spread = chances[..., None] * np.eye(scores.shape[-1]) - chances[..., None] * chances[..., None, :]
        return np.asarray(self.inverse_temperature**2 * mass * spread)

    @property
    def steepest(self) -> float:
        """a^2/2: where two classes share all of the probability."""
        return 0.5 * self.inverse_temperature**2

    def numbers(self, volts: float, kind: Any) -> SoftmaxNumbers:
        """a and a/V."""
        return SoftmaxNumbers(kind(self.inverse_temperature), kind(self.inverse_temperature / volts))

    def expression(self, k: int, target: Sequence[float], scores: Sequence[str], volts: float) -> str:
        """a (d_k - sum d/(sum_j e^(a (s_j - s_k)/V)))."""
        sharp = f"{self.inverse_temperature / volts:.17g}"
        total = "+".join(f"exp({sharp}*({score}-{scores[k]}))" for score in scores)
        return f"({self.inverse_temperature:.17g}*({target[k]:.17g}-{sum(target):.17g}/({total})))"
