"""Everything about beta of one chip, untrained and trained, as one Dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analogep.beta import predict, table
from analogep.beta.expansion import Expansion, expand
from analogep.beta.measure import Errors, errors
from analogep.beta.minimum import lowest
from analogep.beta.noise import Noise, noise_of
from analogep.beta.pole import pole
from analogep.beta.probe import Probe
from analogep.chip.threads import one_blas_thread
from analogep.circuit.phases import Nudging
from analogep.energy import Ledger
from analogep.errors import SimulationError
from analogep.estimators import real_estimators
from analogep.learning import Updater
from analogep.network import Hardware
from analogep.run import Run, assemble

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_SMALLEST = 0.01
_REFERENCE = 0.5
"""Share of the bound of an estimator that its reference beta does not exceed."""


def _silent(_stage: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class FiniteBeta:
    """Bias, noise, prediction and measurement of the best beta.

    Parameters
    ----------
    run : Run
        Cards, data, seeds and epochs of the training.
    noise : sequence of float [V]
        Standard deviations of one sample of sample and hold; the card's if empty.
    points : int
        Betas of the grid, in steps of sqrt(2), so that twice a beta is another one.
    repeats : int
        Noisy estimates of every batch at each of them.
    smallest : float [1]
        The first beta of the grid. A best beta that lies outside of the grid is measured as the end of it.
    """

    run: Run
    noise: Sequence[float] = ()
    points: int = 20
    repeats: int = 6
    smallest: float = _SMALLEST

    @property
    def levels(self) -> Floats:
        """Noise levels (levels,) [V]."""
        return np.array(self.noise or (self.run.circuit.sample_noise,), dtype=np.float64)

    def measure(self, trained: bool = True, report: Callable[[str], None] = _silent) -> xr.Dataset:
        """Measure the untrained chip and, unless told not to, the trained one.

        Parameters
        ----------
        trained : bool
        report : callable
            Called with what is being done.

        Returns
        -------
        xarray.Dataset
            Dimensions `network`, `noise`, `estimator`, `beta`; see `analogep.beta.table.VARIABLES`.
        """
        with one_blas_thread():
            report("untrained network")
            chips = {"untrained": self._written()}
            if trained:
                report("training")
                result = self.run.execute()
                chips["trained"] = Hardware(self.run.device, self.run.circuit, self.run.seeds)
                assemble.finished(result, chips["trained"])
            found = []
            for name, chip in chips.items():
                report(f"{name} network")
                found.append(self._chip(chip))
        made = table.dataset(self.run, list(chips), self.levels, self.grid(), found)
        if trained:
            made.attrs["accuracy"] = float(result["accuracy"][-1])
        return made

    def _written(self) -> Hardware:
        hardware = Hardware(self.run.device, self.run.circuit, self.run.seeds)
        Updater(hardware).start(Ledger(), self.run.seeds.operation.rng("start"))
        return hardware

    def probe(self, hardware: Hardware) -> Probe:
        """As many whole batches of the card as hold its probe samples, from the front of the training data."""
        learning, data = self.run.circuit.learning, self.run.data
        samples = -(-learning.probe // learning.batch) * learning.batch
        return Probe(hardware, data.train_x[:samples], data.train_y[:samples], learning.batch, self.run.seeds.operation)

    def grid(self) -> Floats:
        """Betas at which errors are measured (betas,) [1]."""
        return np.asarray(self.smallest * 2.0 ** (0.5 * np.arange(self.points)))

    def _chip(self, hardware: Hardware) -> table.Values:
        probe = self.probe(hardware)
        nearest = pole(probe)
        expansion = expand(probe, nearest)
        levels = [self._level(probe, expansion, float(volts)) for volts in self.levels]
        values = {name: np.stack([level[name] for level in levels]) for name in levels[0]}
        order, length = zip(*(predict.leading_coefficient(expansion, name) for name in real_estimators()), strict=True)
        return values | {
            "order": np.array(order, dtype=np.float64),
            "coefficient": np.array(length) / expansion.length,
            "bound": np.array([predict.strongest(name, nearest) for name in real_estimators()]),
            "pole": np.array(nearest),
            "rest_bias": np.array(expansion.coefficient(0) / expansion.length),
            "fit_reach": np.array(expansion.reach),
            "fit_residual": np.array(expansion.residual),
            "gradient": np.array(expansion.length),
        }

    def _level(self, probe: Probe, expansion: Expansion, volts: float) -> table.Values:
        """All estimators at one noise level."""
        reader = probe.reader(self.run.seeds.operation.rng("beta/errors"), volts)
        measured = errors(probe, expansion.pole, self.grid(), reader, self.repeats)
        rows = []
        for name in real_estimators():
            reference = min(self.run.circuit.nudging.beta, _REFERENCE * predict.strongest(name, expansion.pole))
            reader = probe.reader(self.run.seeds.operation.rng(f"beta/noise/{name}"), volts)
            noise = noise_of(probe, Nudging(beta=reference, estimator=name), reader, self.repeats)
            rows.append(self._expected(expansion, noise, name) | self._found(measured[name], expansion.length))
            unsettled = self._unsettled(probe, name, float(rows[-1]["predicted"]))
            rows[-1]["unsettled"] = np.array(unsettled)
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    def _expected(self, expansion: Expansion, noise: Noise, name: str) -> table.Values:
        """Everything that is predicted of an estimator."""
        grid, length = self.grid(), expansion.length
        within = grid <= predict.strongest(name, expansion.pole)
        error = np.sqrt(predict.squared_error(expansion, noise, name, grid)) / length
        return {
            "noise_fresh": np.array(np.sqrt(noise.fresh) / length),
            "noise_still": np.array(np.sqrt(noise.still) / length),
            "predicted_leading": np.array(predict.leading_best(expansion, noise, name)),
            "predicted": np.array(predict.general_best(expansion, noise, name)),
            "expected_error": np.where(within, error, np.nan),
            # Beyond the pole the expansion still has the length of the error, but no longer its direction.
            "expected_cosine": np.where(
                within & (grid <= expansion.pole), predict.cosine(expansion, noise, name, grid), np.nan
            ),
        }

    def _found(self, measured: Errors, length: float) -> table.Values:
        """Everything that was measured of an estimator; `length` is that of the exact gradient."""
        grid = self.grid()
        best = lowest(grid, measured.squared)
        return {
            "measured": np.array(best),
            "measured_direction": np.array(lowest(grid, 1.0 - measured.cosine)),
            "best_cosine": np.array(np.interp(np.log(best), np.log(grid), measured.cosine)),
            "error": np.sqrt(measured.squared) / length,
            "cosine": measured.cosine,
        }

    @staticmethod
    def _unsettled(probe: Probe, estimator: str, beta: float) -> float:
        try:
            return probe.unsettled(Nudging(beta=beta, estimator=estimator).stencil())
        except SimulationError:
            return float("nan")


def accuracies(
    run: Run, betas: Sequence[float], noise: Sequence[float], report: Callable[[str], None] = _silent
) -> Floats:
    """Accuracy after training with the card's own estimator (noise, betas) [1]; not a number where it failed.

    Of a validation part of the training samples, as the accuracies are there to choose by: that of the run's data, or
    one that its data seed draws.

    Parameters
    ----------
    run : Run
        Cards, data, seeds and epochs.
    betas : sequence of float [1]
    noise : sequence of float [V]
        Standard deviations of one sample of sample and hold.
    report : callable
        Called with what is being done.
    """
    data = run.data
    if data.validation_y is None:
        data = data.with_validation(run.seeds.data.rng("validation"))
    out = np.empty((len(noise), len(betas)))
    for k, volts in enumerate(noise):
        hold = run.circuit.sample_hold.model_copy(update={"noise": volts})
        for n, beta in enumerate(betas):
            report(f"training {k * len(betas) + n + 1} of {out.size}")
            nudging = run.circuit.nudging.model_copy(update={"beta": beta})
            circuit = run.circuit.model_copy(update={"sample_hold": hold, "nudging": nudging})
            try:
                result = Run(run.device, circuit, run.seeds, data).execute()
                out[k, n] = float(result["validation_accuracy"][-1])
            except SimulationError as error:
                report(f"beta {beta:.3g}: {error}")
                out[k, n] = np.nan
    return out
