"""From two cards, a seed and perhaps a finished run to the scene of one training sample."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

import analogep
from analogep.cards.record import card_of, changes_of
from analogep.circuit import CircuitCard
from analogep.errors import ResultError, UsageError
from analogep.network import Hardware
from analogep.run import Run, assemble
from analogep.spice.scene import Scene
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr

_SEEDS = re.compile(r"(fabrication|operation|data) (\d+)")


def seeds_of(result: xr.Dataset) -> Seeds:
    """The three seeds of a finished run.

    Raises
    ------
    ResultError
        If the result does not say them.
    """
    found = {name: int(seed) for name, seed in _SEEDS.findall(str(result.attrs.get("seeds", "")))}
    if len(found) < 3:
        raise ResultError("the result does not say the seeds of its run; is it a result of `analogep simulate`?")
    return Seeds.of(0, **found)


def scene_of(job: Run, sample: int, result: xr.Dataset | None = None) -> Scene:
    """One training sample on a chip as initialised, or with the conductances of a finished run.

    Parameters
    ----------
    job : Run
        Cards, seeds, data.
    sample : int
        Which training sample, from 0.
    result : xarray.Dataset or None
        A run of the same cards, data and seeds; None for a fresh chip.

    Raises
    ------
    UsageError
        If there is no such sample, the run had other cards or data, or the network cannot be a netlist.
    ResultError
        If the run's conductances do not fit the chip.
    """
    circuit, data = job.circuit, job.data
    _check_expressible(circuit)
    if sample >= len(data.train_y):
        raise UsageError(f"--sample {sample}: data set '{data.name}' has training samples 0 to {len(data.train_y) - 1}")
    hardware = Hardware(job.device, circuit, job.seeds)
    if result is None:
        hardware.initialise()
    else:
        _check_same(job, result)
        try:
            assemble.finished(result, hardware)
        except (KeyError, ValueError) as error:
            raise ResultError(f"the run's conductances do not fit this circuit: {error}") from error
    inputs = circuit.dac.quantise(np.asarray(data.train_x[sample : sample + 1], dtype=np.float64))
    target = np.zeros((1, circuit.sizes[-1]))
    label = int(data.train_y[sample])
    target[0, label] = circuit.target_voltage
    beta = next(beta for beta, _ in circuit.nudging.stencil() if beta != 0.0)
    state = "as initialised" if result is None else "as trained"
    notes = (
        f"chip {state}, seeds: {job.seeds}",
        f"training sample {sample} of '{data.name}', class {label}",
        f"device card {job.device.digest[:12]}, circuit card {circuit.digest[:12]}, analogep {analogep.__version__}",
    )
    return Scene(hardware, inputs * circuit.mapping.read_voltage, target, beta, notes)


def _check_expressible(circuit: CircuitCard) -> None:
    """Refuse what a netlist of resistors, sources and capacitors cannot say."""
    if circuit.convolutional:
        raise UsageError(
            f"circuit '{circuit.name}' ({circuit.outline}) has convolutions, which read one array patch after patch; a "
            "netlist has no such turns. Take a circuit of dense layers, such as digits or passive-digits"
        )


def _check_same(job: Run, result: xr.Dataset) -> None:
    for kind, card in (("device", job.device), ("circuit", job.circuit)):
        if result.attrs.get(f"{kind}_card") != card.text:
            raise UsageError(
                f"the run was trained with another {kind} card than '{card.name}' as it is now: its "
                f"{kind} was '{result.attrs.get(kind, 'unknown')}'"
            )
        if changes_of(result.attrs, type(card)) and card_of(result.attrs, type(card)).digest != card.digest:
            raise UsageError(
                f"the run's {kind} card was changed in Python, and the card '{card.name}' here has other values; "
                "analogep.again makes the run with its own cards"
            )
    if result.attrs.get("data_digest") != job.data.digest:
        raise UsageError(
            f"the run was trained on other data ('{result.attrs.get('data', 'unknown')}') than '{job.data.name}' here; "
            "give the --data of that run"
        )
