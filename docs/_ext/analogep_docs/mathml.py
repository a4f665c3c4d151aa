"""Equations as MathML, which browsers draw themselves: no script, no font and no network.

MathJax would be two megabytes of script beside every copy of the pages, or a server elsewhere.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes


def _drawn(tex: str, display: str) -> str:
    from latex2mathml.converter import convert

    return str(convert(tex, display=display))


def _inline(translator: Any, node: Any) -> None:
    translator.body.append(_drawn(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(translator: Any, node: Any) -> None:
    translator.body.append(f'<div class="math">{_drawn(node.astext(), "block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Offer the renderer `mathml`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
