"""Plain cells take whole rows at once, and end where the kernel for all cells puts them."""

import numpy as np
import pytest

from analogep.crossbar import Array, threads
from analogep.device import DeviceCard
from analogep.streams import Streams

SETTINGS = {
    "as shipped": [],
    "unequal steps": ["programming.up.step=0.5 %", "programming.down.step=0.3 %"],
    "coarse steps that reach the bounds": ["programming.up.step=20 %", "programming.down.step=20 %"],
}


def array(settings: list[str], *, plain: bool = True, shape: tuple[int, int] = (150, 70)) -> Array:
    made = Array(DeviceCard.load("ideal", settings), shape, Streams(1), "layer1/plus")
    assert made._plain is not None
    if not plain:
        made._plain = None
    return made


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("share", [0.02, 0.9])
def test_the_loop_over_rows_and_the_kernel_for_all_cells_agree(settings, share):
    """Pulses exactly; states, conductances and joules to rounding."""
    both = [array(settings), array(settings, plain=False)]
    rng = np.random.default_rng(2)
    for call in range(4):
        counts = (rng.integers(-5, 6, (150, 70)) * (rng.random((150, 70)) < share)).astype(np.int32)
        counts[rng.random(150) < 0.3] = 0
        one, other = (each.program(counts, Streams(3), 0, call) for each in both)
        assert (one.pulses, one.line_edges) == (other.pulses, other.line_edges)
        assert one.joules == pytest.approx(other.joules, rel=1e-12)
    np.testing.assert_allclose(both[0].hidden, both[1].hidden, rtol=0, atol=1e-15)
    np.testing.assert_allclose(both[0].g, both[1].g, rtol=1e-15)
    for name in ("row_g", "column_g"):
        np.testing.assert_allclose(getattr(both[0], name), getattr(both[1], name), rtol=1e-12)
    np.testing.assert_allclose(both[0].row_g, both[0].g.sum(axis=1), rtol=1e-12)


def test_one_and_two_threads_do_the_same(monkeypatch):
    found = []
    monkeypatch.setattr("analogep.crossbar.threads.LEAST_CELLS", 1)
    counts = np.random.default_rng(4).integers(-3, 4, (150, 70)).astype(np.int32)
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        made = array([])
        assert made.threads == min(int(count), threads.count())
        written = made.program(counts, Streams(3), 0, 0)
        found.append((made.g, made.row_g, made.column_g, np.array([written.joules])))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "setting",
    [
        "conductance.levels=64",
        "variation.cycle_to_cycle={kind: step, sigma: 10 %}",
        "variation.write_noise={sigma: 1 %}",
        "variation.device_to_device.max=10 %",
        "faults.stuck_min=5 %",
        "endurance={pulses: 1e5}",
        "programming={model: soft_bounds, up: {step: 1 %, amplitude: 1 V, width: 1 ns}, "
        "down: {step: 1 %, amplitude: -1 V, width: 1 ns}}",
    ],
)
def test_cells_with_anything_of_their_own_are_not_plain(setting):
    device = DeviceCard.load("ideal", [setting])
    assert Array(device, (40, 30), Streams(1), "layer1/plus")._plain is None
