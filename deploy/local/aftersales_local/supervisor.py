"""Child processes: started in order, restarted when they die, stopped in reverse, each in a group of its own."""

import os
import pwd
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from aftersales.errors import Failure

POLL = 0.05
BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)
LAST_LINES = 20


def always_ready() -> bool:
    return True


@dataclass(frozen=True)
class Account:
    user: int
    group: int

    @classmethod
    def named(cls, name: str) -> "Account":
        entry = pwd.getpwnam(name)
        return cls(entry.pw_uid, entry.pw_gid)

    def popen(self) -> dict[str, Any]:
        """For subprocess: this user with this group alone, in a folder that it may enter."""
        return {"user": self.user, "group": self.group, "extra_groups": [], "cwd": "/"}


@dataclass(frozen=True)
class Program:
    """What to run and how to know it.

    environment: the whole of it, None for one's own. ready: asked until it is true; must return quickly. start_within,
    stop_within: seconds. account: to run as, None for one's own. restarts: whether a death is answered by a new
    start; else it is fatal to the whole stack.
    """

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] | None = None
    ready: Callable[[], bool] = always_ready
    start_within: float = 60.0
    stop_within: float = 20.0
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    restarts: bool = True


class Child:
    """One running program: its process, its log, its last words."""

    def __init__(self, program: Program, logs: Path, echo: Callable[[str], None] | None = None) -> None:
        self.program = program
        self.restarts = 0
        self.last_lines: list[str] = []
        self._log = logs / f"{program.name}.log"
        self._echo = echo
        self._start()

    def _start(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [str(word) for word in self.program.command],
            env=self.program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own: a Ctrl-C at the terminal must reach the supervisor alone, which stops in order.
            start_new_session=True,
            **(self.program.account.popen() if self.program.account else {}),
        )
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output: BinaryIO) -> None:
        with output, self._log.open("ab", buffering=0) as log:
            for line in output:
                log.write(line)
                text = line.decode(errors="replace").rstrip()
                self.last_lines = [*self.last_lines[-LAST_LINES + 1 :], text]
                if self._echo is not None:
                    self._echo(f"{self.program.name:<15}| {text}")

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def restart(self) -> None:
        self.kill()
        self.restarts += 1
        self._start()

    def until_ready(self, stopping: Callable[[], bool]) -> None:
        """Return when the program answers; Failure when it ends or takes longer than it may, Stopped when told so."""
        give_up = time.monotonic() + self.program.start_within
        while not self.program.ready():
            if stopping():
                raise Stopped
            if not self.alive():
                self._reader.join(timeout=1)
                raise Failure(f"{self.program.name} ended while it started: {self.last_words()}")
            if time.monotonic() > give_up:
                seconds = f"{self.program.start_within:.0f}"
                raise Failure(
                    f"{self.program.name} was not ready after {seconds} s: {self.last_words()} See {self._log}."
                )
            time.sleep(POLL)

    def last_words(self) -> str:
        spoken = [line for line in self.last_lines if line.strip()]
        return spoken[-1] if spoken else f"it said nothing (exit status {self.process.poll()})."

    def ask_to_stop(self) -> None:
        if self.alive():
            self.process.send_signal(self.program.stop_signal)

    def stop(self) -> None:
        """Ask, wait for `stop_within`, then end the whole group; returns only when the process is gone."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(self.program.stop_within)
        self.kill()

    def kill(self) -> None:
        # The group, also when its leader is gone: a grandchild must not outlive the stack.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(timeout=1)


class Stopped(Exception):
    """The stack is asked to stop while it starts."""


class Supervisor:
    """Holds the children of one stack. `stopping` is set from a signal handler, from the owner, or by a fatal death.

    back_off: seconds before the first, second, ... new start of a child; the last holds for all further ones.
    """

    def __init__(self, logs: Path, echo: Callable[[str], None] | None = None) -> None:
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self.back_off: Sequence[float] = BACK_OFF
        self._logs = logs
        self._echo = echo
        self._due: dict[str, float] = {}

    def start(self, program: Program) -> Child:
        """Start a program; it belongs to the supervisor from its first instant, ready or not."""
        if self.stopping.is_set():
            raise Stopped
        child = Child(program, self._logs, self._echo)
        self.children.append(child)
        return child

    def until_ready(self, *children: Child) -> None:
        for child in children:
            child.until_ready(self.stopping.is_set)

    def look(self) -> bool:
        """Start again who died, with back-off; true when something changed. Failure when one died that must not."""
        changed = False
        for child in self.children:
            if child.alive() or self.stopping.is_set():
                continue
            name = child.program.name
            if not child.program.restarts:
                raise Failure(f"{name} ended, and what it held is lost: {child.last_words()}")
            if name not in self._due:
                self._due[name] = time.monotonic() + self.back_off[min(child.restarts, len(self.back_off) - 1)]
            elif time.monotonic() >= self._due[name]:
                del self._due[name]
                child.restart()
                changed = True
        return changed

    def stop(self) -> None:
        """Stop all, the last started first; the services together, for they do not need each other to stop."""
        self.stopping.set()
        for child in reversed(self.children):
            child.stop()
        self.children.clear()
