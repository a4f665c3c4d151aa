"""Our relaxation and ngspice's of the same scene: how far apart they are.

ngspice's voltages are interpolated at the times of our accepted steps. Its steps are so short that each errs by 1e-10;
the cubics between them, with slopes from three points, err by about 1e-6 of the swing where the slope changes most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from analogep.circuit.phases import Phase, Solver
from analogep.network import Drive, Network
from analogep.relaxation import Relaxed, relax
from analogep.spice import limits
from analogep.spice.deck import deck_of
from analogep.spice.netlist import Netlist
from analogep.spice.ngspice import simulate
from analogep.spice.parts import WATTS_PER_VOLT
from analogep.spice.raw import Plot
from analogep.spice.scene import Probes, Scene

Floats = NDArray[np.float64]

_TIGHT = Solver(method="RK45", relative_tolerance=1e-10, absolute_tolerance=1e-14, max_evaluations=10_000_000)

_SLACK = 1e-9
"""By how much of the time ngspice's point at a corner of a source may be beside it [1]."""


@dataclass(frozen=True)
class Comparison:
    """Differences of ngspice's answer and ours.

    Attributes
    ----------
    nodes : tuple of str
        Names of the nodes.
    components : tuple of str
        Components of the ledger of joules.
    equilibrium : ndarray (nodes,) [V]
        Distance of ngspice's operating point from the nearest zero of our equations, by one step of Newton's method.
    transient : ndarray (2, nodes) [V]
        Largest difference over the free and over the nudged phase.
    final : ndarray (2, nodes) [V]
        Difference at the end of each phase.
    ours, ngspice : ndarray (2, components) [J]
        Joules of each component in each phase.
    points : int
        Times at which voltages were compared.
    approximation : str
        What our equations leave out and the netlist does not (`Network.approximation`, `Probes.approximation`).
    among : tuple of str
        Components whose joules are held against those of all (`Probes.among`).
    """

    nodes: tuple[str, ...]
    components: tuple[str, ...]
    equilibrium: Floats
    transient: Floats
    final: Floats
    ours: Floats
    ngspice: Floats
    points: int
    approximation: str = ""
    among: tuple[str, ...] = ()

    @property
    def energy(self) -> Floats:
        """Relative difference of the joules (2, components) [1]; to all of the phase where ours are 0, or `among`."""
        whole = (self.ours == 0.0) | np.isin(self.components, self.among)
        scale = np.where(whole, self.ours.sum(axis=1, keepdims=True), self.ours)
        return np.asarray(np.abs(self.ngspice - self.ours) / scale)

    def disagreements(self) -> list[str]:
        """What is beyond its limit, one sentence each."""
        found = []
        for values, most, what, unit in (
            (self.equilibrium, limits.FINAL, "operating point", "V"),
            (self.transient, limits.TRANSIENT, "transient", "V"),
            (self.final, limits.FINAL, "end of a phase", "V"),
            (self.energy, limits.ENERGY, "joules", "of ours"),
        ):
            worst = float(values.max())
            if not worst <= most:
                found.append(f"{what}: {worst:.3g} {unit} apart, {most:.3g} allowed")
        return found


def compare(scene: Scene) -> Comparison:
    """Run a scene in both programs.

    Raises
    ------
    SimulationError
        If ngspice is missing or fails, or our relaxation does.
    """
    network = scene.network()
    probes = network.netlist(scene, Netlist())
    point, transient = simulate(deck_of(scene), scene.free + scene.nudged)
    (drive, _), phases = _ours(scene, network)
    edges = (0.0, scene.free, scene.free + scene.nudged)
    apart, ends, joules = [], [], []
    for k, relaxed in enumerate(phases):
        times, voltages, powers = _phase(transient, probes, edges[k], edges[k + 1])
        corners = edges[k] + np.cumsum([0.0, *(length for length, _ in network.turns(edges[k + 1] - edges[k]))])
        difference = np.abs(_between(corners, times, voltages, edges[k] + relaxed.times) - relaxed.path[:, 0])
        apart.append(difference.max(axis=0))
        ends.append(difference[-1])
        joules.append(np.trapezoid(powers, times, axis=0))
    state = _voltages(point, probes.nodes)
    return Comparison(
        nodes=probes.nodes,
        components=network.powers_of,
        equilibrium=np.abs(network.step(state, drive, network.derivative(state, drive))[0]),
        transient=np.stack(apart),
        final=np.stack(ends),
        ours=np.stack([relaxed.energy[0] for relaxed in phases]),
        ngspice=np.stack(joules),
        points=sum(relaxed.times.size for relaxed in phases),
        approximation="; ".join(filter(None, (network.approximation, probes.approximation))),
        among=probes.among,
    )


def _voltages(plot: Plot, nodes: tuple[str, ...]) -> Floats:
    """Voltages of some nodes (points, nodes) [V]."""
    return np.stack([plot.values[f"v({node})"] for node in nodes], axis=1)


def _between(corners: Floats, times: Floats, voltages: Floats, wanted: Floats) -> Floats:
    """`voltages` (points, nodes) [V] of `times` (points,) [s] at the `wanted` times (asked,) [s] -> (asked, nodes) [V].

    Cubics do not reach over the `corners` (turns + 1,) [s], where slopes jump: ngspice has a point at each of them, or
    close to the next one where a turn is no longer than an edge.
    """
    found = np.empty((wanted.size, voltages.shape[1]))
    ends = np.unique(np.searchsorted(times, corners - _SLACK * corners[-1]))
    part = np.clip(np.searchsorted(times[ends], wanted, side="right") - 1, 0, ends.size - 2)
    for k in np.unique(part):
        own, points = part == k, slice(ends[k], ends[k + 1] + 1)
        found[own] = PchipInterpolator(times[points], voltages[points])(wanted[own])
    return found


def _phase(transient: Plot, probes: Probes, start: float, end: float) -> tuple[Floats, Floats, Floats]:
    """Times (points,) [s], node voltages (points, nodes) [V] and powers (points, components) [W] of one phase.

    ngspice puts a point at each corner of its sources, but none at 0 s: there every node is discharged.
    """
    slack = _SLACK * end
    times = transient.values["time"]
    part = slice(int(np.searchsorted(times, start - slack)), int(np.searchsorted(times, end + slack)))
    times, voltages = times[part], _voltages(transient, probes.nodes)[part]
    powers = _voltages(transient, probes.meters)[part] * WATTS_PER_VOLT
    if times[0] > start == 0.0:
        times = np.concatenate([[start], times])
        voltages = np.concatenate([np.zeros((1, voltages.shape[1])), voltages])
        powers = np.concatenate([powers[:1], powers])
    return times, voltages, powers


def _ours(scene: Scene, network: Network) -> tuple[tuple[Drive, Drive], tuple[Relaxed, Relaxed]]:
    """Both phases with tight tolerances, each over its whole length."""
    circuit = scene.hardware.circuit
    tolerance, start = circuit.timing.tolerance, np.zeros((1, network.nodes))
    drive = network.drive(scene.lines)
    free = relax(network, drive, start, Phase(duration=scene.free), _TIGHT, tolerance, record=True)
    held = free.v if circuit.nudging.kind == "constant" else None
    pulled = network.nudged(drive, scene.beta, scene.target, held)
    nudged = relax(network, pulled, free.v, Phase(duration=scene.nudged), _TIGHT, tolerance, record=True)
    return (drive, pulled), (free, nudged)
