"""A run: two cards and a seed become one Dataset, epoch by epoch, and may stop and go on in between.

What trains is imported when training begins: to answer from a finished folder no compiled kernel is needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import analogep
from analogep import datasets
from analogep.bars import in_notebook
from analogep.chip.threads import one_blas_thread
from analogep.circuit import CircuitCard
from analogep.datasets import HeldOut, Source
from analogep.device import DeviceCard
from analogep.display import line, table
from analogep.errors import UsageError
from analogep.keys import load
from analogep.network.fit import check_fit
from analogep.run.folder import CHIP, Folder, default_path
from analogep.run.images import image_shape
from analogep.run.progress import Progress, bar
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr

    from analogep.chip import Chip

Watcher = Callable[["Chip"], object]
Report = Callable[[Progress], None]


class Run:
    """Train a classifier on a simulated chip.

    Parameters
    ----------
    device : DeviceCard, str or Path
        Card, name of a shipped one, or YAML file.
    circuit : CircuitCard, str or Path
        The same of the circuit.
    seed : int or Seeds
        Fabrication, operation and data seeds; one number serves all three.
    data : str, Path, arrays, Dataset or None
        Where the samples come from, as in `datasets.load`: a word, a path, `(x, y)` or `(x, y, x_test, y_test)`; None
        for the bundled digits.
    held_out : int, 'auto' or None
        Training samples to hold out as a validation part, drawn by the data seed; 'auto' for as many as
        `Dataset.held_out` says: digits 60/20/20, of IDX files the last 10,000. The training is then looked at by
        these (`validation_accuracy` of every epoch), and the test samples are read once, after the last epoch. None
        trains on all training samples; the test samples are then read after every epoch, for a curve to look at: an
        epoch or a setting that is chosen by it has seen them.
    set : mapping or None
        Keys of either card and the values to change them to, as `Card.changed` takes them.
    on_batch, on_epoch : callable or None
        Called with the `Chip` after each batch of training and at the end of each epoch. Looking at the chip there
        (`predict`, `gradient`, `conductances`) changes nothing of the run; programming it does. Training ends after an
        epoch whose `on_epoch` returns True.

    Attributes
    ----------
    chip : Chip
        The trained chip, once the run has been executed.

    Raises
    ------
    CardError
        If a card is wrong, or the cards do not go together.
    UsageError
        If the data do not fit the network, or that many samples cannot be held out.
    DataError
        If the data cannot be read.

    Examples
    --------
    >>> from analogep import Run
    >>> small = {"layers": [64, 16, 10], "learning.epochs": 1, "solver.method": "euler"}
    >>> run = Run("ideal", "digits", seed=1, set=small)
    >>> result = run.execute()
    >>> float(result["accuracy"][-1]) > 0.5
    True
    """

    def __init__(
        self,
        device: DeviceCard | str | Path,
        circuit: CircuitCard | str | Path = "digits",
        seed: int | Seeds = 0,
        data: Source = None,
        *,
        held_out: HeldOut = None,
        set: Mapping[str, Any] | None = None,
        on_batch: Watcher | None = None,
        on_epoch: Watcher | None = None,
    ) -> None:
        self.device, self.circuit = load(device, circuit, set)
        check_fit(self.device, self.circuit)
        self.seeds = seed if isinstance(seed, Seeds) else Seeds.of(seed)
        whole = datasets.load(data, self.seeds.data.rng("split"), check=self._check_data)
        self.data = datasets.held(whole, self.seeds.data.rng("validation"), held_out)
        image_shape(self.circuit, self.data)
        self.held_out = held_out
        self.on_batch, self.on_epoch = on_batch, on_epoch
        self.identity = self._identity()
        self._chip: Chip | None = None
        self._kept: tuple[xr.Dataset, Path] | None = None

    def _check_data(self, name: str, features: int, classes: int) -> None:
        if (features, classes) != (self.circuit.sizes[0], self.circuit.sizes[-1]):
            wanted = f" {datasets.IMAGES}." if name == "digits" and self.circuit.sizes[0] == 784 else ""
            raise UsageError(
                f"data set '{name}' has {features} inputs and {classes} classes, circuit '{self.circuit.name}' is "
                f"{self.circuit.outline}: choose another circuit or other data, or set "
                f"layers=[{features},128,{classes}].{wanted}"
            )

    def _identity(self) -> dict[str, str]:
        said = {
            "device": self.device.name,
            "device card": self.device.digest,
            "circuit": self.circuit.name,
            "circuit card": self.circuit.digest,
            "seeds": str(self.seeds),
            "data": self.data.name,
            "data digest": self.data.digest,
            "version": analogep.__version__,
        }
        if self.data.validation_y is not None:
            said["held out"] = str(len(self.data.validation_y))
        if self.watchers:
            said["watched by"] = self.watchers
        said["digest"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return said

    @property
    def watchers(self) -> str:
        """Functions that are called during training, which no card holds; empty without."""
        named = (("on_batch", self.on_batch), ("on_epoch", self.on_epoch))
        return ", ".join(
            f"{when}={getattr(one, '__module__', '')}.{getattr(one, '__qualname__', type(one).__name__)}"
            for when, one in named
            if one is not None
        )

    @property
    def default_folder(self) -> Path:
        """Folder that the commands use if none is given."""
        return default_path(self.identity)

    @property
    def chip(self) -> Chip:
        """The trained chip.

        Raises
        ------
        UsageError
            If the run has not been executed.
        """
        if self._chip is None and self._kept is not None:
            from analogep.run import training

            result, path = self._kept
            self._chip = training.kept(self.device, self.circuit, self.seeds, result, path)
        if self._chip is None:
            raise UsageError("the run has no trained chip yet: call execute() first")
        return self._chip

    def execute(
        self,
        out: str | Path | None = None,
        *,
        force: bool = False,
        report: Report | None = None,
    ) -> xr.Dataset:
        """Train for all epochs and return the result.

        With a folder the state after each epoch is stored in it: an interrupted run goes on from there and ends with
        the same arrays, and a finished one is answered from its files.

        Parameters
        ----------
        out : str, Path or None
            Folder of the run; None keeps everything in memory.
        force : bool
            Whether another run's files in that folder may be replaced.
        report : callable or None
            Called with a `Progress` before and after each batch of work; None draws a bar in a notebook, and nothing
            elsewhere.

        Raises
        ------
        ResultError
            If the folder cannot be used.
        SimulationError
            If the circuit is unstable or cannot be integrated.
        """
        if report is None:
            with bar(in_notebook()) as drawn:
                return self._execute(out, force, drawn)
        return self._execute(out, force, report)

    def _execute(self, out: str | Path | None, force: bool, report: Report) -> xr.Dataset:
        with one_blas_thread():
            if out is None:
                return self._train(None, report)
            folder = Folder(Path(out), self.identity)
            with folder.claim(force=force):
                finished = folder.result()
                if finished is not None:
                    self._kept, self._chip = (finished, folder.path / CHIP), None
                    return finished
                return self._train(folder, report)

    def _train(self, folder: Folder | None, report: Report) -> xr.Dataset:
        from analogep.run import training

        dataset, self._chip = training.train(self, folder, report)
        return dataset

    def glance(self, out: str | Path, *, force: bool = False) -> xr.Dataset | None:
        """Numbers of the run for a summary, if it is finished in a folder; None if it is not.

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
        from analogep.run import training

        with one_blas_thread():
            return training.aged(self, result, seconds)

    def _shown(self) -> dict[str, str]:
        """What a person wants to see first."""
        learning = self.circuit.learning
        rows = {
            "layers": self.circuit.outline,
            "data": f"{self.data.name}, {self.data.sizes}",
            "epochs": f"{learning.epochs}",
            "seeds": str(self.seeds),
            "state": "executed" if self._chip is not None or self._kept is not None else "not executed yet",
        }
        changes = [*self.device.overrides, *self.circuit.overrides, *self.device.changes, *self.circuit.changes]
        return rows | ({"changed": ", ".join(changes)} if changes else {})

    def __repr__(self) -> str:
        return line("Run", f"{self.device.name} in {self.circuit.name}", self._shown())

    def _repr_html_(self) -> str:
        return table(f"Run: {self.device.name} in {self.circuit.name}", self._shown())
