"""Learning at spikes, compiled: traces, how fast they change, and what each spike adds to the weights beside it.

    trace: exponentials of the neuron's spikes     s <- s + share (trace - s),  share = 1 - e^(-h/slope)

At a spike of j every weight w_ij to or from it gathers the step ds_i of the other side. Rises and falls are kept apart
where spikes program (`card.EqSpike`).
"""

from __future__ import annotations

from analogep.jit import inner

_FAST = {"reassoc", "contract", "nsz", "nnan"}


@inner(fastmath=_FAST, error_model="numpy")
def _sloped(trace, slow, share, change):  # type: ignore[no-untyped-def]
    """The filtered traces after a step, in place, and their `change` in it."""
    for i in range(trace.size):
        change[i] = share * (trace[i] - slow[i])
        slow[i] += change[i]


@inner(fastmath=_FAST, error_model="numpy")
def _gathered(gathered, row, change):  # type: ignore[no-untyped-def]
    """gathered[:, row] += change: as it is, or its rises and its falls."""
    none = change.dtype.type(0)
    if gathered.shape[0] == 1:
        for i in range(change.size):
            gathered[0, row, i] += change[i]
    else:
        for i in range(change.size):
            gathered[0, row, i] += max(change[i], none)
            gathered[1, row, i] -= min(change[i], none)


@inner(error_model="numpy", forceinline=False)
def learned(trace, slow, change, edges, spikes, lit, learning):  # type: ignore[no-untyped-def]
    """Filter the traces, and let the spikes of a step gather the changes of their partners.

    Parameters
    ----------
    trace, slow : ndarray (neurons,) [V]
        Traces of spikes, and the same filtered once more; the latter changes in place.
    change : ndarray (neurons,) [V]
        To work in: how much `slow` changes in this step.
    edges : int64 ndarray (layers + 1,)
        First neuron of each layer, and their number.
    spikes : tuple (fired, bounds)
        Neurons that fired, and where those of each layer begin among them.
    lit : int64 ndarray
        Inputs that spiked.
    learning : tuple (mode, share, before, behind)
        Mode 1 filters, 2 gathers too: `before` (parts, lines, columns) [V] of each array what spikes of its lines have
        gathered, `behind` (parts, columns, lines) what those of the neurons behind it have; added to. Two parts are
        rises and falls, one is their difference.
    """
    mode, share, before, behind = learning
    _sloped(trace, slow, share, change)
    if mode < 2:
        return
    fired, bounds = spikes
    layers = edges.size - 1
    for j in lit:
        _gathered(before[0], j, change[: edges[1]])
    for k in range(layers):
        for n in range(bounds[k], bounds[k + 1]):
            node = fired[n] - edges[k]
            if k + 1 < layers:
                _gathered(before[k + 1], node, change[edges[k + 1] : edges[k + 2]])
            if k > 0:
                _gathered(behind[k], node, change[edges[k - 1] : edges[k]])
