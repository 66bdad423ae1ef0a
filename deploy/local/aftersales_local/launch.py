"""Start a stack's own process, hear from it until the stack is ready, and end it again."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from aftersales.errors import Failure
from aftersales_local import state
from aftersales_local.options import Options
from aftersales_local.places import HOME

# What is written to a stack's process so that it lives on when its owner has ended.
STAY = "stay"
# Longer than the longest bounded stop of one child, of which there are seven; a stack that needs it is ended by force.
STOP_WITHIN = 90
REAL = Options()


@contextmanager
def running_stack(
    home: Path = HOME, options: Options = REAL, *, say: Callable[[str], None] = print, keep: bool = False
) -> Iterator[state.Stack]:
    """The folder's stack, started here and ended on every way out, also when this process is killed.

    keep: leave it running when the block ends without an error. Failure when one runs already.
    """
    with alone(home):
        if state.running(home):
            raise Failure("A stack is running already. Stop it with `aftersales down`, then start again.")
        daemon = launch(home, options)
        try:
            stack = hear_until_ready(daemon, home, say)
            yield stack
            if keep:
                let_go(daemon)
        finally:
            if not (keep and daemon.stdin is not None and daemon.stdin.closed):
                end(daemon)


def start_and_leave(home: Path, say: Callable[[str], None]) -> state.Stack:
    """Start the stack and let it run on after this process."""
    with running_stack(home, say=say, keep=True) as stack:
        return stack


def launch(home: Path, options: Options) -> subprocess.Popen[str]:
    clear_away(home)
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "supervisor.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "aftersales_local.daemon", str(home), options.written()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )


def hear_until_ready(daemon: subprocess.Popen[str], home: Path, say: Callable[[str], None]) -> state.Stack:
    assert daemon.stdout is not None
    for line in daemon.stdout:
        word = json.loads(line)
        if "said" in word:
            say(word["said"])
        if "failed" in word:
            raise Failure(word["failed"])
        if "ready" in word and (stack := state.read(home)):
            return stack
    raise Failure(f"The stack ended while it started. See {home / 'logs' / 'supervisor.log'}.")


def let_go(daemon: subprocess.Popen[str]) -> None:
    assert daemon.stdin is not None
    assert daemon.stdout is not None
    daemon.stdin.write(f"{STAY}\n")
    daemon.stdin.close()
    daemon.stdout.close()
    # It goes on without us: nobody waits for it here.
    daemon.returncode = 0


def end(daemon: subprocess.Popen[str]) -> None:
    """Ask it to stop and wait; a second Ctrl-C does not shorten this, for then something would be left behind."""
    with undisturbed():
        daemon.terminate()
        try:
            daemon.communicate(timeout=STOP_WITHIN)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.communicate()


@contextmanager
def undisturbed() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One start or stop of a folder's stack at a time; the lock ends with the process."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Failure("Another command holds this stack. Wait until it has ended, then try again.") from problem
        os.set_inheritable(lock.fileno(), False)
        yield


def stop(home: Path) -> list[str]:
    """End the folder's stack; gives the names of the processes that were ended. Nothing happens when none runs."""
    with alone(home):
        stack = state.read(home)
        if stack is None:
            return []
        names = [name for name, _ in stack.survivors()]
        if supervisor := stack.supervisor.running():
            with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
                supervisor.terminate()
                supervisor.wait(STOP_WITHIN)
        clear_away(home)
        return names


def clear_away(home: Path) -> None:
    """What a supervisor left that was killed itself; only processes that are provably this stack's."""
    stack = state.read(home)
    if stack is None:
        return
    left = [process for _, process in stack.survivors()]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=10)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    state.forget(home)
