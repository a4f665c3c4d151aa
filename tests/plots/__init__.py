"""Figures, drawn from synthetic results."""
