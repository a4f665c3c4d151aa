"""Base of all cards: strict YAML with line numbers, command-line values, sources, readable messages."""

from analogep.cards.base import Block, Card, Kind, shipped_dir, shipped_names

__all__ = ["Block", "Card", "Kind", "shipped_dir", "shipped_names"]
