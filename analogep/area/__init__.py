"""Square metres of a chip, block by block, and published chips to hold its figures of merit against."""

from analogep.area.blocks import Area, areas, technology_of, total, unknown
from analogep.area.merit import Merit, merit, row
from analogep.area.published import CHIPS, Published

__all__ = ["CHIPS", "Area", "Merit", "Published", "areas", "merit", "row", "technology_of", "total", "unknown"]
