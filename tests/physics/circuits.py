"""Small random passive and resistive networks, and independent ways to their equilibria: every cell by itself."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root

from analogep.circuit import HardClip, Sigmoid, Solver, Tanh
from analogep.circuit.phases import Phase
from analogep.device.iv import IV, CubicIV, LinearIV, SinhIV
from analogep.kinds.passive.equations import Half, PassiveLayer
from analogep.kinds.passive.network import Passive
from analogep.kinds.resistive.diodes import AntiparallelDiodes, Clamp, IdealDiodes, NoDiodes, ShockleyDiodes
from analogep.kinds.resistive.equations import Stage
from analogep.kinds.resistive.network import Resistive
from analogep.network import Drive, Network
from analogep.network.coupling import Perfect
from analogep.relaxation.equilibrium import equilibrium

Floats = NDArray[np.float64]

READ = 0.4
"""Full scale of the input lines [V]."""
TARGET = 0.1
"""Score of the right class in resistive networks [V]."""
THERMAL = 1.380649e-23 * 300.0 / 1.602176634e-19
"""V_T at 300 K [V]."""
LINEAR = LinearIV(kind="linear")
SINH = SinhIV(kind="sinh", v0=0.2)
IVS: dict[str, IV] = {"linear": LINEAR, "sinh": SINH, "cubic": CubicIV(kind="cubic", v0=0.3)}
NONE = NoDiodes(kind="none")
IDEAL = IdealDiodes(kind="ideal", conductance=1e-4)
SHOCKLEY = ShockleyDiodes(kind="shockley", saturation=1e-6)
DIODES: dict[str, Clamp] = {
    "none": NONE,
    "ideal": IDEAL,
    "shockley": SHOCKLEY,
    "antiparallel": AntiparallelDiodes(kind="antiparallel", saturation=5e-7, emission=2.0),
}
CURVES = {
    "tanh": Tanh(kind="tanh", amplitude=0.2),
    "hard_clip": HardClip(kind="hard_clip", low=-0.1, high=0.1),
    "sigmoid": Sigmoid(kind="sigmoid", amplitude=0.2),
}


def passive(
    sizes: tuple[int, ...],
    curve: object = CURVES["tanh"],
    iv: IV = LINEAR,
    *,
    seed: int = 1,
    feedback: float = 1.0,
    bias: bool = True,
    scheme: str = "push_pull",
    mismatch: float = 0.0,
) -> Passive:
    """Conductances uniform in 1-10 uS; gains, capacitances and leaks differ from layer to layer."""
    rng = np.random.default_rng(seed)
    layers = []
    for k, (rows, columns) in enumerate(itertools.pairwise(sizes)):
        halves = []
        for sign in (1.0, -1.0):
            g = rng.uniform(1e-6, 1e-5, (rows + int(bias), columns))
            # Rows of a bias line keep theirs: in reverse they stand at ground and drive nothing.
            other = g * (1.0 + mismatch * rng.uniform(-1.0, 1.0, g.shape))
            back = None if k == 0 else Perfect.of(other, iv)
            halves.append(Half(sign, Perfect.of(g, iv), back))
        layers.append(
            PassiveLayer(
                halves=(halves[0], halves[1]),
                scale=3e4 * (k + 1),
                activation=curve,  # type: ignore[arg-type]
                gain=(4.0, 5.0, 3.0)[k],
                capacitance=(1.0e-12, 0.6e-12, 0.8e-12)[k],
                leak=(2e-6, 3e-6, 4e-6)[k],
                size=columns,
            )
        )
    return Passive(layers, READ, feedback, bias, scheme)


def resistive(
    sizes: tuple[int, ...],
    diodes: Clamp = NONE,
    iv: IV = LINEAR,
    *,
    seed: int = 1,
    doubled: bool = False,
    gain: float = 1.0,
    back: float = 1.0,
    noise_resistance: float = 0.0,
    lag: float = 0.0,
    leak: float = 1e-6,
    rule: IV | None = None,
) -> Resistive:
    """Conductances uniform in 1-10 uS; the last of `sizes` counts nodes, so classes twice when outputs are doubled."""
    rng = np.random.default_rng(seed)
    stages, rows = [], 2 * sizes[0]
    for k, columns in enumerate(sizes[1:]):
        last = k == len(sizes) - 2
        stages.append(
            Stage(
                coupling=Perfect.of(rng.uniform(1e-6, 1e-5, (rows + 2, columns)), iv),
                bias=np.array([1.0, -1.0]) * (0.3, 0.2, 0.15)[k],
                capacitance=(1.0e-12, 0.6e-12, 0.8e-12)[k],
                leak=leak * (k + 1),
                diodes=NONE if last else diodes,
                sign=np.where(np.arange(columns) < columns // 2, 1.0, -1.0),
                gain=1.0 if last else gain,
                back=1.0 if last else back,
                noise_resistance=0.0 if last else noise_resistance,
                lag=0.0 if last else lag,
            )
        )
        rows = columns
    scales = tuple(3e4 * (k + 1) for k in range(len(stages)))
    content = (iv if rule is None else rule).expansions().content
    return Resistive(stages, READ, TARGET, 2e-5, doubled, content, scales)


def data(network: Network, samples: int, seed: int = 2) -> tuple[Floats, Floats]:
    """Input lines in [0, READ] and targets around what outputs reach [V]."""
    rng = np.random.default_rng(seed)
    if isinstance(network, Passive):
        inputs = network.layers[0].halves[0].forward.row_load().size - int(network.bias)
        classes = network.layers[-1].size
    else:
        assert isinstance(network, Resistive)
        inputs = (network.stages[0].coupling.row_load().size - 2) // 2
        classes = network.stages[-1].size // (1 + int(network.doubled))
    return READ * rng.random((samples, inputs)), rng.uniform(-0.05, 0.1, (samples, classes))


def solver(method: str = "DOP853", rtol: float = 1e-11, atol: float = 1e-14) -> Solver:
    return Solver(method=method, relative_tolerance=rtol, absolute_tolerance=atol, max_evaluations=200_000)  # type: ignore[arg-type]


def phase(network: Network, durations: float) -> Phase:
    """A phase of so many of the longest time constants."""
    return Phase(duration=durations * float(network.tau.max()), until="duration")


def settled(network: Network, drive: Drive, start: Floats | None = None) -> Floats:
    """Equilibrium to rounding (samples, nodes) [V]: Newton's method of the package, and two steps more."""
    samples = drive.rows.shape[0]  # type: ignore[attr-defined]
    v, _ = equilibrium(network, drive, np.zeros((samples, network.nodes)) if start is None else start)
    for _ in range(2):
        v = v + network.step(v, drive, network.derivative(v, drive))
    return v


