"""The compiled clock of spikes that say what their receivers cannot predict (`card.Predictive`)."""

from __future__ import annotations

import numpy as np

from analogep.jit import inner, kernel, lean
from analogep.kinds.spiking.charge import LANES, ahead, exchanged, most_sums
from analogep.kinds.spiking.held_steps import entered, met
from analogep.kinds.spiking.steps import lighted, lit_inputs, pulled
from analogep.kinds.spiking.thermal_steps import decoded, reset

_FAST = {"reassoc", "contract", "nsz", "nnan"}


@inner(fastmath=_FAST, error_model="numpy")
def _decoded(x, arrived, drive, share):  # type: ignore[no-untyped-def]
    """Decoders after a step, in place, with what has arrived, which is used up; returns the sum of x^2 before it."""
    square = 0.0
    for i in range(x.size):
        square += x[i] * x[i]
        x[i] += share * (drive[i] + arrived[i] - x[i])
        arrived[i] = 0
    return square


@inner(fastmath=_FAST, error_model="numpy")
def _encoded(x, s, phi, pull, numbers, pace):  # type: ignore[no-untyped-def]
    """States and encoders of one layer after a step, before any spike.

    All numbers are of the arrays' kind: one that is not makes the whole loop double and four times as slow.
    """
    decoder, state = pace
    none, volts, floor, top = x.dtype.type(0), numbers[0], numbers[1], x.dtype.type(2)
    kept, unit = x.dtype.type(1) - decoder, x.dtype.type(1) / (decoder * volts)
    for i in range(x.size):
        before = s[i]
        after = min(max(before + state * (x[i] - before + pull[i]), none), volts)
        phi[i] = min(max(phi[i] + (after - kept * before) * unit, floor), top)
        s[i] = after


@inner(error_model="numpy", forceinline=False)
def _firing(phi, here, fired, found):  # type: ignore[no-untyped-def]
    """Spikes of one layer, put behind the `found` of `fired`; returns their number."""
    half, one = phi.dtype.type(0.5), phi.dtype.type(1)
    for i in range(phi.size):
        if phi[i] > half:
            phi[i] -= one
            fired[found] = here + i
            found += 1
    return found


@lean(forceinline=True)
def _spent(fired, begin, end, loads, lines, energy, b):  # type: ignore[no-untyped-def]
    """Joules of the spikes `begin` to `end` - 1 of neurons, of which the first is behind so many `lines`; added to
    energy[b] (6,)."""
    for n in range(begin, end):
        energy[b, 0] += loads[0][lines + fired[n]] + loads[1][fired[n]]
        energy[b, 3] += loads[2][lines + fired[n]] + loads[3][fired[n]]
        energy[b, 4] += loads[4][lines + fired[n]]


@inner(error_model="numpy", forceinline=False)
def _averaged(means, steps, rate):  # type: ignore[no-untyped-def]
    """Rates from the sums over both halves of a window; returns the mean square of what the halves' means differ by."""
    square = 0.0
    for i in range(rate.size):
        rate[i] = (means[0, i] + means[1, i]) / max(steps[0] + steps[1], 1)
        square += (means[1, i] / max(steps[1], 1) - means[0, i] / max(steps[0], 1)) ** 2
    return square / rate.size


