"""The compiled steps of a network with convolutions against the network's own equations."""

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase
from analogep.engine.reads import Convolved
from analogep.kinds.rc.layout import layout
from analogep.kinds.rc.network import LayeredRC
from analogep.network import Hardware
from analogep.relaxation import euler

LAYERS = (
    "layers=[{{kind: image, height: 8, width: 8}}, {{kind: conv, channels: 5, kernel: 3, padding: 1, pool: {{"
    "kind: {0}, size: 2}}}}, {{kind: conv, channels: 6, kernel: 3, padding: 1, pool: {{kind: {0}, size: 2}}}}, 10]"
)


def circuit(pool: str, *settings: str) -> CircuitCard:
    return CircuitCard.load("conv-digits", [LAYERS.format(pool), *settings])


@pytest.mark.parametrize("pool", ["average", "max"])
@pytest.mark.parametrize(
    ("device", "precision", "projected", "error"),
    # What is compiled is the device's curve in a precision: of the four three say as much.
    [
        ("rram", "double", False, 1e-13),
        ("rram", "double", True, 1e-13),
        ("rram", "single", False, 2e-6),
        ("ideal", "single", False, 2e-6),
        ("ideal", "single", True, 2e-6),
    ],
)
def test_compiled_steps_are_those_of_the_network(pool, device, precision, projected, error, monkeypatch):
    """Voltages, joules and residual, nudged, with read noise; rram has a curved I-V. 37 samples: two jobs and a bit."""
    made = circuit(pool, f"solver.precision={precision}", f"solver.projected={str(projected).lower()}")
    chip, rng = Hardware(DeviceCard.load(device), made, Seeds.of(1)), np.random.default_rng(2)
    chip.initialise()
    network = chip.network()
    x, target = rng.random((37, 64)) * 0.2, 0.2 * np.eye(10)[rng.integers(10, size=37)]
    drive = network.nudged(network.drive(x, network.deviates(37, rng)), -0.5, target)
    start = rng.uniform(-0.1, 0.3, (37, network.nodes))
    phase = Phase(duration=200e-9)
    known = layout(network, made.solver)
    assert known is not None
    assert isinstance(known.frame.meets, Convolved)
    fast = euler.march(network, drive, start, phase, made.solver, 0.01)
    monkeypatch.setattr(LayeredRC, "march", lambda *_: None)
    slow = euler.march(network, drive, start, phase, made.solver, 0.01)
    assert np.abs(fast.v - slow.v).max() < error
    assert np.allclose(fast.energy, slow.energy, rtol=10 * error, atol=0)
    assert np.abs(fast.residual - slow.residual).max() < 10 * error


def test_one_thread_and_two_give_the_same(monkeypatch):
    made = circuit("average", "solver.precision=single")
    chip, rng = Hardware(DeviceCard.load("rram"), made, Seeds.of(1)), np.random.default_rng(3)
    chip.initialise()
    network = chip.network()
    assert isinstance(network, LayeredRC)
    drive = network.drive(rng.random((64, 64)) * 0.2, network.deviates(64, rng))
    ends = []
    for threads in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", threads)
        ends.append(euler.march(network, drive, np.zeros((64, network.nodes)), Phase(duration=5e-7), made.solver, 0.01))
    assert np.array_equal(ends[0].v, ends[1].v)
    assert np.array_equal(ends[0].energy, ends[1].energy)
