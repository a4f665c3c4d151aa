"""What holds the lines of a spiking network: how much of coincident pulses columns pass on, and when.

The pulses of one step meet in a column as one current, which it can give up to its limit alone,

    y = clip(h B, +-limit),    B = sum of w q(V) over the lines that spike, and the bias line

for the width of a pulse; y moves the synapse as B would (`thermal.repeated`). Lines that stand still, inputs and the
bias, are in y all the time.

A column of the time constant tau_a is linear below its limit and leaves the charge of a pulse as it is: it hands on
e^(-t/tau_a)/tau_a of it. A pulse of the width t_w that begins with a step has its mean t_w/2 + tau_a after that, and
leaves a share tau_a/t_w (1 - e^(-t_w/tau_a)) e^(-(h - t_w)/tau_a) to later steps. The clock delivers all of it at the
beginning of the step: the integral of the synapse's voltage, and so all mean rates, are the same, and the voltage
itself is what it would be t_w/2 + tau_a earlier. With columns of a fifth of the pulse that is 0.7 pulses, a share of
0.7 t_w/tau_s of the voltage after a spike. A column that is slower than a step is refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.spiking.equations import SpikingDrive, SpikingEquations

Floats = NDArray[np.float64]


def still(network: SpikingEquations, drive: SpikingDrive) -> Floats:
    """What columns of bit lines give without pulses (samples, neurons) [V]: analog inputs, bias lines and offsets."""
    analog = network.analog
    out = np.zeros((len(drive.inputs), network.neurons))
    for k, (layer, part) in enumerate(zip(analog.layers, network.slices, strict=True)):
        constant = analog.constants[k]
        out[:, part] = drive.inputs if k == 0 else 0.0 if constant is None else constant
        if layer.columns is not None:
            limit = layer.columns[0].limit
            out[:, part] = np.clip(out[:, part], -limit, limit)
    return out


def limits(network: SpikingEquations, jumps: list[float], width: float) -> Floats | None:
    """Numbers of the columns of bit lines and of word lines, (2, 3, neurons) [V], as `held_steps.entered` takes them.

    What a column gives without pulses and its limit, as jumps of the synapse [V], and what a volt of jump takes from
    the supply [J/V]. None where lines are held ideally.

    Parameters
    ----------
    network : SpikingEquations
    jumps : list of float [1]
        What a volt of a pulse adds to the synapses of each layer.
    width : float [s]
        Of a pulse.
    """
    if network.supplied is None:
        return None
    analog, out = network.analog, np.zeros((2, 3, network.neurons))
    # A layer without an array behind it has no word lines, and nothing passes there.
    for k, (layer, part) in enumerate(zip(analog.layers, network.slices, strict=True)):
        assert layer.columns is not None
        constant, own = analog.constants[k], layer.columns[0].limit
        base = 0.0 if constant is None else np.clip(constant, -own, own)
        out[0, 0, part], out[0, 1, part] = base * jumps[k], own * jumps[k]
        out[0, 2, part] = network.supplied.ahead[k] * width / jumps[k]
        if k > 0:
            before = network.slices[k - 1]
            out[1, 1, before] = layer.columns[1].limit * jumps[k - 1]
            out[1, 2, before] = network.supplied.behind[k - 1] * width / jumps[k - 1]
    return out
