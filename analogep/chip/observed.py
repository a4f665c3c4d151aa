"""What can be seen of a chip, as labelled arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep import results
from analogep.chip.emulator import Emulator, Inputs
from analogep.circuit import CircuitCard
from analogep.circuit.phases import Nudging
from analogep.energy import COMPONENTS, PHASES, SPANS, Ledger
from analogep.errors import UsageError
from analogep.estimators import Contour
from analogep.learning import Experimenter
from analogep.network import Hardware, Network
from analogep.network.relaxed import Relaxed
from analogep.units import format_si, spoken

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Values = dict[str, Any]

_NAMES: Final = {
    "voltage": (("phase", "sample", "node"), "V", "node voltages at the end of the phase"),
    "score": (("phase", "sample", "class"), "V", "scores of the classes at the end of the phase"),
    "residual": (("phase", "sample"), "1", "largest remaining current, as a share of leak times read voltage"),
    "settled": (("phase", "sample"), "1", "whether the residual is within the circuit card's tolerance"),
    "duration": (("phase",), "s", "circuit time of the phase"),
    "joules": (("phase", "component"), "J", "joules of the phase's transient, all samples"),
    "spikes": (("phase", "sample", "layer"), "1", "spikes of the inputs and of each layer of neurons"),
    "path": (("time", "sample", "node"), "V", "node voltages on the way"),
}


def nudging(circuit: CircuitCard, estimator: str | None, beta: float | None) -> Nudging:
    """The circuit card's nudging, or another one that its rules allow.

    Raises
    ------
    CardError
        If the estimator or beta does not fit the circuit.
    """
    wanted = {"nudging.estimator": estimator, "nudging.beta": beta}
    said = {key: value for key, value in wanted.items() if value is not None}
    return circuit.changed(said).nudging if said else circuit.nudging


def runner(emulator: Emulator, chosen: Nudging, *, noisy: bool) -> tuple[Experimenter, Network, Contour]:
    """An experimenter for the phases of an estimator, the network that it runs them on, and the phases."""
    one = emulator.observer(noisy=noisy)
    if chosen is not emulator.circuit.nudging:
        one.circuit = emulator.circuit.model_copy(update={"nudging": chosen})
    return one, emulator.hardware.network(), chosen.contour(1.0 if one.rng.random() < 0.5 else -1.0)


def silent(emulator: Emulator) -> Experimenter:
    """An experimenter without noise whose joules are booked nowhere, for what no chip can do."""
    return Experimenter(emulator.hardware, Ledger(), np.random.default_rng(0), noisy=False)


def relaxation(emulator: Emulator, x: Inputs, target: Floats | None, beta: float | None, *, record: bool) -> xr.Dataset:
    """Free phase and, with a target, a nudged one; see `Chip.relax`.

    `x` (samples, inputs) [1] and `target` (samples, classes) [V] are as `inputs.pair` gives them.
    """
    import xarray as xr

    circuit, one, network = emulator.circuit, emulator.observer(), emulator.hardware.network()
    lines = one.lines(x)
    found, betas = [one.free(network, lines, record=record)], [0.0]
    if target is not None:
        if beta is None:
            beta = next(value for value, _ in circuit.nudging.stencil() if value != 0.0)
        found.append(one.nudged(network, lines, found[0].v, target, beta, record=record))
        betas.append(beta)
    values = _ends(network, found, circuit.timing.tolerance) | _rates(network, [end.v for end in found])
    if spikes := [end.spikes for end in found if end.spikes is not None]:
        values["spikes"] = _variable("spikes", np.stack(spikes))
    coordinates: Values = {"phase": ["free", "nudged"][: len(found)], "beta": ("phase", betas)}
    coordinates["component"] = list(network.powers_of)
    if record:
        starts = np.cumsum([0.0, *(end.duration for end in found[:-1])])
        times = np.concatenate([start + end.times for start, end in zip(starts, found, strict=True)])
        coordinates["time"] = ("time", times, {"units": "s", "long_name": "time since the inputs were applied"})
        values["path"] = _variable("path", np.concatenate([end.path for end in found]))
    return xr.Dataset(values, coordinates, {"title": f"relaxation of {len(x)} samples, {circuit.outline}"})


def _ends(network: Network, found: Sequence[Relaxed], tolerance: float) -> Values:
    residual = np.stack([end.residual for end in found])
    values = {
        "voltage": np.stack([end.v for end in found]),
        "score": np.stack([network.scores(network.rates(end.v)[-1]) for end in found]),
        "residual": residual,
        "settled": residual <= tolerance,
        "duration": np.array([end.duration for end in found]),
        "joules": np.stack([end.energy.sum(axis=0) for end in found]),
    }
    return {name: _variable(name, array) for name, array in values.items()}


def _variable(name: str, values: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[Any], dict[str, str]]:
    dims, units, text = _NAMES[name]
    return dims, values, {"units": units, "long_name": text}


def _rates(network: Network, states: Sequence[Floats]) -> Values:
    """Rates of each layer in each state."""
    return _layers([network.rates(v) for v in states])


def _layers(phases: Sequence[Sequence[Floats]]) -> Values:
    """Rates (phase, sample, neuron) [V] of each layer."""
    found = {}
    for k, layer in enumerate(zip(*phases, strict=True)):
        text = f"line voltages of the neurons behind layer {k + 1} of weights"
        found[f"rate_{k + 1}"] = (
            ("phase", "sample", f"neuron_{k + 1}"),
            np.stack(layer),
            {"units": "V", "long_name": text},
        )
    return found


def phases(emulator: Emulator, x: Inputs, target: Floats, chosen: Nudging) -> xr.Dataset:
    """Rates as sampled in each phase of the estimator `chosen`; see `Chip.phases`.

    `x` (samples, inputs) [1] and `target` (samples, classes) [V] are as `inputs.pair` gives them.
    """
    import xarray as xr

    one, network, contour = runner(emulator, chosen, noisy=True)
    found, _, _ = one.phases(network, x, target, contour)
    betas, weights = (np.array(column) for column in zip(*contour, strict=True))
    coordinates = {
        "beta": ("phase", betas, {"units": "1", "long_name": "nudging strength"}),
        "weight": ("phase", weights, {"units": "1", "long_name": "weight of the phase in the estimate"}),
    }
    return xr.Dataset(_layers([rates for _, rates in found]), coordinates, {"estimator": chosen.estimator})


def conductances(hardware: Hardware) -> xr.Dataset:
    """Conductances of all cells [S]; see `Chip.conductances`."""
    import xarray as xr

    found: Values = {}
    for layer, half, mirror, array in hardware.labelled():
        found |= results.conductances(layer + 1, half, np.array(array.g), mirror=mirror)
    return xr.Dataset(found, attrs={"title": f"{hardware.device.name}, {hardware.circuit.outline}"})


def cells(hardware: Hardware, given: xr.Dataset) -> list[dict[str, Floats]]:
    """Conductances of each store's halves (rows, columns) [S], by name, from those labelled as `conductances` does it.

    Those of mirrors are not taken over.

    Raises
    ------
    UsageError
        If an array is missing, of another shape, or not of finite conductances from 0 S on.
    """
    found = []
    for store in hardware.stores:
        halves = {}
        for half in store.halves:
            name = results.conductance_name(store.layer + 1, half)
            if name not in given:
                raise UsageError(
                    f"the Dataset has no conductances '{name}' of this chip; it has {', '.join(map(str, given))}"
                )
            g = np.asarray(given[name].values, dtype=np.float64)
            if g.shape != store.shape or not (np.isfinite(g) & (g >= 0.0)).all():
                raise UsageError(
                    f"'{name}' has the shape {g.shape}; give finite conductances from 0 S on, {store.shape}"
                )
            halves[half] = g
        found.append(halves)
    return found


def holding(hardware: Hardware, weights: Sequence[Floats]) -> list[dict[str, Floats]]:
    """Conductances of each store's halves (rows, columns) [S] that hold its `weights` (rows, columns) [1]."""
    return [store.conductances(wanted) for store, wanted in zip(hardware.stores, weights, strict=True)]


