"""What the pages tell people to type exists: commands and options by the parsers, Python by its grammar and imports."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest

from analogep.cli.main import _parser

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    page
    for page in DOCS.rglob("*.md")
    if page.relative_to(DOCS).parts[0] not in ("_build", "_runs", "gallery", "reference", "jupyter_execute")
)
TEXTS = [*PAGES, ROOT / "CONTRIBUTING.md"]
_BLOCK = re.compile(r"^```\{?([a-z-]+)\}?[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAMS = {"pip", "python", "apt-get", "head", "grep", "cp", "pytest", "pre-commit"}


def blocks(page: Path, *languages: str) -> list[str]:
    """Texts of the fenced blocks in some languages."""
    return [text for language, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages]


def commands(page: Path) -> list[list[str]]:
    """Words of every command of a page: lines behind a `$ `, and `analogep ...` between backquotes."""
    found = []
    for text in blocks(page, "console", "run"):
        lines = re.sub(r"\\\n\s*", " ", text).splitlines()
        found += [line[2:] for line in lines if line.startswith("$ ")]
    # In prose a word in capitals stands for what the reader has; it is as good as any name here.
    found += re.findall(r"`(analogep [a-z]+ [^`\n]+)`", _BLOCK.sub("", page.read_text(encoding="utf-8")))
    return [_plain(shlex.split(line, comments=True)) for line in found]


def _plain(words: list[str]) -> list[str]:
    """Without what the shell takes for itself."""
    ends = [k for k, word in enumerate(words) if word in ("&&", "|", ">", "2>", "2>&1", "...")]
    return words[: ends[0]] if ends else words


def test_there_are_pages() -> None:
    assert {page.parent.name for page in PAGES} >= {"start", "tutorials", "howto", "physics", "results", "project"}


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.stem)
def test_commands_and_their_options_exist(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = _parser("analogep")
    for words in commands(page):
        if words[0] != "analogep":
            assert words[0] in _PROGRAMS, words
            if words[0] == "python" and words[1].endswith(".py"):
                assert (ROOT / words[1]).is_file() or (DOCS / "_includes" / words[1]).is_file(), words
            continue
        try:
            parser.parse_args(words[1:])
        except SystemExit:
            pytest.fail(f"{page.name}: {shlex.join(words)}: {capsys.readouterr().err}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_parses_and_imports_what_there_is(page: Path) -> None:
    for text in blocks(page, "python", "code-cell"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("analogep"):
                module = importlib.import_module(str(node.module))
                for alias in node.names:
                    assert hasattr(module, alias.name), f"{page.name}: from {node.module} import {alias.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"(?<!!)\[[^\]]*\]\((?!https?:|#)([^)#]+)[^)]*\)", text):
        file = (page.parent / target).resolve()
        generated = {"gallery", "reference"} & set(file.relative_to(DOCS).parts[:1])
        assert generated or file.is_file(), f"{page.name}: {target}"