def nudged(network: Network, x: Floats, target: Floats, beta: float, kind: str = "proportional") -> Drive:
    """Drive of a `free` phase, or of one with `proportional` or `constant` nudging."""
    drive = network.drive(x)
    if kind == "free":
        return drive
    return network.nudged(drive, beta, target, settled(network, drive) if kind == "constant" else None)


def relaxed_cost(network: Network, x: Floats, target: Floats, start: Floats) -> float:
    """Mean cost at the free equilibrium [1]."""
    v = settled(network, network.drive(x), start)
    return float(network.loss(v, target).mean())


def measured(
    network: Network, x: Floats, target: Floats, stencil: tuple[tuple[float, float], ...], *, constant: bool = False
) -> list[tuple[float, list[Floats]]]:
    """(weight, node voltages of each layer) of all phases (beta, weight) of an estimator."""
    drive = network.drive(x)
    free = settled(network, drive)
    phases = []
    for beta, weight in stencil:
        nudged = network.nudged(drive, beta, target, free if constant else None)
        phases.append((weight, network.rates(settled(network, nudged, free) if beta else free)))
    return phases


def centred(beta: float) -> tuple[tuple[float, float], ...]:
    """[Phi(beta) - Phi(-beta)]/2 beta."""
    return ((beta, 0.5 / beta), (-beta, -0.5 / beta))


def flat(gradient: list[Floats]) -> Floats:
    return np.concatenate([part.ravel() for part in gradient])


