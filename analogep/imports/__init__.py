"""Device cards from the parameters of other simulators: what a file says, field by field, in the terms of a card.

`read` recognises a file of aihwkit, NeuroSim or CrossSim, `converted` makes a card of it. Each format has a table of
its fields (`aihwkit.FIELDS`, `neurosim.FIELDS`, `crosssim.FIELDS`), which says where on the card a field goes or why it
goes nowhere; the documentation prints these tables. A field with an effect that no card can hold is refused by name and
value, unless it is left out on purpose; nothing is dropped in silence.
"""

from analogep.imports.convert import Imported, converted, import_device
from analogep.imports.draft import Field, Known, UntranslatableError
from analogep.imports.formats import FORMATS, Parameters, read, read_text

__all__ = [
    "FORMATS",
    "Field",
    "Imported",
    "Known",
    "Parameters",
    "UntranslatableError",
    "converted",
    "import_device",
    "read",
    "read_text",
]
