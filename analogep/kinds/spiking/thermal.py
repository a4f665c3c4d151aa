"""Thermal noise of spiking neurons: what every capacitor and every column of theirs has, in steps of the clock.

A synapse is a capacitor C with a leak g. A column passes what its line carries on to it, times M, all the time:

    tau_s dx = (D - x) dt + sqrt(2 kT (1/g + sum M^2 R_n)) dW,     tau_s = C/g
    var x = kT/C + sum kT M^2 R_n/(tau_s + tau_a)

R_n is the noise of a column (`columns.Response`) in volts of a weight; of one that is held ideally it is R_f^2 G, G all
cells of the line. They make noise between pulses as well: lines that do not spike stand at ground, at both ends of
their cells. The sum is over the columns of the array in front of a neuron and of that behind it. A pulse of `width` is
to move x as if it stood for the refractory time t_r, so that M = t_r/width for arrays that pulses read, noise and all,
and 1 for analog inputs. A column of the time constant tau_a is faster than a step: its noise is taken as white, of the
variance above, which leaves the correlation of x from step to step too low by tau_a/tau_s.

A column that a gate connects to the synapse for the time of pulses alone would add M^2 R_n times the share of time that
it is open: t_r/width in place of its square where some line spikes in every slot. Ours has no gate: spikes come
unasked, and the bias of a column is booked for the whole phase.

What nudges an output with beta g into its synapse has gamma |beta| g beside g.

A membrane C_m has kT/C_m of its leak, if it has one, and of its reset: a switch that puts it to a level leaves kT/C_m
on it when it opens; one that takes the threshold off leaves the noise of a charge that was measured on a capacitor of
the same size, kT C_m, and adds it at every spike.

Without noise, because no card says what would make it: traces, transistors that pass currents on, comparators. The
states and shares of `coding: predictive` are numbers, its encoder sits on the membrane, and its decoder on the synapse.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.spiking.equations import SpikingEquations

Floats = NDArray[np.float64]


def repeated(network: SpikingEquations, k: int) -> float:
    """M of array `k` [1]: the refractory time over the width of pulses, and 1 of lines that stand still."""
    card = network.card
    return 1.0 if k == 0 and card.inputs.kind == "current" else card.hidden.refractory / card.width


def columns(network: SpikingEquations) -> list[list[tuple[Floats, Floats]]]:
    """M^2 R_n (neurons,) [ohm] and tau_a (neurons,) [s] of each column that feeds the neurons of each layer.

    Raises
    ------
    TypeError
        If a layer does not say which cells end at its virtual grounds.
    """
    layers = network.analog.layers
    found: list[list[tuple[Floats, Floats]]] = [[] for _ in layers]
    for k, layer in enumerate(layers):
        meet, own = layer.connection, repeated(network, k) ** 2
        if layer.ground is None:
            raise TypeError(f"layer {k + 1} does not say which cells end at its virtual grounds")
        noise, lag = layer.ground, (np.zeros(len(layer.ground[0])), np.zeros(len(layer.ground[1])))
        if layer.columns is not None:
            noise, lag = (layer.columns[0].noise, layer.columns[1].noise), (layer.columns[0].tau, layer.columns[1].tau)
        found[k].append((own * meet.spread(noise[0]), meet.spread(lag[0])))
        if k > 0:
            # Word lines of a convolution meet at a node in other reads; the slowest stands for all of them.
            slowest = lag[1] if layer.dense else np.full(layers[k - 1].size, lag[1].max())
            found[k - 1].append((own * meet.row_load(noise[1]), slowest))
    return found


def resets(network: SpikingEquations, kt: float) -> Floats:
    """Standard deviation of what a reset leaves on each membrane (neurons,) [threshold] at `kt` [J]."""
    found = []
    for layer, neuron in zip(network.analog.layers, network.lif, strict=True):
        own = np.broadcast_to(getattr(layer.activation, "threshold", 1.0), layer.size)
        found.append(math.sqrt(kt / neuron.membrane) / (neuron.threshold * own))
    return np.concatenate(found)


def within(step: float, tau: float) -> tuple[float, float, float]:
    """What a step of an exponential process of unit variance adds to it, of this to its mean, and to that besides [1].

    With a = e^(-h/tau), and I the integral over the step of what is drawn in it,

        var x = 1 - a^2,    cov(x, I) = tau (1 - a)^2,    var I = 2 tau [h - 2 tau (1 - a) + tau (1 - a^2)/2]

    Parameters
    ----------
    step, tau : float [s]
    """
    gone, twice = -math.expm1(-step / tau), -math.expm1(-2.0 * step / tau)
    both = tau * gone**2 / step
    mean = 2.0 * tau / step**2 * (step - 2.0 * tau * gone + 0.5 * tau * twice)
    return math.sqrt(twice), both / twice, math.sqrt(max(mean - both**2 / twice, 0.0))


def deviations(network: SpikingEquations, kt: float, stirred: float) -> Floats:
    """Standard deviations of one step at `kt` [J] and `stirred` [1] of `Drive`, (5, neurons), as
    `thermal_steps.drifted` takes them.

    Of the synapse [V]; share of that in its mean over the step [1], and what the mean has besides [V]; of the leak of
    the membrane before the step, and of its reset [threshold].
    """
    h, rows, off = network.card.step, [], resets(network, kt)
    for part, neuron, meeting in zip(network.slices, network.lif, columns(network), strict=True):
        tau, own = neuron.time_constant, 1.0 + stirred if part == network.slices[-1] else 1.0
        variance = own * kt / neuron.capacitance + sum(kt * noise / (tau + lag) for noise, lag in meeting)
        kick, carried, rest = within(h, tau)
        # Drawn before the step in which the membrane leaks.
        leaked = math.sqrt(math.expm1(2.0 * h * neuron.decay))
        reset, root = off[part], np.sqrt(variance)
        rows.append((root * kick, np.full_like(reset, carried), root * rest, reset * leaked, reset))
    return np.concatenate([np.array(one) for one in rows], axis=1)


def decoded(network: SpikingEquations, kt: float) -> Floats:
    """Standard deviations of `coding: predictive` at `kt` [J], (3, neurons), as `thermal_steps.decoded` takes them.

    Of the decoder's capacitor [V], which keeps kT/C whatever its share lambda; of the mean that its columns give in a
    step [V], of which the decoder takes lambda; of the encoder's reset [threshold]. A column of the density 4kT M^2 R_n
    has the mean of variance 2 kT M^2 R_n/h.
    """
    h, rows, off = network.card.step, [], resets(network, kt)
    for part, neuron, meeting in zip(network.slices, network.lif, columns(network), strict=True):
        own, lines = off[part], sum(2.0 * kt * noise / h for noise, _ in meeting)
        rows.append((np.full_like(own, math.sqrt(kt / neuron.capacitance)), np.sqrt(lines), own))
    return np.concatenate([np.array(one) for one in rows], axis=1)
