"""Convolutions on unrolled kernels: time of a read against the product that it must do, and of a step against its size.

    python benchmarks/convolution.py [--samples 16] [--repeat 30] [--json]

Single precision, one thread, medians. `product` is the product of the patches with the kernel alone, in BLAS, on
patches that lie ready; `forward` and `backward` gather or scatter them, too. With pooling by the average the patches of
a neuron are averaged before the product, which is then p^2 times smaller than that of the plain convolution. Below,
Euler steps of whole networks over the products of their reads, for more channels and for more steps.
"""

from __future__ import annotations

import os

import numpy as np
from threadpoolctl import threadpool_limits
from timing import options, report, seconds

from analogep import Chip, CircuitCard
from analogep.circuit.topology import Conv, Grid, Pool
from analogep.kinds.rc.equations import RCDrive
from analogep.kinds.rc.layout import layout
from analogep.kinds.rc.network import LayeredRC
from analogep.network.convolution import Convolution

READS = (
    ("28x28, 16 kernels of 5", Grid(28, 28, 1), Conv(kind="conv", channels=16, kernel=5)),
    ("12x12x16, 32 kernels of 5", Grid(12, 12, 16), Conv(kind="conv", channels=32, kernel=5)),
    ("14x14x32, 64 kernels of 3", Grid(14, 14, 32), Conv(kind="conv", channels=64, kernel=3, padding=1)),
    ("12x12x32, 64 kernels of 5", Grid(12, 12, 32), Conv(kind="conv", channels=64, kernel=5)),
)
CHANNELS = (8, 16, 32, 64, 128)
STEPS = (10, 20, 40, 80)


def read(one: Convolution, samples: int, repeat: int) -> tuple[float, float, float]:
    """Seconds of the product, of a forward and of a backward read."""
    rng = np.random.default_rng(0)
    x = rng.random((samples, one.before.size), dtype=np.float32)
    weights = rng.random((one.rows, one.conv.channels), dtype=np.float32)
    winners = one.winners(x, weights)
    y, patches = one.forward(x, weights, winners), one.patches(x).reshape(-1, one.rows)
    return (
        seconds(lambda: patches @ weights, repeat),
        seconds(lambda: one.forward(x, weights, winners), repeat),
        seconds(lambda: one.backward(y, weights, winners), repeat),
    )


def march(channels: int, count: int, samples: int, repeat: int) -> tuple[float, float]:
    """Seconds of `count` steps of a network with so many channels, and of the products of its reads."""
    circuit = CircuitCard.load("conv-mnist", [f"layers.1.channels={channels}", f"layers.2.channels={2 * channels}"])
    network, rng = Chip("ideal", circuit, 0).network(), np.random.default_rng(0)
    assert isinstance(network, LayeredRC)
    drive, made = network.drive(rng.random((samples, 784)) * 0.2), layout(network, circuit.solver)
    assert isinstance(drive, RCDrive)
    assert made is not None
    start = np.zeros((samples, network.nodes))
    took = seconds(lambda: made.run([drive], start, [(count, 25e-9)], [0.0]), repeat)
    product = 0.0
    for layer in network.layers[1:]:
        rows, columns = network.inner(layer).shape
        patches = np.ones((samples * layer.connection.reads, rows), np.float32)
        sums, weights = np.ones((len(patches), columns), np.float32), np.ones((rows, columns), np.float32)
        product += seconds(lambda p=patches, w=weights: p @ w, repeat)
        product += seconds(lambda s=sums, w=weights: s @ w.T, repeat)
    return took, product * count


def main() -> None:
    """Print both tables."""
    parser = options(__doc__)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--repeat", type=int, default=30)
    parsed = parser.parse_args()
    print("| read | pooling | product | forward | backward |")
    print("| --- | --- | --- | --- | --- |")
    found = {}
    for name, before, conv in READS:
        for pool in (None, Pool(kind="average", size=2), Pool(kind="max", size=2)):
            one = Convolution(conv.model_copy(update={"pool": pool}), before)
            product, ahead, back = read(one, parsed.samples, parsed.repeat)
            kind = "none" if pool is None else pool.kind
            found |= {f"{name}, {kind}: forward_over_product": ahead / product}
            found |= {f"{name}, {kind}: backward_over_product": back / product}
            print(f"| {name} | {kind} | {1e3 * product:.3f} ms | {ahead / product:.2f} | {back / product:.2f} |")
    print("\n| channels | steps | ms | over its products |")
    print("| --- | --- | --- | --- |")
    for channels, count in [(one, 20) for one in CHANNELS] + [(16, one) for one in STEPS]:
        took, product = march(channels, count, parsed.samples, max(3, parsed.repeat // 5))
        found[f"{channels} channels, {count} steps: march_over_products"] = took / product
        print(f"| {channels}, {2 * channels} | {count} | {1e3 * took:.2f} | {took / product:.2f} |")
    report(parsed, found)


if __name__ == "__main__":
    os.environ["ANALOGEP_THREADS"] = "1"  # as BLAS has: the yardstick is a product by one thread
    with threadpool_limits(1):
        main()
