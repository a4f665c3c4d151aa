"""The directive `run`: commands that are executed when the page is built, with what they print.

Each page has a folder of its own, `_runs/PAGE`, in which its commands run one after the other; figures that they write
there can be shown by the page.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

_LONGEST = 300


class Run(SphinxDirective):
    """Commands, each behind a `$ `; lines without one go on with the command above.

    Options: `exit`, the exit code that the last one must have; `last`, so many lines of the output at most, of its end;
    `first`, of its start; `hidden`, to run without showing anything; `needs`, a program without which they are only
    shown.
    """

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "exit": directives.nonnegative_int,
        "first": directives.positive_int,
        "last": directives.positive_int,
        "hidden": directives.flag,
        "needs": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Execute the commands and show them.

        Raises
        ------
        ExtensionError
            As an error of the page, if one ends with another exit code.
        """
        missing = shutil.which(self.options.get("needs", "bash")) is None
        if missing or os.environ.get("ANALOGEP_DOCS_EXECUTE") == "off":
            return [] if "hidden" in self.options else [self._block(list(self.content))]
        folder, shown = self._folder(), []
        commands = "\n".join(self.content).split("\n$ ")
        for number, command in enumerate(commands):
            text = command.removeprefix("$ ")
            wanted = self.options.get("exit", 0) if number == len(commands) - 1 else 0
            done = subprocess.run(
                ["bash", "-c", text], cwd=folder, env=_surroundings(), capture_output=True, text=True, timeout=_LONGEST
            )
            if done.returncode != wanted:
                said = (done.stdout + done.stderr)[-2000:]
                raise self.error(f"exit code {done.returncode} of: {text}\n{said}")
            shown += [f"$ {text}", *self._cut(done.stdout.splitlines())]
        if "hidden" in self.options:
            return []
        return [self._block(shown, classes=["output"])]

    def _block(self, lines: list[str], **more: Any) -> nodes.Node:
        block = nodes.literal_block("\n".join(lines), "\n".join(lines), language="console", **more)
        self.set_source_info(block)
        return block

    def _folder(self) -> Path:
        folder = Path(self.env.srcdir) / "_runs" / self.env.docname.replace("/", "-")
        if self.env.current_document.get("analogep_runs") is None:
            shutil.rmtree(folder, ignore_errors=True)
            self.env.current_document["analogep_runs"] = str(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _cut(self, lines: list[str]) -> list[str]:
        first, last = self.options.get("first"), self.options.get("last")
        if first is not None and len(lines) > first:
            return [*lines[:first], "..."]
        if last is not None and len(lines) > last:
            return ["...", *lines[-last:]]
        return lines


def _surroundings() -> dict[str, str]:
    """Commands of this interpreter come first; one thread each, lines as wide as a page."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path, "COLUMNS": "100", "MPLBACKEND": "agg"}


def setup(app: Any) -> None:
    """Offer the directive."""
    app.add_directive("run", Run)
