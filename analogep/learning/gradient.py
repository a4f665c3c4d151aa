"""The gradient that equilibrium propagation estimates from what is measured in its phases.

F = E + beta C at equilibrium gives (Scellier and Bengio 2017, doi 10.3389/fncom.2017.00024) dL/dtheta = lim d/dbeta
dE/dtheta; with the estimator's phases (beta_k, weight_k) that is sum_k weight_k dE/dtheta(state k). Each kind of
network has its own E, hence its own rule; all of them need the voltages of both sides of a cell in each phase and
nothing else. V is the read voltage (weights and L are dimensionless), s the feedback gain with one factor for every
stage behind a layer, g the conductance that nudges at beta = 1.

    rc          dL/dw_ij = -(1/V^2) sum weight r_i r_j / (s ... s)                                  product rule
    passive     dL/dg+-_ij = (1/(g V^2)) sum weight [-+ r_i r_j + Phi(r_i)/A + Phi(r_j)/(A s)] / (s ... s)
    resistive   dL/dg = (1/(g V^2)) sum weight (co-content of a siemens at its drop) x (a/h ... a/h)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import threads
from analogep.learning.opposed import Opposed
from analogep.learning.outer import Outer, dense
from analogep.network import LayeredRC, Network, Passive, Resistive, SpikingNetwork
from analogep.network.base import with_bias

Floats = NDArray[np.float64]
Phases = Sequence[tuple[float, Sequence[Floats]]]
Gradient = Outer | Opposed | Floats
"""Of one store, multiplied out or not."""
_SHORTEST = 1e-150
"""Length below which a gradient is as good as zero."""


@singledispatch
def estimate(network: Network, phases: Phases, x: Floats) -> list[Floats]:
    """Gradient of the mean cost with respect to the weights of each store.

    Parameters
    ----------
    network : Network
        The circuit whose phases were measured: layout and constants, no conductances.
    phases : sequence of (weight, rates)
        Weight of the phase in the estimator and what was measured in it, one array (samples, nodes) per layer [V].
    x : ndarray (samples, inputs) [V]
        Input lines, the same in all phases.

    Returns
    -------
    list of ndarray (rows, columns) [1]
    """
    raise TypeError(f"no rule for a network of type {type(network).__name__}")


@singledispatch
def factored(network: Network, phases: Phases, x: Floats) -> Sequence[Gradient]:
    """The same gradient as sums of outer products for the stores where it is one, for updates a few rows at a time.

    Parameters
    ----------
    network, phases, x
        As in `estimate`.
    """
    return estimate(network, phases, x)


def _change(phases: Phases, k: int) -> Floats:
    """Real part of the weighted sum over phases of the rates of layer k (samples, neurons) [V]."""
    return np.asarray(np.real(sum(weight * rates[k] for weight, rates in phases)))


def _products(phases: Phases, x: Floats, full_scale: float | None) -> list[Outer | Floats]:
    """sum over samples and phases of weight r_i r_j, bias line last (one for each layer) [V^2].

    Weights and rates may be complex (`holomorphic`); the real part is meant.
    """
    change = _change(phases, 0)
    rows = x if full_scale is None else with_bias(x, full_scale)
    out: list[Outer | Floats] = [Outer(rows, change)]
    for k in range(1, len(phases[0][1])):
        product = np.zeros((phases[0][1][k - 1].shape[1], phases[0][1][k].shape[1]))
        # One product a phase: equal phases then cancel to the last bit.
        for weight, rates in phases:
            product += np.real((weight * rates[k - 1]).T @ rates[k])
        if full_scale is not None:
            change = _change(phases, k)
            product = np.concatenate([product, full_scale * change.sum(axis=0, keepdims=True)])
        out.append(product)
    return out


def product_rule(phases: Phases, x: Floats, read_voltage: float, gain: float, bias: bool) -> list[Floats]:
    """Gradient of an RC network at virtual ground by the product rule; parameters as in `outer_products`."""
    return [dense(product) for product in outer_products(phases, x, read_voltage, gain, bias)]


def outer_products(phases: Phases, x: Floats, read_voltage: float, gain: float, bias: bool) -> list[Outer | Floats]:
    """Gradient of an RC network at virtual ground by the product rule, that of the first layer not multiplied out.

    Parameters
    ----------
    phases, x
        As in `estimate`.
    read_voltage : float [V]
    gain : float
        Feedback gain s.
    bias : bool
        Whether the last row of each layer is a bias line.
    """
    depth, unit = len(phases[0][1]), -1.0 / (x.shape[0] * read_voltage**2)
    products = _products(phases, x, read_voltage if bias else None)
    return [product * (unit / gain ** (depth - 1 - k)) for k, product in enumerate(products)]


@estimate.register
def _rc(network: LayeredRC, phases: Phases, x: Floats) -> list[Floats]:
    if not all(layer.dense for layer in network.layers):
        return convolved_products(network, phases, x)
    return product_rule(phases, x, network.read_voltage, network.gain, network.bias)


@factored.register
def _rc_factored(network: LayeredRC, phases: Phases, x: Floats) -> Sequence[Gradient]:
    if not all(layer.dense for layer in network.layers):
        return convolved_products(network, phases, x)
    return outer_products(phases, x, network.read_voltage, network.gain, network.bias)


@estimate.register
def _spiking(network: SpikingNetwork, phases: Phases, x: Floats) -> list[Floats]:
    if network.card.gradient.kind == "eqspike":
        return [dense(part) for part in _gathered(network, phases, x)]
    return estimate(network.analog, phases, x)


@factored.register
def _spiking_factored(network: SpikingNetwork, phases: Phases, x: Floats) -> Sequence[Gradient]:
    if network.card.gradient.kind == "eqspike":
        return _gathered(network, phases, x)
    return factored(network.analog, phases, x)


def _gathered(network: SpikingNetwork, phases: Phases, x: Floats) -> list[Opposed | Floats]:
    """Gradient from what spikes have gathered in the nudged phases (`relaxation.Fired.gathered`) instead of rates."""
    depth, unit, out = len(network.analog.layers), -1.0 / (x.shape[0] * network.read_voltage**2), []
    for k in range(depth):
        factor = unit / network.analog.gain ** (depth - 1 - k)
        parts = [(weight * factor, gathered[k]) for weight, gathered in phases]
        total: Any = [Opposed(part[1], part[0]) * scale if len(part) == 2 else part[0] * scale for scale, part in parts]
        out.append(sum(total[1:], start=total[0]))
    return out


def convolved_products(network: LayeredRC, phases: Phases, x: Floats) -> list[Floats]:
    """Gradient by the product rule where neurons of one bit line share its weights: summed over their places.

    With a maximum each neuron counts with the patch that it followed in the phase, found again from what was sampled.
    """
    depth, unit = len(network.layers), -1.0 / (x.shape[0] * network.read_voltage**2)
    changes = [_change(phases, k) for k in range(depth)]
    # One product for the inputs, which stand still, and one a phase for each layer behind: threads take them in turn.
    tasks = [(0, 1.0, x, changes[0])]
    tasks += [(k, weight, rates[k - 1], rates[k]) for k in range(1, depth) for weight, rates in phases]
    products: list[Floats] = [np.empty(0)] * len(tasks)

    def multiply(n: int) -> None:
        k, weight, before, after = tasks[n]
        # In the precision of the weights, as the steps of the relaxation are.
        connection, inner = network.layers[k].connection, network.inner(network.layers[k])
        lines, neurons = np.asarray(before, inner.dtype), np.asarray(after, inner.dtype)
        found = connection.products(lines, neurons, connection.winners(lines, inner))
        products[n] = weight * np.asarray(found, np.float64)

    threads.share(multiply, len(tasks), threads.worth(sum(before.size for _, _, before, _ in tasks)))
    out = []
    for k, layer in enumerate(network.layers):
        product = np.asarray(sum(found for found, (which, *_) in zip(products, tasks, strict=True) if which == k))
        if network.bias:
            product = np.concatenate([product, network.read_voltage * layer.connection.collected(changes[k])[None]])
        out.append(product * (unit / network.gain ** (depth - 1 - k)))
    return out


@estimate.register
def _passive(network: Passive, phases: Phases, x: Floats) -> list[Floats]:
    depth, volts, s = len(network.layers), network.read_voltage, network.feedback
    nudging = network.layers[-1].leak
    products = [dense(product) for product in _products(phases, x, volts if network.bias else None)]
    out: list[Floats] = []
    for k, product in enumerate(products):
        layer = network.layers[k]
        factor = 1.0 / (x.shape[0] * nudging * volts**2 * s ** (depth - 1 - k) * layer.scale)
        loads = np.zeros_like(product)
        for weight, rates in phases:
            loads += weight * layer.primitive(rates[k]).sum(axis=0)
            if k > 0:
                before = network.layers[k - 1].primitive(rates[k - 1]).sum(axis=0) / s
                loads[: before.size] += weight * before[:, None]
        out += SCHEMES[network.scheme](-factor * product, factor * loads)
    return out


Halves = Callable[[Floats, Floats], list[Floats]]

SCHEMES: dict[str, Halves] = {
    "push_pull": lambda product, load: [product],
    "reference": lambda product, load: [product + load],
    "separate": lambda product, load: [product + load, load - product],
}
"""Gradient along what pulses move, from half the difference and half the sum of the gradients of g_plus and g_minus."""


@estimate.register
def _resistive(network: Resistive, phases: Phases, x: Floats) -> list[Floats]:
    unit = 1.0 / (x.shape[0] * network.nudging * network.target**2)
    gains = [stage.gain for stage in network.stages]
    phases = [(weight, [r / gain for r, gain in zip(rates, gains, strict=True)]) for weight, rates in phases]
    out = []
    for k in range(len(network.stages)):
        factor = unit / network.scales[k]
        for stage in network.stages[k:-1]:
            factor *= stage.gain / stage.back
        if k == 0:
            out.append(_still(network, phases, network.first_rows(x), factor))
        else:
            out.append(_moving(network, phases, k) * factor)
    return out


def _still(network: Resistive, phases: Phases, rows: Floats, factor: float) -> Floats:
    """Co-contents of the first array, times a factor: its rows are the same in all phases, so that each term's columns
    are added up before they meet the rows, all terms in one product."""
    terms, ends, sums = network.content, [], []
    values = [(weight * factor, terms.columns(rates[0])) for weight, rates in phases]
    for n, row in enumerate(terms.rows(rows)):
        if not isinstance(values[0][1][n], np.ndarray):
            continue  # the same in all phases: the estimator's weights add up to 0
        change = np.asarray(sum(weight * columns[n] for weight, columns in values))
        if isinstance(row, np.ndarray):
            ends.append(row)
            sums.append(change)
        else:
            ends.append(np.full((1, rows.shape[1]), row))
            sums.append(change.sum(axis=0, keepdims=True))
    return np.asarray(np.concatenate(ends).T @ np.concatenate(sums))


def _moving(network: Resistive, phases: Phases, k: int) -> Floats:
    """Co-contents of array k > 0, whose both sides move."""
    terms, total = network.content, 0.0
    for weight, rates in phases:
        rows = network.rows(k, rates)
        for row, column in zip(terms.rows(rows), terms.columns(rates[k]), strict=True):
            ends = (np.broadcast_to(row, rows.shape), np.broadcast_to(column, rates[k].shape))
            total = total + weight * (ends[0].T @ ends[1])
    return np.asarray(total)


def compare(estimated: Floats, exact: Floats) -> tuple[float, float]:
    """Cosine of the two gradients, and gain <estimated, exact>/<exact, exact> (1 for an exact estimate).

    Not numbers where one of them is zero, or so short that the square of its length is no number.
    """
    inner = float(np.vdot(estimated, exact))
    norm = float(np.linalg.norm(exact))
    other = float(np.linalg.norm(estimated))
    if norm < _SHORTEST or other < _SHORTEST:
        return float("nan"), float("nan")
    return float(inner / (norm * other)), float(inner / norm**2)
