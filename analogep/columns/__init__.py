"""What holds a summing line of an array and makes a voltage of its current: one class a circuit, one file a class."""

from typing import Annotated

from analogep.columns.base import COLUMNS, Column, Response, SummingLines
from analogep.columns.elements import Place, Writer, Written
from analogep.columns.ideal import IDEAL, Ideal

__all__ = ["COLUMNS", "IDEAL", "AnyColumn", "Column", "Ideal", "Place", "Response", "SummingLines", "Writer", "Written"]

AnyColumn = Annotated[Column, COLUMNS]
"""Any column circuit; `kind` names it."""