@dataclass(frozen=True)
class Read:
    """Every cell of one array: its lines [V] and its current from row to column (samples, rows, columns) [A]."""

    layer: int
    rows: Floats
    columns: Floats
    current: Floats

    @property
    def power(self) -> Floats:
        """Heat of all cells (samples,) [W]."""
        return (self.current * (self.rows[:, :, None] - self.columns[:, None, :])).sum(axis=(1, 2))


def cells(layer: int, array: Perfect, rows: Floats, columns: Floats) -> Read:
    """i = g q(r - v), cell by cell."""
    drop = rows[:, :, None] - columns[:, None, :]
    return Read(layer, rows, columns, array.g * array.iv.drive(drop))


def passive_reads(network: Passive, v: Floats, x: Floats) -> Iterator[tuple[Read, Read | None]]:
    """Both halves of every layer, forward and in reverse."""
    samples = len(v)
    one = np.full((samples, 1), READ)
    nodes = [v[:, part] for part in network.slices]
    rates = [layer.activation.rate(layer.gain * u) for layer, u in zip(network.layers, nodes, strict=True)]
    for k, layer in enumerate(network.layers):
        lines = x if k == 0 else rates[k - 1]
        for half in layer.halves:
            rows = half.sign * (np.hstack([lines, one]) if network.bias else lines)
            ahead = cells(k, half.forward, rows, nodes[k])  # type: ignore[arg-type]
            behind = None
            if half.reverse is not None:
                back = np.hstack([nodes[k - 1], 0.0 * one]) if network.bias else nodes[k - 1]
                ends = half.sign * network.feedback * rates[k]
                behind = cells(k, half.reverse, back, ends)  # type: ignore[arg-type]
            yield ahead, behind


def passive_currents(network: Passive, v: Floats, x: Floats, drive: Drive) -> Floats:
    """C dv/dt of every node (samples, nodes) [A], with beta, target and frozen pull of `drive`."""
    out = np.zeros_like(v)
    for ahead, behind in passive_reads(network, v, x):
        out[:, network.slices[ahead.layer]] += ahead.current.sum(axis=1)
        if behind is not None:
            before = network.slices[behind.layer - 1]
            out[:, before] -= behind.current.sum(axis=2)[:, : before.stop - before.start]
    for layer, part in zip(network.layers, network.slices, strict=True):
        out[:, part] -= layer.leak * v[:, part]
    last, part = network.layers[-1], network.slices[-1]
    if drive.target is not None:
        rate = last.activation.rate(last.gain * v[:, part])
        pull = drive.target - rate if drive.frozen is None else drive.frozen
        out[:, part] += drive.beta * last.leak * pull
    return out


def resistive_reads(network: Resistive, u: list[Floats], x: Floats) -> list[Read]:
    """Every array, its rows at what amplifiers make of the nodes before, then bias sources."""
    reads = []
    for k, stage in enumerate(network.stages):
        lines = np.hstack([x, -x]) if k == 0 else network.stages[k - 1].gain * u[k - 1]
        rows = np.hstack([lines, np.tile(stage.bias, (len(x), 1))])
        reads.append(cells(k, stage.coupling, rows, u[k]))  # type: ignore[arg-type]
    return reads


def diode_current(diodes: Clamp, sign: Floats, u: Floats) -> Floats:
    """Current from the node to ground [A], as the textbook writes it; that of ideal diodes is left to the bound."""
    if isinstance(diodes, AntiparallelDiodes):
        return 2.0 * diodes.saturation * np.sinh(u / (diodes.emission * THERMAL))
    if isinstance(diodes, ShockleyDiodes):
        return -sign * diodes.saturation * np.expm1(-sign * u / (diodes.emission * THERMAL))
    return np.zeros_like(u)


def split(network: Network, v: Floats) -> list[Floats]:
    return [v[:, part] for part in network.slices]


def score(network: Resistive, outputs: Floats) -> Floats:
    """Output voltages, or differences between the two halves of them [V]."""
    if not network.doubled:
        return outputs
    classes = outputs.shape[1] // 2
    return outputs[:, :classes] - outputs[:, classes:]


