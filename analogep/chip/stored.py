"""A chip as a file: everything that it needs to go on, number for number, and readable without this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import analogep
from analogep import results
from analogep.cards.record import card_of, recorded
from analogep.chip.emulator import Emulator
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import AnalogepError, ResultError
from analogep.streams import Seeds

if TYPE_CHECKING:
    import xarray as xr

_STATE, _MEMORY = "state.", "memory."
_MEAN, _CLOCK = "mean_input", "clock"
_LEDGERS = ("ledger", "aside", "spent")
_COUNTS = ("epoch", "batch", "done", "looks")


def arrays(emulator: Emulator) -> dict[str, NDArray[Any]]:
    """Arrays that training changes, by name: the emulator's own, not copies.

    Returns
    -------
    dict of ndarray
        `state.` and `memory.` before the names of `Hardware.state` and `Updater.memory`, in their shapes and units;
        `joules.ledger`, `joules.aside`, `joules.spent` (components, phases) [J], `seconds.` of the same (spans, phases)
        [s], `clock` (2,) [s]; `mean_input` (inputs,) [1] if known.
    """
    found: dict[str, NDArray[Any]] = {_STATE + name: array for name, array in emulator.hardware.state().items()}
    found |= {_MEMORY + name: array for name, array in emulator.updater.memory.items()}
    found |= {f"joules.{name}": getattr(emulator, name).joules for name in _LEDGERS}
    found |= {f"seconds.{name}": getattr(emulator, name).seconds for name in _LEDGERS} | {_CLOCK: emulator.clock}
    return found | ({} if emulator.mean_input is None else {_MEAN: emulator.mean_input})


def variables(named: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Variables of a file for the arrays `named`, of any shape and unit, by name; `values` is the way back."""
    found = {}
    for name, array in named.items():
        # Dimensions shared by size: each one of its own would cost h5netcdf more time than all the numbers.
        dims = tuple(f"axis_{axis}_of_{size}" for axis, size in enumerate(array.shape))
        found[name.replace("/", ".")] = (dims, array, {"stored_name": name})
    return found


def values(dataset: xr.Dataset) -> dict[str, NDArray[Any]]:
    """Arrays of a file, any shape and unit, by the names that `variables` was given."""
    return {array.attrs["stored_name"]: array.values for array in dataset.values() if "stored_name" in array.attrs}


def counters(emulator: Emulator) -> dict[str, str]:
    """Where a chip stands in its random streams, as attributes."""
    states = {name: rng.bit_generator.state for name, rng in _streams(emulator).items()}
    counts = {name: getattr(emulator, name) for name in _COUNTS}
    return {"counts": json.dumps(counts), "streams": json.dumps(states, default=np.ndarray.tolist)}


def _streams(emulator: Emulator) -> dict[str, np.random.Generator]:
    return {"phases": emulator.experimenter.rng, **emulator.streams}


def restore(emulator: Emulator, named: Mapping[str, NDArray[Any]], attrs: Mapping[str, Any]) -> None:
    """Put the arrays and counters of a file into a chip that was fabricated from the same cards and seeds.

    Parameters
    ----------
    emulator : Emulator
    named : mapping of ndarray
        Of the names, the shapes and the units that `arrays` gives.
    attrs : mapping
        With the attributes of `counters`.

    Raises
    ------
    KeyError, ValueError
        If they are not those of such a chip.
    """
    state = {name[len(_STATE) :]: array for name, array in named.items() if name.startswith(_STATE)}
    emulator.hardware.restore(state)
    memory = {name[len(_MEMORY) :]: array.copy() for name, array in named.items() if name.startswith(_MEMORY)}
    emulator.updater.recall(memory)
    emulator.mean_input = np.array(named[_MEAN]) if _MEAN in named else None
    counts = json.loads(attrs["counts"])
    emulator.begin(int(counts["epoch"]))
    for name in _LEDGERS:
        getattr(emulator, name).joules[...] = named[f"joules.{name}"]
        getattr(emulator, name).seconds[...] = named[f"seconds.{name}"]
    emulator.clock[...] = named[_CLOCK]
    for name in _COUNTS:
        setattr(emulator, name, int(counts[name]))
    states = json.loads(attrs["streams"])
    for name, rng in _streams(emulator).items():
        rng.bit_generator.state = _generator_state(states[name])


def _generator_state(said: Mapping[str, Any]) -> dict[str, Any]:
    """State of a Philox generator from JSON, whose lists are arrays of 64-bit integers."""
    inner = {key: np.array(words, dtype=np.uint64) for key, words in said["state"].items()}
    return {**said, "state": inner, "buffer": np.array(said["buffer"], dtype=np.uint64)}


def state(emulator: Emulator) -> dict[str, Any]:
    """All of a chip, as plain arrays beside its cards and seeds, for pickle."""
    cards = {"device": emulator.hardware.device, "circuit": emulator.circuit, "wire_error": _exact_wires(emulator)}
    return {**cards, "seeds": emulator.seeds, "arrays": arrays(emulator), "counters": counters(emulator)}


def of_state(state: Mapping[str, Any]) -> Emulator:
    """The chip that `state` was taken of."""
    emulator = Emulator(state["device"], state["circuit"], state["seeds"])
    restore(emulator, state["arrays"], state["counters"])
    emulator.hardware.wiring.error = state["wire_error"]
    return emulator


def _exact_wires(emulator: Emulator) -> float:
    """Let a chip go on from exact reductions of its wires, as its copy will; returns their largest error so far [1].

    What is known of wires between two exact reductions is not stored.
    """
    wiring = emulator.hardware.wiring
    wiring.error = wiring.close(emulator.hardware.arrays())
    return wiring.error


def save(emulator: Emulator, path: Path) -> Path:
    """Write a chip to a file; see `Chip.save`."""
    import xarray as xr

    device, circuit = emulator.hardware.device, emulator.circuit
    attrs = {
        "title": f"chip: {device.name}, {circuit.outline}",
        "kind": "analogep chip",
        "analogep_version": analogep.__version__,
        "device": device.name,
        "circuit": circuit.name,
        "seeds": str(emulator.seeds),
        "wire_error": _exact_wires(emulator),
        **recorded(device),
        **recorded(circuit),
        **counters(emulator),
    }
    results.write(xr.Dataset(variables(arrays(emulator)), attrs=attrs), path)
    return path


def load(path: Path) -> Emulator:
    """Read a chip; see `Chip.load`.

    Raises
    ------
    ResultError
        If the file is missing, damaged, or not a chip.
    """
    dataset = results.read(path)
    if dataset.attrs.get("kind") != "analogep chip":
        raise ResultError(f"{path}: is not a chip; chips are written by Chip.save and lie in a run's folder as chip.nc")
    try:
        cards = card_of(dataset.attrs, DeviceCard), card_of(dataset.attrs, CircuitCard)
        emulator = Emulator(*cards, Seeds.parse(str(dataset.attrs["seeds"])))
        restore(emulator, values(dataset), dataset.attrs)
        emulator.hardware.wiring.error = float(dataset.attrs["wire_error"])
    except AnalogepError:
        raise
    except Exception as error:
        # Attributes and arrays may be anything in a file that somebody has changed.
        raise ResultError(f"{path}: is damaged or of another version ({type(error).__name__}: {error})") from error
    return emulator
