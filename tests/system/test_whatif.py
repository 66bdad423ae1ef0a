"""Large histories, as a person makes them, tries rules on them, and has enough of it."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import until
from tests.system.test_command_line import COMMAND, aftersales


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whatif") / "history"
    assert aftersales("generate", "--orders", 12_000, "--seed", 3, "--out", folder).returncode == 0
    return folder


def test_one_word_and_no_helper_left_of_a_backtest_that_is_interrupted(history: Path) -> None:
    interrupted("backtest", "--policy", "classic", history)


def test_no_half_history_left_when_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    interrupted("generate", "--orders", 1_000_000, "--out", folder)
    assert list(folder.iterdir()) == []


def test_no_half_file_left_when_interrupted(tmp_path: Path) -> None:
    interrupted("generate", "--orders", 1_000_000, "--out", tmp_path / "history.ndjson")
    assert list(tmp_path.iterdir()) == []


def interrupted(*arguments: object) -> None:
    with subprocess.Popen([COMMAND, *map(str, arguments)], stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            until(lambda: process.poll() is not None or len(helpers(process)) > 1, "helpers at work")
            started = helpers(process)
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert errors == b"Stopped.\n"
    assert len(started) > 1
    assert not [each for each in started if each.is_running()]


def helpers(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """The processes it has started, of the same command."""
    return [each for each in psutil.Process(process.pid).children() if is_of_the_command(each)]


def is_of_the_command(process: psutil.Process) -> bool:
    """Not for one that has ended already: an interpreter starts such when it begins."""
    try:
        return str(COMMAND) in process.cmdline()
    except psutil.NoSuchProcess:
        return False
