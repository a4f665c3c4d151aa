"""What the documentation takes from the package itself: pages of keys, cards, commands, results and names.

A Sphinx extension. Pages are written into `reference/` and `gallery/` before Sphinx looks for sources; nothing there is
kept in the repository. What makes them needs no Sphinx, so that the tests can run it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def setup(app: Any) -> dict[str, bool]:
    """Connect the extension to Sphinx."""
    from analogep_docs import mathml, numbers, pages, repository, run

    for module in (mathml, numbers, repository, run):
        module.setup(app)
    app.connect("builder-inited", lambda app: pages.write_all(Path(app.srcdir)))
    # Before napoleon, which writes reStructuredText that is meant as such.
    app.connect("autodoc-process-docstring", pages.restructured, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
