"""The compiled clock of spiking networks: a sample after the other, all its steps at once, arrays for spikes only.

In a step of length h the drive D of a synapse stands still, so that with a = e^(-h/tau_s)

    x(h) = D + (x - D) a,    mean x = D + (x - D) (1 - a) tau_s/h
    u(h) = u e^(-h/tau_m) + mean x/(V t_r) tau_m (1 - e^(-h/tau_m))

are exact but for the order of charge within one step on a leaky membrane. A spike comes at the end of the step in which
u has reached the threshold, and its charge arrives at the beginning of the next.
"""

from __future__ import annotations

import numpy as np

from analogep.engine.nodes import pull
from analogep.jit import inner, kernel, lean
from analogep.kinds.spiking.charge import LANES, ahead, exchanged, most_sums, random
from analogep.kinds.spiking.held_steps import entered, met
from analogep.kinds.spiking.learning import learned
from analogep.kinds.spiking.thermal_steps import drifted, reset

_FAST = {"reassoc", "contract", "nsz", "nnan"}


@inner(fastmath=_FAST, error_model="numpy")
def _drifted(x, u, drive, numbers, charges, one, other):  # type: ignore[no-untyped-def]
    """Synapses and membranes of one layer, neurons `one` to `other` - 1, after a step; the sum of x^2 before it."""
    x, u, drive, charges = x[one:other], u[one:other], drive[one:other], charges[one:other]
    a, mean, decay, floor, top = numbers[0], numbers[1], numbers[2], numbers[5], u.dtype.type(2)
    square = x.dtype.type(0)
    for i in range(x.size):
        away = x[i] - drive[i]
        square += x[i] * x[i]
        x[i] = drive[i] + away * a
        u[i] = min(max(u[i] * decay + (drive[i] + away * mean) * charges[i], floor), top)
    return square


@inner(error_model="numpy")
def _copied(given, out):  # type: ignore[no-untyped-def]
    """Numbers into an array of their own: the compiler takes a second for an assignment of slices."""
    for i in range(out.size):
        out[i] = given[i]


@lean()
def _begun(counts, drive, nudged, wait, until):  # type: ignore[no-untyped-def]
    """Nothing counted, nothing nudged, and the last step in which each neuron cannot spike, at the beginning."""
    for i in range(until.size):
        counts[0, i], counts[1, i], counts[2, i] = 0, 0, 0
        nudged[i], until[i] = drive[i], int(wait[i]) - 1


@lean()
def _waiting(until, count, wait):  # type: ignore[no-untyped-def]
    """Steps that each neuron has to wait after `count` of them."""
    for i in range(until.size):
        wait[i] = max(until[i] - count + 1, 0)


@lean()
def _noted(fired, found, counts, part, raster, step, b):  # type: ignore[no-untyped-def]
    """The spikes of a step in the counts of a part of the window, and of the first sample in the raster."""
    for n in range(found):
        counts[part, fired[n]] += 1
        if raster.size and b == 0:
            raster[step, fired[n]] = 1


@lean()
def _faded(trace, first, kept):  # type: ignore[no-untyped-def]
    """Traces from the `first` on after a step."""
    for i in range(first, trace.size):
        trace[i] *= kept


@inner(error_model="numpy", forceinline=False)
def _gained(u, rest):  # type: ignore[no-untyped-def]
    """What membranes have gained since `rest` was copied of them, in its place."""
    for i in range(rest.size):
        rest[i] = u[i] - rest[i]


@inner(error_model="numpy", forceinline=False)
def pulled(x, seen, nudging, b, out):  # type: ignore[no-untyped-def]
    """out = beta pull, of the outputs as they are `seen` or as it was frozen; returns the sum of |pull (d - x)|."""
    beta, frozen, pulls, targets, cost = nudging
    power = 0.0
    if frozen:
        _copied(pulls[b], out)
    else:
        pull(cost, seen, targets[b], out)
    for o in range(out.size):
        power += abs(out[o] * (targets[b, o] - x[o]))
        out[o] *= beta
    return power


@inner(error_model="numpy", forceinline=False)
def _firing(u, until, step, here, numbers, fired, found):  # type: ignore[no-untyped-def]
    """Spikes of one layer at the end of a step, put behind the `found` that `fired` holds; returns their number."""
    level, slots = numbers[4], int(numbers[6])
    subtracts = level < -1e30
    if not subtracts:
        for i in range(u.size):
            if step <= until[i]:
                u[i] = level
    for i in range(u.size):
        if u[i] >= 1.0 and step >= until[i]:
            u[i] = u[i] - 1 if subtracts else level
            until[i] = step + slots
            fired[found] = here + i
            found += 1
    return found