@kernel(error_model="numpy")
def predictive_steps(  # type: ignore[no-untyped-def]
    first, last, start, count, opening, middle, edges, state, drive, nudging, inputs, forward, reverse, held, noise,
    numbers, ramps, loads, reach, won, keys, shaken, energy, spikes, drift, raster,
):  # fmt: skip
    """Take `count` steps of the samples `first` to `last` - 1, in place.

    Parameters
    ----------
    first, last, start, count
        As in `steps`.
    opening, middle : int
        Steps from which on states count for the rates, and for the later half of them; a call's last step counts in any
        case.
    edges, drive, nudging, inputs, forward, reverse, held, noise, loads, reach, won, keys, spikes, raster
        As in `steps`, jumps without a filter: volts of the mean of a line that spikes in every step.
    state : ndarray (samples, 6, neurons)
        Decoder x [V], phi [1], what has arrived and acts in the next step [V], state s [V], its mean over the window
        [V]; changed in place.
    numbers : ndarray (layers, 3)
        Of each layer: full scale [V], floor of phi [1], leak of the decoder at lambda = 1 [S].
    ramps : ndarray (2, steps)
        lambda and epsilon of each step of the phase [1].
    shaken : tuple (ndarray (3, neurons), uint64 ndarray (samples,)) or None
        As in `steps`, with what `thermal.decoded` has.
    energy : ndarray (samples, 6)
        As in `steps`.
    drift : ndarray (samples,)
        Set to the mean square of what the means of both halves of the window differ by [V^2].
    """
    layers, many = edges.size - 1, edges[edges.size - 1]
    mode, shares = inputs
    lines, ends = shares.shape[1], edges[layers - 1]
    fired, lit, bounds = np.empty(many, np.int64), np.empty(lines, np.int64), np.zeros(layers + 1, np.int64)
    pull, means = np.zeros(many, state.dtype), np.zeros((2, many))
    sums = np.empty(0 if held is None else many, state.dtype)
    room = np.empty(most_sums(reach, edges) + LANES, state.dtype)
    for b in range(first, last):
        x, phi, arrived, s = state[b, 0], state[b, 1], state[b, 2], state[b, 3]
        key, ticket, mine = keys[b], start << 20, won[b]
        means[:] = 0
        end = start + count
        for step in range(start, end):
            if nudging[0] != 0.0:
                energy[b, 2] += pulled(s[ends:], s[ends:], nudging, b, pull[ends:])
            found, pace = 0, (ramps[0, step], ramps[1, step])
            for k in range(layers):
                one, other = edges[k], edges[k + 1]
                part, leak = slice(one, other), pace[0] * numbers[k, 2]
                if shaken is None:
                    energy[b, 1] += _decoded(x[part], arrived[part], drive[b, part], pace[0]) * leak
                else:
                    energy[b, 1] += decoded(x, arrived, drive[b], pace[0], one, other, shaken, b, step) * leak
                _encoded(x[part], s[part], phi[part], pull[part], numbers[k], pace)
                found = _firing(phi[part], one, fired, found)
                bounds[k + 1] = found
                if shaken is not None:
                    reset(phi, bounds, step, one, other, fired[bounds[k] : found], True, shaken, 2, b, step)
                _spent(fired, bounds[k], found, loads, lines, energy, b)
                spikes[b, k + 1] += found - bounds[k]
            if mode > 0:
                glowing, ticket = lit_inputs(mode, shares[b], step, key, ticket, lit)
                part, those = slice(0, edges[1]), lit[:glowing]
                lighted(those, loads, energy, spikes, b)
                if held is None:
                    ticket = ahead(
                        arrived[part], mine[part], forward[0], noise[0][0], those, 0, reach[0], room, key, ticket
                    )
                else:
                    columns = held, sums, energy[b]
                    ticket = entered(arrived, mine, forward, noise, those, columns, edges, reach, room, key, ticket)
            if raster.size and b == 0:
                for n in range(found):
                    raster[step - start, fired[n]] = 1
            if found > 0:
                pulses = (fired, bounds, edges)
                if held is None:
                    ticket = exchanged(arrived, mine, pulses, forward, reverse, noise, reach, room, key, ticket)
                else:
                    columns = held, sums, energy[b]
                    ticket = met(arrived, mine, pulses, forward, reverse, columns, noise, reach, room, key, ticket)
            if step >= min(opening, end - 1):
                means[0 if step < middle else 1] += s
        halves = max(middle - max(opening, start), 0), max(end - middle, 0)
        drift[b] = _averaged(means, halves, state[b, 4])
