"""Two cards and a seed to one Dataset."""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.run.epoch import Progress
    from analogep.run.folder import CHECKPOINT, IDENTITY, RESULT
    from analogep.run.run import Run

__all__ = ["CHECKPOINT", "IDENTITY", "RESULT", "Progress", "Run"]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "epoch": ("Progress",),
            "folder": ("CHECKPOINT", "IDENTITY", "RESULT"),
            "run": ("Run",),
        },
    )
