"""The main job and live stories on a real stack: one stack for all, as a person would use it with --keep."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aftersales_local import launch, state
from aftersales_local.places import ROOT
from tests.support.waiting import until
from tests.system.test_command_line import COMMAND
from tests.system.test_stack import of_this_stack

STORIES = ROOT / "docs" / "stories"
WITHIN = 240.0


@dataclass(frozen=True)
class Demo:
    home: Path
    report: dict[str, Any]
    said: str


def aftersales(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=WITHIN)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The main job on a few orders, with the stack left up."""
    home = tmp_path_factory.mktemp("demo") / "stack"
    report = home.parent / "demo.json"
    try:
        done = aftersales("demo", "--orders", 12, "--keep", "--home", home, "--report", report)
        assert done.returncode == 0, done.stdout + done.stderr
        yield Demo(home, json.loads(report.read_text()), done.stdout)
    finally:
        launch.stop(home)
    assert of_this_stack(home) == []


def test_every_check_holds(demo: Demo) -> None:
    assert demo.report["checks"]
    assert all(demo.report["checks"].values())


def test_the_report_has_the_figures(demo: Demo) -> None:
    wanted = {"broker", "postgres", "orders", "scans", "parcels", "promises_broken", "disputes", "money", "notices"}
    assert wanted | {"checks", "seconds"} <= demo.report.keys()
    assert demo.report["orders"] == 12
    assert demo.report["broker"] in ("apache-kafka", "tansu", "external")
    assert sum(demo.report["disputes"].values()) > 0
    assert demo.report["disputes"].get("open", 0) == 0
    assert all(isinstance(sum_, int) for sums in demo.report["money"].values() for sum_ in sums.values())
    assert all(
        sum(money.get(currency, 0) for money in demo.report["money"].values()) == 0 for currency in ("BRL", "USD")
    )


def test_told_to_a_person(demo: Demo) -> None:
    assert demo.report["source"] in demo.said.replace("\n", " ")
    for heading in ("what happened", "Disputes by cause and outcome", "Who paid", "where to look next"):
        assert heading in demo.said
    assert "S01" in demo.said


def test_stories_kept_live_when_every_message_comes_twice(demo: Demo) -> None:
    """The demo has played them once; S01b brings a policy of its own, which a running stack has to learn."""
    named = [path for number in ("S01b", "S02", "S03", "S09") for path in STORIES.glob(f"{number}-*.json")]
    done = aftersales("story", "--live", "--twice", "--json", "--home", demo.home, *named)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["file"], each["broken"]) for each in told] == [(path.name, []) for path in named], done.stderr
    assert done.returncode == 0


def test_told_live_what_was_told_in_memory(demo: Demo) -> None:
    """Both depths tell the same moves of the dispute and the same money."""
    path = next(STORIES.glob("S01-*.json"))
    live, memory = (
        json.loads(aftersales("story", "--json", *depth, path).stdout)
        for depth in (["--live", "--home", demo.home], [])
    )
    assert moves(live) == moves(memory)
    assert money(live) == money(memory)


def moves(told: dict[str, Any]) -> list[Any]:
    every = [(entry["at"], move) for entry in told["timeline"] for move in entry.get("moves", ())]
    return [(at, move["from"], move["to"]) for at, move in every if move["thing"] == "D1"]


def money(told: dict[str, Any]) -> list[str]:
    return [moved for entry in told["timeline"] for moved in entry.get("money", ())]


def test_broken_live_when_an_expectation_is_not_met(demo: Demo, tmp_path: Path) -> None:
    story = json.loads(next(STORIES.glob("S03-*.json")).read_text())
    story["then"] = [{"at": "2025-05-06T09:00:00Z", "dispute": "D1", "state": "CLOSED_REFUNDED", "refund": 1999}]
    path = tmp_path / "S.json"
    path.write_text(json.dumps(story))
    done = aftersales("story", "--live", "--home", demo.home, path)
    assert done.stdout.splitlines()[-1] == "BROKEN: D1 refund 1999 at 2025-05-06T09:00:00Z, was 2000"
    assert done.returncode == 1


def test_kept_live_when_the_platforms_own_people_decide(demo: Demo) -> None:
    done = aftersales("story", "--live", "--home", demo.home, next(STORIES.glob("S08-*.json")))
    assert done.stdout.splitlines()[-1] == "kept"
    assert done.returncode == 0


def test_nothing_is_left_when_interrupted_in_the_middle(tmp_path: Path) -> None:
    home = tmp_path / "stack"
    process = subprocess.Popen(
        [COMMAND, "demo", "--orders", "60", "--home", home, "--report", tmp_path / "demo.json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until(lambda: process.poll() is not None or _is_ready(home), "the stack is up", within=WITHIN)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=90)
    finally:
        process.kill()
        process.wait()
        launch.stop(home)
    assert process.returncode == 130
    assert errors == b"Stopped.\n"
    assert of_this_stack(home) == []


def _is_ready(home: Path) -> bool:
    stack = state.read(home)
    return stack is not None and stack.ready
