"""Two cards and a seed to one Dataset."""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.run.folder import CHECKPOINT, CHIP, IDENTITY, RESULT
    from analogep.run.opened import open
    from analogep.run.progress import Progress
    from analogep.run.repeat import again, same_version
    from analogep.run.run import Run

__all__ = ["CHECKPOINT", "CHIP", "IDENTITY", "RESULT", "Progress", "Run", "again", "open", "same_version"]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "folder": ("CHECKPOINT", "CHIP", "IDENTITY", "RESULT"),
            "opened": ("open",),
            "progress": ("Progress",),
            "repeat": ("again", "same_version"),
            "run": ("Run",),
        },
    )
