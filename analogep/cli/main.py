"""The console command `analogep`: parse, dispatch, and turn errors into a sentence and an exit code.

Exit codes: 0 done, 1 failed, 2 usage or card, 3 `spice --run` differs for a known approximation, 130 interrupted.
"""

from __future__ import annotations

import argparse
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
    import_device,
    library,
    macro,
    new,
    repeat,
    report,
    schema,
    show,
    simulate,
    spice,
    streams,
    study,
    tune,
)
from analogep.cli.interrupt import heard
from analogep.cli.parser import Parser
from analogep.errors import AnalogepError, CardError

_COMMANDS = {
    "simulate": simulate,
    "new": new,
    "check": check,
    "show": show,
    "compare": compare,
    "list": library,
    "cite": cite,
    "schema": schema,
    "fit": fit,
    "import": import_device,
    "report": report,
    "repeat": repeat,
    "spice": spice,
    "study": study,
    "beta": beta,
    "budget": budget,
    "macro": macro,
    "tune": tune,
}


def _parser(program: str | None) -> Parser:
    parser = Parser(
        prog=program or "analogep",
        description="Emulate analog crossbar hardware that learns by equilibrium propagation.",
    )
    parser.add_argument("--version", action="version", version=f"analogep {analogep.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in _COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.DESCRIPTION)
        module.arguments(command)
        _add_parts(command)
    return parser


def _add_parts(parser: argparse.ArgumentParser) -> None:
    """The option that every command has: cards may name parts of the user's own."""
    parser.add_argument(
        "--parts",
        action="append",
        default=[],
        metavar="FILE.py",
        help="Python file that registers laws, noises, costs... of your own (analogep.register); may be repeated",
    )


def _named(program: str) -> Parser:
    """Parser of one command that runs under a name of its own."""
    parser = Parser(prog=program, description=simulate.DESCRIPTION)
    simulate.arguments(parser)
    _add_parts(parser)
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
    streams.prepare()
    try:
        return _run(arguments, program)
    except CardError as error:
        # Each line opens with the file and line of the card, as compilers write it.
        streams.say(str(error))
        return error.exit_code
    except AnalogepError as error:
        streams.say(f"analogep: {error}")
        return error.exit_code
    except KeyboardInterrupt as interrupt:
        streams.say(f"\nanalogep: interrupted{interrupt or ''}")
        # Where it fell into text that Python ran (a dataclass is made of some), `python -m` would still end itself by
        # the signal instead of this code; running other text makes it forget.
        exec("")
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        streams.say(f"analogep: {error.filename or 'output'}: {error.strerror or error}")
        return 1
    except MemoryError:
        streams.say("analogep: out of memory; use a smaller --set learning.batch or layers")
        return 1
    finally:
        streams.drop()


def _run(arguments: Sequence[str], program: str | None) -> int:
    try:
        parsed = _named(program).known(arguments[1:]) if program else _parser(None).known(arguments)
        with heard(), streams.cautions(quiet=bool(vars(parsed).get("quiet", False))):
            _load(parsed.parts)
            code: int = _COMMANDS[parsed.command].run(parsed)
    finally:
        # Here a full disk or a reader that has gone can still be answered; at exit Python would print a traceback.
        sys.stdout.flush()
    return code


def _load(files: Sequence[str]) -> None:
    """Register what Python files offer; imported here, as a command without them does without pydantic."""
    if files:
        from analogep.cards import origin

        for file in files:
            origin.load_file(file)


def entry() -> int:
    """Entry point of the console script."""
    return main(sys.argv[1:])
