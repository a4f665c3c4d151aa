"""The learning rule of a network at virtual ground: products of the rates on both sides of a weight.

    dL/dw_ij = -(1/V^2) sum weight r_i r_j / (s ... s)

V is the read voltage (weights and L are dimensionless), s the feedback gain with one factor for every stage behind a
layer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import threads
from analogep.crossbar.outer import Gradient, Outer, dense
from analogep.kinds.rc.equations import RCEquations
from analogep.network.base import Phases
from analogep.network.product import change_of, products_of

Floats = NDArray[np.float64]


def estimate(network: RCEquations, phases: Phases, x: Floats) -> Sequence[Gradient]:
    """Gradient of each store (rows, columns) [1], that of a dense first layer not multiplied out.

    Parameters
    ----------
    network : RCEquations
    phases, x
        As in `Network.gradient`.
    """
    if all(layer.dense for layer in network.layers):
        return outer_products(phases, x, network.read_voltage, network.gain, network.bias)
    return convolved_products(network, phases, x)


def product_rule(phases: Phases, x: Floats, read_voltage: float, gain: float, bias: bool) -> list[Floats]:
    """Gradient of each layer (rows, columns) [1] by the product rule; parameters as in `outer_products`."""
    return [dense(product) for product in outer_products(phases, x, read_voltage, gain, bias)]


def outer_products(phases: Phases, x: Floats, read_voltage: float, gain: float, bias: bool) -> list[Outer | Floats]:
    """Gradient of each layer (rows, columns) [1] by the product rule, that of the first one not multiplied out.

    Parameters
    ----------
    phases, x
        As in `Network.gradient`.
    read_voltage : float [V]
    gain : float
        Feedback gain s.
    bias : bool
        Whether the last row of each layer is a bias line.
    """
    depth, unit = len(phases[0][1]), -1.0 / (x.shape[0] * read_voltage**2)
    products = products_of(phases, x, read_voltage if bias else None)
    for k, product in enumerate(products):
        of_cells = product.columns if isinstance(product, Outer) else product
        of_cells *= unit / gain ** (depth - 1 - k)
    return products


def convolved_products(network: RCEquations, phases: Phases, x: Floats) -> list[Floats]:
    """Gradient of each layer (rows, columns) [1] by the product rule where the neurons of a bit line share its weights.

    It is summed over their places; parameters as in `Network.gradient`. With a maximum each neuron counts with the
    patch that it followed in the phase, found again from what was sampled.
    """
    depth, unit = len(network.layers), -1.0 / (x.shape[0] * network.read_voltage**2)
    changes = [change_of(phases, k) for k in range(depth)]
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
