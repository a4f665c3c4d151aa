"""Two cards and a seed to one Dataset."""

from analogep.run.again import again, same_version
from analogep.run.epoch import Progress
from analogep.run.folder import CHECKPOINT, IDENTITY, RESULT
from analogep.run.run import Run

__all__ = ["CHECKPOINT", "IDENTITY", "RESULT", "Progress", "Run", "again", "same_version"]
