"""Children are started, watched and stopped; real small programs stand for the servers."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftersales.errors import Failure
from aftersales_local.supervisor import Program, Supervisor
from tests.support.waiting import until

SLEEPER = "import signal; print('here', flush=True); signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); signal.pause()"


def python(name: str, source: str, stop_within: float = 5, *, restarts: bool = True) -> Program:
    return Program(name=name, command=[sys.executable, "-c", source], stop_within=stop_within, restarts=restarts)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs")
    yield supervisor
    supervisor.stop()


def test_what_a_child_says_is_in_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(python("sleeper", SLEEPER))
    log = tmp_path / "logs" / "sleeper.log"
    until(lambda: log.exists() and log.read_text() == "here\n", "the log has the line")


def test_started_again_and_counted_when_killed(supervisor: Supervisor) -> None:
    child = supervisor.start(python("sleeper", SLEEPER))
    first = child.pid
    child.process.kill()
    until(supervisor.look, "the child is started again")
    assert child.alive()
    assert child.pid != first
    assert child.restarts == 1


def test_fatal_when_killed_and_it_held_what_cannot_be_regained(supervisor: Supervisor) -> None:
    child = supervisor.start(python("memory", SLEEPER, restarts=False))
    child.process.kill()
    child.process.wait()
    with pytest.raises(Failure, match="memory ended"):
        supervisor.look()


def test_start_fails_with_the_childs_own_words_when_it_ends(supervisor: Supervisor) -> None:
    program = Program(name="brief", command=[sys.executable, "-c", "print('no such file')"], ready=lambda: False)
    with pytest.raises(Failure, match="brief ended while it started: no such file"):
        supervisor.until_ready(supervisor.start(program))


def test_stopped_by_force_when_it_does_not_listen(supervisor: Supervisor) -> None:
    child = supervisor.start(python("deaf", DEAF, stop_within=0.2))
    until(lambda: child.last_lines == ["here"], "the child is deaf")
    supervisor.stop()
    assert child.process.returncode == -signal.SIGKILL


def test_stopped_in_reverse(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    source = f"""
import signal, sys
def stop(*_):
    open({str(order)!r}, "a").write(NAME)
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("here", flush=True)
signal.pause()
"""
    children = [supervisor.start(python(name, f"NAME = {name!r}\n{source}")) for name in ("first ", "second ")]
    until(lambda: all(child.last_lines for child in children), "both listen to the signal")
    supervisor.stop()
    assert order.read_text() == "second first "
