"""The reference of the commands, from their argument parsers."""

from __future__ import annotations

import argparse

from analogep.cli.main import _parser
from analogep_docs.words import inline


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Name of each command -> its parser."""
    (commands,) = (action for action in _parser("analogep")._actions if isinstance(action, argparse._SubParsersAction))
    return dict(commands.choices)


def page() -> str:
    """The page of all commands, in MyST."""
    parts = [
        "# Commands",
        "`analogep COMMAND --help` prints the same. Exit codes: 0 done, 1 failed, 2 usage or card, 3 `spice --run` "
        "differs for a known approximation, 130 interrupted.",
    ]
    parts += [_command(name, parser) for name, parser in parsers().items()]
    return "\n\n".join(parts) + "\n"


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    lines = [f"(command-{name})=", f"## `analogep {name}`", "", inline(parser.description or ""), ""]
    lines += ["```console", f"$ {usage}", "```", ""]
    for action in parser._actions:
        if action.dest == "help" or action.help == argparse.SUPPRESS:
            continue
        lines += [_called(action), f": {inline((action.help or '') % _values(action)) or 'As it says.'}", ""]
    return "\n".join(lines)


def _values(action: argparse.Action) -> dict[str, object]:
    return {"default": action.default, "prog": "analogep", "metavar": action.metavar, "dest": action.dest}


def _called(action: argparse.Action) -> str:
    choices = "|".join(map(str, action.choices)) if action.choices else ""
    word = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    if not action.option_strings:
        return f"`{word}`"
    value = "" if action.nargs == 0 else f" {word}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)
