"""The directive `readme`: a section of a Markdown file of the repository, its images and links put right.

Tables stand once in the repository; pages show them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from analogep_docs.sections import placed, section

ROOT = Path(__file__).parents[3]


class Section(SphinxDirective):
    """Content of the section whose heading is the argument; of the whole file without one.

    Options: `file`, from the top of the repository (`README.md`).
    """

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"file": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Parse the section as if it stood here."""
        file = ROOT / self.options.get("file", "README.md")
        self.env.note_dependency(str(file))
        text = file.read_text(encoding="utf-8")
        try:
            found = section(text, self.arguments[0]) if self.arguments else text
        except ValueError as error:
            raise self.error(f"{file.name}: {error}") from error
        here = Path(self.env.doc2path(self.env.docname)).parent
        return self.parse_text_to_nodes(placed(found, file.parent, here), allow_section_headings=True)


def setup(app: Any) -> None:
    """Offer the directive."""
    app.add_directive("readme", Section)
