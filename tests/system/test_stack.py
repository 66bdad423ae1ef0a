"""The stack comes up whole, is found by a second `up`, and leaves nothing behind, however it ends."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import psutil
import pytest

from aftersales_local import launch, state
from aftersales_local.options import Options
from aftersales_local.ports import ask
from aftersales_local.postgres import connected
from tests.support.waiting import until
from tests.system.test_command_line import COMMAND

# The whole of it: two servers, migrations, an issuer, four services, beside whatever else the machine does.
UP_WITHIN = 120.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "stack"
    launch.stop(tmp_path / "stack")


def aftersales(*arguments: object) -> str:
    """What the command prints; the test fails when it does not succeed."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=UP_WITHIN
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def begin_up(home: Path) -> subprocess.Popen[bytes]:
    """`aftersales up` in a group of its own, as a terminal would start it, when its first server has been started."""
    process = subprocess.Popen(
        [COMMAND, "up", "--home", home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    until(lambda: process.poll() is not None or has_begun(home), "a first process", within=UP_WITHIN)
    assert process.poll() is None, process.communicate()
    return process


def has_begun(home: Path) -> bool:
    stack = state.read(home)
    return stack is not None and stack.processes != {}


def of_this_stack(home: Path) -> list[psutil.Process]:
    """Every process of the machine that mentions the folder in its command line."""
    everything = psutil.process_iter(["cmdline"])
    return [each for each in everything if any(str(home) in word for word in each.info["cmdline"] or [])]


def test_up_then_up_then_status_then_down(home: Path) -> None:
    aftersales("up", "--home", home)
    first = state.running(home)
    assert "The stack is running already." in aftersales("up", "--home", home)
    assert state.running(home) == first

    report = json.loads(aftersales("status", "--json", "--home", home))
    assert [each["name"] for each in report["services"]] == [
        "order-tracking", "dispute", "arbitration", "notification",
    ]  # fmt: skip
    assert all(each["ready"] for each in report["services"])

    assert "Stopped: " in aftersales("down", "--home", home)
    assert of_this_stack(home) == []
    assert state.read(home) is None


def test_running_stack_has_the_simulated_clock_and_is_ended_when_the_block_fails(home: Path) -> None:
    noon = datetime(2025, 5, 6, 12, tzinfo=UTC)

    def fail_in_the_block() -> None:
        with launch.running_stack(home, Options(simulated_from=noon, fresh=True), say=told.append) as stack:
            instants.extend(ask(app_now(url)) for url in stack.databases.values())
            raise LookupError

    told: list[str] = []
    instants: list[datetime] = []
    with pytest.raises(LookupError):
        fail_in_the_block()
    assert instants == [noon] * 4
    assert told[0].startswith("Postgres 1")
    assert of_this_stack(home) == []


async def app_now(url: str) -> datetime:
    connection = await connected(url)
    try:
        return cast("datetime", await connection.fetchval("select app_now()"))
    finally:
        await connection.close()


def test_refused_when_a_setting_is_misspelt(home: Path) -> None:
    done = subprocess.run(
        [COMMAND, "up", "--home", home],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AFTERSALES_BROKR": "tansu"},
    )
    assert done.stderr == "AFTERSALES_BROKR is not a setting. Correct its name or remove it.\n"
    assert done.returncode == 2


def test_the_data_of_another_broker_is_never_removed_unasked(home: Path) -> None:
    kept = home / "postgres" / "somebody's data"
    kept.mkdir(parents=True)
    (home / "filled-from").write_text("apache-kafka real\n")
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    done = subprocess.run(
        [COMMAND, "up", "--home", home], capture_output=True, text=True, check=False, env=environment, timeout=UP_WITHIN
    )
    assert done.returncode == 2
    assert "belongs to another broker" in done.stderr
    assert kept.exists()


def test_nothing_is_left_when_interrupted_while_it_starts(home: Path) -> None:
    process = begin_up(home)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == b"Stopped.\n"
    assert of_this_stack(home) == []
    assert state.read(home) is None


def test_nothing_is_left_when_killed_while_it_starts(home: Path) -> None:
    process = begin_up(home)
    process.kill()
    process.communicate(timeout=60)
    until(lambda: of_this_stack(home) == [], "all of its processes have ended", within=60)
    assert state.read(home) is None


def test_down_clears_away_what_a_killed_supervisor_left(home: Path) -> None:
    process = begin_up(home)
    stack = state.read(home)
    assert stack is not None
    supervisor = stack.supervisor.running()
    assert supervisor is not None
    supervisor.kill()
    process.communicate(timeout=60)
    assert process.returncode == 2
    aftersales("down", "--home", home)
    assert of_this_stack(home) == []


def test_a_pid_that_belongs_to_another_by_now_is_not_ours() -> None:
    mine = state.me()
    assert mine.running() == psutil.Process()
    assert state.Process(mine.pid, mine.started - 60).running() is None


def test_refused_when_another_command_holds_the_stack(home: Path) -> None:
    with launch.alone(home):
        done = subprocess.run([COMMAND, "up", "--home", home], capture_output=True, text=True, check=False)
    assert done.stderr == "Another command holds this stack. Wait until it has ended, then try again.\n"
    assert done.returncode == 2
