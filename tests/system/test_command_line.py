"""The command line answers a mistake with one sentence and status 2, never with a trace."""

import subprocess
import sys
from pathlib import Path

import pytest

from aftersales_local.bench import plan
from aftersales_local.places import ROOT

NOBODY_THERE = (
    "KAFKA_BOOTSTRAP_SERVERS names 127.0.0.1:1, where nothing answers. Start a broker there or run `aftersales up`."
)
COMMAND = Path(sys.executable).with_name("aftersales")


def aftersales(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["nope"], {}, "No such command 'nope'. See `aftersales --help`."),
        (["up", "--xyz"], {}, "No such option: --xyz. See `aftersales up --help`."),
        (["topics", "apply"], {}, "KAFKA_BOOTSTRAP_SERVERS is not set. Set it to host:port of a Kafka broker."),
        (
            ["bench", "--only", "nope"],
            {},
            f"nope is no part of the benchmark. Its parts are {', '.join(plan.NAMES)}.",
        ),
        (["topics", "apply", "--file", "nope"], {}, "There is no file nope. Name the topics' file with --file."),
        (
            ["topics", "apply"],
            {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
            NOBODY_THERE,
        ),
    ],
    ids=["unknown command", "unknown option", "missing setting", "unknown part", "missing file", "unreachable broker"],
)
def test_one_sentence_when_wrong(arguments: list[str], environment: dict[str, str], sentence: str) -> None:
    done = aftersales(*arguments, **environment)
    assert done.stderr == f"{sentence}\n"
    assert done.stdout == ""
    assert done.returncode == 2


def test_help_when_nothing_is_said() -> None:
    assert "Commands:" in aftersales().stderr


@pytest.mark.parametrize("command", ["up", "down", "status", "check", "topics", "bench"])
def test_every_command_has_help(command: str) -> None:
    done = aftersales(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: aftersales {command}")


def test_status_says_that_nothing_runs(tmp_path: Path) -> None:
    done = aftersales("status", "--home", tmp_path)
    assert done.stderr == "No stack is running. Start it with `aftersales up`.\n"
    assert done.returncode == 1


def test_down_says_that_nothing_runs(tmp_path: Path) -> None:
    done = aftersales("down", "--home", tmp_path)
    assert done.stdout == "No stack is running.\n"
    assert done.returncode == 0


def test_make_alone_prints_the_targets() -> None:
    done = subprocess.run(["make"], capture_output=True, text=True, check=True, cwd=ROOT)
    for target in ("setup", "test", "up", "down", "status", "demo"):
        assert f"make {target} " in done.stdout
