"""Small chips of every kind, settled by Newton's method."""

from __future__ import annotations

from analogep.beta import Probe
from analogep.energy import Ledger
from analogep.learning import Updater
from analogep.network import Hardware
from analogep.run import Run

from ..run import tiny

BATCH = 20
SMOOTH = (
    "layers=[64,6,10]",
    "neurons.hidden.activation={kind: tanh, amplitude: 0.2 V}",
    "neurons.output.activation={kind: tanh, amplitude: 0.4 V}",
)


def job(name: str, *circuit: str, device: tuple[str, ...] = (), quiet: bool = True) -> Run:
    """A run of a small network on an ideal device."""
    card = {"rc": "rc, wires", "passive": "passive, push-pull", "resistive": "resistive"}[name]
    plain = ("wires={kind: none}",) if name == "rc" else ()
    return tiny.network(card, *plain, *circuit, device=device, quiet=quiet)


def probe(run: Run, samples: int = BATCH, size: int = BATCH) -> Probe:
    """The first samples on a chip with its initial weights."""
    hardware = Hardware(run.device, run.circuit, run.seeds)
    Updater(hardware).start(Ledger(), run.seeds.operation.rng("start"))
    return Probe(hardware, run.data.train_x[:samples], run.data.train_y[:samples], size, run.seeds.operation)
