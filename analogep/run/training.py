"""The training of a run: from cards to a trained chip and its result. Imported when it begins."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from analogep.chip import Chip, stored
from analogep.chip.emulator import Emulator, Inputs, inference
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.energy import Ledger
from analogep.errors import ResultError, SimulationError
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.network.settling import slowest_mode
from analogep.relaxation import check_work
from analogep.relaxation.equilibrium import equilibrium
from analogep.results import circumstances
from analogep.run import assemble
from analogep.run.epoch import Trainer
from analogep.run.folder import CHECKPOINT, CHIP, RESULT, Folder
from analogep.run.history import History
from analogep.run.progress import Progress
from analogep.run.trace import trace
from analogep.streams import Seeds
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

    from analogep.run.run import Run


def train(run: Run, folder: Folder | None, report: Callable[[Progress], None]) -> tuple[xr.Dataset, Chip]:
    """Train for all epochs, from the folder's checkpoint on if there is one.

    Parameters
    ----------
    run : Run
    folder : Folder or None
        Claimed; gets the state after each epoch, the trained chip and the result.
    report : callable
        As in `Run.execute`.

    Returns
    -------
    xarray.Dataset
    Chip
    """
    report(Progress(1, run.circuit.learning.epochs, 0, 0, None, "start"))
    start = circumstances.clock.seconds()
    emulator = Emulator(run.device, run.circuit, run.seeds)
    before, history, past = _begun(run, emulator, folder)
    chip, epochs = Chip.of(emulator), run.circuit.learning.epochs
    trainer = Trainer(chip, run.data, history, report, run.on_batch)
    if epochs == 0:
        trainer.untrained()
    for epoch in range(len(history), epochs):
        trainer.epoch(epoch)
        if run.on_epoch is not None and run.on_epoch(chip) is True:
            break
        if folder and epoch + 1 < epochs:
            state = assemble.checkpoint(emulator, history, before)
            folder.keep(state.assign_attrs(circumstances.made_by() | past.attributes(start)))
    trainer.end()
    hardware = emulator.hardware
    looks = hardware.network().looks(hardware, run.data, run.seeds)
    shown = trace(hardware, run.data, run.seeds) | looks
    dataset = assemble.dataset(run.identity, trainer, before, shown)
    held_out = {"held_out": "" if run.held_out is None else str(run.held_out)}
    date = {"date": circumstances.clock.date()}
    dataset.attrs |= held_out | circumstances.made_by() | past.attributes(start) | date
    if folder:
        stored.save(emulator, folder.path / CHIP)
        folder.finish(dataset)
    return dataset, chip


class _Past(NamedTuple):
    """What was done before this process: wall time [s], and what else than this code did it, in words."""

    seconds: float = 0.0
    others: tuple[str, ...] = ()

    def attributes(self, start: float) -> dict[str, Any]:
        """Attributes that say it, with the wall time since `start` [s] of the clock added."""
        said = {"wall_seconds": self.seconds + circumstances.clock.seconds() - start}
        return said | ({"went_on_from": json.dumps(self.others)} if self.others else {})


def _past(checkpoint: xr.Dataset, folder: Folder) -> _Past:
    """What a checkpoint was made by; warns where that was something else than now."""
    attrs = checkpoint.attrs
    found = circumstances.differences(attrs)
    circumstances.warn(attrs, folder.path / CHECKPOINT, "remove it to begin the run again with one code throughout")
    before = json.loads(str(attrs.get("went_on_from", "[]")))
    return _Past(float(attrs.get("wall_seconds", 0.0)), (*before, *found))


def _begun(run: Run, emulator: Emulator, folder: Folder | None) -> tuple[assemble.Counts, History, _Past]:
    """Write the initial weights, or go on from a checkpoint: histogram before training, what was recorded, and how."""
    checkpoint = folder.checkpoint() if folder else None
    if checkpoint is None:
        emulator.start()
        before = assemble.histogram(emulator.hardware)
        _check_stability(emulator.hardware)
        _check_settling(emulator.hardware, run.data.train_x)
        check_work(emulator.hardware.network(), run.circuit, len(run.data.train_y), len(run.data.watched[1]))
        return before, History(run.data.validation_x is not None), _Past()
    assert folder is not None  # a checkpoint came from it
    try:
        return assemble.restore(checkpoint, emulator), History.of(checkpoint), _past(checkpoint, folder)
    except (KeyError, ValueError, TypeError) as error:
        raise ResultError(f"{CHECKPOINT}: does not fit this run ({error}); remove it to start again") from error


def _check_stability(hardware: Hardware) -> None:
    bound = hardware.network().loop_gain_bound()
    if bound == math.inf:
        raise SimulationError(
            "the circuit is unstable as written: neurons without a rail on devices with a curved I-V have no bound "
            "on their loop gain; give neurons.hidden.activation and neurons.output.activation rails"
        )
    if bound >= 1.0 and not hardware.circuit.network.may_run_away():
        raise SimulationError(
            f"the circuit is unstable as written: its loop gain is {bound:.3g}, it must be below 1 before "
            "training; lower learning.initial_gain of the later layers, mapping.weight_range, or feedback.gain"
        )


def _check_settling(hardware: Hardware, x: Inputs) -> None:
    """Newton's method takes the equilibrium however short a phase is: nodes must come to it in that time, together.

    Modes are those about the equilibria of the first training samples, eight of a small network and one of a large one.
    """
    circuit = hardware.circuit
    if circuit.solver.method != "newton":
        return
    network = hardware.network()
    samples = min(len(x), 8 if network.nodes <= 300 else 1)
    experimenter = Experimenter(hardware, Ledger(), hardware.seeds.operation.rng("settling"))
    drive = network.quiet(experimenter.lines(x[:samples]))
    slowest = slowest_mode(network, equilibrium(network, drive, np.zeros((samples, network.nodes)))[0], drive)
    if slowest == math.inf:
        # A circuit that may run away can rest where it is not stable: its nodes by themselves then.
        slowest = float(network.tau.max())
    needed = math.log(1.0 / circuit.timing.tolerance) * slowest
    for name, phase in (("free", circuit.timing.free), ("nudged", circuit.timing.nudged)):
        if phase.until == "duration" and phase.duration < needed:
            raise SimulationError(
                f"timing.{name}.duration: {format_si(phase.duration, 's')} are too short for the circuit as written: "
                f"its nodes come to rest with a time constant of {format_si(slowest, 's')}, to "
                f"{100 * circuit.timing.tolerance:g} % in {format_si(needed, 's')}, and Newton's method takes them as "
                "settled; give longer phases, smaller capacitances, or solver.method=RK23, which follows it in time"
            )


def aged(run: Run, result: xr.Dataset, seconds: float) -> float:
    """Accuracy of the trained chip some time after training; see `Run.aged`."""
    hardware = Hardware(run.device, run.circuit, run.seeds)
    assemble.finished(result, hardware)
    experimenter = Experimenter(hardware.aged(seconds), Ledger(), run.seeds.operation.rng("aged"))
    return float(np.mean(inference(experimenter, run.data.test_x) == run.data.test_y))


def kept(device: DeviceCard, circuit: CircuitCard, seeds: Seeds, result: xr.Dataset, path: Path) -> Chip:
    """Return the chip of a finished run.

    Parameters
    ----------
    device, circuit, seeds
        Of the run.
    result : xarray.Dataset
        What its `execute` returned.
    path : Path
        File of the chip. Without one the chip has the conductances of the result and is for reading only.

    Raises
    ------
    ResultError
        If the file is damaged, or of another chip.
    """
    if path.exists():
        chip, cells = Chip.load(path), assemble.conductances(result)
        same = (chip.device.digest, chip.circuit.digest, chip.seeds) == (device.digest, circuit.digest, seeds)
        if not (same and cells.equals(chip.conductances())):
            raise ResultError(f"{path}: is not the chip of {RESULT} beside it; remove it to open the result without it")
        return chip
    emulator = Emulator(device, circuit, seeds)
    assemble.finished(result, emulator.hardware)
    return Chip.of(emulator, "it has the conductances of a result, and not all that pulses would move")
