"""What is learned, how fast, and how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from analogep.cards import Block

PerLayer = tuple[Annotated[float, Field(gt=0, le=10**6)], ...]


class Learning(Block):
    """dw = -rate dL/dw, averaged over the batch; rates fall by `decay` with each epoch."""

    rate: PerLayer
    """Learning rate of each layer, in weights; one number serves all layers."""
    batch: Annotated[int, Field(ge=1, le=100_000)]
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Factor on all rates after each epoch."""
    initial_gain: PerLayer | None = None
    """Initial weights: uniform within gain sqrt(6/(inputs + outputs)) of each layer; one number serves all. Not for
    resistive networks, whose `network.initial` says it in conductances."""
    probe: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Training samples on which each epoch compares the estimated gradient with the exact one."""
