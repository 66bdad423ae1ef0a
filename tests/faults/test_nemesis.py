"""The nemesis against real processes under the real supervisor; the processes are small ones, to be quick."""

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aftersales_local.faults.nemesis import Nemesis
from aftersales_local.faults.owned import OwnedStack
from aftersales_local.faults.record import Record
from aftersales_local.faults.schedule import DISPUTE, KILL, STEP, STOP, Duty, Size
from aftersales_local.supervisor import Program

# Dies by itself where it is armed, as a service does at a named step; else it lives on.
SERVICE = """
import os, signal, time
if os.environ.get("AFTERSALES_FAILPOINT"):
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(60)
"""
LIVES_ON = "import time; time.sleep(60)"
# As a service whose timers have nothing to do for a long while.
DIES_AT_THE_NINTH_START = """
import os, signal, time
starts = open({starts!r}, "a+")
starts.write("x")
starts.seek(0)
if len(starts.read()) == 9:
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(60)
"""
SIZE = Size(stopped_for=0.1)


def program(text: str) -> Program:
    return Program(DISPUTE, [sys.executable, "-c", text], environment={})


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[OwnedStack]:
    stack = OwnedStack(tmp_path, datetime(2025, 1, 1, tzinfo=UTC), lambda said: None, tmp_path / "sink")
    stack.supervisor.start(program(SERVICE))
    stack.watch_beside()
    yield stack
    stack.stop()


async def struck(stack: OwnedStack, *duties: Duty, load_over: bool = False) -> tuple[Nemesis, list[dict[str, Any]]]:
    with Record(stack.home / "run") as record:
        nemesis = Nemesis(stack, {DISPUTE: duties}, SIZE, record, setting=asyncio.Lock(), seed=1)
        nemesis.load_over = load_over
        await nemesis.run()
    return nemesis, [json.loads(line) for line in (stack.home / "run" / "faults.jsonl").read_text().splitlines()]


async def test_who_is_killed_is_started_again_and_the_recovery_is_on_record(stack: OwnedStack) -> None:
    before = stack.child(DISPUTE).pid
    nemesis, [fault] = await struck(stack, Duty(KILL, DISPUTE, 0))
    assert stack.child(DISPUTE).pid != before
    assert (fault["kind"], fault["target"], nemesis.progress) == ("kill", DISPUTE, 1.0)
    assert fault["recovered_mono"] > fault["at_mono"]


async def test_a_death_at_a_named_step_is_seen_and_the_next_start_is_without_it(stack: OwnedStack) -> None:
    nemesis, [fault] = await struck(stack, Duty(STEP, DISPUTE, 0, "C5"))
    assert (fault["kind"], fault["step"], nemesis.unseen) == ("step", "C5", [])
    assert stack.child(DISPUTE).alive()
    assert stack.child(DISPUTE).program.environment == {}


async def test_who_is_stopped_goes_on(stack: OwnedStack) -> None:
    before = stack.child(DISPUTE).pid
    _, [fault] = await struck(stack, Duty(STOP, DISPUTE, 0))
    assert stack.child(DISPUTE).pid == before
    assert fault["healed_mono"] - fault["at_mono"] >= SIZE.stopped_for


async def test_a_step_that_was_not_reached_when_the_load_is_over_is_told(
    stack: OwnedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftersales_local.faults.nemesis.REACHED_WITHIN", 0.1)
    stack.child(DISPUTE).program = program(LIVES_ON)
    nemesis, faults = await struck(stack, Duty(STEP, DISPUTE, 0, "H1"), load_over=True)
    assert [duty.step for duty in nemesis.unseen] == ["H1"]
    assert faults == []


async def test_a_step_that_is_reached_late_is_waited_for_as_long_as_the_load_goes_on(
    stack: OwnedStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("aftersales_local.faults.nemesis.REACHED_WITHIN", 0.5)
    stack.child(DISPUTE).program = program(DIES_AT_THE_NINTH_START.format(starts=str(tmp_path / "starts")))
    nemesis, [fault] = await struck(stack, Duty(STEP, DISPUTE, 0, "T1"))
    assert (fault["step"], nemesis.unseen, nemesis.armings) == ("T1", [], 9)
