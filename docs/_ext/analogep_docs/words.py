"""From docstrings, which are plain text with names in backquotes, to MyST Markdown."""

from __future__ import annotations

import inspect
import re

_SECTION = re.compile(r"^(Parameters|Returns|Yields|Raises|Attributes|Notes|Examples|References)\n-{3,}$", re.MULTILINE)


def inline(text: str) -> str:
    """One paragraph on one line; what is not in backquotes means itself."""
    flat = " ".join(text.replace("``", "`").split())
    parts = flat.split("`")
    if len(parts) % 2 == 0:  # a lone backquote
        return _escaped(flat)
    return "".join(_escaped(part) if k % 2 == 0 else f"`{part}`" for k, part in enumerate(parts))


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_|<>\[\]$#~^{}])", r"\\\1", text)


def prose(docstring: str | None) -> str:
    """The text above the first section of a docstring, as Markdown paragraphs, lists and literal blocks."""
    text = inspect.cleandoc(docstring or "")
    if found := _SECTION.search(text):
        text = text[: found.start()].rstrip()
    if found := re.search(r"^>>> ", text, re.MULTILINE):
        text = text[: found.start()].rstrip()
    return "\n\n".join(_paragraph(block) for block in re.split(r"\n(?:[ \t]*\n)+", text) if block.strip())


def _paragraph(block: str) -> str:
    if block.startswith("    "):
        return f"```text\n{inspect.cleandoc(block)}\n```"
    if block.lstrip().startswith(("- ", "* ")):
        items = re.split(r"^\s*[-*] ", block, flags=re.MULTILINE)
        return "\n".join(f"- {inline(item)}" for item in items if item.strip())
    if block.lstrip().startswith("|"):
        return block
    return inline(block)


def summary(docstring: str | None) -> str:
    """The first paragraph."""
    return prose(docstring).partition("\n\n")[0]


def anchor(text: str) -> str:
    """A name for a target on a page."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
