"""The console command `analogep`: parse, dispatch, and turn errors into a sentence and an exit code.

Exit codes: 0 done, 1 failed, 2 usage or card, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

import analogep
from analogep.cli import (
    beta,
    budget,
    check,
    cite,
    compare,
    fit,
    library,
    repeat,
    report,
    schema,
    show,
    simulate,
    spice,
    study,
)  # fmt: skip
from analogep.cli.interrupt import heard
from analogep.errors import AnalogepError, CardError

_COMMANDS = {
    "simulate": simulate,
    "check": check,
    "show": show,
    "compare": compare,
    "list": library,
    "cite": cite,
    "schema": schema,
    "fit": fit,
    "report": report,
    "repeat": repeat,
    "spice": spice,
    "study": study,
    "beta": beta,
    "budget": budget,
}


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
    _open_closed_streams()
    try:
        return _run(arguments, program)
    except CardError as error:
        # Each line opens with the file and line of the card, as compilers write it.
        print(error, file=sys.stderr)
        return error.exit_code
    except AnalogepError as error:
        print(f"analogep: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as interrupt:
        print(f"\nanalogep: interrupted{interrupt or ''}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _drop_output()
        return 1
    except OSError as error:
        _drop_output()
        print(f"analogep: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return 1
    except MemoryError:
        print("analogep: out of memory; use a smaller --set learning.batch or layers", file=sys.stderr)
        return 1


def _run(arguments: Sequence[str], program: str | None) -> int:
    try:
        parsed = _named(program).parse_args(arguments[1:]) if program else _parser(None).parse_args(arguments)
        with heard():
            code: int = _COMMANDS[parsed.command].run(parsed)
    finally:
        # Here a full disk or a reader that has gone can still be answered; at exit Python would print a traceback.
        sys.stdout.flush()
    return code


def _open_closed_streams() -> None:
    """Send what goes to a closed stdout or stderr (`>&-`) nowhere: Python has None in their place."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def _drop_output() -> None:
    """Forget what stdout did not take, so that Python does not try again at exit."""
    with contextlib.suppress(OSError):  # a stdout that is no file, as under a notebook
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def entry() -> int:
    """Entry point of the console script."""
    return main(sys.argv[1:])
