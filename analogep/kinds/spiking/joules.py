"""From the events of a spiking network to joules.

A spike on the word lines of a layer costs, in the devices behind it, V q(V) width times the conductance of both lines,
and C V^2 for each of their cells; in reverse the same on its bit lines at the feedback gain's share of V. Drivers take
V_dd/2 q(V) width times the conductance from the supply, over their efficiency: what is left of it beyond the heat of
devices is their own loss. Columns take V_dd/2 times the magnitude of their current for as long as it flows. Lines that
stand still, analog inputs and bias lines, do so for the whole phase.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.spiking.equations import SpikingDrive, SpikingEquations
from analogep.kinds.spiking.held import still

Floats = NDArray[np.float64]


def turned_drive(network: SpikingEquations) -> float:
    """q of a reverse spike's voltage [V]; that of a forward one is the bias lines'."""
    volts = np.array([network.analog.gain * network.analog.read_voltage])
    return float(np.asarray(network.analog.iv.drive(volts))[0])


def loads(network: SpikingEquations) -> tuple[Floats, ...]:
    """Joules of a spike on each line [J]: in the devices forward (lines,) and in reverse (neurons,), in the lines as
    well, and in drivers (lines,). Lines are the inputs', and then the neurons'."""
    analog, card, turned = network.analog, network.card, turned_drive(network)
    volts, width = analog.read_voltage, card.width
    unit, back_unit = volts * analog.bias_drive * width, analog.gain * volts * turned * width
    # Both lines of a pair are charged.
    cell = 2.0 * network.line_capacitance * volts**2
    ahead, behind, edges, back = [], [], [], []
    for k, layer in enumerate(analog.layers):
        rows, columns = analog.inner(layer).shape
        meet, none = layer.connection, np.zeros(layer.size)
        quiet = k == 0 and card.inputs.kind == "current"
        ahead.append(layer.row_load(rows))
        edges.append(np.broadcast_to(0.0 if quiet else cell * meet.cells(columns), ahead[-1].shape))
        behind.append(none if k == 0 else layer.column_load)
        back.append(none if k == 0 else none + analog.gain**2 * cell * meet.cells_back(layer.weights.shape[0]))
    outputs = np.zeros(analog.layers[-1].size)
    forth, reverse = np.concatenate([*ahead, outputs]), np.concatenate(behind)
    spent = np.zeros_like(forth)
    if network.supplied is not None:
        spent += forth * (network.supplied.driver * analog.bias_drive * width - unit)
        spent[-reverse.size :] += reverse * (network.supplied.driver * turned * width - back_unit)
    return forth * unit, reverse * back_unit, np.concatenate([*edges, outputs]), np.concatenate(back), spent


def standing(network: SpikingEquations, drive: SpikingDrive) -> tuple[Floats, Floats, Floats]:
    """Powers (samples,) [W] of lines that stand still: in devices, in drivers, and of the columns that they feed."""
    analog, supplied = network.analog, network.supplied
    behind: Any = sum(layer.bias_load for layer in analog.layers[1:]) if analog.bias else 0.0
    heat = np.asarray(drive.power + analog.read_voltage * analog.bias_drive * behind)
    if supplied is None:
        return heat, np.zeros_like(heat), np.zeros_like(heat)
    first, current = analog.layers[0], np.zeros(len(heat))
    if network.card.inputs.kind == "current":
        current += np.abs(np.asarray(analog.iv.drive(drive.x))) @ first.row_load(analog.inner(first).shape[0])
    if analog.bias:
        current += analog.bias_drive * (first.bias_load + behind)
    given = np.abs(still(network, drive))
    signal = sum(watts * given[:, part].sum(axis=1) for watts, part in zip(supplied.ahead, network.slices, strict=True))
    return heat, supplied.driver * current - heat, np.asarray(signal)


def joules(
    network: SpikingEquations, drive: SpikingDrive, sums: Floats, spikes: NDArray[np.int64], duration: float
) -> Floats:
    """Energy of each component (samples, components) [J].

    Parameters
    ----------
    network, drive
    sums : ndarray (samples, 6) [J], [V^2 S], [V^2]
        As `clock.Run` has them.
    spikes : int64 ndarray (samples, layers + 1)
        Of the inputs and of each layer.
    duration : float [s]
    """
    card, energy = network.card, np.zeros((len(sums), len(network.powers_of)))
    heat, lost, signal = standing(network, drive)
    energy[:, 0] = sums[:, 0] + heat * duration
    energy[:, 1] = sums[:, 1] * card.step
    energy[:, 2] = abs(drive.beta) * card.output.leak * sums[:, 2] * card.step
    energy[:, 3] = spikes[:, 1:] @ np.array([neuron.spike for neuron in network.lif])
    energy[:, 4] = sums[:, 3]
    energy[:, 5] = sums[:, 4] + lost * duration
    energy[:, 6] = sums[:, 5] + signal * duration
    return energy
