"""The whole netlist of a scene: head, circuit, accuracy, analyses."""

from __future__ import annotations

from analogep.spice.netlist import GROUND, Netlist, number
from analogep.spice.scene import CONTROL, Scene

STEPS_PER_TIME_CONSTANT = 20
"""Time steps in the shortest time constant, at least."""
RISE = 1e-6
"""Rise time of the nudging control, in shortest time constants; it delays the nudged phase by half of that."""
OPTIONS = (
    "method=gear maxord=2 reltol=1e-10 vntol=1e-12 abstol=1e-18 chgtol=1e-20 trtol=1 itl1=1000 itl4=200 gmin=1e-18"
)
"""ngspice shortens its steps until each errs by 1e-10 of every charge.

Its trapezoidal rule rings after the switch of the nudging, and never comes back to long steps in larger networks of
ideal diodes; Gear's method of order 2 does.
"""


def deck_of(scene: Scene) -> str:
    """Netlist of a scene with `.op` of its free equilibrium and `.tran` over its free and its nudged phase.

    Raises
    ------
    SimulationError
        If a node is disconnected or an element has an impossible value.
    """
    netlist = Netlist()
    probes = scene.network().netlist(scene, netlist)
    step = probes.fastest / STEPS_PER_TIME_CONSTANT
    netlist.step(CONTROL, CONTROL, GROUND, scene.free, RISE * probes.fastest)
    saved = [f"v({name})" for name in (*probes.nodes, *probes.meters, CONTROL)]
    lines = [f"* {line}" for line in _head(scene, probes.meters)]
    lines += [netlist.text(), f".options {OPTIONS}"]
    lines += [f".save {' '.join(saved[k : k + 10])}" for k in range(0, len(saved), 10)]
    lines += [".op", f".tran {number(step)} {number(scene.free + scene.nudged)} 0 {number(step)} uic", ".end"]
    return "\n".join(lines) + "\n"


def _head(scene: Scene, meters: tuple[str, ...]) -> list[str]:
    circuit, device = scene.hardware.circuit, scene.hardware.device
    sizes = circuit.outline
    return [
        f"analogep: {sizes} network of device '{device.name}' in circuit '{circuit.name}'",
        *scene.notes,
        f"free phase 0 to {scene.free:.6g} s from discharged nodes, then nudged to {scene.free + scene.nudged:.6g} s "
        f"with beta = {scene.beta:.6g}; reads are without noise",
        "arrays are subcircuits with word lines w1, w2, ... and bit lines b1, b2, ... as ports, each at the end of the "
        "file; between w3 and b2 stands the device r3_2, or b3_2 where it is curved",
        f"v({CONTROL}) is 0 V in the free and 1 V in the nudged phase",
        f"{', '.join(f'v({name})' for name in meters)}: power of each component, 1 V means 1 uW",
        "run: ngspice -b -r out.raw THIS_FILE, or: ngspice THIS_FILE, then: run, plot out_0 out_1, "
        "meas tran e integ v(p_array)",
    ]
