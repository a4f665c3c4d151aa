"""Search for the settings of a card: which rates, ranges, phases and converters make a chip accurate and frugal.

Settings are judged on a validation part of the training samples; test samples are not looked at.
"""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.tune.answer import card_file
    from analogep.tune.choice import Wish
    from analogep.tune.found import half_interval
    from analogep.tune.knobs import Knob, Knobs
    from analogep.tune.objectives import OBJECTIVES, Objective
    from analogep.tune.search import Search
    from analogep.tune.training import Outcome, Training, train

__all__ = [
    "OBJECTIVES",
    "Knob",
    "Knobs",
    "Objective",
    "Outcome",
    "Search",
    "Training",
    "Wish",
    "card_file",
    "half_interval",
    "train",
]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "answer": ("card_file",),
            "choice": ("Wish",),
            "found": ("half_interval",),
            "knobs": ("Knob", "Knobs"),
            "objectives": ("OBJECTIVES", "Objective"),
            "search": ("Search",),
            "training": ("Outcome", "Training", "train"),
        },
    )