@kernel(error_model="numpy")
def lit_inputs(mode, shares, slot, key, ticket, lit):  # type: ignore[no-untyped-def]
    """Inputs that spike in a slot of the length of the refractory time: their number, and the next ticket."""
    many = 0
    for j in range(shares.size):
        share = np.float64(shares[j])
        if mode == 1:
            # The n-th spike of a share s comes in the slot in which s t + 1/2 passes n.
            spikes = np.floor(0.5 + share * (slot + 1)) > np.floor(0.5 + share * slot)
        elif share > 0.0:
            spikes = (np.float64(random(key, ticket)) + 0.5) * 2.0**-32 < share
            ticket += 1
        else:
            spikes = False
        if spikes:
            lit[many] = j
            many += 1
    return many, ticket


@lean(forceinline=True)
def lighted(lit, loads, energy, spikes, b):  # type: ignore[no-untyped-def]
    """Number of the inputs that spike, and their joules, added to spikes[b] and energy[b] (6,)."""
    spikes[b, 0] += lit.size
    for line in lit:
        energy[b, 0] += loads[0][line]
        energy[b, 3] += loads[2][line]
        energy[b, 4] += loads[4][line]


@inner(error_model="numpy", forceinline=False)
def _counted(counts, rest, edges, unit, loads, lines, rate, spikes, energy):  # type: ignore[no-untyped-def]
    """Rates, spikes and joules from the counts before, early and late in the window; the mean square of its change.

    `rest` is what the membranes have gained in the window, in spikes, where it is read out; the rate of a neuron that
    did not fire is not below 0 for it.
    """
    square = 0.0
    for k in range(edges.size - 1):
        for i in range(edges[k], edges[k + 1]):
            total = counts[0, i] + counts[1, i] + counts[2, i]
            spikes[k + 1] += total
            energy[0] += total * (loads[0][lines + i] + loads[1][i])
            energy[3] += total * (loads[2][lines + i] + loads[3][i])
            energy[4] += total * loads[4][lines + i]
            rate[i] = unit * max(counts[1, i] + counts[2, i] + rest[i], 0.0)
            square += (2.0 * unit * (counts[2, i] - counts[1, i])) ** 2
    return square / edges[edges.size - 1]


