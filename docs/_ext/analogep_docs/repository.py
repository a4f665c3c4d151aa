"""The directive `repository`: a Markdown file of the repository, or a section of it, its images and links put right.

What people read in the repository without this site (CONTRIBUTING, the changelog, the README of `benchmarks`) stands
once; pages show it.
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

    Options: `file`, from the top of the repository, which must be given.
    """

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"file": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Parse the section as if it stood here.

        Raises
        ------
        ExtensionError
            As an error of the page, without a `file` or if it has no such section.
        """
        if "file" not in self.options:
            raise self.error("which file? `:file: CONTRIBUTING.md`, from the top of the repository")
        file = ROOT / self.options["file"]
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
    app.add_directive("repository", Section)
