"""Pages that people read: one self-contained HTML file for a result, with figures, tables, cards and sources."""

from analogep.report.pages import PAGE, WORKS, find, html, lay_out, read, report

__all__ = ["PAGE", "WORKS", "find", "html", "lay_out", "read", "report"]
