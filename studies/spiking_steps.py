"""Step by step between spikes: does equilibrium propagation follow backpropagation through time, with either pooling?

    python studies/spiking_steps.py [--samples 20] [--repeats 128] [--keep]

Behind a sigma-delta encoder and its decoder a neuron hears the state of another but for one spike
(`kinds.spiking.card.Predictive`), so that with constant filters the states of a spiking network take the equal steps of
the analog one, epsilon of a time constant, in the mean. What two phases nudged by +-beta have gathered after k steps is
compared with what backpropagation through the last k steps of the settled free phase finds (`kinds.rc.unrolled`; Lin,
Bal and Sengupta 2024 make the same comparison for networks of integrate-and-fire neurons). Convolutional network of
the digits, untrained, pooling by the average and by the maximum, between analog neurons and between spikes; spikes are
averaged over free phases of several lengths. In double precision, beta 0.2, no noise, no converters.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import curves
import numpy as np
import stored
from numpy.typing import NDArray

from analogep import Chip, CircuitCard, datasets
from analogep.circuit.phases import Phase
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.unrolled import backpropagated, unroll
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

POOLS = ("average", "max")
NEURONS = ("analog", "spikes")
STEPS, FREE, BETA, STATE, DECODER = 16, 400, 0.2, 0.25, 0.05
GAINS = {"average": "[2, 1.5, 0.5]", "max": "[2, 0.5, 0.3]"}
"""A maximum makes larger signals than an average of four, and needs smaller weights for a loop gain below 1."""


def network_of(pool: str) -> tuple[SpikingNetwork, CircuitCard]:
    """`spiking-conv-digits` with one kind of pooling and filters that stay as they are."""
    layers = ", ".join(
        f"{{kind: conv, channels: {channels}, kernel: 3, padding: 1, pool: {{kind: {pool}, size: 2}}}}"
        for channels in (16, 32)
    )
    coding = f"{{kind: predictive, decoder: {{first: {DECODER}}}, state: {{first: {STATE}}}}}"
    settings = (
        f"layers=[{{kind: image, height: 8, width: 8}}, {layers}, 10]",
        f"learning.initial_gain={GAINS[pool]}",
        f"network.coding={coding}",
        "network.readout=count",
        "network.window=40 ns",
        "network.hidden.floor=-50",
        "network.output.floor=-50",
        "network.unstable=true",
        "solver.precision=double",
    )
    circuit = CircuitCard.load("spiking-conv-digits", settings)
    network = Chip("ideal", circuit, 0).network()
    assert isinstance(network, SpikingNetwork)
    return network, circuit


def images(samples: int) -> tuple[Floats, Floats]:
    """Input lines and targets [V] of the first training images."""
    data = datasets.load(None, np.random.default_rng(0))
    return np.asarray(data.train_x[:samples], dtype=np.float64) * 0.2, 0.2 * np.eye(10)[data.train_y[:samples]]


def reference(analog: LayeredRC, x: Floats, target: Floats) -> list[list[Floats]]:
    """Backpropagation through the last 1 to STEPS steps of the analog network."""
    h = STATE * float(analog.tau[0])
    path = unroll(analog, analog.drive(x), np.zeros((len(x), analog.nodes)), FREE, h)
    return summed(backpropagated(analog, path, x, target, h, STEPS))


def summed(parts: list[list[Floats]]) -> list[list[Floats]]:
    """Sums over the first 1, 2, ... steps, by step and layer."""
    layers = range(len(parts[0]))
    return [[np.asarray(sum(one[k] for one in parts[: n + 1])) for k in layers] for n in range(len(parts))]


def between(analog: LayeredRC, x: Floats, up: list[list[Floats]], down: list[list[Floats]]) -> list[list[Floats]]:
    """Centered estimate after each step from the rates of both phases."""
    weight = 0.5 / BETA
    return [analog.gradient([(weight, a), (-weight, b)], x) for a, b in zip(up, down, strict=True)]


def analog_steps(analog: LayeredRC, x: Floats, target: Floats) -> list[list[Floats]]:
    """The same by analog neurons."""
    h, drive = STATE * float(analog.tau[0]), analog.drive(x)
    rest = unroll(analog, drive, np.zeros((len(x), analog.nodes)), FREE, h)[-1]
    both = [unroll(analog, analog.nudged(drive, beta, target), rest, STEPS, h)[1:] for beta in (BETA, -BETA)]
    return between(analog, x, *([analog.rates(v) for v in path] for path in both))


def spiking_steps(
    network: SpikingNetwork, circuit: CircuitCard, x: Floats, target: Floats, repeats: int
) -> list[list[Floats]]:
    """The same by spikes, the mean over free phases of several lengths."""
    drive, step, total = network.quiet(x), network.card.step, None
    assert isinstance(drive, SpikingDrive)
    many = network.neurons
    for repeat in range(repeats):
        free = Phase(duration=(FREE + 7 * repeat) * step)
        rest = network.fire(drive, np.zeros((len(x), network.nodes)), free, circuit.solver).v
        both = []
        for beta in (BETA, -BETA):
            nudged = network.nudged(drive, beta, target)
            assert isinstance(nudged, SpikingDrive)
            path = network.fire(nudged, rest, Phase(duration=STEPS * step), circuit.solver, record=True).path
            states = path[1:, :, 3 * many : 4 * many]
            both.append([[v[:, part] for part in network.slices] for v in states])
        found = between(network.analog, x, *both)
        if total is None:
            total = found
        else:
            total = [[a + b for a, b in zip(one, other, strict=True)] for one, other in zip(total, found, strict=True)]
    assert total is not None
    return total


def cosines(found: list[list[Floats]], wanted: list[list[Floats]]) -> Floats:
    """(steps, layers); not a number where nothing has come yet."""
    out = []
    for one, other in zip(found, wanted, strict=True):
        norms = [np.linalg.norm(a) * np.linalg.norm(b) for a, b in zip(one, other, strict=True)]
        inner = [float(np.vdot(a, b)) for a, b in zip(one, other, strict=True)]
        out.append([i / n if n > 0.0 else np.nan for i, n in zip(inner, norms, strict=True)])
    return np.array(out)


def result(samples: int, repeats: int) -> xr.Dataset:
    """Cosines [1] (pooling, neurons, step, layer) with backpropagation through as many steps."""
    import xarray as xr

    x, target = images(samples)
    found = []
    for pool in POOLS:
        network, circuit = network_of(pool)
        wanted = reference(network.analog, x, target)
        analog = cosines(analog_steps(network.analog, x, target), wanted)
        found.append([analog, cosines(spiking_steps(network, circuit, x, target, repeats), wanted)])
    return xr.Dataset(
        {"cosine": (("pooling", "neurons", "step", "layer"), np.array(found), {"units": "1"})},
        {"pooling": list(POOLS), "neurons": list(NEURONS), "step": np.arange(1, STEPS + 1), "layer": [1, 2, 3]},
        {"samples": samples, "repeats": repeats},
    )


def table(dataset: xr.Dataset) -> str:
    """Markdown: layers 1, 2, 3 after some steps."""
    steps = (4, 8, 16)
    heads = ["pooling", "neurons", *(f"layers 1, 2, 3 after {n} steps" for n in steps)]
    lines = [heads, ["---"] * len(heads)]
    for pool, some in zip(dataset["pooling"].values, dataset["cosine"].values, strict=True):
        for neurons, cosine in zip(dataset["neurons"].values, some, strict=True):
            cells = [", ".join(f"{value:.2f}" for value in cosine[n - 1]) for n in steps]
            lines.append([str(pool), str(neurons), *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def draw(dataset: xr.Dataset) -> Figure:
    """A panel for each pooling, a colour for each layer, dashed between analog neurons."""
    from analogep.plots.style import look

    with curves.figure(len(POOLS)) as (figure, panels):
        for axes, pool, some in zip(panels, POOLS, dataset["cosine"].values, strict=True):
            for neurons, dashes, cosine in zip(NEURONS, ((0, (4.0, 2.0)), "-"), some, strict=True):
                for k, values in enumerate(cosine.T):
                    kind, label = look(k), f"layer {k + 1}, {neurons}"
                    axes.plot(
                        dataset["step"].values, values, color=kind.color, linestyle=dashes, marker=kind.marker,
                        markersize=3.0, label=label,
                    )  # fmt: skip
            axes.set(
                title=f"pooling: {pool}",
                xlabel="steps of the nudged phase [1]",
                ylim=(0.0, 1.03),
                xticks=range(2, STEPS + 1, 2),
            )
        panels[0].set_ylabel("cosine with backpropagation through them [1]")
        curves.finish(figure, f"untrained, {int(dataset.attrs['repeats'])} free phases averaged", columns=3)
    return figure


def main() -> None:
    """Compare, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=128)
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = result(parsed.samples, parsed.repeats)
    print(table(found))
    if parsed.keep:
        given = f"--samples {parsed.samples} --repeats {parsed.repeats}"
        stored.keep(found, "spiking_steps", f"python studies/spiking_steps.py {given} --keep")


if __name__ == "__main__":
    main()
