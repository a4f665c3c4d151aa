"""Two cards and a seed to one Dataset."""

from analogep.run.folder import CHECKPOINT, CHIP, IDENTITY, RESULT
from analogep.run.opened import open
from analogep.run.progress import Progress
from analogep.run.repeat import again, same_version
from analogep.run.run import Run

__all__ = ["CHECKPOINT", "CHIP", "IDENTITY", "RESULT", "Progress", "Run", "again", "open", "same_version"]
