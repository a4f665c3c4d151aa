"""What happens at the nodes in a step: the parts for real voltages, and for complex ones of an ideal network.

    v += share (bracket - v),    r = rho(v),    lines at q(r) forward and q(s r) in reverse,    powers

A sample has one row of numbers, or two with the real and the imaginary part.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analogep.engine.own import begun, drives, line, lined, paced, placed, railed
from analogep.engine.products import FAST
from analogep.jit import brought, inner

_OPTIONS: dict[str, Any] = {"fastmath": FAST, "error_model": "numpy"}
rates = brought("rates", **_OPTIONS)
pull, pull_on_circle = (brought(name, **_OPTIONS) for name in ("row", "circle"))


class Neurons(NamedTuple):
    """Neurons of the hidden layers, or of the outputs.

    Parameters
    ----------
    curve : transfer curve
    leak : float [S]
    """

    curve: Any
    leak: Any


@inner(**_OPTIONS)
def nudged(own, curve, cost, first, frozen, real, leak, target, y, bracket, p):  # type: ignore[no-untyped-def]
    """Nudging of one sample at its outputs `y`, from place `first` on, into their brackets; returns its power.

    `p` are the frozen pulls, or are filled.
    """
    if not frozen:
        r = np.empty_like(y)
        for o in range(y.size):
            r[o] = line(own, curve, y[o], first + o)
        pull(cost, r, target, p)
    power = real - real
    for o in range(y.size):
        bracket[o] += real * p[o]
        power += abs(real * p[o] * leak * (target[o] - y[o]))
    return power


class Real(NamedTuple):
    """Voltages of a circuit.

    Parameters
    ----------
    held : bool
        Whether nodes are put back onto their rails after a step.
    own : Own or None
        What neurons have of their own.
    """

    held: Any
    own: Any

    @staticmethod
    def sweep(nodes, some, span, bent, gain, share, when, weight, loads, space, energy):  # type: ignore[no-untyped-def]
        """Some neurons of all samples after a step; their powers are added to `energy`, `weight` times.

        `when` is the phase, and the step in it: 0 for its beginning, where nothing moves.
        """
        moves = when[1] > 0
        here, held = slice(span[0], span[1]), nodes.held and moves
        both, own, first = (loads[0][here], loads[1][here]), placed(nodes.own, here), span[0]
        share = share if moves else share - share
        for n in range(energy.shape[0]):
            v, bracket, base = space[0][n, here], space[1][n, here], space[4][n, here]
            lines, turned, square = space[2][n, here], space[3][n, here], share - share
            # Few arrays a loop: of more the compiler does not find out in time that they lie apart, and gives up.
            for j in range(v.size):
                moved = v[j] + paced(own, share, j) * (bracket[j] - v[j])
                moved = railed(own, some.curve, moved, j) if held else moved
                v[j], lines[j] = moved, begun(own, some.curve, moved)
                square += moved * moved
            lined(own, some.curve, lines)
            # The first layer, whose lines begin a row, drives nothing in reverse.
            array = drives(own, bent, gain, lines, turned if first > 0 else turned[:0], both)
            for j in range(v.size):
                bracket[j] = base[j]
            energy[n, 0] += weight * array
            energy[n, 1] += weight * some.leak * square

    @staticmethod
    def room(nodes, v, bracket):  # type: ignore[no-untyped-def]
        """Arrays (rows, places) of brackets in reverse, which are the same, and of columns, of which there are none."""
        return bracket, v[:0], v[:0]

    @staticmethod
    def ways(nodes, when):  # type: ignore[no-untyped-def]
        """Directions in which arrays are read, as in `reads`: both."""
        return 3

    @staticmethod
    def took(nodes, n, span, given, space):  # type: ignore[no-untyped-def]
        """Columns of sample n from its state `given`: none."""

    @staticmethod
    def gave(nodes, n, span, space, out):  # type: ignore[no-untyped-def]
        """Columns of sample n into its state `out`: none."""

    @staticmethod
    def nudge(nodes, some, span, cost, beta, frozen, when, weight, target, pulls, space, energy):  # type: ignore[no-untyped-def]
        """Nudging currents into the outputs' brackets, and their power; `pulls` are the frozen ones, or are filled."""
        real, here = pulls.dtype.type(beta.real), slice(span[0], span[1])
        for n in range(energy.shape[0]):
            y, bracket, p = space[0][n, here], space[1][n, here], pulls[n]
            power = nudged(nodes.own, some.curve, cost, span[0], frozen, real, some.leak, target[n], y, bracket, p)
            energy[n, 2] += weight * power

    @staticmethod
    def away(nodes, n, span, last, most, space):  # type: ignore[no-untyped-def]
        """Largest |bracket - v| of sample n in a layer, or `most` if that is larger; `last` says of outputs."""
        v, bracket = space[0], space[1]
        one, other = v[n, span[0] : span[1]], bracket[n, span[0] : span[1]]
        for j in range(one.size):
            most = max(most, abs(other[j] - one[j]))
        return most


