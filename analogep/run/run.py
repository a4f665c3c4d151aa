"""A run: two cards and a seed become one Dataset, epoch by epoch, and may stop and go on in between.

What trains is imported when training begins: to answer from a finished folder no compiled kernel is needed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import analogep
from analogep import datasets
from analogep.circuit import CircuitCard
from analogep.circuit.network import RC
from analogep.circuit.spiking import Spiking
from analogep.datasets import Dataset
from analogep.device import DeviceCard
from analogep.energy import Ledger
from analogep.errors import ResultError, SimulationError, UsageError
from analogep.network.fit import check_fit
from analogep.run import assemble
from analogep.run.folder import CHECKPOINT, Folder, default_path
from analogep.run.history import History
from analogep.run.images import image_shape
from analogep.run.threads import one_blas_thread
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr

    from analogep.network import Hardware
    from analogep.run.epoch import Progress


def _silent(_progress: Progress) -> None:
    """Report nothing."""


class Run:
    """Train a classifier on simulated crossbars.

    Parameters
    ----------
    device : DeviceCard
    circuit : CircuitCard
    seed : int or Seeds
        Fabrication, operation and data seeds; one number serves all three.
    data : str, Path, Dataset or None
        Where the samples come from, as in `datasets.load`; None for the bundled digits.

    Raises
    ------
    CardError
        If the cards do not go together.
    UsageError
        If the data do not fit the network.
    DataError
        If the data cannot be read.

    Examples
    --------
    >>> Run(DeviceCard.load("rram"), CircuitCard.load("digits"), seed=1).execute()  # doctest: +SKIP
    """

    def __init__(
        self,
        device: DeviceCard,
        circuit: CircuitCard,
        seed: int | Seeds = 0,
        data: str | Path | Dataset | None = None,
    ) -> None:
        check_fit(device, circuit)
        self.device, self.circuit = device, circuit
        self.seeds = seed if isinstance(seed, Seeds) else Seeds.of(seed)
        self.data = data if isinstance(data, Dataset) else datasets.load(data, self.seeds.data.rng("split"))
        self._check_data()
        self.identity = self._identity()

    def _check_data(self) -> None:
        inputs, outputs = self.circuit.sizes[0], self.circuit.sizes[-1]
        if (self.data.features, self.data.classes) != (inputs, outputs):
            raise UsageError(
                f"data set '{self.data.name}' has {self.data.features} inputs and {self.data.classes} classes, "
                f"circuit '{self.circuit.name}' is {self.circuit.outline}: choose another "
                f"--data or --circuit, or --set 'layers=[{self.data.features},128,{self.data.classes}]'"
            )
        image_shape(self.circuit, self.data)

    def _identity(self) -> dict[str, str]:
        seeds = self.seeds
        said = {
            "device": self.device.name,
            "device card": self.device.digest,
            "circuit": self.circuit.name,
            "circuit card": self.circuit.digest,
            "seeds": assemble.seeds_text(seeds),
            "data": self.data.name,
            "data digest": self.data.digest,
            "version": analogep.__version__,
        }
        said["digest"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return said

    @property
    def default_folder(self) -> Path:
        """Folder that the commands use if none is given."""
        return default_path(self.identity)

    def execute(
        self,
        out: str | Path | None = None,
        *,
        force: bool = False,
        report: Callable[[Progress], None] = _silent,
    ) -> xr.Dataset:
        """Train for all epochs and return the result.

        With a folder the state after each epoch is stored in it: an interrupted run goes on from there and ends with
        the same arrays, and a finished one is answered from its file.

        Parameters
        ----------
        out : str, Path or None
            Folder of the run; None keeps everything in memory.
        force : bool
            Whether another run's files in that folder may be replaced.
        report : callable
            Called with a `Progress` before and after each batch of work.

        Raises
        ------
        ResultError
            If the folder cannot be used.
        SimulationError
            If the circuit is unstable or cannot be integrated.
        """
        with one_blas_thread():
            if out is None:
                return self._train(None, report)
            folder = Folder(Path(out), self.identity)
            with folder.claim(force=force):
                finished = folder.result()
                if finished is not None:
                    return finished
                dataset = self._train(folder, report)
                folder.finish(dataset)
                return dataset

    def glance(self, out: str | Path, *, force: bool = False) -> xr.Dataset | None:
        """What a folder holds for a summary, if the run is finished there; None if it is not.

        Read in a fraction of the time of `execute`, which gives all of the result (`results.glance`).

        Parameters
        ----------
        out : str or Path
        force : bool
            As in `execute`.

        Raises
        ------
        ResultError
            If the folder cannot be used.
        """
        folder = Folder(Path(out), self.identity)
        with folder.claim(force=force):
            return folder.glance()

    def aged(self, result: xr.Dataset, seconds: float) -> float:
        """Accuracy of the trained chip on the test samples some time after training.

        Parameters
        ----------
        result : xarray.Dataset
            What `execute` returned.
        seconds : float
            Time since the last write [s]; the card's retention says what it does to each cell.

        Returns
        -------
        float
            Share of test samples classified correctly [1].
        """
        from analogep.learning import Experimenter
        from analogep.network import Hardware
        from analogep.run.epoch import inference

        with one_blas_thread():
            hardware = Hardware(self.device, self.circuit, self.seeds)
            assemble.finished(result, hardware)
            experimenter = Experimenter(hardware.aged(seconds), Ledger(), self.seeds.operation.rng("aged"))
            return float(np.mean(inference(experimenter, self.data.test_x) == self.data.test_y))

    def _train(self, folder: Folder | None, report: Callable[[Progress], None]) -> xr.Dataset:
        from analogep.learning import Updater
        from analogep.network import Hardware
        from analogep.run.epoch import Progress, Trainer
        from analogep.run.looks import looks
        from analogep.run.trace import trace

        report(Progress(1, self.circuit.learning.epochs, 0, 0, None, "start"))
        hardware = Hardware(self.device, self.circuit, self.seeds)
        updater = Updater(hardware)
        stored = folder.checkpoint() if folder else None
        ledger = Ledger()
        if stored is None:
            updater.start(ledger, self.seeds.operation.rng("start"))
            before = assemble.histogram(hardware)
            history = History()
            self._check_stability(hardware)
        else:
            try:
                before, history = assemble.restore(stored, hardware, updater), History.of(stored)
            except (KeyError, ValueError) as error:
                raise ResultError(f"{CHECKPOINT}: does not fit this run ({error}); remove it to start again") from error
        trainer = Trainer(hardware, updater, self.data, history, report)
        for epoch in range(len(history), self.circuit.learning.epochs):
            trainer.epoch(epoch, ledger)
            ledger = Ledger()
            if folder and epoch + 1 < self.circuit.learning.epochs:
                folder.keep(assemble.checkpoint(hardware, updater, history, before))
        shown = trace(hardware, self.data, self.seeds) | looks(hardware, self.data, self.seeds)
        return assemble.dataset(self.identity, trainer, before, shown)

    @staticmethod
    def _check_stability(hardware: Hardware) -> None:
        from analogep.network import loop_gain_bound

        bound = loop_gain_bound(hardware.network())
        if bound == math.inf:
            raise SimulationError(
                "the circuit is unstable as written: neurons without a rail on devices with a curved I-V have no bound "
                "on their loop gain; give neurons.hidden.activation and neurons.output.activation rails"
            )
        kind = hardware.circuit.network
        if not (bound < 1.0 or (isinstance(kind, RC | Spiking) and kind.unstable)):
            raise SimulationError(
                f"the circuit is unstable as written: its loop gain is {bound:.3g}, it must be below 1 before "
                "training; lower learning.initial_gain of the later layers, mapping.weight_range, or feedback.gain"
            )
