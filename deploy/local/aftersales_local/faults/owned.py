"""A stack in this very process: who arms a fail point must choose the environment of the next start, and see its end.

`launch` has a process of its own for the stack; a fault run cannot, for only a parent is told how a child died.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Final

from aftersales.errors import Failure
from aftersales_local import launch, state
from aftersales_local.options import Options
from aftersales_local.services import SERVICES
from aftersales_local.stack import LocalStack
from aftersales_local.supervisor import Child, Program

FAILPOINT: Final = "AFTERSALES_FAILPOINT"
NOTICE_FILE: Final = "AFTERSALES_NOTICE_FILE"
# Each death comes seconds after the last one on purpose; a longer pause would only shorten the time under load.
BACK_OFF: Final = (0.3,)


class OwnedStack(LocalStack):
    """sink: the file to which notification delivers. trouble: why the stack gave up, None while it has not."""

    def __init__(self, home: Path, since: datetime, say: Callable[[str], None], sink: Path) -> None:
        super().__init__(home, Options(simulated_from=since, fresh=True), say)
        self.supervisor.back_off = BACK_OFF
        self.sink = sink
        self.trouble: str | None = None
        self._watching = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def watch_beside(self) -> None:
        """Start again who dies, in a thread."""
        self._watching.start()

    def child(self, name: str) -> Child:
        return next(child for child in self.supervisor.children if child.program.name == name)

    def set(self, name: str, **settings: str) -> None:
        """The environment of a program's next start; what was set before holds no more."""
        child = self.child(name)
        environment: Mapping[str, str] = child.program.environment or {}
        kept = {key: value for key, value in environment.items() if key != FAILPOINT}
        child.program = replace(child.program, environment={**kept, **settings})

    def stop(self) -> None:
        self.supervisor.stopping.set()
        if self._watching.is_alive():
            self._watching.join(timeout=10)
        for child in self.supervisor.children:
            if child.alive():
                child.process.send_signal(signal.SIGCONT)
        super().stop()

    def _watch(self) -> None:
        try:
            self.watch()
        except Failure as problem:
            self.trouble = problem.sentence
            self.supervisor.stopping.set()

    def _run(self, program: Program) -> Child:
        if program.name == SERVICES[-1]:
            program = replace(program, environment={**(program.environment or {}), NOTICE_FILE: str(self.sink)})
        return super()._run(program)


@contextmanager
def owned_stack(home: Path, since: datetime, say: Callable[[str], None], sink: Path) -> Iterator[OwnedStack]:
    """A fresh stack under the stepped clock, ended on every way out."""
    with launch.alone(home), ended_by_signals():
        if state.running(home):
            raise Failure("A stack is running there already. Stop it with `aftersales down --home`, then start again.")
        launch.clear_away(home)
        stack = OwnedStack(home, since, say, sink)
        try:
            stack.start()
            stack.watch_beside()
            yield stack
        finally:
            with launch.undisturbed():
                stack.stop()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does: with the stack stopped."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
