"""What `layers` may hold beside plain sizes: images as inputs, convolutions with pooling; and the sizes that follow.

Nodes of an image lie row by row, channels innermost: node (y W + x) C + c. A convolution reads patches of k x k x C
nodes with one array of k k C word lines, the unrolled kernel, and a bit line for each of its channels. Pooling acts on
the currents, so that there is one neuron for each pooled place:

    average   the p x p patches of a neuron are read in turn, each for a share 1/p^2 of the time: it gets their mean
    max       all of them are read at once, and the largest current of each channel alone goes into the neuron

In reverse the neuron drives the bit lines of the same patches, for the same share of the time or of the largest alone:
the exact transpose.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from analogep.cards import Block

Path = tuple[str | int, ...]
Count = Annotated[int, Field(ge=1, le=10_000)]


class Grid(NamedTuple):
    """Nodes of an image: rows, columns and channels."""

    height: int
    width: int
    channels: int

    @property
    def size(self) -> int:
        """Number of nodes."""
        return self.height * self.width * self.channels


class Image(Block):
    """Inputs that lie on a grid."""

    kind: Literal["image"]
    height: Count
    width: Count
    channels: Count = 1

    @property
    def grid(self) -> Grid:
        """Its nodes."""
        return Grid(self.height, self.width, self.channels)

    def __str__(self) -> str:
        return f"{self.height}x{self.width}" + (f"x{self.channels}" if self.channels > 1 else "")


class Pool(Block):
    """Pooling of `size` x `size` places into one, without overlap."""

    kind: Literal["average", "max"]
    size: Annotated[int, Field(ge=2, le=100)]


class Conv(Block):
    """A convolution and its pooling: `channels` kernels of `kernel` x `kernel` places of all channels before.

    The array is read once a patch, or `copies` arrays with the same weights share the patches: the phases of the
    network then take so much less time for so many more devices and pulses. Copies are taken as equal: what differs
    between their devices is not emulated.
    """

    kind: Literal["conv"]
    channels: Count
    kernel: Annotated[int, Field(ge=1, le=1000)]
    stride: Annotated[int, Field(ge=1, le=1000)] = 1
    padding: Annotated[int, Field(ge=0, le=1000)] = 0
    """Rows and columns of lines at 0 V around the image."""
    pool: Pool | None = None
    copies: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @property
    def pooled(self) -> int:
        """Places of one neuron along each axis."""
        return 1 if self.pool is None else self.pool.size

    def unpooled(self, before: Grid) -> Grid:
        """Places of the convolution before pooling."""
        height, width = (
            (side + 2 * self.padding - self.kernel) // self.stride + 1 for side in (before.height, before.width)
        )
        return Grid(height, width, self.channels)

    def grid(self, before: Grid) -> Grid:
        """Its neurons."""
        height, width, channels = self.unpooled(before)
        return Grid(height // self.pooled, width // self.pooled, channels)

    def problems(self, before: Grid) -> Iterator[tuple[Path, str]]:
        """What does not go together with the layer before."""
        sides = before.height + 2 * self.padding, before.width + 2 * self.padding
        if self.kernel > min(sides):
            padded = " with its padding" if self.padding else ""
            yield (
                ("kernel",),
                f"{self.kernel} x {self.kernel} is larger than the image before it, {sides[0]} x {sides[1]}{padded}; "
                f"give at most {min(sides)}, or more padding",
            )
            return
        if self.padding >= self.kernel:
            yield ("padding",), f"{self.padding} lets patches of nothing but padding in; give at most {self.kernel - 1}"
        out = self.unpooled(before)
        reads = out.height * out.width // (1 if self.pool is not None and self.pool.kind == "max" else self.pooled**2)
        if self.copies > reads:
            yield ("copies",), f"{self.copies} are more than the {reads} patches that are read; give at most {reads}"
        if out.height % self.pooled or out.width % self.pooled:
            common = math.gcd(out.height, out.width)
            divisors = [d for d in range(2, common + 1) if common % d == 0]
            listed = f"give {' or '.join(map(str, divisors))}, or" if divisors else "give"
            yield (
                ("pool", "size"),
                f"{self.pooled} does not divide the {out.height} x {out.width} places of the convolution; "
                f"{listed} another kernel or padding",
            )

    def __str__(self) -> str:
        extra = (f"s{self.stride}" if self.stride > 1 else "") + (f"+{self.padding}" if self.padding else "")
        pool = "" if self.pool is None else f"{self.pool.kind[0]}{self.pool.size}"
        return f"{self.channels}c{self.kernel}{extra}{pool}"


Shaped = Annotated[Image | Conv, Field(discriminator="kind")]
Size = Annotated[int, Field(ge=1, le=1_000_000)]
Layer = Size | Shaped


def grids(layers: Sequence[Layer]) -> list[Grid | None]:
    """Nodes of each layer that lie on a grid; None for plain ones and behind a problem."""
    found: list[Grid | None] = []
    for layer in layers:
        before = found[-1] if found else None
        if isinstance(layer, Image):
            found.append(layer.grid)
        elif isinstance(layer, Conv) and before is not None and not list(layer.problems(before)):
            found.append(layer.grid(before))
        else:
            found.append(None)
    return found


def problems(layers: Sequence[Layer]) -> Iterator[tuple[Path, str]]:
    """Layers that do not follow each other, or do not fit."""
    known = grids(layers)
    for k, layer in enumerate(layers):
        if isinstance(layer, Image) and k > 0:
            yield (k,), "an image can only be the inputs, the first of the layers"
        if not isinstance(layer, Conv):
            continue
        before = known[k - 1] if k > 0 else None
        if k == 0 or not isinstance(layers[k - 1], Image | Conv):
            yield (k,), "a convolution needs an image or a convolution before it; begin with {kind: image, ...}"
        elif before is not None:
            yield from (((k, *path), message) for path, message in layer.problems(before))
    if not isinstance(layers[-1], int):
        yield (len(layers) - 1,), "the outputs must be a number, that of the classes"
