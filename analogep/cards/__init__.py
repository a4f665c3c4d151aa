"""Base of all cards: strict YAML with line numbers, command-line values, sources, readable messages."""

from analogep.cards.base import Block, Card, Kind, shipped_dir, shipped_names
from analogep.cards.family import Family, NamedFamily, Names, register

__all__ = ["Block", "Card", "Family", "Kind", "NamedFamily", "Names", "register", "shipped_dir", "shipped_names"]
