"""The learning rule of passive nodes: products of rates, and the load of both sides.

    dL/dg+-_ij = (1/(g V^2)) sum weight [-+ r_i r_j + Phi(r_i)/A + Phi(r_j)/(A s)] / (s ... s)

Phi is that of the nominal neurons, as the rule does not know their mismatch; V is the read voltage, s the feedback gain
with one factor for every stage behind a layer, A the gain of the neurons, g the conductance that nudges at beta = 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.outer import dense
from analogep.kinds.passive.equations import PassiveEquations
from analogep.network.base import Phases
from analogep.network.product import products_of

Floats = NDArray[np.float64]


def estimate(network: PassiveEquations, phases: Phases, x: Floats) -> list[Floats]:
    """Gradient of each store (rows, columns) [1]; parameters as in `Network.gradient`."""
    depth, volts, s = len(network.layers), network.read_voltage, network.feedback
    nudging = network.layers[-1].leak
    products = [dense(product) for product in products_of(phases, x, volts if network.bias else None)]
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
