"""Small random networks for claims about the physics, and independent ways to their equilibria."""

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import HardClip, ReLU, Sigmoid, Solver, Tanh
from analogep.circuit.phases import Nudging, Phase
from analogep.device.iv import IV, LinearIV, SinhIV
from analogep.kinds.rc.layer import Layer
from analogep.kinds.rc.network import LayeredRC
from analogep.network import Drive

Floats = NDArray[np.float64]

READ = 0.2
"""Read voltage [V]."""
TAU = 50e-9
"""Longest time constant of the networks [s]."""
LINEAR = LinearIV(kind="linear")
SINH = SinhIV(kind="sinh", v0=0.15)
FAR = HardClip(kind="hard_clip", low=-1e3, high=1e3)
"""Rails that are never reached: a linear neuron."""
CURVES = {
    "hard_clip": HardClip(kind="hard_clip", low=-0.12, high=0.12),
    "relu": ReLU(kind="relu"),
    "tanh": Tanh(kind="tanh", amplitude=0.2),
    "sigmoid": Sigmoid(kind="sigmoid", amplitude=0.2),
}
METHODS = ("RK45", "RK23", "DOP853", "LSODA", "BDF", "Radau")


def build(
    sizes: tuple[int, ...],
    curve: object,
    *,
    seed: int = 1,
    loop: float = 0.5,
    gain: float = 1.0,
    bias: bool = False,
    iv: IV = LINEAR,
    mismatch: float = 0.0,
) -> LayeredRC:
    """Normal weights, those between neurons scaled to the loop gain `loop` at full slopes; time constants differ."""
    rng = np.random.default_rng(seed)
    layers = []
    drawn = [
        rng.standard_normal((rows + int(bias), columns)) / np.sqrt(rows + columns)
        for rows, columns in itertools.pairwise(sizes)
    ]
    edges = np.cumsum((0, *sizes[1:]))
    coupling = np.zeros((edges[-1], edges[-1]))
    for k in range(1, len(drawn)):
        coupling[edges[k - 1] : edges[k], edges[k] : edges[k + 1]] = drawn[k][: sizes[k]]
    largest = np.linalg.eigvalsh(coupling + coupling.T)[-1]
    for k in range(1, len(drawn)):
        drawn[k] *= loop / (largest * np.sqrt(gain))
    for k, (rows, columns) in enumerate(itertools.pairwise(sizes)):
        total = rows + int(bias)
        weights = drawn[k]
        reverse = None
        if k > 0:
            reverse = weights[:rows] * (1.0 + mismatch * rng.standard_normal((rows, columns)))
        g = rng.uniform(2e-6, 2e-5, (total, columns))
        last = k == len(sizes) - 2
        layers.append(
            Layer(
                weights=weights,
                reverse=reverse,
                variance=None,
                reverse_variance=None,
                row_total=g.sum(axis=1),
                column_total=g.sum(axis=0),
                activation=curve,  # type: ignore[arg-type]
                capacitance=0.3e-12 if last else 0.5e-12,
                leak=1.5e-5 if last else 1e-5,
            )
        )
    return LayeredRC(layers, iv, READ, gain, bias)


def data(network: LayeredRC, samples: int, seed: int = 2) -> tuple[Floats, Floats]:
    """Input voltages in [0, READ] and targets in [0.05, 0.15] V."""
    rng = np.random.default_rng(seed)
    rows = network.layers[0].weights.shape[0] - int(network.bias)
    return READ * rng.random((samples, rows)), rng.uniform(0.05, 0.15, (samples, network.layers[-1].size))


def solver(method: str = "DOP853", rtol: float = 1e-12, atol: float = 1e-15, most: int = 100_000) -> Solver:
    return Solver(method=method, relative_tolerance=rtol, absolute_tolerance=atol, max_evaluations=most)  # type: ignore[arg-type]


def phase(durations: float, until: str = "duration") -> Phase:
    """A phase of so many of the longest time constants."""
    return Phase(duration=durations * TAU, until=until)  # type: ignore[arg-type]


def nudge(network: LayeredRC, drive: Drive, target: Floats, beta: float, free: Floats | None = None) -> Drive:
    """Nudged drive; constant-current from the free equilibrium `free` if that is given."""
    frozen = None if free is None else target - network.rates(free)[-1]
    return replace(drive, beta=beta, target=target, frozen=frozen)


def equilibrium(network: LayeredRC, drive: Drive, start: Floats | None = None) -> Floats:
    """Newton's method on drift = 0 (samples, nodes) [V], to rounding."""
    v = np.zeros((drive.inputs.shape[0], network.nodes)) if start is None else start.copy()
    for _ in range(60):
        jacobian = network.jacobian(v, drive) * network.tau[:, None]
        step = np.linalg.solve(jacobian, network.drift(v, drive)[:, :, None])[:, :, 0]
        v = v - step
        if np.abs(step).max() < 1e-16:
            break
    assert np.abs(network.drift(v, drive)).max() < 1e-14
    return v


def estimator(name: str, beta: float) -> tuple[tuple[float, float], ...]:
    return Nudging(beta=beta, estimator=name).stencil()  # type: ignore[arg-type]


def flat(gradient: list[Floats]) -> Floats:
    return np.concatenate([part.ravel() for part in gradient])


def hopfield_energy(network: LayeredRC, v: Floats, x: Floats) -> Floats:
    """E = sum Phi(r) - 1/2 r'Wr - I'r over the leak, written out weight by weight (samples,) [V^2]; gain 1."""
    rates = network.rates(v)
    out = np.zeros(v.shape[0])
    for k, layer in enumerate(network.layers):
        out += layer.activation.primitive(rates[k]).sum(axis=1)
        before = x if k == 0 else rates[k - 1]
        for i in range(before.shape[1]):
            out -= (before[:, i, None] * layer.weights[i] * rates[k]).sum(axis=1)
        if network.bias:
            out -= READ * (layer.weights[-1] * rates[k]).sum(axis=1)
    return out
