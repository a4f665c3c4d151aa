"""What notebooks show of an object: a heading and a small table, in HTML that needs no style sheet."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_CELL = "text-align:left;padding:0.1em 0.8em 0.1em 0;vertical-align:top"


def table(heading: str, rows: Mapping[str, str], details: str = "") -> str:
    """Return HTML of a heading, named values below it, and preformatted text that opens on a click.

    Parameters
    ----------
    heading : str
    rows : mapping of str
        Name -> value; all text is escaped.
    details : str
        Long text; empty for none.
    """
    body = "".join(
        f'<tr><th scope="row" style="{_CELL};font-weight:normal;opacity:0.7">{escape(name)}</th>'
        f'<td style="{_CELL}">{escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    more = f"<details><summary>all values</summary><pre>{escape(details)}</pre></details>" if details else ""
    return f"<div><strong>{escape(heading)}</strong><table>{body}</table>{more}</div>"


def line(kind: str, heading: str, rows: Mapping[str, str]) -> str:
    """Return the same as one line of text: `<Chip rram, digits: devices 17930, ...>`."""
    return f"<{kind} {heading}: {', '.join(f'{name} {value}' for name, value in rows.items())}>"
