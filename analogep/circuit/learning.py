"""What is learned, how fast, and how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from analogep.cards import Block

PerLayer = tuple[Annotated[float, Field(gt=0, le=10**6)], ...]


class Augment(Block):
    """What is done to training images at random, anew whenever one is shown; a test shows them as they are.

    It takes images: an input layer of kind `image`, or a data set that says their shape.
    """

    shift: Annotated[int, Field(ge=0, le=1000)] = 0
    """Pixels by which an image is moved at most, up or down and left or right; what moves in is dark."""
    mirror: bool = False
    """Whether every other image, at random, is mirrored left to right."""


class Learning(Block):
    """dw = -rate(e) dL/dw, averaged over the batch, in epoch e = 0, 1, ... of E:

    rate(e) = rate decay^e [1 - (1 - final) e/E]
    """

    rate: PerLayer
    """Learning rate of each layer, in weights; one number serves all layers."""
    batch: Annotated[int, Field(ge=1, le=100_000)]
    epochs: Annotated[int, Field(ge=0, le=100_000)]
    """0 writes the initial weights and tests them: nothing is trained."""
    decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Factor on all rates after each epoch."""
    final: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the rates towards which they fall in a straight line over the epochs; 0 for a last epoch at 1/E."""
    initial_gain: PerLayer | None = None
    """Initial weights: uniform within gain sqrt(6/(inputs + outputs)) of each layer; one number serves all. Not for
    resistive networks, whose `network.initial` says it in conductances."""
    center_inputs: Annotated[float | None, Field(ge=0, lt=1)] = None
    """Smallest mean over the training samples from which an input is centred in the update of the first layer, of a
    full-scale input; null for none. Centred inputs make the descent better conditioned and let the first rate be
    several times larger; 0 centres all, and larger numbers leave out inputs that are mostly dark, whose rows then
    still cost nothing where a batch does not light them. The bias line has to make up for the mean of all that is
    centred: where many inputs are bright and `mapping.weight_range` is narrow, it comes to the end of its range. See
    `analogep.learning.centering`; for networks of kind `rc` with a bias line."""
    input_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share p of the input lines that are off in a sample of training, drawn anew for each sample; the others swing by
    1/(1 - p) times their input, so that a neuron sees the same on average. A test has all lines on (Srivastava et al.
    2014, J. Mach. Learn. Res. 15, 1929)."""
    augment: Augment | None = None
    """Random changes of the training images; null for none."""
    probe: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Training samples on which each epoch compares the estimated gradient with the exact one."""

    def share(self, epoch: int) -> float:
        """Factor on all rates in an epoch, counted from 0 [1]."""
        return float(self.decay**epoch * (1.0 - (1.0 - self.final) * epoch / max(self.epochs, 1)))
