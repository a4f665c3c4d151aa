"""Which beta: bias of each estimator, noise of its own reads, and the nudging strength with the least sum of both.

The mean squared error of an estimate is |bias(beta)|^2 + V/beta^2. Both parts are measured on a chip as it stands, the
minimum is predicted from them, and held against the errors of noisy estimates over a grid of beta.
"""

from analogep.beta.answer import best, sentence
from analogep.beta.expansion import Expansion, expand, leading
from analogep.beta.finite import FiniteBeta, accuracies
from analogep.beta.minimum import lowest
from analogep.beta.noise import Noise, noise_of
from analogep.beta.pole import pole
from analogep.beta.predict import general_best, leading_best, squared_error
from analogep.beta.probe import Probe
from analogep.beta.table import with_accuracy

__all__ = [
    "Expansion",
    "FiniteBeta",
    "Noise",
    "Probe",
    "accuracies",
    "best",
    "expand",
    "general_best",
    "leading",
    "leading_best",
    "lowest",
    "noise_of",
    "pole",
    "sentence",
    "squared_error",
    "with_accuracy",
]
