"""The environment is made whole or not at all, and only when something changed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aftersales_local.places import ROOT
from tests.support.waiting import until

MEMBERS = (
    "shared",
    "services/order-tracking",
    "services/dispute",
    "services/arbitration",
    "services/notification",
    "deploy/local",
    "deploy/checker",
)


def setup(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, root / "deploy" / "environment.py", "setup"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the set-up reads, as a fresh clone has it; the packages themselves are beside the point."""
    for name in (
        "pyproject.toml",
        "requirements.lock",
        "deploy/environment.py",
        *(f"{each}/pyproject.toml" for each in MEMBERS),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def environments(root: Path) -> list[str]:
    return sorted(each.name for each in root.glob(".venv*"))


def test_nothing_done_and_nothing_said_when_nothing_changed() -> None:
    process = setup(ROOT)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_nothing_half_made_when_interrupted(clone: Path) -> None:
    process = setup(clone)
    until(lambda: environments(clone) or process.poll() is not None, "the environment is begun")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert errors.splitlines()[-1] == "Stopped. Nothing half-made is left; `make setup` starts again."
    assert process.returncode == 130
    assert environments(clone) == []


def test_the_old_environment_stays_when_the_new_one_cannot_be_made(clone: Path) -> None:
    old = clone / ".venv"
    old.mkdir()
    (old / "old").touch()
    lock = clone / "requirements.lock"
    lock.write_text(lock.read_text().replace("--hash=sha256:", "--hash=sha256:0000"))
    process = setup(clone)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Traceback" not in errors
    assert environments(clone) == [".venv"]
    assert (old / "old").exists()


def test_made_when_it_was_interrupted_between_the_two_moves(clone: Path) -> None:
    old = clone / ".venv.old"
    old.mkdir()
    (old / "old").touch()
    lock = clone / "requirements.lock"
    lock.write_text("nonsense nonsense")
    setup(clone).communicate(timeout=60)
    assert environments(clone) == [".venv"]
    assert (clone / ".venv" / "old").exists()