def resistive_currents(network: Resistive, u: Floats, x: Floats, drive: Drive) -> Floats:
    """Current into every node from all but ideal diodes and the capacitor (samples, nodes) [A]."""
    out, parts = np.zeros_like(u), split(network, u)
    for read in resistive_reads(network, parts, x):
        k = read.layer
        out[:, network.slices[k]] += read.current.sum(axis=1)
        if k > 0:
            before = network.stages[k - 1]
            out[:, network.slices[k - 1]] -= before.back * read.current.sum(axis=2)[:, : before.size]
    for stage, part in zip(network.stages, network.slices, strict=True):
        out[:, part] -= stage.leak * u[:, part] + diode_current(stage.diodes, stage.sign, u[:, part])
    if drive.target is not None:
        seen = score(network, parts[-1])
        current = drive.beta * network.nudging * (drive.target - seen if drive.frozen is None else drive.frozen)
        out[:, network.slices[-1]] += np.hstack([current, -current]) if network.doubled else current
    return out


def rooted(currents: Callable[[Floats], Floats], load: Floats, start: Floats) -> Floats:
    """Node voltages of one sample (nodes,) [V] at which a general root finder leaves no current."""
    found = root(lambda v: currents(v[None])[0] / load, start, tol=1e-13)
    assert np.abs(found.fun).max() < 1e-11, found.message
    return np.asarray(found.x)


def swept(network: Resistive, x: Floats, drive: Drive, rounds: int = 400) -> Floats:
    """Coordinate descent on one sample (1, nodes) [V]: node after node to its own balance, and back to its bound.

    Towards the balance of a node with all others at rest by Newton's method, its slope from central differences.
    """
    u, h = np.zeros((1, network.nodes)), 1e-7
    sign = np.concatenate([stage.sign for stage in network.stages])
    hard = np.concatenate([np.full(stage.size, isinstance(stage.diodes, IdealDiodes)) for stage in network.stages])
    thrice = [None if part is None else np.repeat(part, 3, axis=0) for part in (drive.target, drive.frozen)]
    three, inputs = Drive(beta=drive.beta, target=thrice[0], frozen=thrice[1]), np.repeat(x, 3, axis=0)
    for _ in range(rounds):
        before = u.copy()
        for i in range(network.nodes):
            around = np.repeat(u, 3, axis=0)
            around[:, i] += (0.0, h, -h)
            here, up, down = resistive_currents(network, around, inputs, three)[:, i]
            u[0, i] -= here * 2 * h / (up - down)
            if hard[i]:
                u[0, i] = sign[i] * max(sign[i] * u[0, i], 0.0)
        if np.abs(u - before).max() < 1e-14:
            break
    return u


def with_conductances(array: Perfect, i: int, j: int, change: float) -> Perfect:
    """The array with one cell changed by `change` [S]."""
    g = array.g.copy()
    g[i, j] += change
    return Perfect.of(g, array.iv)


def changed_stage(network: Resistive, k: int, i: int, j: int, change: float) -> Resistive:
    """One conductance of array k changed [S]."""
    stages = list(network.stages)
    stages[k] = replace(stages[k], coupling=with_conductances(stages[k].coupling, i, j, change))  # type: ignore[arg-type]
    return rebuilt(network, stages)


def rebuilt(network: Resistive, stages: list[Stage]) -> Resistive:
    """The network with other stages."""
    constants = (network.read_voltage, network.target, network.nudging, network.doubled)
    return Resistive(stages, *constants, network.content, network.scales)


def changed_half(network: Passive, k: int, half: int, i: int, j: int, change: float) -> Passive:
    """One conductance of one half of layer k changed [S], in the array that is read in reverse too."""
    layers, halves = list(network.layers), list(network.layers[k].halves)
    one = halves[half]
    reverse = one.reverse
    if reverse is not None:
        reverse = with_conductances(reverse, i, j, change)  # type: ignore[arg-type]
    halves[half] = replace(one, forward=with_conductances(one.forward, i, j, change), reverse=reverse)  # type: ignore[arg-type]
    layers[k] = replace(layers[k], halves=(halves[0], halves[1]))
    return Passive(layers, network.read_voltage, network.feedback, network.bias, network.scheme)
