"""The command `aftersales`. Its words come from installed packages, so that this package knows none of them.

A package offers a word through the entry point group `aftersales.commands`: a function is a command of that name, a
typer application with a name of its own is a group of commands, and one without a name gives its commands to the first
level. What a command expects to go wrong it raises as `Failure`.
"""

import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any

import typer
from rich.console import Console

from aftersales.errors import Failure, Refused

GROUP = "aftersales.commands"
USAGE = 2
INTERRUPTED = 130
# 128 and SIGPIPE, as a shell says of every program whose reader has gone; 1 would be a verdict of `story`.
UNREAD = 141

# In typer, as in click, an exit carries its status and is not an error.
Abort = typer.Abort
Exit = typer.Exit


def application(first: str) -> typer.Typer:
    """The command line; `first` is its first word. Where an entry has just that name, no other package is imported."""
    whole = typer.Typer(
        name="aftersales",
        help="After-sales and disputes for marketplaces: the local stack, the demo, stories and operations.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    # One command alone would otherwise become the whole line.
    whole.callback()(lambda: None)
    entries = sorted(entry_points(group=GROUP), key=lambda each: each.name)
    for entry in [each for each in entries if each.name == first] or entries:
        add(whole, entry.name, entry.load())
    return whole


def add(whole: typer.Typer, word: str, offered: Any) -> None:
    if isinstance(offered, typer.Typer):
        named = isinstance(offered.info.name, str)
        whole.add_typer(offered, name=offered.info.name if named else None)
    else:
        whole.command(name=word)(offered)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process.

    0 done, 2 a sentence was said, 130 interrupted, 141 nobody read what it prints, or its own status.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    # A library's warning is not for the person at the terminal; a command that wants it written sets its logging up.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        status = _performed(arguments)
        sys.stdout.flush()
    except SystemExit:  # how click and rich end where the reader of a pipe has gone, such as `head`
        return UNREAD
    except BrokenPipeError:
        # The interpreter writes what is left when it ends, and would say that it cannot.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    return status


def _performed(arguments: Sequence[str]) -> int:
    try:
        line = application(arguments[0] if arguments else "")
        result = line(args=list(arguments), prog_name="aftersales", standalone_mode=False)
    except Failure as problem:
        return say(problem.sentence, problem.exit_code)
    except Refused as problem:
        return say(problem.sentence, USAGE)
    except (KeyboardInterrupt, Abort):
        return say("Stopped.", INTERRUPTED)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        return say(f"{where}{problem.strerror or problem}. Correct the path or the address and try again.", USAGE)
    except OverflowError as problem:
        return say(f"A value is out of range: {problem}.", USAGE)
    except Exception as problem:
        usage = usage_sentence(problem)
        if usage is None:
            raise
        return say(usage, USAGE)
    if result == INTERRUPTED:
        return say("Stopped.", INTERRUPTED)
    return result if isinstance(result, int) else 0


def usage_sentence(problem: Exception) -> str | None:
    """What click and typer say of a wrong word or option; None for every other error."""
    spoken = getattr(problem, "format_message", None)
    if spoken is None:
        return None
    sentence = str(spoken()).strip()
    context = getattr(problem, "ctx", None)
    if context is None or "\n" in sentence:  # the whole help, where a word is missing
        return sentence
    return f"{sentence.removesuffix('.')}. See `{context.command_path} --help`."


def say(sentence: str, status: int) -> int:
    if sentence:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(sentence)
    return status
