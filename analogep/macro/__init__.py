"""What a designer asks of a macro: area, watts, seconds and joules of two cards, without a training."""

from analogep.macro.page import Page, page
from analogep.macro.sweep import BITS, SIZES, Point, sweep

__all__ = ["BITS", "SIZES", "Page", "Point", "page", "sweep"]
"""Sizes of square arrays and bits of converters that are tabulated by default."""
