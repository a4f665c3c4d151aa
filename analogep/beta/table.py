"""The result about beta: names, dimensions, units and meaning of every variable.

| dimension | meaning |
| --- | --- |
| network | untrained, trained |
| noise | standard deviation of one sample of sample and hold [V] |
| estimator | of `analogep.circuit.Nudging` |
| beta | grid of the measurement |
| train_beta | betas of the short trainings, where there are any |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

import analogep
from analogep import results
from analogep.cards.record import recorded
from analogep.estimators import real_estimators
from analogep.results import circumstances

if TYPE_CHECKING:
    import xarray as xr

    from analogep.run import Run

Floats = NDArray[np.float64]
Values = dict[str, Floats]

_CHIP, _ONE, _LEVEL = ("network",), ("network", "estimator"), ("network", "noise", "estimator")
VARIABLES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "order": (_ONE, "order of the bias in beta"),
    "coefficient": (_ONE, "leading coefficient of the bias over the length of the exact gradient"),
    "bound": (_ONE, "largest beta that is considered"),
    "pole": (_CHIP, "nudging strength at which negative nudging cancels the outputs' leak; infinite for none"),
    "rest_bias": (_CHIP, "bias that does not vanish with beta, over the length of the exact gradient"),
    "fit_reach": (_CHIP, "largest beta of the fit of the expansion"),
    "fit_residual": (_CHIP, "root mean square of the fit's error relative to the bias"),
    "gradient": (_CHIP, "length of the exact gradient of a batch"),
    "noise_fresh": (_LEVEL, "relative error at beta = 1 by noise drawn in each phase"),
    "noise_still": (_LEVEL, "relative error at any beta by noise that stands still over phases"),
    "predicted_leading": (_LEVEL, "best beta predicted from the leading term of the bias"),
    "predicted": (_LEVEL, "best beta predicted from the whole expansion"),
    "measured_direction": (_LEVEL, "beta with the largest measured cosine"),
    "measured": (_LEVEL, "beta with the smallest measured mean squared error"),
    "best_cosine": (_LEVEL, "measured cosine there"),
    "unsettled": (_LEVEL, "relative error that the card's own phases add at the predicted beta"),
    "error": ((*_LEVEL, "beta"), "measured relative error, root mean square"),
    "cosine": ((*_LEVEL, "beta"), "measured cosine of estimated and exact gradient"),
    "expected_error": ((*_LEVEL, "beta"), "predicted relative error, root mean square"),
    "expected_cosine": ((*_LEVEL, "beta"), "predicted cosine of estimated and exact gradient, up to the pole"),
}
"""Variable -> (dimensions, long name); all are numbers without a unit."""


def dataset(run: Run, networks: Sequence[str], noise: Floats, grid: Floats, found: Sequence[Values]) -> xr.Dataset:
    """Put the values of all networks together.

    Parameters
    ----------
    run : Run
    networks : sequence of str
    noise : ndarray (levels,) [V]
    grid : ndarray (betas,) [1]
    found : sequence of dict of ndarray [1]
        For each network the values of `VARIABLES`, of their shapes but for the first dimension.
    """
    import xarray as xr

    circuit, device = run.circuit, run.device
    variables = {
        name: (dims, np.stack([values[name] for values in found]), {"units": "1", "long_name": text})
        for name, (dims, text) in VARIABLES.items()
    }
    coordinates = {
        "network": list(networks),
        "noise": ("noise", noise, {"units": "V", "long_name": "standard deviation of one sample of sample and hold"}),
        "estimator": list(real_estimators()),
        "beta": ("beta", grid, {"units": "1", "long_name": "nudging strength"}),
    }
    attributes = {
        "title": f"{device.name}, {circuit.outline} on {run.data.name}: bias and noise against beta",
        "analogep_version": analogep.__version__,
        **circumstances.made_by(),
        "digest": run.identity["digest"],
        "device": device.name,
        "circuit": circuit.name,
        **recorded(device),
        **recorded(circuit),
        "overrides": json.dumps([*device.overrides, *circuit.overrides]),
        "seeds": run.identity["seeds"],
        "data": run.data.name,
        "full_scale": circuit.target_voltage,
        "card_beta": circuit.nudging.beta,
        "card_estimator": circuit.nudging.estimator,
        "batch": circuit.learning.batch,
        "epochs": circuit.learning.epochs,
    }
    made = xr.Dataset(variables, coordinates, attributes)
    results.describe(made)
    return made


def with_accuracy(dataset: xr.Dataset, betas: Floats, accuracy: Floats) -> xr.Dataset:
    """Add the `accuracy` (levels, betas) [1] of short trainings at each noise and each of `betas` (betas,) [1]."""
    text = {"units": "1", "long_name": "share of validation samples classified correctly after a training at this beta"}
    return dataset.assign_coords(
        train_beta=("train_beta", betas, {"units": "1", "long_name": "nudging strength of a training"})
    ).assign(accuracy=(("noise", "train_beta"), accuracy, text))
