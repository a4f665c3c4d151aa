"""Sections of Markdown files of the repository, for pages that lie elsewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path


def section(text: str, title: str) -> str:
    """Text between a heading of the second level and the next one.

    Raises
    ------
    ValueError
        If there is no such heading.
    """
    found = re.search(rf"^## {re.escape(title)}$\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        known = ", ".join(re.findall(r"^## (.*)$", text, re.MULTILINE))
        raise ValueError(f"has no section '{title}'; there are {known}")
    return found[1].strip() + "\n"


def placed(text: str, base: Path, here: Path) -> str:
    """Text whose images are found from another folder; files of the repository are named, not linked."""
    text = re.sub(
        r"!\[([^\]]*)\]\((?!https?:)([^)]+)\)",
        lambda found: f"![{found[1]}]({Path(os.path.relpath(base / found[2], here)).as_posix()})",
        text,
    )
    return re.sub(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)", _named, text)


def _named(link: re.Match[str]) -> str:
    words = link[1].strip("`")
    return f"`{words}`" if words == link[2] else f"{words} (`{link[2]}`)"