class Complex(NamedTuple):
    """Voltages of an ideal network with linear devices, real and imaginary part in two rows.

    Parameters
    ----------
    own : None
        Neurons are alike but for their offsets.
    """

    own: Any

    @staticmethod
    def sweep(nodes, some, span, bent, gain, share, when, weight, loads, space, energy):  # type: ignore[no-untyped-def]
        """As in `Real`."""
        moves = when[1] > 0
        here, ahead = slice(span[0], span[1]), loads[0][span[0] : span[1]]
        share = share if moves else share - share
        for n in range(energy.shape[0]):
            m, array, square = 2 * n, share - share, share - share
            v, bracket, lines, turned, base = (
                space[0][m, here], space[1][m, here], space[2][m, here], space[3][m, here], space[4][m, here],
            )  # fmt: skip
            m += 1
            w, other, ends, back = space[0][m, here], space[1][m, here], space[2][m, here], space[3][m, here]
            for j in range(v.size):
                v[j] += share * (bracket[j] - v[j])
                w[j] += share * (other[j] - w[j])
            for j in range(v.size):
                lines[j], ends[j] = rates(some.curve, v[j], w[j])
                square += v[j] * v[j] + w[j] * w[j]
            for j in range(v.size):
                turned[j], back[j] = gain * lines[j], gain * ends[j]
                array += (lines[j] * lines[j] + ends[j] * ends[j]) * ahead[j]
            for j in range(v.size):
                bracket[j], other[j] = base[j], 0
            energy[n, 0] += weight * array
            energy[n, 1] += weight * some.leak * square

    @staticmethod
    def room(nodes, v, bracket):  # type: ignore[no-untyped-def]
        """As in `Real`."""
        return bracket, v[:0], v[:0]

    @staticmethod
    def ways(nodes, when):  # type: ignore[no-untyped-def]
        """As in `Real`."""
        return 3

    @staticmethod
    def took(nodes, n, span, given, space):  # type: ignore[no-untyped-def]
        """As in `Real`."""

    @staticmethod
    def gave(nodes, n, span, space, out):  # type: ignore[no-untyped-def]
        """As in `Real`."""

    @staticmethod
    def nudge(nodes, some, span, cost, beta, frozen, when, weight, target, pulls, space, energy):  # type: ignore[no-untyped-def]
        """As in `Real`; frozen pulls are real."""
        here, many = slice(span[0], span[1]), span[1] - span[0]
        x, y = pulls.dtype.type(beta.real), pulls.dtype.type(beta.imag)
        r, s, turned = np.empty(many, pulls.dtype), np.empty(many, pulls.dtype), np.zeros(many, pulls.dtype)
        for n in range(energy.shape[0]):
            one, other, p, power = space[0][2 * n, here], space[0][2 * n + 1, here], pulls[n], x - x
            if not frozen:
                for o in range(many):
                    r[o], s[o] = rates(some.curve, one[o], other[o])
                pull_on_circle(cost, r, s, target[n], p, turned)
            bracket, below = space[1][2 * n, here], space[1][2 * n + 1, here]
            for o in range(many):
                real, imaginary = x * p[o] - y * turned[o], x * turned[o] + y * p[o]
                bracket[o] += real
                below[o] += imaginary
                across = (target[n, o] - one[o]) ** 2 + other[o] ** 2
                power += some.leak * ((real * real + imaginary * imaginary) * across) ** 0.5
            energy[n, 2] += weight * power

    @staticmethod
    def away(nodes, n, span, last, most, space):  # type: ignore[no-untyped-def]
        """As in `Real`, of the magnitude."""
        v, bracket = space[0], space[1]
        for j in range(span[0], span[1]):
            x, y = bracket[2 * n, j] - v[2 * n, j], bracket[2 * n + 1, j] - v[2 * n + 1, j]
            most = max(most, (x * x + y * y) ** 0.5)
        return most
