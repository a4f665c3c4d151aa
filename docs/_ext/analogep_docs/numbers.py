"""Numbers stay with their units and errors: `97.3 +- 0.9 %` and `500 mV` do not break in narrow columns."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

_FIXED = "\u00a0"
_APART = re.compile(r" (?=(?:%|[fpnuµmkMGT]?(?:J|s|V|A|W|S|Hz|F|m|ohm|B)(?:\^?[23²³])?(?![A-Za-z])))")
_NUMBER = re.compile(r"(?<=\d) (?=\S)")
_ERROR = re.compile(r" (?:\+-|±) ")


def joined(text: str) -> str:
    """The text with `±` for `+-`, whose hyphen ends lines, and spaces that do not break there and before units."""
    text = _ERROR.sub(lambda _: f"{_FIXED}±{_FIXED}", text)
    return _NUMBER.sub(lambda found: _FIXED if _APART.match(text, found.start()) else " ", text)


class Joined(SphinxPostTransform):
    """Texts of all cells and paragraphs, joined."""

    default_priority = 900

    def run(self, **_given: Any) -> None:
        """Replace the texts that change."""
        for paragraph in self.document.findall(nodes.paragraph):
            for text in list(paragraph.findall(nodes.Text)):
                fixed = isinstance(text.parent, nodes.literal | nodes.math)
                if not fixed and (said := joined(str(text))) != str(text):
                    text.parent.replace(text, nodes.Text(said))


def setup(app: Any) -> None:
    """Join them in every output."""
    app.add_post_transform(Joined)
