"""The parser of all commands: an option that does not exist is answered with what may have been meant."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any


class Parser(argparse.ArgumentParser):
    """A parser that says which option is near to one that it does not have, and how keys of cards are changed.

    Commands are parsers of the same kind below it, under `commands`.
    """

    commands: Any = None

    def read(self, given: Sequence[str]) -> argparse.Namespace:
        """Parse, and end with a sentence about what is unknown.

        Parameters
        ----------
        given : sequence of str
            Arguments.

        Returns
        -------
        argparse.Namespace
            What was understood.
        """
        parsed, unknown = self.parse_known_args(given)
        if unknown:
            command = self if self.commands is None else self.commands.choices[parsed.command]
            command.error(f"unrecognized arguments: {' '.join(unknown)}{_meant(command, unknown)}")
        return parsed

    def of_commands(self) -> Any:
        """Say that commands follow, and remember them."""
        self.commands = self.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
        return self.commands


def _meant(command: argparse.ArgumentParser, unknown: Sequence[str]) -> str:
    """What may have been meant by the first unknown option, or nothing."""
    options = list(command._option_string_actions)
    for name in (given.split("=")[0] for given in unknown if given.startswith("--")):
        near = get_close_matches(name, options, n=1, cutoff=0.75)
        if near:
            return f"; did you mean {near[0]}?"
        if "--set" in options:
            return f"; keys of cards are changed by --set {name[2:]}=VALUE"
    return ""