def held(hardware: Hardware, cells: Sequence[dict[str, Floats]]) -> list[Floats]:
    """Weights of each store (rows, columns) [1] whose halves have the conductances `cells` (rows, columns) [S]."""
    return [store.weigh(g) for store, g in zip(hardware.stores, cells, strict=True)]


def windows(hardware: Hardware) -> xr.Dataset:
    """Ends of each cell's window [S]; see `Chip.windows`."""
    import xarray as xr

    found: Values = {}
    for store in hardware.stores:
        for half, array in store.halves.items():
            for end, g in (("low", array.g_min), ("high", array.g_max)):
                name = "_".join(filter(None, (end, half, str(store.layer + 1))))
                text = f"{'lower' if end == 'low' else 'upper'} end of each cell's window"
                dims = (f"row_{store.layer + 1}", f"column_{store.layer + 1}")
                found[name] = (dims, np.array(g), {"units": "S", "long_name": text})
    return xr.Dataset(found, attrs={"title": f"{hardware.device.name}, {hardware.circuit.outline}"})


def joules(emulator: Emulator) -> xr.DataArray:
    """Joules of all that the chip has done (component, phase) [J]."""
    import xarray as xr

    return xr.DataArray(
        emulator.joules,
        {"component": list(COMPONENTS), "phase": list(PHASES)},
        ("component", "phase"),
        "joules",
        {"units": "J", "long_name": "joules of all that the chip has done"},
    )


def seconds(emulator: Emulator) -> xr.DataArray:
    """Seconds of all that the chip has done, on its own clock (span, phase) [s]."""
    import xarray as xr

    return xr.DataArray(
        emulator.seconds,
        {"span": list(SPANS), "phase": list(PHASES)},
        ("span", "phase"),
        "seconds",
        {"units": "s", "long_name": "seconds of all that the chip has done"},
    )


def shown(emulator: Emulator, only: str) -> dict[str, str]:
    """Name and value of what notebooks show of a chip; `only` says why it can be read and not programmed."""
    hardware, circuit = emulator.hardware, emulator.circuit
    rows = {
        "layers": circuit.outline,
        "devices": f"{hardware.devices}",
        "update rule": emulator.updater.rule.rule,
        "seeds": str(emulator.seeds),
        "updates": f"{emulator.done}",
        "joules so far": format_si(float(emulator.joules.sum()), "J"),
        "time so far": spoken(float(emulator.seconds.sum())),
    }
    return rows | ({"for reading only": only} if only else {})
