"""What a running stack tells of itself: `stack.json` in its folder, written whole or not at all."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from aftersales.errors import Failure
from aftersales_local.places import DEMO_HOME, HOME

FILE = "stack.json"


@dataclass(frozen=True)
class Process:
    """started: seconds since the epoch as the system gives them; with the pid they name one process for ever."""

    pid: int
    started: float
    restarts: int = 0

    @classmethod
    def of(cls, pid: int, restarts: int = 0) -> "Process":
        return cls(pid, psutil.Process(pid).create_time(), restarts)

    def running(self) -> psutil.Process | None:
        """The process itself, unless it has ended or the pid belongs to another one by now."""
        try:
            found = psutil.Process(self.pid)
            ours = abs(found.create_time() - self.started) < 0.01 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if ours else None


@dataclass
class Stack:
    """One stack. ready: whether all of it has answered once.

    broker: `apache-kafka`, `tansu` or `external`. postgres: its version. databases: DSN by service. addresses: URL by
    service. clock: `real` or `simulated`. told: what was chosen and why.
    """

    supervisor: Process
    processes: dict[str, Process] = field(default_factory=dict)
    ready: bool = False
    broker: str = ""
    bootstrap: str = ""
    postgres: str = ""
    databases: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    issuer: str = ""
    clock: str = "real"
    told: list[str] = field(default_factory=list)

    def write(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        partial = home / f"{FILE}.partial"
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n")
        partial.chmod(0o600)  # the addresses may carry a password of DATABASE_URL
        partial.replace(home / FILE)

    def survivors(self) -> Iterator[tuple[str, psutil.Process]]:
        """Every process of it that still runs, the last started first, the supervisor at the end."""
        for name, process in [*reversed(self.processes.items()), ("supervisor", self.supervisor)]:
            if found := process.running():
                yield name, found


def read(home: Path) -> Stack | None:
    """What the folder's stack wrote last, running or not; None when there is none."""
    try:
        values: dict[str, Any] = json.loads((home / FILE).read_text())
        values["supervisor"] = Process(**values["supervisor"])
        values["processes"] = {name: Process(**each) for name, each in values["processes"].items()}
        return Stack(**values)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as problem:
        raise Failure(f"{home / FILE} is not what a stack writes. Remove it when no stack runs.") from problem


def running(home: Path) -> Stack | None:
    """The folder's stack when its supervisor runs."""
    stack = read(home)
    return stack if stack is not None and stack.supervisor.running() else None


def meant(home: Path) -> Path:
    """The folder of the stack that a person means: the demo's, left up, where none runs in the usual one."""
    return DEMO_HOME if home == HOME and running(HOME) is None and running(DEMO_HOME) is not None else home


def forget(home: Path) -> None:
    (home / FILE).unlink(missing_ok=True)


def me() -> Process:
    return Process.of(os.getpid())
