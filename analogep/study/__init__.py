"""Studies: axes x chips x seeds, run on any `concurrent.futures.Executor`, collected in one Dataset."""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.study.axis import Axis
    from analogep.study.card import StudyCard, Target
    from analogep.study.folder import IDENTITY, POINTS, STUDY
    from analogep.study.local import LocalWorkers
    from analogep.study.plan import Plan
    from analogep.study.point import Combination, Point
    from analogep.study.posterior import posterior_parts, posterior_study
    from analogep.study.progress import StudyProgress
    from analogep.study.repeat import again
    from analogep.study.statistics import standard_error
    from analogep.study.study import Study
    from analogep.study.work import Job, train

__all__ = [
    "IDENTITY", "POINTS", "STUDY", "Axis", "Combination", "Job", "LocalWorkers", "Plan", "Point", "Study",
    "StudyCard", "StudyProgress", "Target", "again", "posterior_parts", "posterior_study", "standard_error", "train",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "axis": ("Axis",),
            "card": ("StudyCard", "Target"),
            "folder": ("IDENTITY", "POINTS", "STUDY"),
            "local": ("LocalWorkers",),
            "plan": ("Plan",),
            "point": ("Combination", "Point"),
            "posterior": ("posterior_parts", "posterior_study"),
            "progress": ("StudyProgress",),
            "repeat": ("again",),
            "statistics": ("standard_error",),
            "study": ("Study",),
            "work": ("Job", "train"),
        },
    )