@kernel(error_model="numpy")
def spike_steps(  # type: ignore[no-untyped-def]
    first, last, start, count, window, extended, edges, state, drive, nudging, inputs, forward, reverse, held, noise,
    numbers, charges, unit, loads, reach, learning, won, keys, shaken, energy, spikes, drift, raster,
):  # fmt: skip
    """Take `count` steps of the samples `first` to `last` - 1, in place.

    Parameters
    ----------
    first, last, start, count : int
        Samples; steps that the phase has had already, and steps to take.
    window : int
        Last steps, whose spikes are counted for the rates.
    extended : bool
        Whether what the membranes have gained in the window counts too.
    edges : int64 ndarray (layers + 1,)
        First neuron of each layer, and their number.
    state : ndarray (samples, 6, neurons)
        As `SpikingEquations` lays it out; changed in place.
    drive : ndarray (samples, neurons) [V]
        What stands still: analog inputs and bias lines.
    nudging : tuple (beta, frozen, pulls (samples, outputs) [V], target (samples, outputs) [V], `Cost.numbers`)
    inputs : tuple (mode, ndarray (samples, inputs) [1])
        0: analog, in `drive`; 1: equal intervals; 2: at random. Shares of the largest rate.
    forward, reverse : tuple of ndarray [V]
        Jumps of the synapses of each layer, as `spike_charge.ahead` takes them, and those back of the layer before; the
        latter of the first layer is empty.
    held : ndarray (2, 3, neurons) or None
        Columns of bit lines and of word lines, as `held_steps.entered` takes them; None where lines are held ideally.
    noise : tuple of tuples of ndarray [V]
        Standard deviations of the jumps in one read; empty without.
    numbers : ndarray (layers, 10)
        Of each layer: decay of the synapse in a step; mean of its transient in a step; decay of the membrane; charge of
        a nominal membrane in a step [thresholds a volt]; level after a reset, or -inf to subtract; floor; least steps
        between two spikes; decay of the trace; its jump [V]; leak of the synapse [S].
    charges : ndarray (neurons,) [1/V]
        Charge of each neuron's membrane in a step, in its own thresholds a volt.
    unit : float [V]
        Rate of one spike in the window.
    loads : tuple of ndarray
        Joules of a spike in the devices, forward (all lines: inputs, then the neurons) and in reverse (neurons), then
        in the lines, as well, then in the drivers of all lines [J].
    reach : int64 ndarray (layers, 9)
        `network.Reach` of each layer's array.
    learning : tuple (mode, share, before, behind)
        0: spikes do not learn; 1: all neurons have traces; 2: and spikes gather changes, see `learning.learned`.
        `share` is that of the filter of the traces in a step.
    won : int64 ndarray (samples, neurons)
        Which of its places each neuron that chooses took last; changed in place.
    keys : uint64 ndarray (samples,)
    shaken : tuple (ndarray (5, neurons), uint64 ndarray (samples,)) or None
        Thermal noise of a step, as `thermal.deviations` has it, and the keys of its random numbers; None without, for
        which nothing of it is compiled.
    energy : ndarray (samples, 6)
        Added to: joules of devices [J]; sum over steps of x^2 of each layer's neurons times leak [V^2 S]; of the
        nudging, |pull (d - x)| [V^2]; joules of lines [J]; of drivers [J]; of columns [J].
    spikes : int64 ndarray (samples, layers + 1)
        Added to: spikes of the inputs and of each layer.
    drift : ndarray (samples,)
        Set to the mean square of what the rates in both halves of the window differ by [V^2].
    raster : uint8 ndarray (count, neurons) or (0, 0)
        Filled with the spikes of the first sample.
    """
    (mode, shares), layers, many = inputs, edges.size - 1, edges[edges.size - 1]
    counts, lines, rest = np.zeros((3, many), np.int64), shares.shape[1], np.zeros(many)
    fired, lit, bounds = np.empty(many, np.int64), np.empty(lines, np.int64), np.zeros(layers + 1, np.int64)
    until, nudged, change = np.empty(many, np.int64), np.empty(many, state.dtype), np.empty(many, state.dtype)
    slots, outputs, ends = int(numbers[0, 6]), numbers[layers - 1], edges[layers - 1]
    room = np.empty(most_sums(reach, edges) + LANES, state.dtype)
    traced, sums = ends if learning[0] == 0 else 0, np.empty(0 if held is None else many, state.dtype)
    for b in range(first, last):
        x, u, wait, trace, rate = state[b, 0], state[b, 1], state[b, 2], state[b, 3], state[b, 4]
        key, ticket, mine = keys[b], start << 20, won[b]
        _begun(counts, drive[b], nudged, wait, until)
        for step in range(count):
            if extended and step == count - window:
                _copied(u, rest)
            part = 0 if step < count - window else 1 if 2 * (count - step) > window else 2
            if nudging[0] != 0.0:
                energy[b, 2] += pulled(x[ends:], trace[ends:], nudging, b, nudged[ends:])
                for i in range(ends, many):
                    nudged[i] += drive[b, i]
            _faded(trace, traced, outputs[7])
            found, glowing = 0, 0
            for k in range(layers):
                one, other = edges[k], edges[k + 1]
                if shaken is None:
                    energy[b, 1] += _drifted(x, u, nudged, numbers[k], charges, one, other) * numbers[k, 9]
                else:
                    energy[b, 1] += drifted(x, u, nudged, numbers[k], charges, one, other, shaken, b, start + step)
                bounds[k + 1] = found = _firing(u[one:other], until[one:other], step, one, numbers[k], fired, found)
                if shaken is not None:
                    left = fired[bounds[k] : found]
                    reset(u, until, step, one, other, left, numbers[k, 4] < -1e30, shaken, 4, b, start + step)
            if mode > 0 and (start + step) % slots == 0:
                glowing, ticket = lit_inputs(mode, shares[b], (start + step) // slots, key, ticket, lit)
                one, those = slice(0, edges[1]), lit[:glowing]
                lighted(those, loads, energy, spikes, b)
                if held is None:
                    ticket = ahead(x[one], mine[one], forward[0], noise[0][0], those, 0, reach[0], room, key, ticket)
                else:
                    columns = held, sums, energy[b]
                    ticket = entered(x, mine, forward, noise, those, columns, edges, reach, room, key, ticket)
            _noted(fired, found, counts, part, raster, step, b)
            for n in range(bounds[layers - 1] if traced else 0, found):
                trace[fired[n]] += outputs[8]
            if learning[0] > 0:
                learned(trace, state[b, 5], change, edges, (fired, bounds), lit[:glowing], learning)
            if found > 0:
                pulses = (fired, bounds, edges)
                if held is None:
                    ticket = exchanged(x, mine, pulses, forward, reverse, noise, reach, room, key, ticket)
                else:
                    columns = held, sums, energy[b]
                    ticket = met(x, mine, pulses, forward, reverse, columns, noise, reach, room, key, ticket)
        if extended:
            _gained(u, rest)
        drift[b] = _counted(counts, rest, edges, unit, loads, lines, rate, spikes[b], energy[b])
        _waiting(until, count, wait)
