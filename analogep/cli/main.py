"""The console command `analogep`: parse, dispatch, and turn errors into a sentence and an exit code.

Exit codes: 0 done, 1 failed, 2 usage or card, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import analogep
from analogep.cli import check, simulate
from analogep.errors import AnalogepError

_COMMANDS = {"simulate": simulate, "check": check}


def _parser(program: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program or "analogep",
        description="Emulate analog crossbar hardware that learns by equilibrium propagation.",
    )
    parser.add_argument("--version", action="version", version=f"analogep {analogep.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in _COMMANDS.items():
        module.arguments(commands.add_parser(name, help=module.HELP, description=module.DESCRIPTION))
    return parser


def _named(program: str) -> argparse.ArgumentParser:
    """Parser of one command that runs under a name of its own."""
    parser = argparse.ArgumentParser(prog=program, description=simulate.DESCRIPTION)
    simulate.arguments(parser)
    parser.set_defaults(command="simulate")
    return parser


def main(arguments: Sequence[str], program: str | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str
        Command and its arguments.
    program : str or None
        Name in messages when one command runs by itself.

    Returns
    -------
    int
        Exit code.
    """
    parsed = _named(program).parse_args(arguments[1:]) if program else _parser(None).parse_args(arguments)
    try:
        code: int = _COMMANDS[parsed.command].run(parsed)
        sys.stdout.flush()
        return code
    except AnalogepError as error:
        print(f"analogep: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as interrupt:
        print(f"\nanalogep: interrupted{interrupt or ''}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        print("analogep: out of memory; use a smaller --set learning.batch or layers", file=sys.stderr)
        return 1


def entry() -> int:
    """Entry point of the console script."""
    return main(sys.argv[1:])
