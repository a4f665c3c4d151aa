"""A parser of arguments that says what a misspelt command or option may have meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Refusals as of argparse, each with the nearest name that would do."""

    def known(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse the arguments of a command; an option that it does not have is refused with its own usage."""
        parsed, rest = self.parse_known_args(list(arguments))
        if rest:
            owner = self._commands().get(getattr(parsed, "command", ""), self)
            owner.error(f"unrecognized arguments: {' '.join(rest)}{owner._meant(rest)}")
        return parsed

    def error(self, message: str) -> NoReturn:
        """End with the usage and the sentence; a choice that is none has the nearest one behind it."""
        if found := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message, re.DOTALL):
            message += _hint(found[1], re.findall(r"[\w.-]+", found[2]))
        super().error(message)

    def _commands(self) -> dict[str, Parser]:
        """Parsers of the commands, by name."""
        groups = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return {name: parser for group in groups for name, parser in group.choices.items()}

    def _meant(self, rest: Sequence[str]) -> str:
        options = [option for action in self._actions for option in action.option_strings]
        for word in (given.partition("=")[0] for given in rest if given.startswith("--")):
            if hint := _hint(word, options, likeness=0.75):
                return hint
            if "--set" in options:
                return f"; keys of cards are changed by --set {word[2:]}=VALUE"
        return ""


def _hint(word: str, known: Sequence[str], likeness: float = 0.6) -> str:
    from analogep.cards.wording import near, printable

    best = near(word, known, likeness=likeness)
    return f"; did you mean '{printable(best)}'?" if best else ""
