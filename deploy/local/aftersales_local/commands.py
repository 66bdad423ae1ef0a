"""`aftersales up` and `aftersales down`."""

from pathlib import Path
from typing import Annotated

import typer

from aftersales_local import launch, state
from aftersales_local.places import HOME

Home = Annotated[Path, typer.Option("--home", help="The folder of the stack's data, logs and keys.")]


def up(home: Home = HOME) -> None:
    """Start the local stack and leave it running; finds the one that runs."""
    found = state.running(home)
    if found is not None and found.ready:
        print("The stack is running already.")
        for sentence in found.told:
            print(sentence)
    else:
        found = launch.start_and_leave(home, say=print)
    print("`aftersales status` shows how it fares, `aftersales down` stops it.")


def down(home: Home = HOME) -> None:
    """Stop the local stack; its data stays."""
    ended = launch.stop(state.meant(home))
    print(f"Stopped: {', '.join(ended)}." if ended else "No stack is running.")
